"""How far and how steadily a price has moved: change, rate of change, RSI."""

from __future__ import annotations

from hedgerow.features.expression import Feature, Named
from hedgerow.features.indicators._averages import previous, wilder
from hedgerow.features.indicators._parameters import feature, whole
from hedgerow.features.indicators.statistics import lag
from hedgerow.features.registry import registered
from hedgerow.features.words import close, maximum


@registered
def pct_change(bars: int = 1, of: Feature = close) -> Feature:
    """Change since an earlier bar, as a fraction of what it was then.

    Parameters
    ----------
    bars
        How many bars before the present one.
    of
        What to compare.

    Returns
    -------
    Feature
        A fraction: 0.01 is a rise of 1 %. Null on the first ``bars`` bars, where either value is
        unknown and where the earlier one is zero.

    Raises
    ------
    DefinitionError
        ``bars`` is not a whole number above zero.

    Notes
    -----
    TA-Lib's ROCP. For percent see ``roc``.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(pct_change(), close=[100.0, 101.0, 101.0])
    [None, 0.010000000000000009, 0.0]
    """
    count = whole("pct_change", "bars", bars)
    value = feature("pct_change", of)
    return Named("pct_change", (value,), {"bars": count}, value / lag(count, value) - 1)


@registered
def roc(window: int = 10, of: Feature = close) -> Feature:
    """Rate of change: change since an earlier bar, in percent.

    Parameters
    ----------
    window
        How many bars before the present one.
    of
        What to compare.

    Returns
    -------
    Feature
        In percent: 1.0 is a rise of 1 %. Null on the first ``window`` bars, where either value is
        unknown and where the earlier one is zero.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number above zero.

    Notes
    -----
    TA-Lib's ROC. For a fraction see ``pct_change``.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(roc(1), close=[100.0, 150.0, 75.0])
    [None, 50.0, -50.0]
    """
    count = whole("roc", "window", window)
    value = feature("roc", of)
    percent = (value / lag(count, value) - 1) * 100
    return Named("roc", (value,), {"window": count}, percent)


@registered
def rsi(window: int = 14, of: Feature = close) -> Feature:
    """Relative strength index: share of rises in the average move of the last bars.

    Parameters
    ----------
    window
        Bars of Wilder's averages; at least 2.
    of
        What to follow.

    Returns
    -------
    Feature
        From 0 (only falls) to 100 (only rises). Null until ``window`` changes are known, where
        the bar's own value is not, and while nothing has ever moved.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number from 2 up.

    Notes
    -----
    100 · U / (U + D), where U and D are Wilder's averages of the rises and the falls, seeded
    with the plain means of the first ``window`` changes (J. Welles Wilder, New Concepts in
    Technical Trading Systems, 1978, section VI), as in TA-Lib. Recursive: every earlier bar
    counts, though less and less. A change is taken from the last known value, so that a missing
    bar only leaves its own value unknown. TA-Lib gives 0, the strongest signal to buy, where
    nothing has ever moved.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(rsi(2), close=[1.0, 2.0, 3.0, 2.0, 2.0])
    [None, None, 100.0, 50.0, 50.0]
    """
    bars = whole("rsi", "window", window, low=2)
    value = feature("rsi", of)
    change = value - previous(value)
    rises = wilder(bars, maximum(change, 0))
    falls = wilder(bars, maximum(-change, 0))
    return Named("rsi", (value,), {"window": bars}, 100 * (rises / (rises + falls)))
