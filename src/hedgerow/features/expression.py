"""Features as an expression tree: what is computed, from what, and how far it looks back.

A feature is built by calling indicators and by arithmetic on the results. Nothing is computed
until the engine meets the bars. The tree knows its own name (``str(feature)``), from which its
fingerprint is made, so that equal features are computed once.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Integral, Real

import polars as pl

from hedgerow.errors import DefinitionError, did_you_mean

FIELDS = ("open", "high", "low", "close", "volume", "vwap", "trade_count")
RAW_FIELDS = ("open", "high", "low", "close")

Number = bool | int | float


class Feature:
    """A value per bar, declared and not yet computed.

    Combine features with ``+ - * /``, ``**`` by a constant, comparisons, and ``& | ~`` for
    conditions. A null in gives a null out, except where a method says otherwise.
    """

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """Features this one is computed from."""
        return ()

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that equal features share."""
        return hashlib.sha256(str(self).encode()).hexdigest()[:16]

    def __add__(self, other: Feature | Number) -> Feature:
        return Operation("+", (self, as_feature(other)))

    def __radd__(self, other: Number) -> Feature:
        return Operation("+", (as_feature(other), self))

    def __sub__(self, other: Feature | Number) -> Feature:
        return Operation("-", (self, as_feature(other)))

    def __rsub__(self, other: Number) -> Feature:
        return Operation("-", (as_feature(other), self))

    def __mul__(self, other: Feature | Number) -> Feature:
        return Operation("*", (self, as_feature(other)))

    def __rmul__(self, other: Number) -> Feature:
        return Operation("*", (as_feature(other), self))

    def __truediv__(self, other: Feature | Number) -> Feature:
        return Operation("/", (self, as_feature(other)))

    def __rtruediv__(self, other: Number) -> Feature:
        return Operation("/", (as_feature(other), self))

    def __pow__(self, power: Number) -> Feature:
        return Operation("**", (self, as_feature(power)))

    def __neg__(self) -> Feature:
        return Operation("negate", (self,))

    def __abs__(self) -> Feature:
        return self.abs()

    def __gt__(self, other: Feature | Number) -> Feature:
        return Operation(">", (self, as_feature(other)))

    def __ge__(self, other: Feature | Number) -> Feature:
        return Operation(">=", (self, as_feature(other)))

    def __lt__(self, other: Feature | Number) -> Feature:
        return Operation("<", (self, as_feature(other)))

    def __le__(self, other: Feature | Number) -> Feature:
        return Operation("<=", (self, as_feature(other)))

    def __eq__(self, other: object) -> Feature:  # type: ignore[override]
        return Operation("==", (self, as_feature(other)))

    def __ne__(self, other: object) -> Feature:  # type: ignore[override]
        return Operation("!=", (self, as_feature(other)))

    def __and__(self, other: Feature) -> Feature:
        return Operation("&", (self, as_feature(other)))

    def __or__(self, other: Feature) -> Feature:
        return Operation("|", (self, as_feature(other)))

    def __invert__(self) -> Feature:
        return Operation("not", (self,))

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __bool__(self) -> bool:
        raise DefinitionError(
            f"feature {self} has no truth value yet: combine conditions with &, | and ~, "
            "not with and, or, not, if"
        )

    def __repr__(self) -> str:
        return f"<Feature {self}>"

    def abs(self) -> Feature:
        """Magnitude."""
        return Operation("abs", (self,))

    def log(self) -> Feature:
        """Natural logarithm; null where the value is not above zero."""
        return Operation("log", (self,))

    def sqrt(self) -> Feature:
        """Square root; null where the value is below zero."""
        return Operation("sqrt", (self,))

    def sign(self) -> Feature:
        """Minus one, zero or one."""
        return Operation("sign", (self,))

    def is_null(self) -> Feature:
        """Whether the value is unknown; never null itself."""
        return Operation("is_null", (self,))

    def fill_null(self, value: Feature | Number) -> Feature:
        """The value, or another where it is unknown."""
        return Operation("fill_null", (self, as_feature(value)))

    def clip(self, low: Feature | Number, high: Feature | Number) -> Feature:
        """The value, held between two bounds."""
        at_least = Operation("max", (self, as_feature(low)))
        return Operation("min", (at_least, as_feature(high)))


