"""Series that stopped moving: the vendor repeats its last price."""

from __future__ import annotations

import polars as pl

from hedgerow.lake.quality._rule import SeriesRule
from hedgerow.lake.quality._series import same_series

STALE_RUN = SeriesRule(
    "stale_run", "repeats the bar before, in a run too long to be trading; the first bar stays"
)


def stale_repeats(bars: pl.DataFrame, shortest: int) -> pl.Series:
    """Bars that repeat the one before in a long run without a sign of trading.

    Parameters
    ----------
    bars
        Sorted by series and time; prices finite.
    shortest
        Bars, the first included, from which a run counts.

    Returns
    -------
    pl.Series
        True for every bar of such a run but its first. A bar repeats the one before when
        open, high, low and close are identical (a null equals a null) and its volume is
        null, zero or identical too.

    Notes
    -----
    An illiquid name may close unchanged for days, but then its volume differs from day to
    day; that is why volume decides where there is any.
    """
    prices = [pl.col(name).eq_missing(pl.col(name).shift()) for name in ("open", "high", "low")]
    volume = pl.col("volume")
    no_trading = volume.is_null() | (volume == 0) | volume.eq_missing(volume.shift())
    repeats = same_series() & (pl.col("close") == pl.col("close").shift())
    runs = bars.select(
        _repeats=pl.all_horizontal(repeats, *prices, no_trading).fill_null(False)
    ).with_columns(_run=(~pl.col("_repeats")).cum_sum())
    repeated = runs.filter("_repeats").group_by("_run").len()
    long = repeated.filter(pl.col("len") + 1 >= shortest)["_run"]
    return runs.select(
        (pl.col("_repeats") & pl.col("_run").is_in(long.to_list())).alias(STALE_RUN.name)
    ).to_series()
