"""From one day to another."""

from __future__ import annotations

import datetime as dt

from hedgerow.errors import DataError, HedgerowError


def check_span(
    start: dt.date | None, end: dt.date | None, error: type[HedgerowError] = DataError
) -> None:
    """Refuse a span that ends before it begins.

    Parameters
    ----------
    start, end
        First and last day; None for no bound.
    error
        What to raise.

    Raises
    ------
    DataError
        The start is after the end; another error where one is given.

    Examples
    --------
    >>> check_span(dt.date(2024, 1, 2), None)
    >>> check_span(dt.date(2024, 1, 2), dt.date(2024, 1, 2))
    """
    if start is not None and end is not None and start > end:
        raise error(f"start {start} is after end {end}: swap them")
