"""The analysis of a workspace: stored once, exported whole, one bad symbol aside."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.pipelines.analysis_reference import reference

from hedgerow.domain.market import Market
from hedgerow.domain.schemas import Analysis
from hedgerow.errors import DataError, DefinitionError
from hedgerow.pipelines.analysis import AnalysisRules, analyze, judge_market
from hedgerow.pipelines.analysis.export import EXPORT_COLUMNS
from hedgerow.sources import SampleCloses
from hedgerow.sources.synthetic import SyntheticMarket
from hedgerow.workspace import Workspace

SYMBOLS = ["S0001", "S0002", "S0003"]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Workspace with three companies, SPX and VIX: 600 daily bars, 160 hourly ones."""
    ws = Workspace(tmp_path_factory.mktemp("workspace"))
    ws.ingest(SyntheticMarket(symbols=3, bars=600, timeframe="1d"))
    ws.ingest(SyntheticMarket(symbols=2, bars=160, timeframe="1h", bars_per_session=8))
    return ws


@pytest.fixture
def stored(loaded):
    def read(timeframe="1d"):
        rows = loaded.lake.scan("analysis").filter(pl.col("timeframe") == timeframe)
        return rows.drop("period").sort("instrument_id", "timestamp").collect()

    return read


# --- Regression ---------------------------------------------------------------------------------


def test_stores_every_bar_of_every_symbol(loaded, stored):
    summary = analyze(loaded)
    assert summary.ok
    assert summary.symbols["symbol"].to_list() == SYMBOLS
    assert summary.bars == 1800
    rows = Analysis.validate(stored())
    assert rows.group_by("contract").len().sort("contract").rows() == [(s, 600) for s in SYMBOLS]


def test_equals_the_reference_bar_by_bar(loaded, stored):
    analyze(loaded)
    market = loaded.market(SYMBOLS)
    bars = market.bars.select(
        "instrument_id", "symbol", "source", "timestamp", "available_at", "close", "raw_close"
    )
    around = (market.context(name).select("available_at", "close") for name in ("VIX", "SPX"))
    expected = reference(
        bars.collect(), *(rows.collect() for rows in around), max_age=dt.timedelta(days=7)
    )
    found = stored()
    as_table = pl.DataFrame(expected, infer_schema_length=None).select(
        pl.col(name).cast(found.schema[name]) for name in expected[0]
    )
    assert_frame_equal(found.select(as_table.columns), as_table, rel_tol=1e-12, abs_tol=1e-12)


def test_a_second_run_stores_nothing(loaded):
    analyze(loaded)
    version = loaded.lake.version("analysis")
    again = analyze(loaded)
    assert (again.inserted, again.corrected, again.unchanged) == (0, 0, 1800)
    assert loaded.lake.version("analysis") == version


def test_other_rules_replace_the_rows(loaded, stored):
    analyze(loaded)
    wide = analyze(loaded, "S0002", rules=AnalysisRules(band=2.0))
    assert wide.inserted == 0
    assert wide.corrected > 500
    rows = stored()
    assert rows.height == 1800
    widened = rows.filter(contract="S0002").select((pl.col("buy_threshold") / pl.col("VIX")).max())
    assert widened.item() == pytest.approx(2 / 15)
    analyze(loaded)


def test_a_new_bar_corrects_only_the_outcome_of_the_last(tmp_path):
    ws = Workspace(tmp_path)
    ws.ingest(SyntheticMarket(symbols=1, bars=80, timeframe="1d"))
    first = analyze(ws, "S0001")
    ws.ingest(SyntheticMarket(symbols=1, bars=82, timeframe="1d"))
    second = analyze(ws, "S0001")
    assert first.inserted == 80
    assert (second.inserted, second.unchanged + second.corrected) == (2, 80)
    assert second.corrected <= 1


def test_exports_one_file_a_symbol(loaded, stored, tmp_path):
    summary = analyze(loaded, "S0001 S0003", export_dir=tmp_path / "out")
    names = ["S0001_analysis.parquet", "S0003_analysis.parquet"]
    assert [path.name for path in summary.files] == names
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    one = pl.read_parquet(tmp_path / "out" / names[1])
    assert one.columns == list(EXPORT_COLUMNS)
    rows = stored().filter(contract="S0003").select(EXPORT_COLUMNS)
    assert_frame_equal(one, rows, check_exact=True)


def test_hourly_bars_beside_daily_ones(loaded, stored):
    summary = analyze(loaded, timeframe="1h")
    assert summary.symbols.select("symbol", "bars").rows() == [("S0001", 160), ("S0002", 160)]
    assert stored("1h").height == 320


def test_a_span_of_sessions_knows_what_came_before(loaded, stored):
    analyze(loaded)
    whole = stored()
    summary = analyze(loaded, "S0001", start="2001", end="2001-03-30")
    assert summary.symbols["bars"].item() == 62
    assert (summary.inserted, summary.corrected, summary.unchanged) == (0, 0, 62)
    assert_frame_equal(stored(), whole, check_exact=True)


def test_invented_companies_are_judged_by_their_own_vix(tmp_path):
    ws = Workspace(tmp_path)
    ws.ingest(SampleCloses())
    ws.ingest(SyntheticMarket(symbols=1, bars=252, timeframe="1d", start=dt.date(2018, 1, 2)))
    summary = analyze(ws, "AAPL S0001 JPM", start="2018", end="2018")
    assert summary.symbols["symbol"].to_list() == ["AAPL", "JPM", "S0001"]
    rows = ws.lake.scan("analysis").filter(pl.col("timestamp").dt.date() == dt.date(2018, 6, 1))
    vix = dict(rows.select("contract", "VIX").collect().rows())
    assert vix["AAPL"] == vix["JPM"] == 15.43  # Cboe's close of 2018-05-31
    assert vix["S0001"] != 15.43


