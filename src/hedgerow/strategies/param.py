"""Parameters of a strategy: declared once, then checked, shown, tuned and documented."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hedgerow.errors import DefinitionError

Value = bool | int | float | str


@dataclass(frozen=True)
class ParamSpec:
    """What a parameter may be.

    Parameters
    ----------
    default
        Value where none is given; its type is the parameter's type.
    low, high
        Smallest and largest value allowed, both included; None for no bound.
    step
        Distance between tried values; None for any.
    choices
        The values allowed, where they are few.
    log
        Whether a search should step by factors rather than by differences.
    unit
        Unit or scale, in words.
    tune
        Whether a search may vary it.
    doc
        What it does, in a sentence.
    """

    default: Value
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[Value, ...] | None = None
    log: bool = False
    unit: str = ""
    tune: bool = True
    doc: str = ""

    def check(self, owner: str, name: str, value: object) -> Value:
        """The value in the parameter's type.

        Parameters
        ----------
        owner, name
            Strategy and parameter, for the message.
        value
            What was given; text is read as the type needs.

        Raises
        ------
        DefinitionError
            The value has the wrong type or lies outside the bounds.
        """
        typed = self._typed(value)
        if typed is None or not self._allowed(typed):
            raise DefinitionError(
                f"{owner}: parameter {name}={value!r} is not allowed: give {self.describe()}",
                strategy=owner,
                parameter=name,
                value=value,
            )
        return typed

    def describe(self) -> str:
        """The allowed values in words."""
        if self.choices is not None:
            return "one of " + ", ".join(map(str, self.choices))
        kind = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}[
            type(self.default)
        ]
        if self.low is not None and self.high is not None:
            kind += f" from {self.low:g} to {self.high:g}"
        elif self.low is not None:
            kind += f" of at least {self.low:g}"
        elif self.high is not None:
            kind += f" of at most {self.high:g}"
        return f"{kind} ({self.unit})" if self.unit else kind

    def _typed(self, value: object) -> Value | None:
        kind = type(self.default)
        if kind is bool:
            words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
            return words.get(str(value).lower())
        if isinstance(value, bool):
            return None
        try:
            if kind is int:
                number = float(value)  # type: ignore[arg-type]
                return int(number) if number.is_integer() else None
            if kind is float:
                number = float(value)  # type: ignore[arg-type]
                return number if math.isfinite(number) else None
        except (TypeError, ValueError):
            return None
        return value if isinstance(value, str) else None

    def _allowed(self, value: Value) -> bool:
        if self.choices is not None:
            return value in self.choices
        if isinstance(value, str):
            return True
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def Param(  # noqa: N802 - reads as a declaration in a class body
    default: Value,
    *,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    choices: Sequence[Value] | None = None,
    log: bool = False,
    unit: str = "",
    tune: bool = True,
    doc: str = "",
) -> Any:
    """Declare a parameter of a strategy.

    Parameters
    ----------
    default
        Value where none is given; its type is the parameter's type.
    low, high
        Smallest and largest value allowed, both included.
    step
        Distance between tried values.
    choices
        The values allowed, where they are few.
    log
        Whether a search should step by factors.
    unit
        Unit or scale, in words.
    tune
        Whether a search may vary it.
    doc
        What it does, in a sentence.

    Raises
    ------
    DefinitionError
        The default lies outside its own bounds.

    Examples
    --------
    >>> import hedgerow as hr
    >>> class Above(hr.Strategy):
    ...     window: int = hr.Param(50, low=2, high=400, unit="bars")
    ...     def features(self):
    ...         return {"average": hr.sma(self.window)}
    ...     def signal(self):
    ...         price = hr.col("close")
    ...         return hr.side(buy=price > hr.col("average"), sell=price < hr.col("average"))
    >>> Above(window=100).parameters
    {'direction': 'long', 'window': 100}
    """
    spec = ParamSpec(
        default, low, high, step, tuple(choices) if choices else None, log, unit, tune, doc
    )
    spec.check("Param", "default", default)
    return spec
