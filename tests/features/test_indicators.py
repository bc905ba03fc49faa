"""Finite indicators against plain loops, and what each does with odd series."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hedgerow.features import (
    Feature,
    bollinger,
    lag,
    pct_change,
    preview,
    realized_vol,
    roc,
    rolling_max,
    rolling_min,
    rolling_std,
    sma,
    volume_ma,
    volume_ratio,
    zscore,
)

Known = Sequence[float]
Value = float | None

WINDOW = 4

# Prices as they are quoted, with stretches that stand still.
prices = st.sampled_from([9.99, 10.0, 10.01, 10.02, 12.5, 8.0])
series = st.lists(prices | st.none(), min_size=1, max_size=40)


def _z(values: Known) -> Value:
    spread = statistics.stdev(values)
    return (values[-1] - statistics.fmean(values)) / spread if spread else None


def _log_returns(values: Known) -> list[float]:
    return [math.log(b / a) for a, b in pairwise(values)]


def _band(sign: int) -> Callable[[Known], Value]:
    return lambda values: statistics.fmean(values) + sign * 2 * statistics.pstdev(values)


def _position(values: Known) -> Value:
    reach = 2 * statistics.pstdev(values)
    return (values[-1] - statistics.fmean(values) + reach) / (2 * reach) if reach else None


def _bandwidth(values: Known) -> Value:
    return 4 * statistics.pstdev(values) / statistics.fmean(values)


# Feature, bars it reads with the present one, and the plain formula over exactly those.
LOOPS: dict[str, tuple[Feature, int, Callable[[Known], Value]]] = {
    "lag": (lag(3), 4, lambda values: values[0]),
    "pct_change": (pct_change(2), 3, lambda values: values[-1] / values[0] - 1),
    "roc": (roc(2), 3, lambda values: 100 * (values[-1] / values[0] - 1)),
    "sma": (sma(WINDOW), WINDOW, statistics.fmean),
    "rolling_std": (rolling_std(WINDOW), WINDOW, statistics.stdev),
    "rolling_std_population": (rolling_std(WINDOW, ddof=0), WINDOW, statistics.pstdev),
    "rolling_min": (rolling_min(WINDOW), WINDOW, min),
    "rolling_max": (rolling_max(WINDOW), WINDOW, max),
    "zscore": (zscore(WINDOW), WINDOW, _z),
    "realized_vol": (
        realized_vol(WINDOW, bars_per_year=252),
        WINDOW + 1,
        lambda values: statistics.stdev(_log_returns(values)) * math.sqrt(252),
    ),
    "lower": (bollinger(WINDOW).lower, WINDOW, _band(-1)),
    "upper": (bollinger(WINDOW).upper, WINDOW, _band(+1)),
    "position": (bollinger(WINDOW).position, WINDOW, _position),
    "bandwidth": (bollinger(WINDOW).bandwidth, WINDOW, _bandwidth),
}
# Those that look only at the two ends of what they read.
ENDS = {"lag": (0,), "pct_change": (0, -1), "roc": (0, -1)}


# Regression ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOOPS)
@given(values=series)
def test_is_the_plain_formula_bar_by_bar(name: str, values: list[Value]) -> None:
    feature, bars, formula = LOOPS[name]
    ours = preview(feature, close=values)

    for end in range(1, len(values) + 1):
        part = values[max(0, end - bars) : end]
        read = [part[i] for i in ENDS[name]] if name in ENDS and len(part) == bars else part
        if len(part) < bars or None in read:
            assert ours[end - 1] is None
            continue
        expected = formula(part)
        if expected is None:
            assert ours[end - 1] is None
        else:
            assert ours[end - 1] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_volume_against_its_average() -> None:
    volume = [100.0, 200.0, 600.0, None, 0.0, 0.0, 0.0]

    assert preview(volume_ma(2), volume=volume) == [None, 150.0, 400.0, None, None, 0.0, 0.0]
    assert preview(volume_ratio(2), volume=volume)[1:3] == pytest.approx([4 / 3, 1.5])
    assert preview(volume_ratio(2), volume=volume)[3:] == [None, None, None, None]


def test_units() -> None:
    values = [100.0, 101.0]

    assert preview(pct_change(), close=values)[1] == pytest.approx(0.01)
    assert preview(roc(1), close=values)[1] == pytest.approx(1.0)


def test_annualising_is_the_root_of_the_bars_in_a_year() -> None:
    values = [100.0, 103.0, 101.0, 104.0]
    per_bar = preview(realized_vol(3, bars_per_year=1), close=values)[-1]

    hourly = preview(realized_vol(3, bars_per_year=252 * 7), close=values)[-1]

    assert hourly == pytest.approx(per_bar * math.sqrt(1764))


# Properties ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        (sma(3), 5.0),
        (pct_change(), 0.0),
        (roc(1), 0.0),
        (rolling_std(3), 0.0),
        (rolling_min(3), 5.0),
        (rolling_max(3), 5.0),
        (realized_vol(3), 0.0),
        (bollinger(3).upper, 5.0),
        (bollinger(3).bandwidth, 0.0),
        (zscore(3), None),
        (bollinger(3).position, None),
    ],
    ids=lambda case: str(case)[:30],
)
def test_a_price_that_never_moves(feature: Feature, expected: Value) -> None:
    assert preview(feature, close=[5.0] * 6)[-1] == expected


@given(st.floats(0.01, 1e5), st.integers(2, 30))
def test_a_halted_price_is_never_above_or_below_its_own_average(price: float, bars: int) -> None:
    assert preview(sma(bars), close=[price] * (bars + 1))[-1] == price


def test_a_price_of_zero_or_below_gives_no_ratio() -> None:
    assert preview(pct_change(), close=[1.0, 0.0, 1.0]) == [None, -1.0, None]
    assert preview(realized_vol(2), close=[1.0, 1.0, 0.0, 1.0, -1.0]) == [None] * 5


def test_all_unknown() -> None:
    for feature in (sma(2), zscore(2), realized_vol(2), pct_change()):
        assert preview(feature, close=[None, None, None]) == [None] * 3


@given(st.lists(prices, min_size=6, max_size=30), st.floats(0.01, 100.0))
def test_a_later_split_scales_prices_and_leaves_ratios(values: list[float], split: float) -> None:
    restated = [value * split for value in values]

    for feature, power in ((sma(3), 1), (rolling_std(3), 1), (pct_change(), 0), (roc(2), 0)):
        before = preview(feature, close=values)
        after = preview(feature, close=restated)
        for old, new in zip(before, after, strict=True):
            assert (old is None) == (new is None)
            if old is not None:
                assert new == pytest.approx(old * split**power, rel=1e-9, abs=1e-9)
