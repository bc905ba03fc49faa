"""A curve small enough to stand in a table cell."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from hedgerow.backtest.report.thinning import thin

WIDTH = 120
HEIGHT = 28

_ROWS = 120
_MARGIN = 2.0


@dataclass(frozen=True)
class Sparkline:
    """Points of a small line drawing.

    Parameters
    ----------
    points
        ``x,y`` pairs for an SVG polyline in a box of 120 by 28.
    start
        Height of the starting level in the same box.
    """

    points: str
    start: float


def sparkline(values: pl.Series, start: float) -> Sparkline:
    """Fit a curve into a table cell.

    Parameters
    ----------
    values
        Equity in order of time; nulls are skipped.
    start
        Level the curve began at, drawn as a base line.

    Returns
    -------
    Sparkline
        At most 120 points, the highest and the lowest of every stretch among them.

    Examples
    --------
    >>> sparkline(pl.Series([1.0, 2.0, 3.0]), start=1.0).points
    '0.0,26.0 60.0,14.0 120.0,2.0'
    """
    frame = values.drop_nulls().alias("value").to_frame().with_row_index("row")
    last = max(frame.height - 1, 1)
    few = thin(frame, ["value"], _ROWS)
    low = min(_number(few["value"].min(), start), start)
    high = max(_number(few["value"].max(), start), start)
    # Divided before it is stretched: a spread next to nothing would overflow the other way.
    spread, room = high - low or 1.0, HEIGHT - 2 * _MARGIN
    placed = few.select(
        x=pl.col("row") / last * WIDTH,
        y=HEIGHT - _MARGIN - (pl.col("value") - low) / spread * room,
    )
    return Sparkline(
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in placed.iter_rows()),
        start=round(HEIGHT - _MARGIN - (start - low) / spread * room, 1),
    )


def _number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, (int, float)) else otherwise
