"""Statistics of the last bars: lag, deviation, extremes, z-score."""

from __future__ import annotations

from functools import partial

import polars as pl

from hedgerow.errors import DefinitionError
from hedgerow.features._windows import rolling_deviation
from hedgerow.features.expression import Feature, Indicator, Named
from hedgerow.features.indicators._parameters import feature, whole
from hedgerow.features.indicators.trend import sma
from hedgerow.features.registry import registered
from hedgerow.features.words import close


@registered
def lag(bars: int = 1, of: Feature = close) -> Feature:
    """Value of an earlier bar.

    Parameters
    ----------
    bars
        How many bars before the present one.
    of
        What to look up.

    Returns
    -------
    Feature
        In the unit of ``of``. Null on the first ``bars`` bars and where that bar's value is.

    Raises
    ------
    DefinitionError
        ``bars`` is not a whole number above zero.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(lag(2), close=[1.0, 2.0, 3.0])
    [None, None, 1.0]
    """
    count = whole("lag", "bars", bars)
    return Indicator(
        name="lag",
        of=(feature("lag", of),),
        build=partial(_earlier, bars=count),
        parameters={"bars": count},
        lookback=count,
    )


@registered
def rolling_std(window: int = 20, of: Feature = close, ddof: int = 1) -> Feature:
    """Standard deviation of the last bars.

    Parameters
    ----------
    window
        Bars, the present one included; at least 2.
    of
        What to take it of.
    ddof
        1 for the sample's deviation (division by ``window - 1``), 0 for the population's.

    Returns
    -------
    Feature
        In the unit of ``of``; exactly 0 where the bars are equal. Null until ``window`` bars are
        known and where one of them is not.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number from 2 up, or ``ddof`` is neither 0 nor 1.

    Notes
    -----
    TA-Lib's STDDEV is the population's.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(rolling_std(3), close=[1.0, 2.0, 3.0, 3.0, 3.0])[2:]
    [1.0, 0.5773502691896257, 0.0]
    """
    bars = whole("rolling_std", "window", window, low=2)
    if ddof not in (0, 1):
        raise DefinitionError(f"rolling_std: ddof={ddof!r} must be 0 (population) or 1 (sample)")
    return Indicator(
        name="rolling_std",
        of=(feature("rolling_std", of),),
        build=partial(rolling_deviation, window=bars, ddof=int(ddof)),
        parameters={"window": bars, "ddof": int(ddof)},
        lookback=bars - 1,
    )


@registered
def rolling_min(window: int = 20, of: Feature = close) -> Feature:
    """Lowest value of the last bars.

    Parameters
    ----------
    window
        Bars, the present one included.
    of
        What to take it of.

    Returns
    -------
    Feature
        In the unit of ``of``. Null until ``window`` bars are known and where one of them is not.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number above zero.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(rolling_min(2), close=[3.0, 1.0, 2.0])
    [None, 1.0, 1.0]
    """
    bars = whole("rolling_min", "window", window)
    return Indicator(
        name="rolling_min",
        of=(feature("rolling_min", of),),
        build=partial(_lowest, window=bars),
        parameters={"window": bars},
        lookback=bars - 1,
    )


@registered
def rolling_max(window: int = 20, of: Feature = close) -> Feature:
    """Highest value of the last bars.

    Parameters
    ----------
    window
        Bars, the present one included.
    of
        What to take it of.

    Returns
    -------
    Feature
        In the unit of ``of``. Null until ``window`` bars are known and where one of them is not.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number above zero.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(rolling_max(2), close=[3.0, 1.0, 2.0])
    [None, 3.0, 2.0]
    """
    bars = whole("rolling_max", "window", window)
    return Indicator(
        name="rolling_max",
        of=(feature("rolling_max", of),),
        build=partial(_highest, window=bars),
        parameters={"window": bars},
        lookback=bars - 1,
    )


@registered
def zscore(window: int = 20, of: Feature = close) -> Feature:
    """Distance from the mean of the last bars, in their standard deviations.

    Parameters
    ----------
    window
        Bars, the present one included; at least 2.
    of
        What to take it of.

    Returns
    -------
    Feature
        A pure number, rarely beyond ±3. Null until ``window`` bars are known, where one of them
        is not, and where all of them are equal.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number from 2 up.

    Notes
    -----
    The deviation is the sample's, with division by ``window - 1``.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(zscore(3), close=[1.0, 2.0, 3.0, 3.0, 3.0])
    [None, None, 1.0, 0.577350269189626..., None]
    """
    bars = whole("zscore", "window", window, low=2)
    value = feature("zscore", of)
    distance = (value - sma(bars, value)) / rolling_std(bars, value)
    return Named("zscore", (value,), {"window": bars}, distance)


def _earlier(values: pl.Expr, bars: int) -> pl.Expr:
    return values.shift(bars)


def _lowest(values: pl.Expr, window: int) -> pl.Expr:
    return values.rolling_min(window)


def _highest(values: pl.Expr, window: int) -> pl.Expr:
    return values.rolling_max(window)