@dataclass(frozen=True, eq=False, repr=False)
class Field(Feature):
    """A column of the bars, restated for the splits known at the bar."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in FIELDS:
            raise DefinitionError(
                f"bar field {self.name!r} is not known. {did_you_mean(self.name, FIELDS)}"
            )

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False, repr=False)
class Raw(Feature):
    """A price as it traded, for rules on the price level itself."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in RAW_FIELDS:
            raise DefinitionError(
                f"raw price {self.name!r} is not known. {did_you_mean(self.name, RAW_FIELDS)}"
            )

    def __str__(self) -> str:
        return f"raw({self.name})"


@dataclass(frozen=True, eq=False, repr=False)
class Column(Feature):
    """One of a strategy's own features, by the name it was given."""

    name: str

    def __str__(self) -> str:
        return f"col({self.name})"


@dataclass(frozen=True, eq=False, repr=False)
class Constant(Feature):
    """A number."""

    value: Number

    def __str__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True, eq=False, repr=False)
class Operation(Feature):
    """Row-wise arithmetic: looks at nothing but its inputs on the same bar."""

    name: str
    operands: tuple[Feature, ...]

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The operands, left to right."""
        return self.operands

    def __str__(self) -> str:
        if len(self.operands) == 2 and not self.name.isidentifier():
            return f"({self.operands[0]} {self.name} {self.operands[1]})"
        return f"{self.name}({', '.join(map(str, self.operands))})"


Build = Callable[..., pl.Expr]


@dataclass(frozen=True, eq=False, repr=False)
class Indicator(Feature):
    """A value computed from earlier bars of the same instrument, or across instruments.

    Parameters
    ----------
    name
        Standard name.
    of
        Inputs.
    build
        Function of one Polars expression an input that returns one expression. Evaluated
        over the bars of one instrument in time order (``cross_section=False``) or over the
        instruments of one instant (``cross_section=True``).
    parameters
        Whatever distinguishes it from others of its name.
    lookback
        Bars before the present one that it needs, beyond what its inputs need; None for a
        recursive indicator, whose value depends on every bar since the first.
    scale
        Power of the price unit in the value (1 price, -1 volume, 0 neither); None for that
        of the first input.
    version
        Raised whenever the same bars would give other values.
    """

    name: str
    of: tuple[Feature, ...]
    build: Build
    parameters: Mapping[str, Number | str] = field(default_factory=dict)
    lookback: int | None = 0
    scale: int | None = None
    cross_section: bool = False
    version: int = 1

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """What ``build`` is given, in its order."""
        return self.of

    def __str__(self) -> str:
        version = f"@{self.version}" if self.version != 1 else ""
        return _call(self.name + version, self.of, self.parameters)


@dataclass(frozen=True, eq=False, repr=False)
class Named(Feature):
    """A composition of other features under the name it goes by.

    Parameters
    ----------
    name
        Standard name.
    of
        What it reads, for its own text.
    parameters
        Whatever distinguishes it from others of its name.
    stands_for
        The composition, whose parts are shared with every other feature that uses them.
    """

    name: str
    of: tuple[Feature, ...]
    parameters: Mapping[str, Number | str]
    stands_for: Feature

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The composition itself."""
        return (self.stands_for,)

    def __str__(self) -> str:
        return _call(self.name, self.of, self.parameters)


def _call(name: str, of: tuple[Feature, ...], parameters: Mapping[str, Number | str]) -> str:
    words = [str(feature) for feature in of]
    words += [f"{key}={value!r}" for key, value in sorted(parameters.items())]
    return f"{name}({', '.join(words)})"


def as_feature(value: object) -> Feature:
    """A feature as it is, or a constant.

    Raises
    ------
    DefinitionError
        The value is neither a feature nor a finite number.
    """
    if isinstance(value, Feature):
        return value
    if isinstance(value, bool):
        return Constant(value)
    # The number types of NumPy would print, and so fingerprint, differently.
    if isinstance(value, Integral):
        return Constant(int(value))
    if isinstance(value, Real) and math.isfinite(value):
        return Constant(float(value))
    raise DefinitionError(
        f"{value!r} cannot be part of a feature: use a finite number or a feature "
        "such as hr.close or hr.sma(20)"
    )


def walk(feature: Feature) -> Iterator[Feature]:
    """Every node of a tree, inputs first, equal nodes once."""
    seen: set[str] = set()

    def visit(node: Feature) -> Iterator[Feature]:
        if node.fingerprint in seen:
            return
        seen.add(node.fingerprint)
        for child in node.inputs:
            yield from visit(child)
        yield node

    yield from visit(feature)