def test_limit_takes_the_first_by_symbol(loaded):
    told = []
    summary = analyze(loaded, limit=2, progress=lambda done, total: told.append((done, total)))
    assert summary.symbols["symbol"].to_list() == SYMBOLS[:2]
    assert told == [(2, 2)]


# --- Properties ---------------------------------------------------------------------------------


def test_cutting_by_what_was_available_changes_nothing_known(loaded):
    market = loaded.market(SYMBOLS)
    whole, _ = judge_market(market, market.context("VIX"), market.context("SPX"))
    for instant in whole["available_at"].unique().sample(8, seed=3):
        then = market.known_at(instant)
        cut, _ = judge_market(then, then.context("VIX"), then.context("SPX"))
        known = whole.filter(pl.col("available_at") <= instant)
        outcome = "trade_quality"
        assert_frame_equal(cut.drop(outcome), known.drop(outcome), check_exact=True)


# --- Validation ---------------------------------------------------------------------------------


def test_an_unknown_symbol_does_not_stop_the_others(loaded):
    summary = analyze(loaded, ["S0001", "S00002"])
    assert summary.symbols["symbol"].to_list() == ["S0001"]
    assert summary.exit_status == 1
    (failure,) = summary.failed
    assert failure.symbol == "S00002"
    assert "'S00002' is not in the workspace" in failure.reason


def test_a_symbol_without_bars_in_the_span_is_reported(loaded):
    summary = analyze(loaded, "S0002 S0003", timeframe="1h")
    assert summary.symbols["symbol"].to_list() == ["S0002"]
    assert [failure.symbol for failure in summary.failed] == ["S0003"]


def test_a_symbol_nobody_named_without_bars_in_the_span_is_no_failure(tmp_path, monkeypatch):
    ws = Workspace(tmp_path)
    ws.ingest(SyntheticMarket(symbols=3, bars=300, timeframe="1d"))

    class Short(SyntheticMarket):
        def batches(self):
            for batch in super().batches():
                if batch.table.name == "bars":
                    kept = batch.frame.filter(pl.col("symbol") == "S0004")
                    yield type(batch)(batch.table, kept)

    ws.ingest(Short(symbols=4, bars=20, timeframe="1d"))
    for batch in (64, 1):
        monkeypatch.setattr("hedgerow.pipelines.analysis.pipeline._MOST_SYMBOLS", batch)
        summary = analyze(ws, start="2001")
        assert summary.exit_status == 0
        assert summary.symbols["symbol"].to_list() == SYMBOLS
        (left,) = summary.not_run
        assert (left.symbol, left.reason) == ("S0004", "no bars between start and end")
    named = analyze(ws, "S0001 S0004", start="2001")
    assert named.exit_status == 1
    assert [failure.symbol for failure in named.failed] == ["S0004"]
    with pytest.raises(DataError, match="no bars"):
        analyze(ws, start="2090")


def test_an_impossible_price_does_not_stop_the_others():
    days = [dt.date(2024, 1, day) for day in (2, 3, 4)]
    bars = pl.DataFrame(
        {"symbol": ["A"] * 3 + ["B"] * 3, "date": days * 2, "close": [1.0, 2, 3, 1, -2, 3]}
    )
    index = pl.DataFrame({"date": days, "close": [15.0, 15.0, 15.0]})
    market = Market.from_frames(bars, context={"VIX": index, "SPX": index})
    judged, faults = judge_market(market, market.context("VIX"), market.context("SPX"))
    assert judged["contract"].unique().to_list() == ["A"]
    assert faults == {"B": "close -2.0 of the bar 2024-01-03 00:00 is not a price"}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"symbols": "NOPE"}, DataError, "symbol 'NOPE' is not in the workspace"),
        ({"timeframe": "2x"}, DefinitionError, "timeframe '2x' is not known"),
        ({"timeframe": "15m"}, DataError, "holds no 15m bars"),
        ({"limit": 0}, DefinitionError, "limit 0 must be 1 or more"),
        ({"end": "tomorrow"}, DataError, "date 'tomorrow' is not a day"),
        ({"start": "yesterday"}, DataError, "date 'yesterday' is not a day"),
        ({"source": "nobody"}, DataError, "source 'nobody' has no 1d bars"),
        ({"export_dir": "s3://bucket"}, DefinitionError, "not local"),
    ],
)
def test_a_wrong_request_is_one_clear_line(loaded, options, error, message):
    with pytest.raises(error, match=message) as caught:
        analyze(loaded, **options)
    assert "\n" not in str(caught.value)


def test_a_workspace_without_a_vix(tmp_path):
    class NoVix(SyntheticMarket):
        def batches(self):
            for batch in super().batches():
                if batch.table.name != "bars":
                    yield batch
                    continue
                kept = batch.frame.filter(pl.col("symbol") != "VIX")
                yield type(batch)(batch.table, kept)

    ws = Workspace(tmp_path)
    ws.ingest(NoVix(symbols=1, bars=5, timeframe="1d"))
    with pytest.raises(DataError, match="VIX"):
        analyze(ws)
