"""Reads: which row, which company, which basis, known when."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from tests.workspace.builders import bars, days, store

from hedgerow.domain import Instrument
from hedgerow.errors import DataError, DefinitionError
from hedgerow.settings import Settings
from hedgerow.sources import SampleOhlcv
from hedgerow.workspace import Workspace


def closes(ws: Workspace, *args: object, **options: object) -> pl.Series:
    return ws.bars(*args, **options).collect()["close"]  # type: ignore[arg-type]


class TestRegression:
    def test_prices_are_as_they_traded_unless_asked(self, sample: Workspace) -> None:
        # Apple closed at 88.99 on 2005-02-25 and split two for one on the 28th.
        span = ("AAPL", "2005-02-25", "2005-02-28")
        assert closes(sample, *span).to_list() == [88.99, 44.86]
        assert closes(sample, *span, adjust="splits").to_list() == [44.495, 44.86]

    def test_preferred_source_serves_and_the_next_one_where_it_has_nothing(
        self, sample: Workspace
    ) -> None:
        early = sample.bars("AAPL", "2010", "2010").collect()
        late = sample.bars("AAPL", "2015", "2015").collect()
        assert set(early["source"]) == {"sample_ohlcv"}
        assert set(late["source"]) == {"sample_closes"}

    def test_a_market_carries_traded_prices_and_events(self, sample: Workspace) -> None:
        bars = sample.market("AAPL", "2005-02-25", "2005-02-28").bars.collect()
        day = bars.filter(pl.col("session") == dt.date(2005, 2, 28)).row(0, named=True)
        assert (day["raw_close"], day["split_ratio"], day["dividend"]) == (44.86, 2.0, 0.0)
        assert bars["split_ratio"].product() == 4.0

    def test_a_market_keeps_history_before_its_start(self, sample: Workspace) -> None:
        market = sample.market("AAPL", "2005", "2006")
        assert market.bars.select(pl.col("session").min()).collect().item() < dt.date(2005, 1, 1)
        assert market.start == dt.date(2005, 1, 1)

    def test_contexts_come_from_the_same_source_first(self, sample: Workspace) -> None:
        ohlcv = sample.market("AAPL", source="sample_ohlcv").context("SPX").collect()
        assert set(ohlcv["source"]) == {"sample_ohlcv"}
        vix = sample.market("AAPL", source="sample_ohlcv").context("VIX").collect()
        assert set(vix["source"]) == {"sample_closes"}

    def test_a_ticker_means_the_company_that_had_it(self, tmp_path: Path) -> None:
        ws = Workspace(tmp_path)
        old, new = Instrument.of("OLDCO"), Instrument.of("NEWCO")
        ws.catalog.add_instruments([old, new])
        from hedgerow.domain.schemas import SYMBOL_INTERVALS

        def interval(identity: str, first: dt.date, last: dt.date | None) -> dict[str, object]:
            return {
                "symbol": "TICK",
                "exchange": "XNYS",
                "valid_from": first,
                "instrument_id": identity,
                "valid_to": last,
                "source": "test",
            }

        frame = pl.DataFrame(
            [
                interval("OLDCO.XNYS", dt.date(2000, 1, 3), dt.date(2005, 12, 30)),
                interval("NEWCO.XNYS", dt.date(2010, 1, 4), None),
            ],
            schema={n: t for n, t in SYMBOL_INTERVALS.columns.items() if n != "ingested_at"},
        )
        now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        ws.lake.merge(SYMBOL_INTERVALS, frame, ingested_at=now)
        assert [i.symbol for i in ws.instruments("TICK", dt.date(2003, 6, 2))] == ["OLDCO"]
        assert [i.symbol for i in ws.instruments("TICK")] == ["NEWCO"]


class TestProperties:
    def test_one_basis_an_instrument_and_one_source_but_at_seams(self, sample: Workspace) -> None:
        bars = sample.bars(adjust="total").collect()
        series = bars.group_by("instrument_id").agg(pl.n_unique("source", "adjustment"))
        assert series["adjustment"].max() == 1
        # Both samples have the index itself, in prices that never were adjusted.
        joined = series.filter(pl.col("source") > 1)["instrument_id"].to_list()
        assert joined == sample.seams()["instrument_id"].unique().to_list() == ["SPX.XNYS"]
        assert bars.select("instrument_id", "timestamp").is_unique().all()

    def test_rows_are_sorted_and_within_the_span(self, sample: Workspace) -> None:
        bars = sample.bars("AAPL MSFT", "2005-03-01", "2005-06-30").collect()
        assert bars.select("instrument_id", "timestamp").equals(
            bars.select("instrument_id", "timestamp").sort("instrument_id", "timestamp")
        )
        assert bars["session"].min() == dt.date(2005, 3, 1)
        assert bars["session"].max() == dt.date(2005, 6, 30)

    def test_knowledge_of_a_split_begins_with_its_ex_date(self, sample: Workspace) -> None:
        before = closes(sample, "AAPL", "2005-02-25", adjust="splits", as_of="2005-02-25")
        assert before.to_list() == [88.99]
        after = closes(sample, "AAPL", "2005-02-25", adjust="splits", as_of="2005-02-28")
        assert after.to_list() == [44.495, 44.86]

    def test_loading_again_changes_nothing(self, tmp_path: Path) -> None:
        ws = Workspace(tmp_path)
        first = ws.ingest(SampleOhlcv())
        versions = ws.lake.versions()
        again = ws.ingest(SampleOhlcv())
        assert ws.lake.versions() == versions
        assert sum(s.loaded for s in first) == sum(s.unchanged for s in again) > 22_000

    def test_a_changed_bar_is_kept_and_found_by_as_of(self, tmp_path: Path) -> None:
        ws = Workspace(tmp_path)
        loaded = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
        ws.ingest(SampleOhlcv(), ingested_at=loaded)
        ibm = pl.col("symbol") == "IBM"
        bar = ws.lake.scan("bars").filter(ibm).head(1).collect().drop("period", "ingested_at")
        corrected = bar.with_columns(pl.col("close") * 1.001)
        ws.lake.merge("bars", corrected, ingested_at=loaded + dt.timedelta(days=1))
        day = bar["session"].item()
        assert closes(ws, "IBM", day, day).item() == corrected["close"].item()
        old = closes(ws, "IBM", day, day, as_of=loaded + dt.timedelta(hours=1)).item()
        assert old == bar["close"].item()

    def test_a_span_is_a_part_of_the_whole(self, sample: Workspace) -> None:
        whole = sample.bars("IBM", adjust="total", source="sample_ohlcv").collect()
        part = sample.bars("IBM", "2004", "2005", adjust="total", source="sample_ohlcv").collect()
        expected = whole.filter(pl.col("session").dt.year().is_in([2004, 2005]))
        assert part.equals(expected)

    def test_a_ticker_with_a_space_is_one_word_of_a_list(self, tmp_path: Path) -> None:
        ws = Workspace(tmp_path)
        ws.catalog.add_instruments([Instrument.of("BRK B"), Instrument.of("AAA")])
        assert [one.symbol for one in ws.instruments(["BRK B", "AAA"])] == ["BRK B", "AAA"]


class TestActions:
    """One teller an instrument, those of one day together, none from before the series."""

    @pytest.fixture
    def ws(self, tmp_path: Path) -> Workspace:
        ws = Workspace(tmp_path)
        ws.ingest(SampleOhlcv())
        day = {"instrument_id": ["IBM.XNYS"] * 3, "symbol": ["IBM"] * 3, "currency": ["USD"] * 3}
        told = dt.datetime(2013, 2, 1, tzinfo=dt.UTC)
        rows = pl.DataFrame(
            {
                **day,
                "ex_date": [dt.date(2013, 2, 20)] * 2 + [dt.date(1999, 1, 5)],
                "source": ["sample_ohlcv", "sample_ohlcv", "sample_ohlcv"],
                "kind": ["special", "extra", "cash"],
                "amount": [1.0, 2.0, 50.0],
                "available_at": [told] * 3,
            }
        )
        other = rows.head(1).with_columns(source=pl.lit("another"), kind=pl.lit("cash"))
        for frame in (rows, other):
            ws.lake.merge("dividends", frame, ingested_at=told)
        return ws

    def test_dividends_of_a_day_are_paid_together_and_each_once(self, ws: Workspace) -> None:
        bars = ws.market("IBM", source="sample_ohlcv").bars.collect()
        paid = dict(bars.filter(pl.col("dividend") > 0).select("session", "dividend").rows())
        assert paid[dt.date(2013, 2, 20)] == 3.0
        assert bars["dividend"][0] == 0.0

    def test_their_factor_is_that_of_the_sum(self, ws: Workspace) -> None:
        span = ("IBM", "2013-02-19", "2013-02-20")
        raw, total = closes(ws, *span), closes(ws, *span, adjust="total")
        assert total[0] / raw[0] == pytest.approx(raw[1] / (raw[1] + 3.0), rel=1e-12)


class TestChoice:
    def test_a_shorter_total_series_does_not_hide_the_raw_one(self, tmp_path: Path) -> None:
        ws, on = Workspace(tmp_path), days(40)
        store(ws, bars("ZQX", "me", on, 100.0))
        store(ws, bars("ZQX", "me", on[:10], 50.0, adjustment="total"))
        assert closes(ws, "ZQX", adjust="total").to_list() == [100.0] * 40
        store(ws, bars("ZQX", "me", on[10:], 50.0, adjustment="total"))
        assert closes(ws, "ZQX", adjust="total").to_list() == [50.0] * 40

    def test_what_a_failed_loading_left_does_not_hide_a_complete_series(
        self, tmp_path: Path
    ) -> None:
        settings = Settings(_env_file=None, source_priority=["first", "second"])
        ws, on = Workspace(tmp_path, settings=settings), days(60)
        store(ws, bars("ZQX", "first", on[:10], 100.0), bars("ZQX", "second", on, 100.0))
        read = ws.bars("ZQX").collect()
        assert read["session"].to_list() == on
        store(ws, bars("ZQX", "first", on, 100.0))
        assert ws.bars("ZQX").collect()["source"].unique().to_list() == ["first"]


class TestValidation:
    @pytest.mark.parametrize(
        ("options", "error", "said"),
        [
            (
                {"symbols": "AAPLE"},
                DataError,
                "'AAPLE' is not in the workspace. Did you mean 'AAPL'",
            ),
            ({"symbols": []}, DataError, "no symbols were given"),
            ({"start": "03/01/2014"}, DataError, "'03/01/2014' is not a day"),
            (
                {"start": "2014", "end": "2010"},
                DataError,
                "start 2014-01-01 is after end 2010-12-31",
            ),
            ({"timeframe": "1y"}, DefinitionError, "timeframe '1y' is not known"),
            ({"timeframe": "5m"}, DataError, "there are no 5m bars"),
            ({"adjust": "split"}, DefinitionError, "Did you mean 'splits'"),
            ({"source": "sample_closed"}, DataError, "Did you mean 'sample_closes'"),
            ({"as_of": "soon"}, DataError, "not ISO 8601"),
            ({"symbols": "AAPL", "as_of": "1990-01-01"}, DataError, "known at 1990-01-01"),
        ],
    )
    def test_wrong_requests_are_one_clear_error(
        self, sample: Workspace, options: dict[str, object], error: type[Exception], said: str
    ) -> None:
        with pytest.raises(error, match=said):
            sample.bars(**options).collect()  # type: ignore[arg-type]

    def test_an_empty_workspace_says_how_to_fill_it(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="holds no bars yet: load some with hedgerow demo"):
            Workspace(tmp_path).market()
