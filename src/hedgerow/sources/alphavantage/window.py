"""How far back the short answers reach.

A *compact* series is the last 100 rows there are, today's unfinished one perhaps among them. It
answers for a span only where the span cannot hold more sessions than that, and where its oldest
row shows that it does reach back.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl

from hedgerow.domain.calendar import sessions, time_zone
from hedgerow.sources.alphavantage.parse import Cells

COMPACT_ROWS = 100


def beyond_compact(calendar: str, start: dt.date, now: dt.datetime) -> bool:
    """Whether a span from a day to the present may hold more sessions than 100.

    Examples
    --------
    >>> evening = dt.datetime(2026, 3, 31, 22, tzinfo=dt.UTC)
    >>> beyond_compact("XNYS", dt.date(2025, 11, 5), evening)
    False
    >>> beyond_compact("XNYS", dt.date(2025, 11, 4), evening)
    True
    """
    today = now.astimezone(ZoneInfo(time_zone(calendar))).date()
    held = sessions(calendar)["session"].is_between(start, today).sum()
    return held > COMPACT_ROWS


def falls_short(found: Cells, calendar: str, start: dt.date) -> bool:
    """Whether a compact answer is full and its oldest row is later than the first session asked.

    A symbol may have rows for days that the calendar does not know, which push the oldest ones
    out.
    """
    if found.height < COMPACT_ROWS:
        return False
    days = sessions(calendar)["session"]
    first = days.filter(days >= start).min()
    oldest = found.frame["timestamp"].str.to_date("%Y-%m-%d", strict=False).min()
    if not isinstance(oldest, dt.date):
        return True
    return isinstance(first, dt.date) and oldest > first


def completed(now: dt.datetime, calendar: str) -> pl.Expr:
    """Whether a stamped bar's session has closed, or its day is no session and is over."""
    today = now.astimezone(ZoneInfo(time_zone(calendar))).date()
    over = pl.col("session") < today
    return (
        pl.when(pl.col("available_at").is_null())
        .then(over)
        .otherwise(pl.col("available_at") <= now)
    )
