"""What a run is compared with."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from hedgerow.backtest import backtest
from hedgerow.domain.market import Market
from hedgerow.errors import DataError
from hedgerow.risk import Costs
from hedgerow.strategies import BuyAndHold

FREE = Costs.none()
DAYS = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8)]


def two_names() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "symbol": ["A"] * 5 + ["B"] * 3,
            "date": DAYS + DAYS[2:],
            "close": [10.0, 10.0, 20.0, 20.0, 20.0, 50.0, 50.0, 100.0],
        }
    )


# ------------------------------------------------------------------------------------ Regression


def test_buy_and_hold_is_equally_weighted_when_a_name_joins() -> None:
    result = backtest(BuyAndHold(), two_names(), costs=FREE)
    # All of it buys A at 10 on the 3rd. B is first seen on the 4th, when A is worth 200,000, so
    # on the 5th half of that moves from A at 20 to B at 50, which doubles on the 8th.
    assert result.equity["benchmark"].to_list() == pytest.approx(
        [100_000, 100_000, 200_000, 200_000, 300_000]
    )
    assert result.benchmark_name == "Buy and hold"
    assert result.benchmark_metrics is not None
    assert result.benchmark_metrics.trades == 2
    assert result.benchmark_metrics.total_return == pytest.approx(2.0)


def test_buy_and_hold_strategy_equals_the_benchmark() -> None:
    result = backtest(BuyAndHold(), two_names())
    assert result.equity["equity"].to_list() == pytest.approx(result.equity["benchmark"].to_list())


def test_buy_and_hold_pays_the_same_costs() -> None:
    costs = Costs(commission_bps=0, half_spread_bps=100)
    result = backtest(BuyAndHold(), two_names(), costs=costs)
    # As many shares as 100,000 buys at 10.1, worth 10 each.
    assert result.equity["benchmark"][1] == pytest.approx(100_000 / 1.01)


def test_series_begins_at_the_capital() -> None:
    index = pl.DataFrame({"date": DAYS, "close": [200.0, 210.0, 220.0, 230.0, 240.0]})
    market = Market.from_frames(two_names(), context={"SPX": index})
    result = backtest(BuyAndHold(), market, costs=FREE, benchmark="SPX")
    assert result.benchmark_name == "SPX"
    assert result.equity["benchmark"].to_list() == pytest.approx(
        [100_000, 105_000, 110_000, 115_000, 120_000]
    )
    assert result.benchmark_metrics is not None
    assert result.benchmark_metrics.trades is None
    assert result.metrics.beta is not None
    same = backtest(BuyAndHold(), two_names(), costs=FREE, benchmark=index)
    assert same.equity["benchmark"].equals(result.equity["benchmark"])


def test_series_is_read_by_the_clock() -> None:
    """A close is known from its publication on, and for a week."""
    index = pl.DataFrame({"date": [DAYS[1], DAYS[3]], "close": [100.0, 150.0]})
    result = backtest(BuyAndHold(), two_names(), costs=FREE, benchmark=index)
    assert result.equity["benchmark"].to_list() == [None, 100_000, 100_000, 150_000, 150_000]
    assert result.session_returns["benchmark"].to_list() == [None, None, 0.0, 0.5, 0.0]


def test_stale_series_is_not_known() -> None:
    days = [*DAYS, dt.date(2024, 1, 16)]
    frame = pl.DataFrame({"date": days, "close": [10.0] * 6})
    index = pl.DataFrame({"date": [DAYS[0], DAYS[1]], "close": [100.0, 100.0]})
    result = backtest(BuyAndHold(), frame, benchmark=index)
    assert result.equity["benchmark"].is_null().to_list() == [False] * 5 + [True]


def test_none_is_none() -> None:
    result = backtest(BuyAndHold(), two_names(), benchmark=None)
    assert result.benchmark_name is None
    assert result.benchmark_metrics is None
    assert result.metrics.beta is None
    assert result.equity["benchmark"].null_count() == 5
    assert result.session_returns["benchmark"].null_count() == 5


# ------------------------------------------------------------------------------------ Validation


def test_unknown_series_is_refused_with_what_was_meant() -> None:
    with pytest.raises(DataError, match=r"benchmark 'buy_and_hodl'.*Did you mean 'buy_and_hold'"):
        backtest(BuyAndHold(), two_names(), benchmark="buy_and_hodl")


def test_series_outside_the_run_is_refused() -> None:
    index = pl.DataFrame({"date": [dt.date(2020, 1, 2)], "close": [100.0]})
    with pytest.raises(DataError, match="no close known during the run"):
        backtest(BuyAndHold(), two_names(), benchmark=index)
