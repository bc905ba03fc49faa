"""What a market may join: other series, user tables, actions of several sources."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import polars as pl
import pytest

import hedgerow as hr
from hedgerow.domain import Instrument
from hedgerow.errors import DataError, DefinitionError
from hedgerow.research import changed_signals
from hedgerow.sources import SampleCloses, SampleOhlcv, SyntheticMarket
from hedgerow.workspace import Workspace

TOLD = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def ohlcv(tmp_path: Path) -> Workspace:
    """Workspace of the bundled bars with volume, for a test to add to."""
    ws = Workspace(tmp_path)
    ws.ingest(SampleOhlcv())
    return ws


@pytest.fixture(scope="module")
def hourly(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Workspace of a synthetic hourly market with a daily one of the same seed beside it."""
    ws = Workspace(tmp_path_factory.mktemp("hourly"))
    options = {"symbols": 2, "start": dt.date(2010, 1, 4)}
    ws.ingest(SyntheticMarket(bars=160, timeframe="1h", bars_per_session=8, **options))
    ws.ingest(SyntheticMarket(bars=20, timeframe="1d", **options))
    return ws


class TestActions:
    def test_a_second_source_that_dates_a_split_otherwise_does_not_split_twice(
        self, ohlcv: Workspace
    ) -> None:
        other = pl.DataFrame(
            {
                "instrument_id": ["AAPL.XNAS"],
                "ex_date": [dt.date(2005, 3, 1)],
                "source": ["another"],
                "symbol": ["AAPL"],
                "ratio": [2.0],
                "available_at": [TOLD],
            }
        )
        ohlcv.lake.merge("splits", other, ingested_at=TOLD)
        bars = ohlcv.bars("AAPL", "2005-02-25", "2005-02-25", adjust="splits").collect()
        assert bars["close"].item() == 44.495
        events = ohlcv.market("AAPL", "2005", "2005").bars.collect()
        assert events.filter(pl.col("session").dt.year() == 2005)["split_ratio"].product() == 2.0

    def test_a_split_to_come_changes_no_price_yet(self, ohlcv: Workspace) -> None:
        announced = pl.DataFrame(
            {
                "instrument_id": ["IBM.XNYS"],
                "ex_date": [dt.date(2013, 2, 20)],
                "source": ["sample_ohlcv"],
                "symbol": ["IBM"],
                "ratio": [2.0],
                "available_at": [dt.datetime(2013, 2, 1, tzinfo=dt.UTC)],
            }
        )
        ohlcv.lake.merge("splits", announced, ingested_at=TOLD)
        day = ("IBM", "2013-02-19", "2013-02-19")
        raw = ohlcv.bars(*day).collect()["close"].item()
        early = ohlcv.bars(*day, adjust="splits", as_of="2013-02-19").collect()["close"].item()
        late = ohlcv.bars(*day, adjust="splits", as_of="2013-02-20").collect()["close"].item()
        assert (early, late) == (raw, raw / 2)


class TestContexts:
    def test_the_series_of_the_same_length_is_taken(self, hourly: Workspace) -> None:
        vix = hourly.market("S0001", timeframe="1h").context("VIX").collect()
        assert set(vix["timeframe"]) == {"1h"}

    def test_a_daily_series_serves_where_there_is_no_other(self, hourly: Workspace) -> None:
        ws = hourly
        daily = ws.market("S0001", timeframe="1d").context("VIX").collect()
        # Published a quarter of an hour after the close.
        assert set(daily["available_at"].dt.minute()) == {15}

    def test_they_are_known_as_of_then_too(self, hourly: Workspace) -> None:
        then = dt.datetime(2010, 1, 8, 18, tzinfo=dt.UTC)
        market = hourly.market("S0001", timeframe="1h", as_of=then)
        assert market.context("SPX").select(pl.col("available_at").max()).collect().item() <= then

    def test_a_price_level_that_a_later_split_restated_is_refused(self, ohlcv: Workspace) -> None:
        # Microsoft split on 2003-02-18, after the last bar asked for.
        market = ohlcv.market("IBM", "2002-12-30", "2002-12-31")
        with pytest.raises(DefinitionError, match="price level of a series that has split"):
            hr.compute(market, {"level": hr.context("MSFT")})
        assert hr.compute(market, {"move": hr.context("MSFT", hr.pct_change())}).collect().height


class TestTables:
    def test_a_late_restatement_of_an_old_period_does_not_replace_the_newest(
        self, ohlcv: Workspace
    ) -> None:
        instant = [dt.datetime(2012, month, 5, tzinfo=dt.UTC) for month in (2, 5, 6)]
        earnings = pl.DataFrame(
            {
                "symbol": ["IBM"] * 3,
                "period": [dt.date(2011, 12, 31), dt.date(2012, 3, 31), dt.date(2011, 12, 31)],
                "known": instant,
                "eps": [2.50, 3.67, 2.77],
            }
        )
        ohlcv.import_table("eps", earnings, key=["symbol"], time="period", available_at="known")
        market = ohlcv.market("IBM", "2012-06-11", "2012-06-11")
        feature = hr.table("eps", "eps", max_age=dt.timedelta(days=365))
        rows = hr.compute(market, {"eps": feature}).filter(pl.col("session") == market.start)
        assert rows.collect()["eps"].item() == 3.67

    @pytest.mark.parametrize("name", ["instruments", "market_data", "symbol_master", "bars"])
    def test_names_that_sql_knows_are_taken(self, ohlcv: Workspace, name: str) -> None:
        frame = pl.DataFrame({"day": [TOLD.date()], "known": [TOLD], "value": [1.0]})
        with pytest.raises(DefinitionError, match=name):
            ohlcv.import_table(name, frame, key=["day"], time="day", available_at="known")


class TestAccounts:
    def test_real_and_synthetic_prices_do_not_mix(self, tmp_path: Path) -> None:
        ws = Workspace(tmp_path)
        ws.ingest(SampleCloses())
        ws.ingest(SyntheticMarket(symbols=1, bars=20, timeframe="1d"))
        with pytest.raises(DataError, match="mix real and synthetic"):
            ws.market("AAPL S0001")
        assert ws.market("S0001").facts["synthetic"]

    def test_currencies_do_not_mix(self, tmp_path: Path) -> None:
        ws = Workspace(tmp_path)
        ws.ingest(SampleOhlcv())
        ibm = ws.lake.scan("bars").filter(pl.col("symbol") == "IBM").head(5).collect()
        pounds = ibm.drop("period", "ingested_at").with_columns(
            instrument_id=pl.lit("VOD.XLON"), symbol=pl.lit("VOD"), currency=pl.lit("GBP")
        )
        ws.lake.merge("bars", pounds, ingested_at=TOLD)
        ws.catalog.add_instruments([Instrument.of("VOD", exchange="XLON", currency="GBP")])
        with pytest.raises(DataError, match="quoted in GBP, USD"):
            ws.market("VOD IBM")


def test_only_signals_that_change_the_mind_are_kept(sample: Workspace) -> None:
    market = sample.market("IBM", "2005", "2006", source="sample_ohlcv")
    kept = changed_signals(hr.load_strategy("sma-cross").decide(market).frame)["signal"].to_list()
    assert len(kept) > 2
    assert all(one == -other for one, other in itertools.pairwise(kept))
