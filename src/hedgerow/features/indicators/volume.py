"""How much is traded: average volume, and volume relative to it."""

from __future__ import annotations

from hedgerow.features.expression import Feature, Named
from hedgerow.features.indicators._parameters import whole
from hedgerow.features.indicators.trend import sma
from hedgerow.features.registry import registered
from hedgerow.features.words import volume


@registered
def volume_ma(window: int = 20) -> Feature:
    """Average volume of the last bars.

    Parameters
    ----------
    window
        Bars, the present one included.

    Returns
    -------
    Feature
        In shares a bar, restated for later splits. Null until ``window`` bars are known and
        where one of them has no volume known.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number above zero.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(volume_ma(2), volume=[100.0, 300.0, 500.0])
    [None, 200.0, 400.0]
    """
    bars = whole("volume_ma", "window", window)
    return Named("volume_ma", (volume,), {"window": bars}, sma(bars, volume))


@registered
def volume_ratio(window: int = 20) -> Feature:
    """Volume relative to the average of the last bars.

    Parameters
    ----------
    window
        Bars of the average, the present one included.

    Returns
    -------
    Feature
        A pure number: 2.0 is twice the average; at most ``window``. Null as the average is, and
        where nothing was traded in all of its bars.

    Raises
    ------
    DefinitionError
        ``window`` is not a whole number above zero.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(volume_ratio(2), volume=[100.0, 300.0, 300.0])
    [None, 1.5, 1.0]
    """
    bars = whole("volume_ratio", "window", window)
    return Named("volume_ratio", (volume,), {"window": bars}, volume / volume_ma(bars))
