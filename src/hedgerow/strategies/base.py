"""The strategy base: declare parameters, features and a signal; the rest is derived."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from typing import ClassVar

import polars as pl

from hedgerow.domain.market import Market
from hedgerow.errors import DefinitionError, did_you_mean
from hedgerow.features import Feature
from hedgerow.strategies.decisions import Decisions
from hedgerow.strategies.evaluate import decide
from hedgerow.strategies.exits import Exits
from hedgerow.strategies.param import Param, ParamSpec, Value

LONG = "long"
LONG_SHORT = "long_short"


class Strategy:
    """A rule that turns bars into signals.

    A subclass declares parameters with ``hr.Param``, gives everything that looks back in
    ``features()``, and a row-wise rule over those features in ``signal()``. That split is
    what makes look-ahead impossible to write by accident and sweeps fast.

    Parameters
    ----------
    **parameters
        Values of the declared parameters; the defaults where not given.

    Raises
    ------
    DefinitionError
        A parameter is unknown or its value is not allowed.
    """

    #: ``long``: a sell closes the position. ``long_short``: a sell reverses it.
    direction: str = Param(LONG, choices=(LONG, LONG_SHORT), tune=False)

    params: ClassVar[Mapping[str, ParamSpec]] = {}

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        cls.params = _declared(cls)

    def __init__(self, **parameters: object) -> None:
        name = type(self).__name__
        for given in parameters:
            if given not in self.params:
                raise DefinitionError(
                    f"{name} has no parameter {given!r}. {did_you_mean(given, self.params)}",
                    strategy=name,
                    parameter=given,
                )
        for key, spec in self.params.items():
            setattr(self, key, spec.check(name, key, parameters.get(key, spec.default)))

    @property
    def name(self) -> str:
        """Name of the class."""
        return type(self).__name__

    @property
    def parameters(self) -> dict[str, Value]:
        """Values of all parameters by name."""
        return {key: getattr(self, key) for key in sorted(self.params)}

    @property
    def source_text(self) -> str:
        """Source of the class; empty where it cannot be read."""
        try:
            return textwrap.dedent(inspect.getsource(type(self)))
        except (OSError, TypeError):
            return ""

    def features(self) -> dict[str, Feature]:
        """Everything that looks back, by the name ``signal()`` uses. None by default."""
        return {}

    def signal(self) -> Feature:
        """Row-wise rule: +1 buy, -1 sell, 0 keep the position, null unknown (keep)."""
        raise DefinitionError(f"{self.name} declares no signal(): return hr.side(buy=…, sell=…)")

    def confidence(self) -> Feature | None:
        """Row-wise weight of a decision from 0 to 1; full by default."""
        return None

    def exits(self) -> Exits:
        """Rules that close a position whatever the signal says; none by default."""
        return Exits()

    def decide(self, market: Market) -> Decisions:
        """Signals on every bar of a market.

        Parameters
        ----------
        market
            Bars and the series around them.

        Returns
        -------
        Decisions
            With the instruments that lack what the strategy needs listed as not run.

        Raises
        ------
        DefinitionError
            The features or the signal are not well formed.
        DataError
            A series that the strategy joins does not exist.
        """
        return decide(self, market)

    def latest(self, market: Market) -> pl.DataFrame:
        """Signal on the last bar of each instrument.

        Returns
        -------
        pl.DataFrame
            ``symbol, session, signal``, sorted by symbol.
        """
        newest = self.decide(market).frame.group_by("symbol").last()
        return newest.select("symbol", "session", "signal").sort("symbol")

    def __repr__(self) -> str:
        words = ", ".join(f"{key}={value!r}" for key, value in self.parameters.items())
        return f"{self.name}({words})"


def _declared(cls: type[Strategy]) -> dict[str, ParamSpec]:
    return {
        key: value
        for base in reversed(cls.__mro__)
        for key, value in vars(base).items()
        if isinstance(value, ParamSpec)
    }
