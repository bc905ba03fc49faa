"""The one clock: which session a bar belongs to and when anyone could know it.

``timestamp`` is the bar's start in UTC (a daily bar's is its session date at 00:00, a label).
``session`` is the exchange's session date. ``available_at`` is the first instant anyone could
know the row. Every join across series is a backward as-of join on ``available_at``.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from hedgerow.domain.calendar import DEFAULT_CALENDAR, sessions, time_zone
from hedgerow.domain.timeframe import Timeframe

# The VIX is calculated until a quarter past the cash close, so its daily value is later than
# the daily bars of the stocks (Cboe, VIX index: regular hours end 15 minutes after the close).
PUBLICATION_DELAY: dict[str, dt.timedelta] = {"VIX": dt.timedelta(minutes=15)}

NO_DELAY = dt.timedelta()

_WEEK = dt.timedelta(weeks=1)


def stamp(
    frame: pl.LazyFrame,
    timeframe: str | Timeframe,
    *,
    calendar: str = DEFAULT_CALENDAR,
    delay: dt.timedelta = NO_DELAY,
) -> pl.LazyFrame:
    """Add ``session`` and ``available_at`` to bars.

    Parameters
    ----------
    frame
        Bars with ``timestamp`` (Datetime, UTC): bar starts; for daily and weekly bars the
        session date at 00:00 UTC (of a weekly bar, any day of its first calendar week).
    timeframe
        Length of the bars.
    calendar
        Market identifier code whose sessions decide.
    delay
        Time between the end of a daily or weekly bar and its publication.

    Returns
    -------
    pl.LazyFrame
        The frame with ``session`` (Date) and ``available_at`` (Datetime, UTC). An intraday
        bar is available at its end, a daily bar at its session's close (plus ``delay``), a
        bar of weeks at the close of the last session of its last calendar week (Monday to
        Sunday), and a bar of several days at the close of that many sessions.
        ``available_at`` is null where the exchange has no such session.

    Examples
    --------
    >>> bars = pl.LazyFrame({"timestamp": [dt.datetime(2024, 11, 29, tzinfo=dt.UTC)]})
    >>> stamp(bars, "1d").collect()["available_at"].item().isoformat()
    '2024-11-29T18:00:00+00:00'
    """
    length = Timeframe.parse(timeframe)
    days = sessions(calendar).lazy()
    if length.intraday:
        local_day = pl.col("timestamp").dt.convert_time_zone(time_zone(calendar)).dt.date()
        known = days.select("session", available_at=pl.lit(True))
        return (
            frame.drop("session", "available_at", strict=False)
            .with_columns(session=local_day)
            .join(known, on="session", how="left", maintain_order="left")
            .with_columns(
                available_at=pl.when(pl.col("available_at")).then(
                    pl.col("timestamp") + length.duration
                )
            )
        )
    closes = days.select("session", available_at=pl.col("close") + delay)
    labelled = frame.drop("session", "available_at", strict=False).with_columns(
        session=pl.col("timestamp").dt.date()
    )
    if length.code == "1d":
        return labelled.join(closes, on="session", how="left", maintain_order="left")
    if length.seconds % _WEEK.total_seconds():
        return _after_sessions(labelled, closes, int(length.duration / dt.timedelta(days=1)))
    weeks = int(length.duration / _WEEK)
    monday = pl.col("session").dt.truncate("1w")
    last_day = monday + dt.timedelta(days=7 * weeks - 1)
    ends = closes.rename({"session": "_last_day"}).sort("_last_day")
    return (
        labelled.with_row_index("_row")
        .with_columns(_wanted=last_day)
        .sort("_wanted")
        .join_asof(ends, left_on="_wanted", right_on="_last_day", check_sortedness=False)
        .sort("_row")
        .drop("_row", "_wanted", "_last_day", strict=False)
    )


def _after_sessions(labelled: pl.LazyFrame, closes: pl.LazyFrame, count: int) -> pl.LazyFrame:
    ends = closes.sort("session").with_columns(pl.col("available_at").shift(1 - count))
    return labelled.join(ends, on="session", how="left", maintain_order="left")


def knowledge_instant(as_of: dt.date | dt.datetime | str) -> dt.datetime:
    """Instant that an ``as_of`` stands for.

    Parameters
    ----------
    as_of
        An instant (naive ones are taken as UTC), a date, or either in ISO 8601. A date
        stands for the last microsecond of that UTC day, by which its session has closed.

    Returns
    -------
    datetime.datetime
        With the UTC zone.

    Raises
    ------
    DataError
        The text is neither a date nor an instant.
    """
    from hedgerow.errors import DataError

    value: dt.date | dt.datetime
    if isinstance(as_of, str):
        try:
            value = (
                dt.date.fromisoformat(as_of)
                if len(as_of) <= 10
                else dt.datetime.fromisoformat(as_of)
            )
        except ValueError:
            raise DataError(
                f"date {as_of!r} is not ISO 8601: write 2024-11-29 or 2024-11-29T18:00:00Z",
                as_of=as_of,
            ) from None
    else:
        value = as_of
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC) if value.tzinfo else value.replace(tzinfo=dt.UTC)
    return dt.datetime.combine(value, dt.time.max, tzinfo=dt.UTC)
