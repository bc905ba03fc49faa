"""The main job: real prices in, a ranking and one report out, nothing new the second time."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from hedgerow.pipelines import Demo, demo_steps, run_demo
from hedgerow.workspace import Workspace


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Demo, Demo]:
    """A workspace after two runs, with what each told."""
    ws = Workspace(tmp_path_factory.mktemp("demo"))
    return ws, run_demo(ws), run_demo(ws)


class TestRegression:
    def test_bundled_rows_are_loaded_or_refused(self, twice: tuple[Workspace, Demo, Demo]) -> None:
        ws, first, _ = twice
        bars = [s for s in first.ingested if s.table == "bars"]
        # The row counts of the bundled files.
        assert {s.source: s.rows for s in bars} == {
            "sample_ohlcv": 22_216,
            "sample_closes": 175_832,
        }
        stored = ws.lake.scan("bars").select(pl.len()).collect().item()
        assert stored == sum(s.loaded for s in bars)
        refused = ws.lake.scan("quarantine").select(pl.len()).collect().item()
        assert refused == sum(s.refused for s in first.ingested)

    def test_every_strategy_is_ranked_or_said_not_to_run(
        self, twice: tuple[Workspace, Demo, Demo]
    ) -> None:
        closes, ohlcv = twice[1].ranked.rankings.values()
        assert [row.strategy.name for row in closes.not_run] == ["MeanReversion"]
        assert {e.reason for e in closes.not_run[0].not_run} == {"needs high/low"}
        assert [row.strategy.name for row in ohlcv.not_run] == ["VixMomentum"]
        for ranking in (closes, ohlcv):
            assert len(ranking.rows) == 5
            sharpes = ranking.frame()["sharpe"].to_list()
            assert sharpes == sorted(sharpes, reverse=True)

    def test_buy_and_hold_equals_a_plain_calculation(
        self, twice: tuple[Workspace, Demo, Demo]
    ) -> None:
        ws = twice[0]
        rows = next(iter(twice[1].ranked.rankings.values())).rows
        held = next(row.result for row in rows if row.strategy.name == "BuyAndHold")
        assert held is not None
        closes = (
            ws.bars(list(held.symbols), "2014-01-03", "2019-01-03", source="sample_closes")
            .collect()
            .pivot("symbol", index="session", values="close")
            .sort("session")
            .drop("session")
        )
        # Bought at the close after the first decision: 1 bp of commission and 2 of half-spread.
        grown = [closes[s][-1] / (closes[s][1] * 1.0002) for s in closes.columns]
        plain = sum(grown) / len(grown) * (1 - 0.0001) - 1
        assert held.metrics.total_return == pytest.approx(plain, abs=0.01)

    def test_the_report_is_one_file_with_both_tables(
        self, twice: tuple[Workspace, Demo, Demo]
    ) -> None:
        page = twice[1].ranked.report.read_text()
        assert "SmaCross" in page
        assert "needs high/low" in page
        assert not re.search(r"""(?:src|href)=["']https?://""", page)


class TestProperties:
    def test_a_second_run_changes_nothing(self, twice: tuple[Workspace, Demo, Demo]) -> None:
        ws, first, second = twice
        assert (first.changed, second.changed) == (True, False)
        assert second.ranked.runs == first.ranked.runs
        assert (first.ranked.new_runs, second.ranked.new_runs) == (10, 0)
        assert sum(s.loaded for s in second.ingested) == 0
        runs = ws.catalog.runs()
        assert runs.height == 10
        equity = ws.lake.scan("equity").select("run_id", "timestamp").collect()
        assert equity.is_unique().all()

    def test_a_run_record_holds_what_decides_its_outcome(
        self, twice: tuple[Workspace, Demo, Demo]
    ) -> None:
        ws, first, _ = twice
        record = ws.catalog.run(first.ranked.runs[0])
        assert record.strategy_source.startswith("class ")
        assert set(record.table_versions) >= {"bars", "splits"}
        assert record.output_sha256 is not None
        assert len(record.output_sha256) == 64
        assert record.lock_hash

    def test_progress_is_told_as_often_as_promised(self, tmp_path: Path) -> None:
        told: list[str] = []
        run_demo(Workspace(tmp_path), progress=told.append)
        assert len(told) == demo_steps()
