"""Checks of indicator parameters, made when the indicator is built."""

from __future__ import annotations

import math
import operator
from numbers import Real

from hedgerow.errors import DefinitionError
from hedgerow.features.expression import Feature


def whole(indicator: str, name: str, value: object, *, low: int = 1) -> int:
    """A whole number of bars.

    Raises
    ------
    DefinitionError
        It is not a whole number, or below ``low``.
    """
    number = _index(value)
    if number is None or number < low:
        raise DefinitionError(
            f"{indicator}: {name}={value!r} must be a whole number of bars, {low} or more",
            parameter=name,
            value=value,
        )
    return number


def above_zero(indicator: str, name: str, value: object) -> float:
    """A finite number above zero.

    Raises
    ------
    DefinitionError
        It is not a number, not finite, or not above zero.
    """
    number = float(value) if isinstance(value, Real) else math.nan
    if not (math.isfinite(number) and number > 0):
        raise DefinitionError(
            f"{indicator}: {name}={value!r} must be a finite number above zero",
            parameter=name,
            value=value,
        )
    return number


def feature(indicator: str, value: object) -> Feature:
    """The feature that an indicator is taken of.

    Raises
    ------
    DefinitionError
        It is not a feature.
    """
    if not isinstance(value, Feature):
        raise DefinitionError(
            f"{indicator}: of={value!r} must be a feature, such as hr.close or hr.rsi(14)",
            parameter="of",
            value=value,
        )
    return value


def _index(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
