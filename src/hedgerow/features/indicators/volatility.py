"""How much a price moves: average true range, Bollinger bands, realised volatility."""

from __future__ import annotations

import math
from typing import NamedTuple

from hedgerow.features.expression import Feature, Named
from hedgerow.features.indicators._averages import previous, wilder
from hedgerow.features.indicators._parameters import above_zero, feature, whole
from hedgerow.features.indicators.statistics import lag, rolling_std
from hedgerow.features.indicators.trend import sma
from hedgerow.features.registry import registered
from hedgerow.features.words import close, high, low, maximum, minimum


class Bollinger(NamedTuple):
    """Bollinger bands and what is read off them.

    Parameters
    ----------
    lower, middle, upper
        The bands, in the unit of the price.
    position
        Where the price stands between the bands (%b): 0 at the lower, 1 at the upper.
    bandwidth
        Distance of the bands as a fraction of the middle one.
    """

    lower: Feature
    middle: Feature
    upper: Feature
    position: Feature
    bandwidth: Feature


@registered
def atr(window: int = 14) -> Feature:
    """Average true range: how far a bar moves, gaps included.

    Parameters
    ----------
    window
        Bars of Wilder's average.

    Returns
    -------
    Feature
        In the unit of the price. Null until ``window`` true ranges are known and where the bar's
        high or low is not.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number above zero.

    Notes
    -----
    The true range runs from the lower of the low and the close before to the higher of the high
    and the close before (J. Welles Wilder, New Concepts in Technical Trading Systems, 1978,
    section III). As in TA-Lib the first bar has none, having no close before it, and the average
    is seeded with the plain mean of the first ``window`` ranges. Wilder's own worksheet and
    StockCharts count the first bar's high minus low as well, so they start one bar earlier.
    Recursive.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> bars = {"high": [2.0, 4.0, 5.0], "low": [1.0, 3.0, 4.0], "close": [2.0, 3.0, 4.0]}
    >>> preview(atr(2), **bars)
    [None, None, 2.0]
    """
    bars = whole("atr", "window", window)
    before = previous(close)
    true_range = maximum(high, before) - minimum(low, before)
    return Named("atr", (high, low, close), {"window": bars}, wilder(bars, true_range))


@registered
def bollinger(window: int = 20, width: float = 2.0, of: Feature = close) -> Bollinger:
    """Bollinger bands: a moving average and standard deviations to both sides.

    Parameters
    ----------
    window
        Bars, the present one included; at least 2.
    width
        Standard deviations from the middle to each band.
    of
        What to follow.

    Returns
    -------
    Bollinger
        ``lower``, ``middle`` and ``upper`` in the unit of ``of``; ``position`` (0 at the lower
        band, 1 at the upper) and ``bandwidth`` (a fraction of the middle) as pure numbers. Null
        until ``window`` bars are known and where one of them is not; ``position`` also where all
        of them are equal.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number from 2 up, or ``width`` is not above zero.

    Notes
    -----
    The deviation is the population's, with division by ``window`` (John Bollinger, Bollinger on
    Bollinger Bands, 2001), as in TA-Lib's BBANDS.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> bands = bollinger(2, width=1.0)
    >>> preview(bands.upper, close=[1.0, 3.0, 3.0])
    [None, 3.0, 3.0]
    >>> preview(bands.position, close=[1.0, 3.0, 3.0])
    [None, 1.0, None]
    """
    bars = whole("bollinger", "window", window, low=2)
    deviations = above_zero("bollinger", "width", width)
    value = feature("bollinger", of)
    middle = sma(bars, value)
    reach = deviations * rolling_std(bars, value, ddof=0)
    lower, upper = middle - reach, middle + reach
    outputs = {
        "lower": lower,
        "middle": middle,
        "upper": upper,
        "position": (value - lower) / (upper - lower),
        "bandwidth": 2 * reach / middle,
    }
    parameters = {"window": bars, "width": deviations}
    return Bollinger(
        **{
            name: Named(f"bollinger_{name}", (value,), parameters, output)
            for name, output in outputs.items()
        }
    )


@registered
def realized_vol(window: int = 20, of: Feature = close, bars_per_year: float = 252.0) -> Feature:
    """Realised volatility: standard deviation of log returns, per year.

    Parameters
    ----------
    window
        Returns, the one of the present bar included; at least 2.
    of
        Prices.
    bars_per_year
        Bars in a year of trading: 252 for daily bars, 52 for weekly ones, ``252 * 7`` for hourly
        bars of New York's session; 1 for the deviation per bar, not annualised.

    Returns
    -------
    Feature
        A fraction per year: 0.2 is 20 %. Null until ``window`` returns are known, where one of
        them is not, and where a price is not above zero.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number from 2 up, or ``bars_per_year`` is not above zero.

    Notes
    -----
    The close-to-close estimator: the sample's deviation (division by ``window - 1``) of
    ``ln(p / p before)``, times the square root of ``bars_per_year`` (J. C. Hull, Options,
    Futures, and Other Derivatives, "Estimating volatility from historical data").

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> daily = realized_vol(2, bars_per_year=1)
    >>> [value and round(value, 4) for value in preview(daily, close=[100.0, 110.0, 100.0])]
    [None, None, 0.1348]
    """
    bars = whole("realized_vol", "window", window, low=2)
    yearly = above_zero("realized_vol", "bars_per_year", bars_per_year)
    prices = feature("realized_vol", of)
    returns = (prices / lag(1, prices)).log()
    deviation = rolling_std(bars, returns) * math.sqrt(yearly)
    parameters = {"window": bars, "bars_per_year": yearly}
    return Named("realized_vol", (prices,), parameters, deviation)
