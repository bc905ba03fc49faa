"""Whether a vendor has restated the history that it sent before."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from hedgerow.domain.adjustment import Adjustment

# Closes further apart than this are another price; below it lies the noise of short floats.
TOLERANCE = 1e-6

FEWEST_BARS = 3


@dataclass(frozen=True)
class Restatement:
    """A vendor sends another history than it sent before.

    Parameters
    ----------
    ratio
        New price for an old price; None where it is not the same for all bars.
    bars
        Bars in which it shows.
    """

    ratio: float | None
    bars: int

    def __str__(self) -> str:
        by = "" if self.ratio is None else f" by {self.ratio:.6g}"
        return f"history restated{by}, loaded again"


def restatement(
    held: pl.DataFrame, sent: pl.DataFrame, adjustment: Adjustment
) -> Restatement | None:
    """Compare what the lake holds of some bars with what came now.

    Parameters
    ----------
    held, sent
        ``timestamp, close`` of the same series.
    adjustment
        How the series is adjusted.

    Returns
    -------
    Restatement | None
        None where there is none. A series as traded is restated where all closes, three at
        least, moved by one ratio; then its vendor has changed their basis. An adjusted one is
        restated too where its oldest close, or most of all, are others: rounding hides a
        constant ratio, and an ex-date among the bars leaves the newest ones as they were. A
        later close alone is a correction. Of one or two adjusted closes each counts, for
        loading again does no harm.

    Examples
    --------
    >>> days = pl.Series("timestamp", [1, 2, 3])
    >>> held = pl.DataFrame([days, pl.Series("close", [40.0, 44.0, 48.0])])
    >>> sent = held.with_columns(pl.col("close") / 4)
    >>> print(restatement(held, sent, Adjustment.SPLIT))
    history restated by 0.25, loaded again
    """
    ratios = (
        held.select("timestamp", _held="close")
        .join(sent.select("timestamp", _sent="close").unique("timestamp"), on="timestamp")
        .sort("timestamp")
        .select(pl.col("_sent") / pl.col("_held"))
        .drop_nulls()
        .to_series()
    )
    few = len(ratios) < FEWEST_BARS
    moved = (ratios - 1).abs() > TOLERANCE
    if not moved.any() or (few and adjustment is Adjustment.RAW):
        return None
    ratio = _constant(ratios.filter(moved))
    if moved.all() and ratio is not None:
        return Restatement(ratio, len(ratios))
    if adjustment is Adjustment.RAW:
        return None
    oldest, most = bool(moved[0]), int(moved.sum()) * 2 > len(moved)
    return Restatement(ratio, int(moved.sum())) if oldest or most or few else None


def _constant(ratios: pl.Series) -> float | None:
    """The one ratio of all bars; None where there is more than one."""
    middle = ratios.median()
    if not isinstance(middle, float):
        return None
    return middle if ((ratios / middle - 1).abs() <= TOLERANCE).all() else None
