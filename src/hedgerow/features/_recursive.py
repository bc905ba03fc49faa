"""Averages that carry every earlier bar with them, seeded as TA-Lib seeds them."""

from __future__ import annotations

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
    numbers = values.cast(pl.Float64)
    known = pl.when(numbers.is_finite()).then(numbers)
    count = known.is_not_null().cum_sum()
    seed = pl.when(count > first - window).then(known).cum_sum() / window
    started = (
        pl.when(known.is_null() | (count < first))
        .then(None)
        .when(count == first)
        .then(seed)
        .otherwise(known)
    )
    return started.ewm_mean(alpha=alpha, adjust=False, ignore_nulls=True, min_samples=1)


def last_known(values: pl.Expr) -> pl.Expr:
    """Newest known value before each bar; null before the first."""
    return values.forward_fill().shift(1)
