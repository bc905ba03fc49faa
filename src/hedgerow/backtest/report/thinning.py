"""Fewer rows for a chart, without losing a peak or a trough."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_ROW = "_row"
_BUCKET = "_bucket"


def thin(frame: pl.DataFrame, columns: Sequence[str], rows: int) -> pl.DataFrame:
    """Keep about so many rows, among them each stretch's extremes of every column.

    The frame is cut into stretches of equal length. Of each stretch the first and the last
    row stay, and the rows where a column is lowest and highest. Every row that stays is an
    original row: nothing is averaged, so a chart of the result shows the true extremes.

    Parameters
    ----------
    frame
        Rows in the order they are drawn.
    columns
        Numeric columns whose extremes must survive; nulls are ignored.
    rows
        Upper bound of the rows returned, at least two.

    Returns
    -------
    pl.DataFrame
        Same schema and order; the frame itself where it is short enough.

    Examples
    --------
    >>> wave = pl.DataFrame({"t": range(1000), "v": [0.0] * 500 + [9.0] + [0.0] * 499})
    >>> few = thin(wave, ["v"], 40)
    >>> few.height <= 40, few["v"].max()
    (True, 9.0)
    """
    if frame.height <= rows:
        return frame
    per_bucket = 2 + 2 * len(columns)
    buckets = max(1, rows // per_bucket)
    numbered = frame.select(columns).with_row_index(_ROW)
    numbered = numbered.with_columns(
        (pl.col(_ROW).cast(pl.Int64) * buckets // frame.height).alias(_BUCKET)
    )
    return frame[_kept_rows(numbered, columns)]


def _kept_rows(numbered: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    row = pl.col(_ROW)
    picks = [row.first().alias("first"), row.last().alias("last")]
    for column in columns:
        picks.append(row.get(pl.col(column).arg_min()).alias(f"low {column}"))
        picks.append(row.get(pl.col(column).arg_max()).alias(f"high {column}"))
    chosen = numbered.group_by(_BUCKET, maintain_order=True).agg(picks).drop(_BUCKET)
    return chosen.unpivot()["value"].drop_nulls().unique().sort()
