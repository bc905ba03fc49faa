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
    """
    return Raw(name)


def minimum(left: Feature | Number, right: Feature | Number) -> Feature:
    """Smaller of two values on the same bar; null where either is."""
    return Operation("min", (as_feature(left), as_feature(right)))


def maximum(left: Feature | Number, right: Feature | Number) -> Feature:
    """Larger of two values on the same bar; null where either is."""
    return Operation("max", (as_feature(left), as_feature(right)))


def where(condition: Feature, then: Feature | Number, otherwise: Feature | Number) -> Feature:
    """One value where a condition holds and another where it does not; null where unknown."""
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
    """
    return Operation("side", (as_feature(buy), as_feature(sell)))
