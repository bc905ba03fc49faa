"""Averages that carry the past: seeds, gaps, and the plain recursion they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hedgerow.features import Feature, atr, ema, macd, preview, rsi

Values = Sequence[float | None]

prices = st.floats(1.0, 1000.0).map(lambda x: round(x, 2))
gappy = st.lists(prices | st.none(), min_size=1, max_size=50)

RECURSIVE = {
    "ema": ema(4),
    "rsi": rsi(3),
    "macd": macd(2, 4, 3).line,
    "macd_signal": macd(2, 4, 3).signal,
}


def _average(values: Sequence[float], window: int, first: int, alpha: float) -> list[float | None]:
    """Average written as the textbook says it, a value at a time."""
    out: list[float | None] = [None] * len(values)
    state = None
    for i, value in enumerate(values):
        if i + 1 == first:
            state = sum(values[i + 1 - window : i + 1]) / window
        elif state is not None:
            state = state + alpha * (value - state)
        out[i] = state
    return out


def _rsi(values: Sequence[float], window: int) -> list[float | None]:
    changes = [after - before for before, after in pairwise(values)]
    rises = _average([max(c, 0.0) for c in changes], window, window, 1 / window)
    falls = _average([max(-c, 0.0) for c in changes], window, window, 1 / window)
    out: list[float | None] = [None]
    for up, down in zip(rises, falls, strict=True):
        out.append(None if up is None or up + down == 0 else 100 * up / (up + down))
    return out


def _macd(values: Sequence[float], fast: int, slow: int) -> list[float | None]:
    few = _average(values, fast, slow, 2 / (fast + 1))
    many = _average(values, slow, slow, 2 / (slow + 1))
    return [None if a is None else a - b for a, b in zip(few, many, strict=True)]


def _assert_close(ours: Sequence[object], expected: Values) -> None:
    assert [x is None for x in ours] == [x is None for x in expected]
    known = [x for x in expected if x is not None]
    assert [x for x in ours if x is not None] == pytest.approx(known, rel=1e-9, abs=1e-9)


# Regression ----------------------------------------------------------------------------------


@given(st.lists(prices, min_size=1, max_size=60), st.integers(1, 12))
def test_ema_is_the_recursion(values: list[float], window: int) -> None:
    _assert_close(
        preview(ema(window), close=values), _average(values, window, window, 2 / (window + 1))
    )


@given(st.lists(prices, min_size=1, max_size=60), st.integers(2, 12))
def test_rsi_is_the_recursion(values: list[float], window: int) -> None:
    _assert_close(preview(rsi(window), close=values), _rsi(values, window))


@given(st.lists(prices, min_size=1, max_size=60), st.integers(1, 6), st.integers(1, 6))
def test_macd_line_is_the_recursion(values: list[float], fast: int, more: int) -> None:
    slow = fast + more
    _assert_close(preview(macd(fast, slow, 3).line, close=values), _macd(values, fast, slow))


def test_macd_histogram_is_the_line_over_its_signal() -> None:
    values = [10.0, 11.0, 9.0, 12.0, 13.0, 12.5, 14.0, 13.0]
    made = macd(2, 3, 2)

    line, signal, histogram = (preview(part, close=values) for part in made)

    assert signal[:3] == [None] * 3
    assert histogram[3:] == pytest.approx(
        [a - b for a, b in zip(line[3:], signal[3:], strict=True)], rel=1e-12
    )


# Properties ----------------------------------------------------------------------------------


@pytest.mark.parametrize("feature", RECURSIVE.values(), ids=RECURSIVE)
@given(values=gappy)
def test_a_missing_bar_leaves_only_its_own_value_unknown(feature: Feature, values: Values) -> None:
    """The same as without the missing bars, put back in their places."""
    known = [value for value in values if value is not None]
    dense = iter(preview(feature, close=known)) if known else iter(())
    expected = [None if value is None else next(dense) for value in values]

    assert preview(feature, close=values) == expected


@given(st.lists(st.tuples(prices, prices, prices) | st.none(), min_size=1, max_size=40))
def test_atr_over_missing_bars(bars: list[tuple[float, float, float] | None]) -> None:
    whole = [(max(bar), min(bar), bar[0]) if bar else (None, None, None) for bar in bars]
    known = [bar for bar in whole if bar[0] is not None]

    def values(rows: Sequence[tuple[float | None, ...]]) -> list[object]:
        high, low, close = (list(part) for part in zip(*rows, strict=True))
        return preview(atr(3), high=high, low=low, close=close)

    dense = iter(values(known)) if known else iter(())
    assert values(whole) == [None if bar[0] is None else next(dense) for bar in whole]


@given(st.lists(prices, min_size=1, max_size=60))
def test_rsi_lies_between_0_and_100(values: list[float]) -> None:
    known = [x for x in preview(rsi(5), close=values) if x is not None]

    assert all(0 <= x <= 100 for x in known)


def test_rsi_of_a_price_that_never_moves_is_unknown() -> None:
    assert preview(rsi(3), close=[5.0] * 8) == [None] * 8


def test_rsi_of_a_price_that_stops_moving_stays() -> None:
    after = preview(rsi(2), close=[1.0, 2.0, 3.0, 2.5, 2.5, 2.5])[3:]

    assert after == pytest.approx([after[0]] * 3)


def test_ema_of_a_constant_is_the_constant() -> None:
    assert preview(ema(3), close=[7.0] * 5) == [None, None, 7.0, 7.0, 7.0]


def test_one_bar_is_too_few() -> None:
    assert preview(ema(2), close=[1.0]) == [None]
    assert preview(rsi(2), close=[1.0]) == [None]
    assert preview(atr(1), high=[2.0], low=[1.0], close=[1.5]) == [None]
