"""Numbers as people and vendors write them."""

from __future__ import annotations

import polars as pl

# What files write where there is no value.
_NOTHING = ("na", "n/a", "null", "none", "-", "--", ".", "#n/a")

_GROUPED_BY_COMMA = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"
_GROUPED_BY_POINT = r"^[+-]?\d{1,3}([. ']\d{3})+(,\d*)?$"
_COMMA_DECIMAL = r"^[+-]?\d+,\d*$"
_SIGN_OF_MONEY = r"^([+-]?)[$€£¥]\s*"
_SUFFIXES = {"K": 1e3, "M": 1e6, "B": 1e9}


def number(column: str, *, decimal: str | None, counts: bool) -> pl.Expr:
    """Value of a text column.

    Parameters
    ----------
    column
        Name of the column, String.
    decimal
        ``"."`` or ``","``; None means a point.
    counts
        Whether ``1.2M`` and ``300K`` may stand for large numbers.

    Returns
    -------
    pl.Expr
        Float64; null where the text says that there is no value and where it cannot be read
        (``unreadable`` tells the two apart). ``NaN`` and ``inf`` are read as they stand.
    """
    text = pl.col(column).str.replace(_SIGN_OF_MONEY, "$1").str.replace("−", "-", literal=True)
    if decimal == ",":
        grouped = text.str.contains(_GROUPED_BY_POINT)
        plain = pl.when(grouped).then(text.str.replace_all(r"[. ']", "")).otherwise(text)
        text = plain.str.replace(",", ".", literal=True)
    else:
        grouped = text.str.contains(_GROUPED_BY_COMMA)
        text = pl.when(grouped).then(text.str.replace_all(",", "", literal=True)).otherwise(text)
    value = text.cast(pl.Float64, strict=False)
    if not counts:
        return value
    suffix = text.str.extract(r"^[+-]?[\d.]+\s*([KMBkmb])$").str.to_uppercase()
    shortened = text.str.extract(r"^([+-]?[\d.]+)").cast(pl.Float64, strict=False)
    factor = suffix.replace_strict(_SUFFIXES, default=None, return_dtype=pl.Float64)
    return pl.when(suffix.is_null()).then(value).otherwise(shortened * factor)


def has_value(column: str) -> pl.Expr:
    """Whether a text cell claims to hold a value."""
    text = pl.col(column)
    return text.is_not_null() & ~text.str.to_lowercase().is_in(_NOTHING)


def unreadable(column: str, value: str) -> pl.Expr:
    """Whether a text cell claims a value that could not be read into column ``value``."""
    return has_value(column) & pl.col(value).is_null()


def comma_decimal(column: str) -> pl.Expr:
    """Whether a text cell has a comma where a decimal point could be."""
    return pl.col(column).str.contains(_COMMA_DECIMAL)
