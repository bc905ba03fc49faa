"""What sizing and market impact must know of the past: estimates at each bar, of bars up to it."""

from __future__ import annotations

import math

import polars as pl

IMPACT_WINDOW = 20
_FEWEST = 2  # returns or volumes from which an impact estimate begins


# Columns that may be asked for.
ESTIMATES = ("_sigma", "_volume", "_volatility")


def estimates(
    *, volume: str, bars_per_year: float, impact: bool, volatility_window: int | None
) -> dict[str, pl.Expr]:
    """Columns of estimates over bars sorted by instrument and time.

    Parameters
    ----------
    volume
        Column of shares traded, as traded.
    bars_per_year
        For annualising the volatility.
    impact
        Whether to estimate ``_sigma`` and ``_volume``.
    volatility_window
        Returns in the ``_volatility`` estimate; None for none.

    Returns
    -------
    dict[str, pl.Expr]
        Those asked for. ``_sigma``: sample standard deviation of the last 20 close-to-close
        returns, of at least 2. ``_volume``: mean shares per bar of the last 20 bars, of at
        least 2, on the share basis of the bar. ``_volatility``: sample standard deviation of
        returns over the window times the square root of bars per year, null until the window
        is full. Returns include dividends and see through splits:
        ``(close + dividend) x split ratio / previous close - 1``.

    Examples
    --------
    >>> list(estimates(volume="volume", bars_per_year=252, impact=True, volatility_window=None))
    ['_sigma', '_volume']
    """
    ratio = pl.col("split_ratio").fill_null(1.0)
    worth = (pl.col("raw_close") + pl.col("dividend").fill_null(0.0)) * ratio
    returns = worth / pl.col("raw_close").shift(1) - 1.0
    asked: dict[str, pl.Expr] = {}
    if impact:
        basis = ratio.cum_prod()
        shares = (pl.col(volume) / basis).rolling_mean(IMPACT_WINDOW, min_samples=_FEWEST)
        asked["_sigma"] = returns.rolling_std(IMPACT_WINDOW, min_samples=_FEWEST)
        asked["_volume"] = shares * basis
    if volatility_window is not None:
        deviation = returns.rolling_std(volatility_window)
        asked["_volatility"] = deviation * math.sqrt(bars_per_year)
    return {name: made.over("instrument_id") for name, made in asked.items()}
