"""Ranking: same bars, same costs, best first."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest

import hedgerow as hr
from hedgerow.errors import DefinitionError
from hedgerow.research import run_record, save_run, stored_runs
from hedgerow.strategies import BuyAndHold, RsiReversion, SmaCross


@pytest.fixture
def market(sample: hr.Workspace) -> hr.Market:
    return sample.market("AAPL MSFT IBM", "2005", "2008", source="sample_ohlcv")


class TestRegression:
    def test_rows_are_ordered_by_the_metric_asked_for(self, market: hr.Market) -> None:
        ranking = hr.rank([SmaCross(), BuyAndHold(), RsiReversion()], market, by="max_drawdown")
        falls = ranking.frame()["max_drawdown"].to_list()
        assert falls == sorted(falls, reverse=True)

    def test_excess_is_measured_against_buy_and_hold(self, market: hr.Market) -> None:
        frame = hr.rank([SmaCross(), BuyAndHold()], market).frame()
        held = frame.row(by_predicate=pl.col("strategy") == "BuyAndHold", named=True)
        cross = frame.row(by_predicate=pl.col("strategy") == "SmaCross", named=True)
        assert held["excess_return"] == 0.0
        assert cross["excess_return"] == cross["total_return"] - held["total_return"]


class TestProperties:
    def test_the_same_work_is_the_same_run(self, market: hr.Market) -> None:
        strategy = SmaCross()
        one, two = (run_record(hr.backtest(strategy, market), strategy) for _ in range(2))
        assert one.run_id == two.run_id
        assert one.output_sha256 == two.output_sha256

    def test_what_changes_no_number_changes_no_name(self, market: hr.Market) -> None:
        later = dataclasses.replace(market, facts={**market.facts, "versions": {"bars": 99}})
        one, two = (
            run_record(hr.backtest(SmaCross(), bars), SmaCross()) for bars in (market, later)
        )
        assert one.run_id == two.run_id
        assert one.table_versions != two.table_versions

    def test_another_outcome_of_the_same_work_is_another_run(self, market: hr.Market) -> None:
        result = hr.backtest(SmaCross(), market)
        other = dataclasses.replace(result, equity=result.equity.with_columns(pl.col("cash") + 1))
        names = {run_record(one, SmaCross()).run_id for one in (result, other)}
        assert len(names) == 2

    def test_anything_that_decides_the_outcome_changes_the_name(self, market: hr.Market) -> None:
        names = {
            run_record(hr.backtest(strategy, market, **options), strategy).run_id  # type: ignore[arg-type]
            for strategy, options in [
                (SmaCross(), {}),
                (SmaCross(fast=10), {}),
                (SmaCross(), {"costs": hr.Costs(commission_bps=5)}),
                (SmaCross(), {"capital": 50_000.0}),
                (SmaCross(), {"fill": "next_close"}),
                (SmaCross(), {"sizing": hr.FixedFraction(0.2)}),
            ]
        }
        assert len(names) == 6

    def test_a_stored_run_is_not_stored_twice(
        self, market: hr.Market, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        ws = hr.Workspace(tmp_path_factory.mktemp("runs"))
        strategy = SmaCross()
        result = hr.backtest(strategy, market)
        first = save_run(ws, result, strategy)
        versions = ws.lake.versions()
        assert save_run(ws, result, strategy) == first
        assert ws.lake.versions() == versions
        assert stored_runs(ws) == {first}
        kept = dataclasses.asdict(result.metrics)
        assert {m.name: m.value for m in ws.catalog.performance(first)} == pytest.approx(kept)


class TestValidation:
    def test_an_unknown_metric_gets_a_hint(self, market: hr.Market) -> None:
        with pytest.raises(DefinitionError, match="Did you mean 'sharpe'"):
            hr.rank([SmaCross()], market, by="sharp")

    def test_nothing_to_rank_is_refused(self, market: hr.Market) -> None:
        with pytest.raises(DefinitionError, match="no strategies to rank"):
            hr.rank([], market)
