"""Where another source fills the sessions that the preferred one lacks.

1. ``_rivals`` are the other sources of raw bars of the same instruments, best first.
2. ``_compared`` puts the closes of a rival beside those held so far, session by session.
3. ``_agreeing`` keeps the rival's further sessions where the overlap nearest to them agrees.
4. ``_seams`` are the places at which the source of the result changes.

Only raw prices fill raw prices of the same currency: two vendors' adjusted prices are restated
for what each knew, and meet by chance only.

The overlap that decides over a stretch of sessions is the ``NEARBY`` common sessions before it, or
the first ``NEARBY`` of all where there are not so many before. So a decision that was once
possible stays as it is, whatever comes later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from hedgerow.domain import Adjustment
from hedgerow.workspace.selection import COMPARABLE, SERIES, ranked

#: Common sessions that must agree for a source to fill.
NEARBY = COMPARABLE

#: Largest difference of two closes that agree, as a fraction: 50 basis points.
TOLERANCE = 0.005

_BY = "instrument_id"
_DAY = (_BY, "session")
_NAMED = 3

SEAM_COLUMNS = {
    _BY: pl.String(),
    "from_source": pl.String(),
    "to_source": pl.String(),
    "session": pl.Date(),
}


@dataclass(frozen=True)
class Filling:
    """What other sources add to the chosen series.

    Parameters
    ----------
    sessions
        ``instrument_id, source, adjustment, session`` of every filled session.
    seams
        ``instrument_id, from_source, to_source, session``: the first session of another
        source than the session before, sorted.
    notes
        For readers: what was filled, and what was not because it does not agree.
    """

    sessions: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(
            schema={**dict.fromkeys(SERIES, pl.String()), "session": pl.Date()}
        )
    )
    seams: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SEAM_COLUMNS))
    notes: list[str] = field(default_factory=list)


def fill(
    bars: pl.LazyFrame,
    held: pl.DataFrame,
    chosen: pl.DataFrame,
    source_priority: Sequence[str],
    *,
    intraday: bool,
) -> Filling:
    """Decide which sessions other sources fill.

    Parameters
    ----------
    bars
        Everything known of the instruments, from all sources.
    held
        The series among them, as ``held_series`` gives them.
    chosen
        The preferred series of each instrument.
    source_priority
        Sources, best first.
    intraday
        Whether a session has several bars.

    Returns
    -------
    Filling
        Nothing, at the cost of one small join, where each instrument has one raw series.
    """
    rivals = _rivals(held, chosen, source_priority)
    if rivals.is_empty():
        return Filling()
    closes = _session_closes(bars, rivals, intraday=intraday)
    merged = closes.join(rivals.select(_BY, source="base").unique(), on=[_BY, "source"])
    decided = []
    for pairs in rivals.partition_by("place", maintain_order=True):
        rival = closes.join(pairs.select(_BY, "source"), on=[_BY, "source"])
        stretch = _agreeing(_compared(merged, rival))
        decided.append(stretch)
        added = rival.join(stretch.filter("fills"), on=[*_DAY, "source"], how="semi")
        merged = pl.concat([merged, added.select(merged.columns)])
    stretches = pl.concat(decided)
    filled = stretches.filter("fills").select(
        _BY, "source", pl.lit(str(Adjustment.RAW)).alias("adjustment"), "session"
    )
    return Filling(
        sessions=filled.sort(*_DAY),
        seams=_seams(merged.join(filled, on=_BY, how="semi")),
        notes=[*_filled_notes(filled), *_refused_notes(stretches)],
    )


def _rivals(
    held: pl.DataFrame, chosen: pl.DataFrame, source_priority: Sequence[str]
) -> pl.DataFrame:
    """``instrument_id, base, source, place``: who may fill whose series, in which turn."""
    raw = pl.col("adjustment") == Adjustment.RAW
    base = chosen.filter(raw).select(_BY, base="source")
    others = held.filter(raw).join(base, on=_BY).filter(pl.col("source") != pl.col("base"))
    turn = pl.int_range(pl.len()).over(_BY).alias("place")
    return (
        others.sort(_BY, ranked(source_priority), "source")
        .with_columns(turn)
        .select(_BY, "base", "source", "place")
        .sort("place", _BY)
    )


def _session_closes(bars: pl.LazyFrame, rivals: pl.DataFrame, *, intraday: bool) -> pl.DataFrame:
    """``instrument_id, session, source, close, currency``: the last close of each session."""
    raw = pl.col("adjustment") == Adjustment.RAW
    wanted = pl.concat([rivals.select(_BY, "source"), rivals.select(_BY, source="base")]).unique()
    found = bars.filter(raw).join(wanted.lazy(), on=[_BY, "source"], how="semi")
    if intraday:
        last = pl.col("close", "currency").sort_by("timestamp").last()
        found = found.group_by(*_DAY, "source").agg(last)
    return found.select(*_DAY, "source", "close", "currency").collect()


def _compared(merged: pl.DataFrame, rival: pl.DataFrame) -> pl.DataFrame:
    """Sessions of both, sorted, with the closes of each and the source of the rival."""
    held = merged.select(*_DAY, held="close", held_currency="currency").join(
        rival, on=_BY, how="semi"
    )
    given = rival.select(*_DAY, "source", given="close", given_currency="currency")
    return held.join(given, on=list(_DAY), how="full", coalesce=True).sort(*_DAY)


def _agreeing(both: pl.DataFrame) -> pl.DataFrame:
    """``instrument_id, source, session, fills, apart``: the rival's further sessions.

    ``fills`` is null where too few sessions are common; ``apart`` is the largest difference
    on the sessions that decide, as a fraction.
    """
    shared = pl.col("held").is_not_null() & pl.col("given").is_not_null()
    apart = (pl.col("given") / pl.col("held") - 1).abs()
    same_unit = pl.col("given_currency") == pl.col("held_currency")
    counted = both.with_columns(_shared=shared.cum_sum().over(_BY))
    evidence = counted.filter(shared).select(
        _BY,
        _decides="_shared",
        apart=pl.when(same_unit).then(apart).otherwise(float("inf")).rolling_max(NEARBY).over(_BY),
    )
    further = counted.filter(pl.col("held").is_null()).with_columns(
        _decides=pl.max_horizontal("_shared", pl.lit(NEARBY, dtype=pl.UInt32))
    )
    return further.join(evidence, on=[_BY, "_decides"], how="left", maintain_order="left").select(
        _BY, "source", "session", fills=pl.col("apart") <= TOLERANCE, apart="apart"
    )


def _seams(merged: pl.DataFrame) -> pl.DataFrame:
    before = pl.col("source").shift().over(_BY)
    return (
        merged.sort(*_DAY)
        .with_columns(from_source=before)
        .filter(pl.col("source") != pl.col("from_source"))
        .select(_BY, "from_source", pl.col("source").alias("to_source"), "session")
    )


def _filled_notes(filled: pl.DataFrame) -> list[str]:
    by_source = filled.group_by("source").agg(
        sessions=pl.len(), instruments=pl.col(_BY).unique().sort()
    )
    return [
        f"source {row['source']} fills {row['sessions']:,} sessions of "
        f"{_named(row['instruments'])}, where it agrees with the preferred source"
        for row in by_source.sort("source").to_dicts()
    ]


def _refused_notes(stretches: pl.DataFrame) -> list[str]:
    refused = stretches.filter(~pl.col("fills").fill_null(False))
    by_source = refused.group_by("source").agg(
        sessions=pl.len(), instruments=pl.col(_BY).unique().sort()
    )
    return [
        f"source {row['source']} has {row['sessions']:,} further sessions of "
        f"{_named(row['instruments'])}, which are not used: its closes do not stay within "
        f"{TOLERANCE * 10_000:.0f} bps of the preferred source's on {NEARBY} common sessions"
        for row in by_source.sort("source").to_dicts()
    ]


def _named(instruments: Sequence[str]) -> str:
    if len(instruments) <= _NAMED:
        return ", ".join(instruments)
    return f"{', '.join(instruments[:_NAMED])} and {len(instruments) - _NAMED} more"
