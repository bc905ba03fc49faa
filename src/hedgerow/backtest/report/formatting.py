"""Numbers as a reader of a fund report expects them: units, separators, true minus signs."""

from __future__ import annotations

import math

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"

# Above this a percentage loses its decimals: nobody reads the hundredths of 1,234%.
_COARSE_PERCENT = 1000.0


def percent(value: float | None, digits: int = 2, *, signed: bool = False) -> str:
    """Fraction written as a percentage.

    Parameters
    ----------
    value
        Fraction, 0.05 for five percent; None and NaN are missing.
    digits
        Decimals kept below 1,000%; larger ones are written whole.
    signed
        Write a plus sign before what is above zero.

    Returns
    -------
    str
        Text; an en dash where the value is missing.

    Examples
    --------
    >>> percent(0.12345), percent(-0.5, 1), percent(0.1, 1, signed=True), percent(None)
    ('12.35%', '−50.0%', '+10.0%', '–')
    """
    if value is None or math.isnan(value):
        return MISSING
    scaled = value * 100
    return _number(scaled, 0 if abs(scaled) >= _COARSE_PERCENT else digits, signed=signed) + "%"


def points(value: float | None) -> str:
    """Difference of two fractions in percentage points.

    Examples
    --------
    >>> points(0.034), points(-0.2)
    ('+3.4 pp', '−20.0 pp')
    """
    return (
        MISSING
        if value is None or math.isnan(value)
        else _number(value * 100, 1, signed=True) + " pp"
    )


def decimal(value: float | None, digits: int = 2, *, signed: bool = False) -> str:
    """Plain number with thousands separators.

    Examples
    --------
    >>> decimal(-1234.5), decimal(0.5, 3), decimal(float("inf"))
    ('−1,234.50', '0.500', '∞')
    """
    if value is None or math.isnan(value):
        return MISSING
    return _number(value, digits, signed=signed)


def multiple(value: float | None) -> str:
    """Number of times, such as yearly turnover.

    Examples
    --------
    >>> multiple(3.25)
    '3.25×'
    """
    return MISSING if value is None or math.isnan(value) else _number(value, 2) + "×"


def money(value: float | None, digits: int = 0, *, signed: bool = False) -> str:
    """Amount in account currency, whole by default.

    Examples
    --------
    >>> money(100000), money(-12.345, 2)
    ('100,000', '−12.35')
    """
    return decimal(value, digits, signed=signed)


def count(value: float | None) -> str:
    """Whole number with thousands separators.

    Examples
    --------
    >>> count(10000), count(None)
    ('10,000', '–')
    """
    return decimal(value, 0)


def tone(value: float | None) -> str:
    """Style class of a signed figure: ``up``, ``down`` or empty.

    Examples
    --------
    >>> tone(0.1), tone(-0.1), tone(None)
    ('up', 'down', '')
    """
    if value is None or math.isnan(value) or value == 0:
        return ""
    return "up" if value > 0 else "down"


def _number(value: float, digits: int, *, signed: bool = False) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    text = f"{abs(value):,.{digits}f}"
    if not any(digit in "123456789" for digit in text):
        return text  # never a signed zero
    if value < 0:
        return MINUS + text
    return "+" + text if signed else text
