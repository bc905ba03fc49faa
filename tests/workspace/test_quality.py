"""The data quality report: what is missing, late, stale, refused, told otherwise or odd."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, strategies as st
from tests.workspace.builders import LOADED, bars, days, split, store

from hedgerow.domain.schemas import QUALITY, SYMBOL_INTERVALS
from hedgerow.errors import DataError
from hedgerow.pipelines import rank_and_report
from hedgerow.settings import Settings
from hedgerow.strategies import strategy_classes
from hedgerow.workspace import Workspace
from hedgerow.workspace.quality import PROBLEMS, gap_ranges, presence
from hedgerow.workspace.quality.coverage import coverage

DAYS = days(60)
AFTER = dt.datetime.combine(DAYS[-1], dt.time(23), tzinfo=dt.UTC)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """Empty workspace that prefers ``best``."""
    return Workspace(tmp_path, settings=Settings(_env_file=None, source_priority=["best"]))


def drift(on: list[dt.date]) -> list[float]:
    """Prices that change every day, a little."""
    return [100.0 + day.toordinal() % 7 for day in on]


def row(ws: Workspace, source: str = "best", **options: object) -> dict[str, Any]:
    report = ws.quality("ZQX", as_of=AFTER, **options)  # type: ignore[arg-type]
    return report.filter(pl.col("source") == source).row(0, named=True)


def ingest(ws: Workspace, frame: pl.DataFrame) -> None:
    ws.lake.ingest("bars", frame, source=frame["source"][0], ingested_at=LOADED)


class TestRegression:
    def test_a_whole_series_has_no_problem(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS, drift(DAYS)))
        found = row(ws)
        assert found["problems"] == ""
        assert (found["bars"], found["expected_sessions"], found["missing_sessions"]) == (60, 60, 0)
        assert (found["coverage"], found["gaps"], found["sessions_behind"]) == (1.0, "", 0)
        assert (found["first_session"], found["last_session"]) == (DAYS[0], DAYS[-1])

    def test_gaps_are_counted_by_the_calendar_and_named(self, ws: Workspace) -> None:
        held = [d for i, d in enumerate(DAYS) if i not in (10, 20, 21, 22)]
        store(ws, bars("ZQX", "best", held, drift(held)))
        found = row(ws)
        assert found["problems"] == "gaps"
        assert (found["missing_sessions"], found["longest_gap"]) == (4, 3)
        assert found["coverage"] == pytest.approx(56 / 60)
        assert found["gaps"] == f"{DAYS[10]}, {DAYS[20]} to {DAYS[22]} (3)"
        assert ws.gaps("ZQX").select("first", "last", "sessions").rows() == [
            (DAYS[10], DAYS[10], 1),
            (DAYS[20], DAYS[22], 3),
        ]

    def test_only_the_ten_longest_gaps_are_named(self, ws: Workspace) -> None:
        held = [d for i, d in enumerate(DAYS) if i % 4 != 2 or i > 50]
        store(ws, bars("ZQX", "best", held, drift(held)))
        found = row(ws)
        assert found["missing_sessions"] == 13
        assert found["gaps"].endswith(" and 3 more")
        assert found["gaps"].count("2024-") == 10

    def test_a_late_series_is_behind_and_a_delisted_one_is_not(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "massive", DAYS[:50], drift(DAYS[:50])))
        found = row(ws, "massive")
        assert (found["sessions_behind"], found["problems"]) == (10, "behind")
        ended = pl.DataFrame(
            [{"symbol": "ZQX", "exchange": "XNYS", "valid_from": DAYS[0], "valid_to": DAYS[49],
              "instrument_id": "ZQX.XNYS", "source": "best"}]
        )  # fmt: skip
        ws.lake.merge(SYMBOL_INTERVALS, ended, ingested_at=LOADED)
        found = row(ws, "massive")
        assert (found["sessions_behind"], found["problems"]) == (0, "")

    @pytest.mark.parametrize("source", ["files", "sample_ohlcv", "synthetic"])
    def test_prices_that_no_vendor_can_be_asked_for_are_behind_without_a_problem(
        self, ws: Workspace, source: str
    ) -> None:
        store(ws, bars("ZQX", source, DAYS[:50], drift(DAYS[:50])))
        found = row(ws, source)
        assert (found["sessions_behind"], found["problems"]) == (10, "")

    def test_one_session_behind_is_not_late(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS[:59], drift(DAYS[:59])))
        found = row(ws)
        assert (found["sessions_behind"], found["problems"]) == (1, "")

    def test_a_session_that_has_not_closed_is_not_due(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS[:57], drift(DAYS[:57])))
        noon = dt.datetime.combine(DAYS[58], dt.time(16), tzinfo=dt.UTC)
        assert ws.quality("ZQX", as_of=noon)["sessions_behind"].item() == 1

    def test_a_stale_run_is_whole_although_the_gate_refused_most_of_it(self, ws: Workspace) -> None:
        prices = drift(DAYS)
        prices[30:45] = [50.0] * 15
        store(ws, bars("ZQX", "best", DAYS[:1], 100.0))
        ingest(ws, bars("ZQX", "best", DAYS, prices))
        found = row(ws)
        assert (found["stale_runs"], found["stale_bars"], found["longest_stale_run"]) == (1, 14, 15)
        assert found["refused_by_rule"] == "stale_run 14"
        assert found["problems"] == "gaps, stale, refused, jumps"
        assert found["jumps"] == 2

    def test_refused_rows_are_counted_by_rule(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS[:1], 100.0))
        bad = bars("ZQX", "best", DAYS[1:], drift(DAYS[1:])).with_row_index()
        high = pl.when(pl.col("index") < 3).then(1.0).otherwise("high")
        close = pl.when(pl.col("index") == 5).then(None).otherwise("close")
        ingest(ws, bad.with_columns(high=high, close=close).drop("index"))
        found = row(ws)
        assert (found["refused"], found["refused_by_rule"]) == (4, "ohlc_order 3, missing_close 1")

    def test_a_series_of_which_nothing_was_sound_is_reported(self, ws: Workspace) -> None:
        store(ws, bars("VEX", "best", DAYS, drift(DAYS)))
        from hedgerow.domain import Instrument

        ws.catalog.add_instruments([Instrument.of("ZQX")])
        ingest(ws, bars("ZQX", "best", DAYS, -1.0))
        found = row(ws)
        assert (found["bars"], found["first_session"], found["coverage"]) == (0, None, None)
        assert found["problems"] == "no_bars, refused"
        assert found["refused_by_rule"] == "non_positive_price 60"

    def test_rows_that_name_no_more_than_a_ticker_go_to_its_only_series(
        self, ws: Workspace
    ) -> None:
        store(ws, bars("ZQX", "best", DAYS, drift(DAYS)))
        lost = pl.DataFrame(
            {"rules": ["not_a_number"] * 3, "symbol": ["ZQX", "ZQX", None],
             "timestamp": [None] * 3, "payload": ['{"close":"x"}', '{"close":"y"}', '{"a":"?"}']},
            schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
        )  # fmt: skip
        empty = bars("ZQX", "best", DAYS, drift(DAYS)).clear()
        ws.lake.ingest("bars", empty, source="best", ingested_at=LOADED, unreadable=lost)
        assert row(ws)["refused_by_rule"] == "not_a_number 2"
        everything = ws.quality(as_of=AFTER)
        nobody = everything.filter(pl.col("symbol") == "").row(0, named=True)
        assert (nobody["bars"], nobody["refused"], nobody["problems"]) == (0, 1, "no_bars, refused")

    def test_sources_that_tell_other_closes_disagree(self, ws: Workspace) -> None:
        other = [p * (1.01 if i < 4 else 1.0049) for i, p in enumerate(drift(DAYS))]
        store(
            ws, bars("ZQX", "best", DAYS, drift(DAYS)), bars("ZQX", "next", DAYS[:30], other[:30])
        )
        for source, rival in (("best", "next"), ("next", "best")):
            found = row(ws, source)
            assert (found["compared_bars"], found["disagreeing_bars"]) == (30, 4)
            assert found["disagrees_with"] == rival
            assert found["largest_disagreement_bps"] == pytest.approx(100, rel=0.02)
            assert "disagreement" in found["problems"]

    def test_prices_on_another_basis_are_not_compared(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS, drift(DAYS)))
        store(ws, bars("ZQX", "next", DAYS, 7.0, adjustment="split"))
        assert row(ws)["compared_bars"] == 0

    def test_odd_splits_and_jumps_that_no_split_explains(self, ws: Workspace) -> None:
        prices = [p / (1 if i < 20 else 2 if i < 40 else 6) for i, p in enumerate(drift(DAYS))]
        store(ws, bars("ZQX", "best", DAYS, prices))
        told = [split("ZQX", "best", DAYS[20], 2.0), split("ZQX", "best", DAYS[30], 1.046)]
        ws.lake.merge("splits", pl.concat(told), ingested_at=LOADED)
        found = row(ws)
        assert (found["odd_splits"], found["jumps"]) == (1, 1)
        assert found["largest_jump"] == pytest.approx(-2 / 3, abs=0.05)
        assert found["problems"] == "odd_splits, jumps"


class TestProperties:
    def test_the_report_is_stored_as_the_table_says(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "massive", DAYS[:50], drift(DAYS[:50])))
        report = ws.quality(as_of=AFTER)
        assert dict(report.schema) == dict(QUALITY.columns)
        again = ws.quality(as_of=AFTER)
        kept = ws.lake.scan("quality").collect()
        assert kept.equals(report)
        assert again.equals(report)
        ws.quality(as_of=AFTER + dt.timedelta(days=1), store=False)
        assert ws.sql("select symbol, problems from quality").rows() == [("ZQX", "behind")]

    def test_the_last_check_of_each_series_is_remembered(self, ws: Workspace) -> None:
        store(
            ws, bars("ZQX", "massive", DAYS, drift(DAYS)), bars("VEX", "massive", DAYS, drift(DAYS))
        )
        assert ws.last_quality().is_empty()
        ws.quality(as_of=AFTER)
        late = AFTER + dt.timedelta(days=9)
        ws.quality("ZQX", as_of=late)
        last = ws.last_quality()
        assert last.select("symbol", "checked_at", "problems").rows() == [
            ("VEX", AFTER, ""),
            ("ZQX", late, "behind"),
        ]
        assert ws.last_quality("vex")["symbol"].to_list() == ["VEX"]

    def test_a_ranking_shows_what_was_last_found(self, ws: Workspace) -> None:
        held = [d for i, d in enumerate(DAYS) if i != 7]
        store(ws, bars("ZQX", "best", held, drift(held)))
        strategy = strategy_classes()["BuyAndHold"]()
        market = {"Ranking": ws.market("ZQX")}
        assert (
            "Stored bars"
            not in rank_and_report(ws, [strategy], market, title="a").report.read_text()
        )
        ws.quality(as_of=AFTER)
        page = rank_and_report(ws, [strategy], market, title="b").report.read_text()
        assert "Stored bars" in page
        assert f"1 session missing: {DAYS[7]}" in page

    def test_a_check_as_of_then_sees_what_was_held_then(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS, drift(DAYS)))
        then = dt.datetime.combine(DAYS[29], dt.time(23), tzinfo=dt.UTC)
        found = ws.quality("ZQX", as_of=then).row(0, named=True)
        assert (found["bars"], found["last_session"], found["sessions_behind"]) == (30, DAYS[29], 0)

    @given(held=st.sets(st.integers(0, 59), min_size=1), behind=st.integers(0, 20))
    def test_coverage_equals_a_plain_count(self, held: set[int], behind: int) -> None:
        first, last = min(held), max(held)
        there = [DAYS[i] for i in sorted(held)]
        frame = pl.concat([bars("VEX", "me", DAYS, 1.0), bars("ZQX", "me", there, 1.0)])
        exchanges = pl.DataFrame({"instrument_id": ["VEX.XNYS", "ZQX.XNYS"], "exchange": "XNYS"})
        nobody = pl.DataFrame(schema={"instrument_id": pl.String, "delisted": pl.Date})
        now = dt.datetime.combine(days(80)[59 + behind], dt.time(23), tzinfo=dt.UTC)
        present = presence(frame, exchanges)
        found = coverage(present, nobody, now).filter(pl.col("instrument_id") == "ZQX.XNYS")
        row = found.row(0, named=True)
        missing = [i for i in range(first, last) if i not in held]
        assert row["expected_sessions"] == last - first + 1
        assert row["missing_sessions"] == len(missing)
        assert row["sessions_behind"] == 59 + behind - last
        assert math.isclose(row["coverage"], len(held) / (last - first + 1))
        gaps = gap_ranges(present)
        assert gaps["sessions"].sum() == len(missing)
        assert gaps.height == sum(1 for i in missing if i - 1 not in missing)

    def test_weekly_bars_and_unknown_exchanges_have_no_coverage(self, ws: Workspace) -> None:
        weekly = bars("ZQX", "best", DAYS[::5], drift(DAYS[::5])).with_columns(
            timeframe=pl.lit("1w")
        )
        store(ws, weekly)
        nowhere = bars("VEX", "best", DAYS, drift(DAYS)).with_columns(
            instrument_id=pl.lit("VEX.OTCX")
        )
        store(ws, nowhere)
        report = ws.quality(as_of=AFTER)
        assert report["coverage"].to_list() == [None, None]
        assert report["problems"].to_list() == ["", ""]

    def test_intraday_sessions_count_once(self, ws: Workspace) -> None:
        one = bars("ZQX", "best", DAYS, drift(DAYS))
        hours = [
            one.with_columns(
                timestamp=pl.col("timestamp") + pl.duration(hours=hour), timeframe=pl.lit("1h")
            )
            for hour in (15, 16, 17)
        ]
        store(ws, pl.concat(hours).filter(pl.col("session") != DAYS[7]))
        found = row(ws)
        assert (found["bars"], found["missing_sessions"], found["gaps"]) == (177, 1, str(DAYS[7]))

    def test_every_problem_is_explained(self) -> None:
        assert all(PROBLEMS.values())

    def test_an_empty_workspace_has_an_empty_report(self, ws: Workspace) -> None:
        assert ws.quality().is_empty()
        assert dict(ws.quality().schema) == dict(QUALITY.columns)


class TestValidation:
    def test_a_symbol_must_be_known(self, ws: Workspace) -> None:
        with pytest.raises(DataError, match="symbol 'ZQX' is not in the workspace"):
            ws.quality("ZQX")
