"""Averages that carry every earlier bar with them, seeded as TA-Lib seeds them."""

from __future__ import annotations

import numpy as np
import polars as pl


def seeded_average(values: pl.Expr, *, window: int, first: int, alpha: float) -> pl.Expr:
    """Exponential average that starts as a plain mean.

    Parameters
    ----------
    values
        What to average, over the bars of one instrument in time order.
    window
        Known values in the mean that seeds it.
    first
        Known values before it starts, those of the seed included; not below ``window``.
    alpha
        Weight of the newest value.

    Returns
    -------
    pl.Expr
        Null until ``first`` values are known, then the mean of the last ``window`` of them,
        then ``alpha * value + (1 - alpha) * before``. Null where the value is unknown or not
        finite; the state is carried to the next known value.
    """

    def start(column: pl.Series) -> pl.Series:
        numbers = column.to_numpy()
        known = np.flatnonzero(np.isfinite(numbers))
        started = np.full(len(numbers), np.nan)
        if len(known) >= first:
            started[known[first - 1 :]] = numbers[known[first - 1 :]]
            started[known[first - 1]] = numbers[known[first - window : first]].mean()
        return pl.Series(column.name, started, nan_to_null=True)

    started = values.cast(pl.Float64).map_batches(start, return_dtype=pl.Float64)
    return started.ewm_mean(alpha=alpha, adjust=False, ignore_nulls=True)


def last_known(values: pl.Expr) -> pl.Expr:
    """Newest known value before each bar; null before the first."""
    return values.forward_fill().shift(1)
