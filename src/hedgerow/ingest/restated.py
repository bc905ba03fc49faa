"""Company figures that a vendor has silently restated become known when they are seen."""

from __future__ import annotations

import datetime as dt

import polars as pl

from hedgerow.domain.schemas import FUNDAMENTALS
from hedgerow.lake import Lake

_FIGURE = ["instrument_id", "source", "item", "period", "period_end"]


def dated_when_seen(lake: Lake, figures: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """Figures to store, restated ones with the instant they were seen.

    A vendor that overwrites a report keeps its acceptance time, though nobody could know the new
    value then. So a value that differs from the one stored under the same acceptance is a
    further row, available from now on, and the old one stays.

    Parameters
    ----------
    lake
        Where the known figures are.
    figures
        Rows for ``fundamentals`` as the vendor dates them.
    now
        The present, UTC.

    Returns
    -------
    pl.DataFrame
        Rows in their order, without those whose value is the newest known version already.
    """
    known = (
        lake.scan(FUNDAMENTALS)
        .filter(pl.col("instrument_id").is_in(figures["instrument_id"].unique().to_list()))
        .select(*_FIGURE, "available_at", "value")
    )
    newest = (
        known.sort("available_at")
        .group_by(_FIGURE)
        .agg(_newest=pl.col("value").last(), _known_at=pl.col("available_at").last())
    )
    same_date = known.rename({"value": "_stored"})
    beside = (
        figures.lazy()
        .join(same_date, on=[*_FIGURE, "available_at"], how="left", maintain_order="left")
        .join(newest, on=_FIGURE, how="left", maintain_order="left")
    )
    differs = pl.col("_stored") != pl.col("value")
    # A vendor of one version that goes back to the first one has restated once more.
    taken_back = (pl.len().over(_FIGURE) == 1) & (pl.col("_newest") != pl.col("value"))
    restated = pl.col("_stored").is_not_null() & (differs | taken_back)
    # What is seen again with another time, such as a snapshot of today, is nothing new either.
    again = pl.col("_stored").is_null() & (pl.col("_known_at") <= pl.col("available_at"))
    seen_before = (restated | again) & (pl.col("_newest") == pl.col("value"))
    stamp = pl.lit(now, dtype=pl.Datetime("us", "UTC"))
    return (
        beside.filter(~seen_before.fill_null(False))
        .with_columns(available_at=pl.when(restated).then(stamp).otherwise("available_at"))
        .select(figures.columns)
        .collect()
    )
