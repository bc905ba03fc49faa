"""Window statistics: exact, and made of the bars in the window alone."""

from __future__ import annotations

import math
from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pytest
from hypothesis import given

from hedgerow.features._windows import rolling_deviation, rolling_mean, rolling_slope

Floats = npt.NDArray[np.float64]

WINDOWS = (1, 2, 3, 4, 5, 7, 8, 20, 31, 32, 33, 63, 252)
prices = st.lists(
    st.floats(0.01, 1e6, allow_nan=False).map(lambda x: round(x, 4)) | st.none(),
    min_size=1,
    max_size=60,
)


def _run(expression: pl.Expr, **columns: object) -> pl.Series:
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))
    return frame.select(expression.alias("out"))["out"]


def _walk(rows: int, scale: float = 1.0, seed: int = 0) -> Floats:
    steps = np.random.default_rng(seed).standard_normal(rows)
    return scale * 100 * np.exp(np.cumsum(steps) * 0.01)


# Regression ----------------------------------------------------------------------------------


@pytest.mark.parametrize("window", WINDOWS)
def test_mean_equals_pandas(window: int) -> None:
    values = _walk(1000)

    ours = _run(rolling_mean(pl.col("x"), window), x=values)

    theirs = pd.Series(values).rolling(window).mean().to_numpy()
    np.testing.assert_allclose(ours.to_numpy(), theirs, rtol=1e-13)


@pytest.mark.parametrize("window", WINDOWS[1:])
@pytest.mark.parametrize("ddof", [0, 1])
def test_deviation_equals_pandas(window: int, ddof: int) -> None:
    values = _walk(1000)

    ours = _run(rolling_deviation(pl.col("x"), window, ddof), x=values)

    # pandas adds and removes bars, which costs it a few digits of small deviations.
    theirs = pd.Series(values).rolling(window).std(ddof=ddof).to_numpy()
    np.testing.assert_allclose(ours.to_numpy(), theirs, rtol=1e-7)


@pytest.mark.parametrize("window", WINDOWS[1:])
def test_slope_equals_numpy_window_by_window(window: int) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal(400) * 0.01
    y = 1.3 * x + rng.standard_normal(400) * 0.02

    ours = _run(rolling_slope(pl.col("y"), pl.col("x"), window), x=x, y=y).to_numpy()

    for end in range(window, 401):
        part = slice(end - window, end)
        expected = np.polyfit(x[part], y[part], 1)[0]
        assert ours[end - 1] == pytest.approx(expected, rel=1e-7)


def test_mean_and_deviation_to_the_last_digits_against_exact_fractions() -> None:
    values = _walk(80, seed=3)
    window = 21

    means = _run(rolling_mean(pl.col("x"), window), x=values)
    deviations = _run(rolling_deviation(pl.col("x"), window, 1), x=values)

    for end in range(window, 81):
        exact = [Fraction(value) for value in values[end - window : end]]
        mean = sum(exact) / window
        squares = sum((value - mean) ** 2 for value in exact)
        assert means[end - 1] == pytest.approx(float(mean), rel=4e-16)
        assert deviations[end - 1] == pytest.approx(math.sqrt(squares / (window - 1)), rel=1e-13)


# Properties ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e9, 1e12, 1e15])
@pytest.mark.parametrize("window", [2, 20, 63])
def test_no_residue_of_far_history(scale: float, window: int) -> None:
    """Values near 1e-3 after values near 1e9: a running sum keeps an error of those for ever."""
    far = np.random.default_rng(2).standard_normal(500) * scale
    near = 1e-3 + np.random.default_rng(3).standard_normal(500) * 1e-4
    both = np.concatenate([far, near])

    for statistic in (
        rolling_mean(pl.col("x"), window),
        rolling_deviation(pl.col("x"), window, 1),
        rolling_slope(pl.col("x"), pl.col("x") * pl.col("x"), window),
    ):
        after = _run(statistic, x=both)[500 + window :]
        alone = _run(statistic, x=near)[window:]
        assert after.equals(alone.alias("out"))


@pytest.mark.parametrize("window", WINDOWS)
def test_a_window_alone_gives_the_same_bits(window: int) -> None:
    values = _walk(600, seed=4)
    whole = _run(rolling_mean(pl.col("x"), window), x=values)

    for end in range(window, 601, 37):
        alone = _run(rolling_mean(pl.col("x"), window), x=values[end - window : end])
        assert alone[-1] == whole[end - 1]


@given(prices, st.integers(1, 12), st.data())
def test_later_rows_change_nothing(values: list[float | None], window: int, data: st.DataObject):
    cut = data.draw(st.integers(1, len(values)))
    statistic = rolling_mean(pl.col("x"), window)

    assert _run(statistic, x=values)[:cut].equals(_run(statistic, x=values[:cut]))


@given(prices, st.integers(2, 12))
def test_null_until_all_of_the_window_is_known(values: list[float | None], window: int) -> None:
    means = _run(rolling_mean(pl.col("x"), window), x=values)
    deviations = _run(rolling_deviation(pl.col("x"), window, 1), x=values)

    for end in range(1, len(values) + 1):
        part = values[max(0, end - window) : end]
        full = len(part) == window and None not in part
        assert (means[end - 1] is not None) == full
        assert (deviations[end - 1] is not None) == full


@given(st.floats(1e-6, 1e9), st.integers(2, 40))
def test_equal_values_have_exactly_their_mean_and_no_deviation(price: float, window: int) -> None:
    values = [price] * (window + 3)

    assert _run(rolling_mean(pl.col("x"), window), x=values)[-1] == price
    assert _run(rolling_deviation(pl.col("x"), window, 1), x=values)[-1] == 0.0
    slope = rolling_slope(pl.int_range(pl.len()), pl.col("x"), window)
    assert _run(slope, x=values)[-1] is None


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_counts_as_unknown_and_is_forgotten(odd: float) -> None:
    values = [1.0, 2.0, odd, 3.0, 4.0, 5.0]

    assert _run(rolling_mean(pl.col("x"), 2), x=values).to_list() == [
        None, 1.5, None, None, 3.5, 4.5,
    ]  # fmt: skip


def test_chunks_do_not_matter() -> None:
    values = pl.Series("x", _walk(100))
    parts = pl.concat([values[:33], values[33:]], rechunk=False).to_frame()
    statistic = rolling_deviation(pl.col("x"), 20, 1)

    assert parts.select(statistic).equals(values.to_frame().select(statistic))


def test_more_window_than_bars_gives_nulls() -> None:
    assert _run(rolling_mean(pl.col("x"), 5), x=[1.0, 2.0]).to_list() == [None, None]
    assert _run(rolling_mean(pl.col("x"), 5), x=[]).to_list() == []
