"""Moves too large for one bar, unless a split explains them."""

from __future__ import annotations

import polars as pl

from hedgerow.lake.quality._rule import SeriesRule
from hedgerow.lake.quality._series import same_series

JUMP = SeriesRule(
    "jump", "the close moved further in one bar than the warning limit, with no split"
)


def jumps(bars: pl.DataFrame, splits: pl.DataFrame | None, limit: float) -> pl.DataFrame:
    """Bars whose close moved by more than a limit that no split explains.

    Parameters
    ----------
    bars
        Sorted by series and time; closes positive.
    splits
        ``instrument_id, ex_date, ratio``; None where none are known.
    limit
        One-bar move as a fraction, above which a bar is reported.

    Returns
    -------
    pl.DataFrame
        The bars' columns and ``previous_close``, ``split_ratio`` (product of the splits
        since the bar before; 1.0 mostly) and ``move`` (fraction, before the split). A bar
        is reported when both ``move`` and the move that remains after the split exceed
        the limit.
    """
    moved = (pl.col("close") / pl.col("previous_close") - 1).alias("move")
    before = pl.when(same_series()).then(pl.col("close").shift())
    large = (
        bars.with_columns(
            previous_close=before,
            _previous_session=pl.when(same_series()).then(pl.col("session").shift()),
        )
        .with_columns(moved)
        .filter(pl.col("move").abs() > limit)
    )
    explained = large.with_columns(split_ratio=_ratio_between(large, splits))
    remains = pl.col("close") * pl.col("split_ratio") / pl.col("previous_close") - 1
    return explained.filter(remains.abs() > limit).drop("_previous_session")


def _ratio_between(bars: pl.DataFrame, splits: pl.DataFrame | None) -> pl.Series:
    """Product of the splits after the session of the bar before, up to the bar's own."""
    if splits is None or splits.is_empty() or bars.is_empty():
        return pl.repeat(1.0, bars.height, eager=True, dtype=pl.Float64)
    # Two vendors may report one split: it counts once.
    events = splits.unique(["instrument_id", "ex_date"], keep="last").select(
        "instrument_id", "ex_date", "ratio"
    )
    return (
        bars.select("instrument_id", "session", "_previous_session")
        .with_row_index("_row")
        .join(events, on="instrument_id", how="left")
        .with_columns(
            ratio=pl.when(
                (pl.col("ex_date") > pl.col("_previous_session"))
                & (pl.col("ex_date") <= pl.col("session"))
            )
            .then("ratio")
            .otherwise(1.0)
        )
        .group_by("_row")
        .agg(pl.col("ratio").product())
        .sort("_row")["ratio"]
    )
