"""The words that rules are written with: bar fields, other features, conditions."""

from __future__ import annotations

from hedgerow.features.expression import (
    Column,
    Feature,
    Field,
    Number,
    Operation,
    Raw,
    as_feature,
)

open_ = Field("open")
high = Field("high")
low = Field("low")
close = Field("close")
volume = Field("volume")


def col(name: str) -> Feature:
    """One of the strategy's own features, by the name ``features()`` gave it.

    Parameters
    ----------
    name
        A key of ``features()``, or a bar field such as ``close``.

    Returns
    -------
    Feature
        For ``signal()`` and its like only; ``compute`` refuses it.

    Examples
    --------
    >>> str(col("fast") > col("slow"))
    '(col(fast) > col(slow))'
    """
    return Column(name)


def raw(name: str) -> Feature:
    """A price as it traded on the bar, before any restatement for later splits.

    Rules on the price level itself (a price below 5) must use this: a back-adjusted price
    changes with splits that had not happened yet.

    Parameters
    ----------
    name
        ``open``, ``high``, ``low`` or ``close``.

    Returns
    -------
    Feature
        In the currency of the instrument. Indicators refuse it, for it jumps at every split.

    Raises
    ------
    DefinitionError
        The name is none of the four.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(raw("close") < 5, close=[4.0, 6.0])
    [True, False]
    """
    return Raw(name)


def minimum(left: Feature | Number, right: Feature | Number) -> Feature:
    """Smaller of two values on the same bar.

    Parameters
    ----------
    left, right
        Features, or one of them a number.

    Returns
    -------
    Feature
        Null where either value is.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(minimum(open_, close), open=[1.0, 4.0, None], close=[2.0, 3.0, 1.0])
    [1.0, 3.0, None]
    """
    return Operation("min", (as_feature(left), as_feature(right)))


def maximum(left: Feature | Number, right: Feature | Number) -> Feature:
    """Larger of two values on the same bar.

    Parameters
    ----------
    left, right
        Features, or one of them a number.

    Returns
    -------
    Feature
        Null where either value is.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(maximum(open_, close), open=[1.0, 4.0, None], close=[2.0, 3.0, 1.0])
    [2.0, 4.0, None]
    """
    return Operation("max", (as_feature(left), as_feature(right)))


def where(condition: Feature, then: Feature | Number, otherwise: Feature | Number) -> Feature:
    """One value where a condition holds and another where it does not.

    Parameters
    ----------
    condition
        What decides on each bar.
    then, otherwise
        The two values.

    Returns
    -------
    Feature
        Null where the condition is.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(where(close > open_, 1, -1), open=[1.0, 4.0, None], close=[2.0, 3.0, 1.0])
    [1, -1, None]
    """
    return Operation("where", (condition, as_feature(then), as_feature(otherwise)))


def side(buy: Feature, sell: Feature) -> Feature:
    """Signal of two conditions.

    Parameters
    ----------
    buy, sell
        Conditions. Where both hold, the signals cancel and the position is kept.

    Returns
    -------
    Feature
        +1 where only ``buy`` holds, -1 where only ``sell`` holds, 0 (keep the position)
        where neither or both do, null (unknown: keep) where either is null.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> preview(side(close > open_, close < open_), open=[1.0, 4.0, 2.0], close=[2.0, 3.0, 2.0])
    [1, -1, 0]
    """
    return Operation("side", (as_feature(buy), as_feature(sell)))
