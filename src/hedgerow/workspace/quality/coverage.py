"""Sessions that should have bars, and those that have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import polars as pl

from hedgerow.domain.calendar import sessions
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DefinitionError
from hedgerow.lake.quality import SERIES

_SHOWN = 10
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
    schema = {
        "exchange": pl.String,
        "session": pl.Date,
        "close": pl.Datetime("us", "UTC"),
        "ordinal": pl.Int64,
    }
    return pl.concat(found) if found else pl.DataFrame(schema=schema)


def gap_ranges(bars: pl.DataFrame, exchanges: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Runs of sessions without a bar between the first and the last of each series.

    Parameters
    ----------
    bars
        ``source, timeframe, instrument_id, adjustment, session``; bars longer than a day are
        left out.
    exchanges
        ``instrument_id, exchange``.
    days
        As ``numbered_sessions`` gives them.

    Returns
    -------
    pl.DataFrame
        The keys of the series with ``first, last`` (sessions, both missing) and ``sessions``
        (their number), sorted.
    """
    present = _present(bars, exchanges, days)
    jumped = pl.col("ordinal").diff().over(_KEYS)
    # The two bars around a gap lie more than one session apart.
    around = present.with_columns(_step=jumped).filter(pl.col("_step") > 1)
    ends = around.select(
        *_KEYS,
        "exchange",
        _first=pl.col("ordinal") - pl.col("_step") + 1,
        _last=pl.col("ordinal") - 1,
        sessions=pl.col("_step") - 1,
    )
    dated = days.select("exchange", "session", "ordinal")
    return (
        ends.join(
            dated.rename({"session": "first", "ordinal": "_first"}), on=["exchange", "_first"]
        )
        .join(dated.rename({"session": "last", "ordinal": "_last"}), on=["exchange", "_last"])
        .select(*_KEYS, "first", "last", "sessions")
        .sort(*_KEYS, "first")
    )


def coverage(
    bars: pl.DataFrame,
    exchanges: pl.DataFrame,
    delisted: pl.DataFrame,
    now: dt.datetime,
) -> pl.DataFrame:
    """Sessions expected, missing and overdue, by series.

    Parameters
    ----------
    bars, exchanges
        As for ``gap_ranges``.
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
    days = numbered_sessions(exchanges["exchange"])
    spans = (
        _present(bars, exchanges, days)
        .group_by(*_KEYS, "exchange")
        .agg(
            first=pl.col("ordinal").min(),
            last=pl.col("ordinal").max(),
            present=pl.len().cast(pl.Int64),
        )
    )
    counted = spans.with_columns(expected_sessions=pl.col("last") - pl.col("first") + 1)
    missing = pl.col("expected_sessions") - pl.col("present")
    return (
        _behind(counted, days, delisted, now)
        .with_columns(
            missing_sessions=missing, coverage=pl.col("present") / pl.col("expected_sessions")
        )
        .join(_told(gap_ranges(bars, exchanges, days)), on=_KEYS, how="left")
        .with_columns(pl.col("gaps").fill_null(""), pl.col("longest_gap").fill_null(0))
        .drop("exchange", "first", "last", "present")
    )


def _present(bars: pl.DataFrame, exchanges: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    codes = bars["timeframe"].unique().to_list()
    countable = [code for code in codes if Timeframe.parse(code).duration <= dt.timedelta(days=1)]
    return (
        bars.filter(pl.col("timeframe").is_in(countable))
        .select(*_KEYS, "session")
        .unique()
        .join(exchanges, on="instrument_id")
        .join(days.select("exchange", "session", "ordinal"), on=["exchange", "session"])
        .sort(*_KEYS, "ordinal")
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
