"""Recursive averages that several indicators are made of."""

from __future__ import annotations

from functools import partial

from hedgerow.features._recursive import last_known, seeded_average
from hedgerow.features.expression import Feature, Indicator


def exponential(window: int, of: Feature, *, first: int | None = None) -> Feature:
    """Exponential average of weight ``2 / (window + 1)``.

    Parameters
    ----------
    window
        Known values in the mean that seeds it.
    of
        What to average.
    first
        Known values before it starts, where that is later than ``window``.
    """
    start = window if first is None else first
    return Indicator(
        name="ema",
        of=(of,),
        build=partial(seeded_average, window=window, first=start, alpha=2 / (window + 1)),
        parameters={"window": window} | ({"first": start} if start != window else {}),
        lookback=None,
    )


def wilder(window: int, of: Feature) -> Feature:
    """Wilder's average, of weight ``1 / window``."""
    return Indicator(
        name="wilder",
        of=(of,),
        build=partial(seeded_average, window=window, first=window, alpha=1 / window),
        parameters={"window": window},
        lookback=None,
    )


def previous(of: Feature) -> Feature:
    """Last known value before each bar, however old."""
    return Indicator(name="previous", of=(of,), build=last_known, lookback=None)
