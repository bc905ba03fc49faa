"""The strategy base: declare parameters, features and a signal; the rest is derived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from hedgerow.domain.market import Market
from hedgerow.errors import DefinitionError, did_you_mean
from hedgerow.features import Feature
from hedgerow.strategies.decisions import Decisions
from hedgerow.strategies.evaluate import decide
from hedgerow.strategies.exits import Exits
from hedgerow.strategies.param import Param, ParamSpec, Value
from hedgerow.strategies.source import class_text, is_built_in, module_text

LONG = "long"
LONG_SHORT = "long_short"


class Strategy:
    """A rule that turns bars into signals.

    A subclass declares parameters with ``hr.Param``, gives everything that looks back in
    ``features()``, and a row-wise rule over those features in ``signal()``. That split is
    what makes look-ahead impossible to write by accident and sweeps fast. A plain value over an
    inherited parameter, such as ``direction = "long_short"``, is its new default.

    Parameters
    ----------
    **parameters
        Values of the declared parameters; the defaults where not given.

    Raises
    ------
    DefinitionError
        A parameter is unknown or its value is not allowed; a parameter declared in a subclass
        has the name of something that every strategy has.
    """

    #: ``long``: a sell closes the position. ``long_short``: a sell reverses it.
    direction: str = Param(LONG, choices=(LONG, LONG_SHORT), tune=False)

    params: ClassVar[Mapping[str, ParamSpec]] = {}

    #: Text of the class's module as it was when the class was made; empty in a notebook.
    module_source: ClassVar[str] = ""

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        cls.params = _declared(cls)
        cls.module_source = module_text(cls)

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
        """Source that the run record keeps; empty where it cannot be read.

        The whole module as it was when the class was made, followed by the modules of the
        strategies that it derives from; the class alone where it is built in or in a notebook.
        """
        bases = [base for base in type(self).__mro__ if issubclass(base, Strategy)]
        texts = [
            base.module_source or class_text(base)
            for base in bases
            if base is type(self) or not is_built_in(base)
        ]
        return "\n\n".join(dict.fromkeys(text for text in texts if text))

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
            With the instruments that lack what the strategy needs listed as not run; all of
            them where a series or a table that the strategy joins does not exist.

        Raises
        ------
        DefinitionError
            The features, the signal, the confidence or the exits fail or are not well formed.
        DataError
            A table that the strategy joins lacks the column, or ``available_at``.
        """
        return decide(self, market)

    def __repr__(self) -> str:
        words = ", ".join(f"{key}={value!r}" for key, value in self.parameters.items())
        return f"{self.name}({words})"


def _declared(cls: type[Strategy]) -> dict[str, ParamSpec]:
    specs: dict[str, ParamSpec] = {}
    for base in reversed(cls.__mro__):
        for key, value in vars(base).items():
            if isinstance(value, ParamSpec):
                _check_name(cls.__name__, key)
                specs[key] = value
            elif key in specs:
                default = specs[key].check(base.__name__, key, value)
                specs[key] = replace(specs[key], default=default)
    return specs


def _check_name(owner: str, key: str) -> None:
    if not isinstance(vars(Strategy).get(key, ParamSpec(0)), ParamSpec):
        raise DefinitionError(
            f"{owner}: parameter {key!r} has the name of something that every strategy has: "
            "choose another name",
            strategy=owner,
            parameter=key,
        )
