"""Sensitivity to the market."""

from __future__ import annotations

from functools import partial

from hedgerow.errors import DefinitionError
from hedgerow.features._windows import rolling_slope
from hedgerow.features.expression import Feature, Indicator, Named
from hedgerow.features.indicators._parameters import feature, whole
from hedgerow.features.indicators.momentum import pct_change
from hedgerow.features.joins import DEFAULT_MAX_AGE, Context
from hedgerow.features.registry import registered
from hedgerow.features.words import close


@registered
def rolling_beta(window: int = 60, of: Feature = close, market: str = "SPX") -> Feature:
    """Sensitivity to the market: least-squares slope of returns on the market's returns.

    Parameters
    ----------
    window
        Returns in the regression, the one of the present bar included; at least 2.
    of
        Prices whose returns are explained.
    market
        Series whose close stands for the market.

    Returns
    -------
    Feature
        A pure number: 1.5 moves by 1.5 % when the market moves by 1 %. Null until ``window``
        returns of both are known, where one of them is not, and where the market did not move.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number from 2 up, or ``market`` is empty.

    Notes
    -----
    Both returns are simple ones from bar to bar, the market's from its value known when the bar
    before became available to its value known when this bar does. So on hourly bars a daily
    market moves once a session. The slope is the covariance over the variance of the market's
    returns; W. F. Sharpe, "A simplified model for portfolio analysis", Management Science 9
    (1963), 277-293. TA-Lib's ``BETA(market, prices, window)`` is the same.

    Examples
    --------
    >>> print(rolling_beta(20, market="SPX"))
    rolling_beta(close, market='SPX', window=20)
    """
    bars = whole("rolling_beta", "window", window, low=2)
    prices = feature("rolling_beta", of)
    if not market:
        raise DefinitionError("rolling_beta: market='' must name a series, such as 'SPX'")
    level = Context(market, close, DEFAULT_MAX_AGE, in_ratio=True)
    slope = Indicator(
        name="rolling_slope",
        of=(pct_change(1, prices), pct_change(1, level)),
        build=partial(rolling_slope, window=bars),
        parameters={"window": bars},
        lookback=bars - 1,
        scale=0,
    )
    return Named("rolling_beta", (prices,), {"market": market, "window": bars}, slope)
