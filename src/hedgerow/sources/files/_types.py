"""The type that the texts of a column show."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

# A number with a leading zero is a code, so it stays text.
_WHOLE = r"^[+-]?(0|[1-9][0-9]*)$"
_NUMBER = r"^[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$|^(?i:nan|[+-]?inf)$"
_TRUTH = r"^(?i:true|false)$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def shown_type(cells: pl.Series) -> pl.Series:
    """Text as whole numbers, numbers, truth values or dates, where every filled cell is one.

    Parameters
    ----------
    cells
        A column; one that is not text stays as it is.

    Returns
    -------
    pl.Series
        Int64, Float64, Boolean, Date or String; nulls stay null.

    Examples
    --------
    >>> shown_type(pl.Series(["1", None, "2.5"])).to_list()
    [1.0, None, 2.5]
    >>> shown_type(pl.Series(["007", "12"])).to_list()
    ['007', '12']
    """
    if cells.dtype != pl.String or cells.is_null().all():
        return cells
    readings: dict[str, Callable[[], pl.Series]] = {
        _WHOLE: lambda: cells.cast(pl.Int64, strict=False),
        _NUMBER: lambda: cells.cast(pl.Float64, strict=False),
        _TRUTH: lambda: cells.str.to_lowercase() == "true",
        _DATE: lambda: cells.str.to_date("%Y-%m-%d", strict=False),
    }
    filled = cells.drop_nulls()
    for pattern, read in readings.items():
        if filled.str.contains(pattern).all():
            values = read()
            if values.null_count() == cells.null_count():
                return values
    return cells
