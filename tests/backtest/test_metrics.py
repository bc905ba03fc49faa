"""Measures of returns, trades and positions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields

import empyrical
import numpy as np
import polars as pl
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from hedgerow.backtest import Metrics, measure
from hedgerow.backtest.metrics import position_measures, trade_measures

RETURNS = st.lists(st.floats(-0.2, 0.2), min_size=5, max_size=300).map(np.array)

PEERS: dict[str, Callable[[np.ndarray], float]] = {
    "total_return": empyrical.cum_returns_final,
    "cagr": empyrical.cagr,
    "volatility": empyrical.annual_volatility,
    "sharpe": empyrical.sharpe_ratio,
    "sortino": empyrical.sortino_ratio,
    "calmar": empyrical.calmar_ratio,
    "max_drawdown": empyrical.max_drawdown,
    "skew": stats.skew,
    "kurtosis": stats.kurtosis,
}


def walk(seed: int, count: int = 1_000) -> np.ndarray:
    return np.random.default_rng(seed).standard_t(4, count) * 0.01 + 0.0003


# ------------------------------------------------------------------------------------ Regression


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equals_empyrical_and_scipy(name: str, seed: int) -> None:
    returns = walk(seed)
    assert getattr(measure(returns), name) == pytest.approx(PEERS[name](returns), rel=1e-12)


@pytest.mark.parametrize("risk_free", [0.0, 0.0001])
def test_alpha_and_beta_equal_empyrical(risk_free: float) -> None:
    returns, market = walk(1), walk(2)
    found = measure(returns + 0.8 * market, benchmark=market, risk_free=risk_free)
    alpha, beta = empyrical.alpha_beta(returns + 0.8 * market, market, risk_free=risk_free)
    assert (found.alpha, found.beta) == pytest.approx((alpha, beta), rel=1e-12)


def test_risk_free_rate_equals_empyrical() -> None:
    returns = walk(4)
    found = measure(returns, risk_free=0.0002)
    assert found.sharpe == pytest.approx(empyrical.sharpe_ratio(returns, 0.0002), rel=1e-12)
    assert found.sortino == pytest.approx(empyrical.sortino_ratio(returns, 0.0002), rel=1e-12)


def test_other_years_equal_empyrical() -> None:
    returns = walk(5, 200)
    found = measure(returns, sessions_per_year=52.0)
    assert found.cagr == pytest.approx(empyrical.cagr(returns, annualization=52), rel=1e-12)
    assert found.volatility == pytest.approx(
        empyrical.annual_volatility(returns, annualization=52), rel=1e-12
    )


@pytest.mark.parametrize(
    ("returns", "drawdown", "length"),
    [
        ([0.1, -0.1, -0.1, 0.1, 0.2], -0.19, 4),  # peak after 1, recovered after 5
        ([-0.5, 0.5], -0.5, 2),  # from the capital itself, never recovered
        ([0.1, -0.1, 0.2, -0.05], -0.1, 2),  # the deepest, not the last
        ([0.1, 0.1], 0.0, 0),
        ([0.0, -0.1, 0.0], -0.1, 2),  # from the latest day at the peak
    ],
)
def test_drawdown_by_hand(returns: list[float], drawdown: float, length: int) -> None:
    found = measure(np.array(returns))
    assert found.max_drawdown == pytest.approx(drawdown)
    assert found.max_drawdown_length == length


def test_trades_by_hand() -> None:
    trades = pl.DataFrame(
        {
            "pnl": [100.0, -40.0, 0.0, 20.0, 500.0],
            "return": [0.1, -0.04, 0.0, 0.02, 0.5],
            "open": [False, False, False, False, True],
        }
    )
    assert trade_measures(trades) == {
        "trades": 5,
        "win_rate": 0.5,
        "profit_factor": 3.0,
        "average_trade": pytest.approx(0.02),
    }


def test_positions_by_hand() -> None:
    found = position_measures(
        np.array([100.0, 200.0, 300.0]),
        np.array([0.0, 100.0, 300.0]),
        traded=800.0,
        sessions=126,
        sessions_per_year=252.0,
    )
    # Half of 800, over 200, in half a year.
    assert found["turnover"] == pytest.approx(4.0)
    assert found["exposure"] == pytest.approx((0 + 0.5 + 1) / 3)
    assert found["time_in_market"] == pytest.approx(2 / 3)


# ------------------------------------------------------------------------------------ Properties


@given(RETURNS)
def test_no_measure_is_nan_or_infinite(returns: np.ndarray) -> None:
    for name, value in measure(returns, benchmark=returns[::-1].copy()).to_dict().items():
        assert value is None or math.isfinite(value), name


@given(RETURNS)
def test_drawdown_lies_between_all_and_nothing(returns: np.ndarray) -> None:
    found = measure(returns)
    assert found.max_drawdown is not None
    assert found.max_drawdown_length is not None
    assert -1 <= found.max_drawdown <= 0
    assert 0 <= found.max_drawdown_length <= len(returns)


@given(RETURNS)
def test_beta_to_itself_is_one(returns: np.ndarray) -> None:
    found = measure(returns, benchmark=returns)
    if found.beta is not None:
        assert found.beta == pytest.approx(1)
        assert found.alpha == pytest.approx(0, abs=1e-9)


def test_sessions_without_a_benchmark_are_left_out_of_beta_only() -> None:
    returns, market = walk(1, 100), walk(2, 100)
    hole = market.copy()
    hole[:40] = np.nan
    found = measure(returns, benchmark=hole)
    assert found.beta == measure(returns[40:], benchmark=market[40:]).beta
    assert found.sharpe == measure(returns).sharpe


# ------------------------------------------------------------------------------------ Validation


def test_nothing_is_told_from_no_returns() -> None:
    assert measure(np.array([])) == Metrics()
    assert set(
        trade_measures(
            pl.DataFrame(schema=dict.fromkeys(("pnl", "return"), pl.Float64) | {"open": pl.Boolean})
        ).values()
    ) == {0, None}


def test_one_return_has_no_dispersion() -> None:
    found = measure(np.array([0.05]), benchmark=np.array([0.01]))
    assert found.total_return == pytest.approx(0.05)
    untold = ("volatility", "sharpe", "sortino", "alpha", "beta", "skew", "kurtosis", "calmar")
    assert {getattr(found, name) for name in untold} == {None}


def test_a_flat_account_has_no_ratios() -> None:
    found = measure(np.zeros(100), benchmark=np.zeros(100))
    assert (found.total_return, found.volatility, found.max_drawdown) == (0, 0, 0)
    untold = ("sharpe", "sortino", "calmar", "alpha", "beta", "skew", "kurtosis")
    assert {getattr(found, name) for name in untold} == {None}


def test_a_lost_account_has_a_growth_of_minus_one() -> None:
    found = measure(np.array([0.1, -1.5, 0.0]))
    assert found.cagr == -1
    assert found.total_return == pytest.approx(1.1 * -0.5 - 1)


def test_growth_without_bounds_is_not_told() -> None:
    found = measure(np.array([30.0, 30.0]), benchmark=np.array([0.1, 0.2]))
    assert (found.cagr, found.alpha) == (None, None)
    assert found.total_return == pytest.approx(31**2 - 1)


def test_every_measure_has_a_unit_and_a_meaning() -> None:
    units = {"fraction", "fraction per year", "ratio", "sessions", "count", "per year"}
    for item in fields(Metrics):
        assert item.metadata["unit"] in units, item.name
        assert item.metadata["doc"], item.name
