"""The door of the lake: quality gate, quarantine, merge."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import polars as pl

from hedgerow.domain.schemas import BARS, SPLITS, Table
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DefinitionError
from hedgerow.lake._delta import PERIOD
from hedgerow.lake._frames import conform
from hedgerow.lake._store import Store
from hedgerow.lake.merge import count_by_instrument, merge
from hedgerow.lake.quality import QualityReport, check_bars, check_rows
from hedgerow.lake.quality._series import SERIES
from hedgerow.lake.quality.report import RULES
from hedgerow.lake.quarantine import keep_unreadable, quarantine
from hedgerow.lake.summaries import IngestSummary, MergeSummary, Tally

# Holidays and halts leave gaps, so the bars before a batch may lie further back than their number.
LONGEST_GAP = dt.timedelta(days=14)


def ingest(
    store: Store,
    table: Table,
    frame: pl.DataFrame | pl.LazyFrame,
    *,
    source: str,
    ingested_at: dt.datetime,
    splits: pl.DataFrame | None = None,
    unreadable: pl.DataFrame | None = None,
) -> IngestSummary:
    """Check rows, store the refused ones in the quarantine and merge the others.

    See ``Lake.ingest``, which documents it for users.
    """
    rows = conform(frame, table)
    report = _check(store, table, rows, splits)
    quarantine(store, report.bad, table=table.name, source=source, ingested_at=ingested_at)
    counts = Counter(report.counts)
    lost = pl.DataFrame() if unreadable is None else unreadable
    if not lost.is_empty():
        keep_unreadable(store, lost, table=table.name, source=source, ingested_at=ingested_at)
        counts.update(rule for rules in lost[RULES] for rule in rules.split(","))
    merged = merge(store, table, report.good, ingested_at=ingested_at)
    return IngestSummary(
        table=table.name,
        source=source,
        rows=rows.height + lost.height,
        loaded=merged.inserted,
        corrected=merged.corrected,
        unchanged=merged.unchanged,
        refused=report.bad.height + lost.height,
        quarantined=dict(counts),
        warnings=report.warning_counts,
        version=merged.version,
        by_instrument=_tallies(merged, count_by_instrument(report.bad)),
    )


def _tallies(merged: MergeSummary, refused: dict[str, int]) -> dict[str, Tally]:
    """Counts by instrument, where anything happened to it."""
    loaded, corrected = merged.inserted_by, merged.corrected_by
    return {
        name: Tally(loaded.get(name, 0), corrected.get(name, 0), refused.get(name, 0))
        for name in sorted({*loaded, *corrected, *refused})
    }


def _check(
    store: Store, table: Table, rows: pl.DataFrame, splits: pl.DataFrame | None
) -> QualityReport:
    if table != BARS:
        return check_rows(rows, table)
    known = _stored_splits(store, rows) if splits is None else splits
    before = _bars_before(store, rows, store.settings.stale_run)
    return check_bars(rows, known, store.settings, before=before)


def _stored_splits(store: Store, rows: pl.DataFrame) -> pl.DataFrame | None:
    handle = store.open(SPLITS.name)
    if handle is None:
        return None
    wanted = rows["instrument_id"].unique().to_list()
    with store.errors(SPLITS.name, "read"):
        return pl.scan_delta(handle).filter(pl.col("instrument_id").is_in(wanted)).collect()


def _bars_before(store: Store, rows: pl.DataFrame, count: int) -> pl.DataFrame | None:
    """The last stored bars of each series before the batch begins it."""
    handle = store.open(BARS.name)
    first = (
        rows.drop_nulls(["timestamp", "timeframe"])
        .group_by(SERIES)
        .agg(_first=pl.col("timestamp").min())
    )
    if handle is None or first.is_empty():
        return None
    reach = _reach(first["timeframe"].unique().to_list(), count)
    bounds = (first["_first"].min(), first["_first"].max())
    with store.errors(BARS.name, "read"):
        return (
            pl.scan_delta(handle)
            .filter(
                pl.col("timestamp").is_between(pl.lit(bounds[0]) - reach, pl.lit(bounds[1])),
                pl.col("timeframe").is_in(first["timeframe"].unique().to_list()),
                pl.col("instrument_id").is_between(
                    pl.lit(first["instrument_id"].min()), pl.lit(first["instrument_id"].max())
                ),
            )
            .drop(PERIOD)
            .join(first.lazy(), on=SERIES)
            .filter(pl.col("timestamp") < pl.col("_first"))
            .drop("_first")
            .sort("timestamp")
            .group_by(SERIES, maintain_order=True)
            .tail(count)
            .collect()
        )


def _reach(timeframes: list[str], count: int) -> dt.timedelta:
    """How far back the wanted number of bars may lie: sessions fill a third of the clock."""
    lengths = []
    for code in timeframes:
        try:
            lengths.append(Timeframe.parse(code).duration)
        except DefinitionError:  # its rows fail a rule of their own
            continue
    return max(lengths, default=dt.timedelta()) * count * 4 + LONGEST_GAP
