"""Sessions that should have bars, and those that have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from hedgerow.domain.calendar import sessions
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DefinitionError
from hedgerow.lake.quality import SERIES

_SHOWN = 10
_DAY = dt.timedelta(days=1)
_KEYS = list(SERIES)


def numbered_sessions(exchanges: Iterable[str]) -> pl.DataFrame:
    """Every session of some exchanges with its number: ``exchange, session, close, ordinal``.

    Exchanges whose calendar is not known are absent.
    """
    found = []
    for exchange in sorted(set(exchanges)):
        try:
            days = sessions(exchange)
        except DefinitionError:
            continue
        found.append(
            days.select(
                pl.lit(exchange).alias("exchange"),
                "session",
                "close",
                ordinal=pl.int_range(pl.len()),
            )
        )
    schema: dict[str, pl.DataType] = {
        "exchange": pl.String(),
        "session": pl.Date(),
        "close": pl.Datetime("us", "UTC"),
        "ordinal": pl.Int64(),
    }
    return pl.concat(found) if found else pl.DataFrame(schema=schema)


@dataclass(frozen=True)
class Presence:
    """Which sessions some series have.

    Parameters
    ----------
    series
        One row a series: its keys, ``exchange`` and a number, ``_series``.
    sessions
        ``_series, ordinal``: the sessions with a bar, each once, sorted.
    days
        As ``numbered_sessions`` gives them.
    """

    series: pl.DataFrame
    sessions: pl.DataFrame
    days: pl.DataFrame


def presence(bars: pl.DataFrame, exchanges: pl.DataFrame) -> Presence:
    """Find the sessions with a bar.

    Parameters
    ----------
    bars
        ``source, timeframe, instrument_id, adjustment, session``, sorted so that series stay
        together and sessions ascend; bars longer than a day are left out.
    exchanges
        ``instrument_id, exchange``; series of an exchange whose calendar is not known are left
        out.
    """
    days = numbered_sessions(exchanges["exchange"])
    codes = bars["timeframe"].unique().to_list()
    countable = [code for code in codes if Timeframe.parse(code).duration <= _DAY]
    held = bars.filter(pl.col("timeframe").is_in(countable)).select(*_KEYS, "session")
    # The rows are in order, which spares sorting and hashing five texts a row.
    another = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in _KEYS)
    begins = another.fill_null(True)
    numbered = held.with_columns(_begins=begins).with_columns(_series=pl.col("_begins").cum_sum())
    series = (
        numbered.filter("_begins").select(*_KEYS, "_series").join(exchanges, on="instrument_id")
    )
    new_day = pl.col("_begins") | (pl.col("session") != pl.col("session").shift())
    calendars = days.select("exchange").unique().with_row_index("_calendar")
    own = series.join(calendars, on="exchange").select("_series", "_calendar")
    sessions_of = days.join(calendars, on="exchange").select("_calendar", "session", "ordinal")
    found = (
        numbered.filter(new_day)
        .select("_series", "session")
        .join(own, on="_series")
        .join(sessions_of, on=["_calendar", "session"])
        .select("_series", "ordinal")
        .sort("_series", "ordinal")
    )
    return Presence(series, found, days)


def gap_ranges(present: Presence) -> pl.DataFrame:
    """Runs of sessions without a bar between the first and the last of each series.

    Returns
    -------
    pl.DataFrame
        The keys of the series with ``first, last`` (sessions, both missing) and ``sessions``
        (their number), sorted.
    """
    step = pl.when(pl.col("_series") == pl.col("_series").shift()).then(pl.col("ordinal").diff())
    # The two bars around a gap lie more than one session apart.
    around = present.sessions.with_columns(_step=step).filter(pl.col("_step") > 1)
    ends = around.join(present.series, on="_series").select(
        *_KEYS,
        "exchange",
        _first=pl.col("ordinal") - pl.col("_step") + 1,
        _last=pl.col("ordinal") - 1,
        sessions=pl.col("_step") - 1,
    )
    dated = present.days.select("exchange", "session", "ordinal")
    return (
        ends.join(
            dated.rename({"session": "first", "ordinal": "_first"}), on=["exchange", "_first"]
        )
        .join(dated.rename({"session": "last", "ordinal": "_last"}), on=["exchange", "_last"])
        .select(*_KEYS, "first", "last", "sessions")
        .sort(*_KEYS, "first")
    )


def coverage(present: Presence, delisted: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """Sessions expected, missing and overdue, by series.

    Parameters
    ----------
    present
        As ``presence`` gives it.
    delisted
        ``instrument_id, delisted``: last session of what is no longer traded.
    now
        Instant by which sessions must have closed to be overdue.

    Returns
    -------
    pl.DataFrame
        The keys of the series with ``expected_sessions, missing_sessions, coverage, gaps,
        longest_gap, sessions_behind``; series without a calendar are absent.
    """
    spans = (
        present.sessions.group_by("_series")
        .agg(
            first=pl.col("ordinal").min(),
            last=pl.col("ordinal").max(),
            present=pl.len().cast(pl.Int64),
        )
        .join(present.series, on="_series")
        .drop("_series")
    )
    counted = spans.with_columns(expected_sessions=pl.col("last") - pl.col("first") + 1)
    missing = pl.col("expected_sessions") - pl.col("present")
    return (
        _behind(counted, present.days, delisted, now)
        .with_columns(
            missing_sessions=missing, coverage=pl.col("present") / pl.col("expected_sessions")
        )
        .join(_told(gap_ranges(present)), on=_KEYS, how="left")
        .with_columns(pl.col("gaps").fill_null(""), pl.col("longest_gap").fill_null(0))
        .drop("exchange", "first", "last", "present")
    )


def _behind(
    spans: pl.DataFrame, days: pl.DataFrame, delisted: pl.DataFrame, now: dt.datetime
) -> pl.DataFrame:
    completed = days.filter(pl.col("close") <= now)
    newest = completed.group_by("exchange").agg(_newest=pl.col("ordinal").max())
    ends = (
        spans.select("instrument_id", "exchange")
        .unique()
        .join(delisted, on="instrument_id")
        .sort("delisted")
        .join_asof(
            completed.select("exchange", "session", _end="ordinal").sort("session"),
            left_on="delisted",
            right_on="session",
            by="exchange",
            check_sortedness=False,
        )
        .select("instrument_id", "_end")
    )
    due = pl.min_horizontal("_newest", "_end")
    return (
        spans.join(newest, on="exchange", how="left")
        .join(ends, on="instrument_id", how="left")
        .with_columns(sessions_behind=pl.max_horizontal(due - pl.col("last"), pl.lit(0)))
        .drop("_newest", "_end")
    )


def _told(gaps: pl.DataFrame) -> pl.DataFrame:
    """The longest gaps of each series in one line, in the order of time."""
    one = pl.format("{} to {} ({})", "first", "last", "sessions")
    alone = pl.col("first").cast(pl.String)
    named = gaps.with_columns(_text=pl.when(pl.col("sessions") == 1).then(alone).otherwise(one))
    longest = named.sort("sessions", "first", descending=[True, False]).group_by(
        _KEYS, maintain_order=True
    )
    shown = longest.head(_SHOWN).sort("first").group_by(_KEYS).agg(pl.col("_text").str.join(", "))
    totals = gaps.group_by(_KEYS).agg(_count=pl.len(), longest_gap=pl.col("sessions").max())
    more = pl.format(" and {} more", pl.col("_count") - _SHOWN)
    return (
        totals.join(shown, on=_KEYS)
        .with_columns(
            gaps=pl.when(pl.col("_count") > _SHOWN).then(pl.col("_text") + more).otherwise("_text")
        )
        .select(*_KEYS, "gaps", "longest_gap")
    )
