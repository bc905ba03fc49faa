"""Series behind the charts, against slow and obvious references."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st
from tests.report.builders import result

from hedgerow.backtest.report.months import by_year, shade
from hedgerow.backtest.report.series import (
    curve,
    histogram,
    rolling,
    rolling_window,
    session_returns,
)

# --------------------------------------------------------------------------------- Regression


def test_drawdown_counts_from_the_starting_capital():
    run = result(60, 5, seed=3)
    peak, worst = run.capital, []
    for value in run.equity["equity"]:
        peak = max(peak, value)
        worst.append(value / peak - 1)
    assert curve(run)["drawdown"].to_list() == pytest.approx(worst)
    assert curve(run)["drawdown"].min() == pytest.approx(run.metrics.max_drawdown)


def test_a_run_without_benchmark_has_null_benchmark_columns():
    frame = curve(result(30, 0, benchmark=False))
    assert frame["benchmark_drawdown"].null_count() == 30


def test_rolling_figures_equal_numpys():
    returns = session_returns(result(90, 0))
    figures = rolling(returns, 21)
    values = returns["strategy"].to_numpy()
    for at, (sharpe, volatility) in enumerate(
        figures.select("strategy_sharpe", "strategy_volatility").iter_rows()
    ):
        window = values[at : at + 21]
        assert volatility == pytest.approx(window.std(ddof=1) * math.sqrt(252))
        assert sharpe == pytest.approx(window.mean() / window.std(ddof=1) * math.sqrt(252))
    assert figures.height == 70
    assert figures["session"][0] == returns["session"][20]


def test_a_flat_stretch_has_no_sharpe_ratio():
    flat = pl.DataFrame({"session": range(50), "strategy": [0.01] + [0.0] * 49, "benchmark": None})
    flat = flat.with_columns(pl.col("benchmark").cast(pl.Float64))
    assert rolling(flat, 21)["strategy_sharpe"].slice(5).null_count() == 25


def test_months_compound_to_the_year_and_the_run():
    returns = session_returns(result(600, 0, seed=11))
    rows = by_year(returns)
    for row in rows:
        months = [1 + value for value in row.months if value is not None]
        assert math.prod(months) - 1 == pytest.approx(row.total)
    total = math.prod(1 + row.total for row in rows) - 1
    assert total == pytest.approx(math.prod(1 + r for r in returns["strategy"]) - 1)
    assert [row.year for row in rows] == sorted({day.year for day in returns["session"]})


def test_a_month_equals_a_slow_loop():
    returns = session_returns(result(400, 0, seed=5))
    grown: dict[tuple[int, int], float] = {}
    for day, value, _ in returns.iter_rows():
        key = (day.year, day.month)
        grown[key] = grown.get(key, 1.0) * (1 + value)
    for row in by_year(returns):
        for month, value in enumerate(row.months, start=1):
            key = (row.year, month)
            assert value == (pytest.approx(grown[key] - 1) if key in grown else None)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(0.0001, "p1"), (0.01, "p1"), (0.011, "p2"), (0.5, "p5"), (-0.05, "n4"), (-1.0, "n5")],
)
def test_shades_mean_the_same_in_every_report(value, wanted):
    assert shade(value) == wanted


# --------------------------------------------------------------------------------- Properties


@settings(max_examples=60)
@given(st.lists(st.floats(-1.0, 3.0), min_size=1, max_size=300))
def test_every_return_is_in_exactly_one_bin(values):
    bins = histogram(pl.Series(values))
    assert bins["count"].sum() == len(values)
    assert bins.height <= 250
    width = bins["high"][0] - bins["low"][0]
    assert bins["low"][0] <= min(values) + width * 1e-6
    assert bins["high"][-1] >= max(values) - width * 1e-6
    assert bins["low"].to_numpy()[1:] == pytest.approx(bins["high"].to_numpy()[:-1])


@given(st.integers(0, 10_000))
def test_a_rolling_window_fits_twice_into_the_run(sessions):
    window = rolling_window(sessions)
    assert (window is None) == (sessions < 42)
    assert window is None or 2 * window <= sessions


# --------------------------------------------------------------------------------- Validation


def test_an_empty_histogram_has_no_bins():
    assert histogram(pl.Series([None], dtype=pl.Float64)).is_empty()


def test_equal_returns_share_one_bin():
    assert histogram(pl.Series(np.zeros(9)))["count"].to_list() == [9]
