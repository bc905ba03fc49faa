"""Averages of prices and the distance between them: SMA, EMA, MACD."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from hedgerow.errors import DefinitionError
from hedgerow.features._windows import rolling_mean
from hedgerow.features.expression import Feature, Indicator, Named
from hedgerow.features.indicators._averages import exponential
from hedgerow.features.indicators._parameters import feature, whole
from hedgerow.features.registry import registered
from hedgerow.features.words import close


class Macd(NamedTuple):
    """Moving average convergence and divergence, in the unit of the price.

    Parameters
    ----------
    line
        Fast average minus slow average.
    signal
        Exponential average of the line.
    histogram
        Line minus signal.
    """

    line: Feature
    signal: Feature
    histogram: Feature


@registered
def sma(window: int = 20, of: Feature = close) -> Feature:
    """Simple moving average: mean of the last bars.

    Parameters
    ----------
    window
        Bars, the present one included.
    of
        What to average.

    Returns
    -------
    Feature
        In the unit of ``of``; exactly their value where the bars are equal. Null until
        ``window`` bars are known and where one of them is not.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number above zero.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(sma(2), close=[1.0, 2.0, 4.0])
    [None, 1.5, 3.0]
    """
    bars = whole("sma", "window", window)
    return Indicator(
        name="sma",
        of=(feature("sma", of),),
        build=partial(rolling_mean, window=bars),
        parameters={"window": bars},
        lookback=bars - 1,
    )


@registered
def ema(window: int = 20, of: Feature = close) -> Feature:
    """Exponential moving average.

    Parameters
    ----------
    window
        Bars; the newest weighs ``2 / (window + 1)``.
    of
        What to average.

    Returns
    -------
    Feature
        In the unit of ``of``. Null until ``window`` bars are known and where the bar's own value
        is not; the average is then carried to the next known one.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number above zero.

    Notes
    -----
    Seeded with the plain mean of the first ``window`` known values, as in TA-Lib. (pandas'
    ``ewm(adjust=False)`` starts from the first value instead.) Recursive: every earlier bar
    counts, though less and less.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(ema(3), close=[1.0, 2.0, 3.0, 4.0, None, 5.0])
    [None, None, 2.0, 3.0, None, 4.0]
    """
    return exponential(whole("ema", "window", window), feature("ema", of))


@registered
def macd(fast: int = 12, slow: int = 26, signal: int = 9, of: Feature = close) -> Macd:
    """Moving average convergence and divergence.

    Parameters
    ----------
    fast, slow
        Bars of the two exponential averages; ``fast`` is below ``slow``.
    signal
        Bars of the exponential average of their difference.
    of
        What to average.

    Returns
    -------
    Macd
        ``line``, ``signal`` and ``histogram``, in the unit of ``of``. The line is null until
        ``slow`` bars are known, the others until ``signal - 1`` more are, and all where the
        bar's own value is unknown.

    Raises
    ------
    DefinitionError
        A parameter is not a whole number above zero, or ``fast`` is not below ``slow``.

    Notes
    -----
    Gerald Appel's indicator, seeded as in TA-Lib: the fast average starts on the same bar as the
    slow one, with the mean of the last ``fast`` values by then. TA-Lib shows the line only from
    where it has a signal. Recursive.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(macd(1, 2, 2).line, close=[1.0, 3.0, 4.0])
    [None, 1.0, 0.66666666666666...]
    """
    few, many = whole("macd", "fast", fast), whole("macd", "slow", slow)
    if few >= many:
        raise DefinitionError(f"macd: fast={fast!r} must be below slow={slow!r}")
    smooth = whole("macd", "signal", signal)
    value = feature("macd", of)
    parameters = {"fast": few, "slow": many, "signal": smooth}
    apart = exponential(few, value, first=many) - exponential(many, value)
    line = Named("macd_line", (value,), {"fast": few, "slow": many}, apart)
    average = Named("macd_signal", (value,), parameters, exponential(smooth, line))
    return Macd(line, average, Named("macd_histogram", (value,), parameters, line - average))
