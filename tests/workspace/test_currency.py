"""Prices in another currency, at the last rate known when each bar was known."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from tests.workspace.builders import LOADED, bars, days, dividend, rate, store

from hedgerow.backtest import backtest
from hedgerow.errors import DataError, DefinitionError
from hedgerow.research import check_lookahead
from hedgerow.research.runs import run_record
from hedgerow.sources import SampleFx
from hedgerow.strategies import strategy_classes
from hedgerow.workspace import Workspace

DAYS = days(30, calendar="XLON")


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """Workspace with a share quoted in pounds, and no rates."""
    ws = Workspace(tmp_path)
    store(ws, bars("ZQL", "me", DAYS, 10.0, exchange="XLON", currency="GBP"))
    return ws


def tell(ws: Workspace, *rates: dict[str, object]) -> None:
    ws.lake.merge("fx_rates", pl.DataFrame(rates), ingested_at=LOADED)


def closes(ws: Workspace, currency: str = "USD", **options: object) -> list[float | None]:
    return ws.bars("ZQL", currency=currency, **options).collect()["close"].to_list()  # type: ignore[arg-type]


class TestRegression:
    def test_the_last_rate_published_at_the_close_counts(self, ws: Workspace) -> None:
        # London closes at 16:30, after the rate of the day (15:00 here).
        tell(ws, rate("GBP", "USD", DAYS[0], 1.25), rate("GBP", "USD", DAYS[2], 1.5))
        rows = ws.bars("ZQL", currency="usd").collect().head(4)
        assert rows["close"].to_list() == [12.5, 12.5, 15.0, 15.0]
        assert rows["open"].to_list() == rows["close"].to_list()
        assert set(rows["currency"]) == {"USD"}
        assert set(rows["volume"]) == {1000.0}

    def test_a_rate_published_after_the_close_waits_for_the_next_bar(self, ws: Workspace) -> None:
        late = dt.datetime.combine(DAYS[1], dt.time(16, 31), tzinfo=dt.UTC)
        tell(ws, rate("GBP", "USD", DAYS[0], 1.25))
        tell(ws, rate("GBP", "USD", DAYS[1], 2.0) | {"available_at": late})
        assert closes(ws)[:3] == [12.5, 12.5, 20.0]

    def test_a_rate_older_than_a_week_is_not_known_any_more(self, ws: Workspace) -> None:
        tell(ws, rate("GBP", "USD", DAYS[0], 1.25))
        known = [close is not None for close in closes(ws)]
        last = max(day for day, there in zip(DAYS, known, strict=True) if there)
        assert last == dt.date(2024, 1, 8)  # its close is six days after; the 9th is past seven
        assert known.count(False) == len(DAYS) - 5

    def test_a_pair_that_is_not_quoted_goes_through_the_euro(self, ws: Workspace) -> None:
        tell(ws, rate("EUR", "GBP", DAYS[0], 0.8), rate("EUR", "USD", DAYS[0], 1.1))
        assert closes(ws)[0] == pytest.approx(10 / 0.8 * 1.1)
        assert closes(ws, "EUR")[0] == pytest.approx(12.5)
        assert closes(ws, "GBP") == [10.0] * len(DAYS)

    def test_a_quoted_pair_comes_before_its_inverse_and_the_cross(self, ws: Workspace) -> None:
        tell(ws, rate("EUR", "GBP", DAYS[0], 0.5), rate("EUR", "USD", DAYS[0], 1.0))
        tell(ws, rate("USD", "GBP", DAYS[0], 0.8))
        assert closes(ws)[0] == pytest.approx(12.5)

    def test_the_first_source_with_a_rate_serves(self, ws: Workspace) -> None:
        tell(ws, rate("GBP", "USD", DAYS[0], 1.5, source="zz_bank"))
        tell(ws, rate("GBP", "USD", DAYS[1], 1.25, source="a_bank"))
        assert closes(ws)[:2] == [15.0, 12.5]

    def test_a_market_converts_what_it_trades_and_pays(self, ws: Workspace) -> None:
        tell(ws, *(rate("GBP", "USD", day, 1.5) for day in DAYS[5:]))
        paid = dividend("ZQL", "me", DAYS[8], 0.2, exchange="XLON", currency="GBP")
        ws.lake.merge("dividends", paid, ingested_at=LOADED)
        market = ws.market("ZQL", currency="USD")
        rows = market.bars.collect()
        assert rows["session"].to_list() == DAYS[5:]
        assert rows["raw_close"].to_list() == [15.0] * 25
        assert rows["dividend"].sum() == pytest.approx(0.3)
        assert market.facts["notes"] == [
            "5 bars are left out: no exchange rate to USD was known in their week"
        ]

    def test_a_dividend_in_another_currency_is_restated_in_that_of_the_price(
        self, ws: Workspace
    ) -> None:
        tell(ws, *(rate("USD", "GBP", day, 0.8) for day in DAYS))
        paid = dividend("ZQL", "me", DAYS[8], 0.5, exchange="XLON", currency="USD")
        ws.lake.merge("dividends", paid, ingested_at=LOADED)
        total = ws.bars("ZQL", adjust="total").collect()["close"]
        assert total[0] == pytest.approx(10.0 * 10.0 / 10.4)
        assert ws.market("ZQL").bars.collect()["dividend"].sum() == pytest.approx(0.4)

    def test_a_dividend_in_a_currency_without_rates_stops_no_read(self, ws: Workspace) -> None:
        paid = dividend("ZQL", "me", DAYS[8], 0.5, exchange="XLON", currency="USD")
        ws.lake.merge("dividends", paid, ingested_at=LOADED)
        market = ws.market("ZQL")
        assert market.bars.collect()["dividend"].sum() == 0.0
        assert "1 dividends in another currency" in str(market.facts["notes"])

    def test_a_dividend_without_a_rate_is_left_out_and_told(self, ws: Workspace) -> None:
        tell(ws, rate("USD", "GBP", DAYS[20], 0.8))
        paid = dividend("ZQL", "me", DAYS[8], 0.5, exchange="XLON", currency="USD")
        ws.lake.merge("dividends", paid, ingested_at=LOADED)
        market = ws.market("ZQL")
        assert market.bars.collect()["dividend"].sum() == 0.0
        assert "1 dividends in another currency" in str(market.facts["notes"])


class TestProperties:
    def test_the_file_of_the_bank_gives_the_same_by_a_plain_look_up(
        self, ws: Workspace, shared_data: Path
    ) -> None:
        for batch in SampleFx().batches():
            ws.lake.merge("fx_rates", batch.frame, ingested_at=LOADED)
        with (shared_data / "fx" / "ecb_eurofxref-hist.csv").open() as file:
            table = {row["Date"]: row for row in csv.DictReader(file)}
        expected = []
        for day in DAYS:
            # The bank publishes at 16:00 in Frankfurt, 15:00 UTC in winter: before London closes.
            on = day
            while str(on) not in table:
                on -= dt.timedelta(days=1)
            row = table[str(on)]
            expected.append(10.0 / float(row["GBP"]) * float(row["USD"]))
        assert closes(ws) == pytest.approx(expected, rel=1e-12)

    def test_nothing_of_the_future_is_seen(self, ws: Workspace) -> None:
        for batch in SampleFx().batches():
            ws.lake.merge("fx_rates", batch.frame, ingested_at=LOADED)
        strategy = strategy_classes()["Momentum"]()
        assert (
            check_lookahead(
                strategy, lambda at: ws.market("ZQL", currency="USD", as_of=at), instants=8
            )
            == []
        )

    def test_companies_of_several_currencies_fit_one_account(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "me", days(30), 20.0))
        tell(ws, *(rate("GBP", "USD", day, 1.5) for day in DAYS))
        rows = ws.market("ZQL ZQX", currency="USD").bars.collect()
        assert rows["currency"].unique().to_list() == ["USD"]
        assert sorted(rows["close"].unique()) == [15.0, 20.0]
        with pytest.raises(DataError, match="or the currency to convert them to"):
            ws.market("ZQL ZQX")

    def test_a_run_remembers_the_currency_and_the_rates_it_read(self, ws: Workspace) -> None:
        tell(ws, *(rate("GBP", "USD", day, 1.5) for day in DAYS))
        strategy = strategy_classes()["BuyAndHold"]()
        record = run_record(backtest(strategy, ws.market("ZQL", currency="USD")), strategy)
        assert record.notes["currency"] == "USD"
        assert "fx_rates" in record.table_versions
        plain = run_record(backtest(strategy, ws.market("ZQL")), strategy)
        assert "currency" not in plain.notes


class TestValidation:
    def test_without_any_rate_the_error_says_how_to_load_them(self, ws: Workspace) -> None:
        with pytest.raises(DataError, match=r"no exchange rates from GBP to USD .* ingest fx"):
            ws.bars("ZQL", currency="USD")

    def test_a_currency_must_be_one(self, ws: Workspace) -> None:
        with pytest.raises(DefinitionError, match="currency 'dollar' is not a code"):
            ws.bars("ZQL", currency="dollar")
