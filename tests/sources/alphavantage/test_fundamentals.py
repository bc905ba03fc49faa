"""Figures of a company: today's, and of its last four quarters."""

from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest
from tests.sources.alphavantage.asking import ZQX, ask, connected, options

from hedgerow.domain import Instrument
from hedgerow.domain.figures import FIGURES
from hedgerow.errors import BadPayload, NotFound
from hedgerow.sources.alphavantage.overview import OF_A_YEAR, OF_TODAY, overview_batch
from hedgerow.testing.vendors import faults
from hedgerow.testing.vendors.world import World

NOW = dt.datetime(2026, 4, 1, 2, tzinfo=dt.UTC)


def read(**told):
    given = {"Symbol": "ZQX", "Currency": "USD", **told}
    return overview_batch(json.dumps(given).encode(), "example", ZQX, NOW)


def values(batch):
    return dict(batch.frame.select("item", "value").rows())


class TestFromTheVendor:
    def test_they_are_known_from_now_on(self, paid):
        (batch,) = ask(connected(paid), lambda one: one.fundamentals(ZQX))
        assert batch.table.name == "fundamentals"
        assert batch.frame["available_at"].unique().to_list() == [World.small().clock()]
        assert batch.frame["period_end"].unique().to_list() == [dt.date(2026, 3, 31)]
        assert values(batch)["pe_ratio"] == 19.42
        assert values(batch)["roe"] == 0.358

    def test_periods_tell_the_day_from_four_quarters(self, paid):
        (batch,) = ask(connected(paid), lambda one: one.fundamentals(ZQX))
        periods = dict(batch.frame.select("item", "period").rows())
        assert periods["market_cap"] == periods["beta"] == "DAY"
        assert periods["roe"] == periods["pe_ratio"] == "TTM"

    def test_money_is_in_the_currency_of_the_overview(self, paid):
        (batch,) = ask(connected(paid), lambda one: one.fundamentals(ZQX))
        units = dict(batch.frame.select("item", "unit").rows())
        assert units["market_cap"] == "USD"
        assert units["fifty_two_week_high"] == "USD/share"
        assert units["dividend_yield"] == "fraction"

    def test_what_is_no_company_has_none(self, paid):
        with pytest.raises(NotFound, match="companies only"):
            ask(connected(paid), lambda one: one.fundamentals(Instrument.of("NOPE")))

    def test_they_are_kept_for_the_day_unless_refreshed(self, paid, tmp_path):
        for refresh in (False, False, True):
            vendor = connected(paid, options(tmp_path))
            ask(vendor, lambda one, refresh=refresh: one.fundamentals(ZQX, refresh=refresh))
        assert len(paid.requests) == 2

    def test_another_answer_is_a_bad_payload(self, paid):
        paid.script(faults.body('{"data": []}'))
        with pytest.raises(BadPayload, match="OVERVIEW ZQX: the answer is not the overview"):
            ask(connected(paid), lambda one: one.fundamentals(ZQX))


class TestReading:
    def test_every_item_is_a_known_figure(self):
        assert {*OF_TODAY.values(), *OF_A_YEAR.values()} <= FIGURES.keys()

    @pytest.mark.parametrize("nothing", ["None", "-", "", None])
    def test_a_figure_that_is_not_there_gives_no_row(self, nothing):
        batch = read(PERatio=nothing, Beta="1.2")
        assert values(batch) == {"beta": 1.2}
        assert batch.refused.is_empty()

    @pytest.mark.parametrize("odd", ["n/a", "1,5", "NaN", "inf"])
    def test_a_figure_that_cannot_be_read_is_refused(self, odd):
        batch = read(PERatio=odd, Beta="1.2")
        assert values(batch) == {"beta": 1.2}
        assert batch.refused.select("rules", "symbol").rows() == [("unreadable_number", "ZQX")]
        assert '"PERatio"' in batch.refused["payload"].item()

    @pytest.mark.parametrize("currency", ["None", "", "GBX", "pence"])
    def test_money_without_a_whole_currency_is_refused(self, currency):
        batch = read(Currency=currency, MarketCapitalization="1000", EPS="1", PERatio="19")
        assert values(batch) == {"pe_ratio": 19.0}
        assert batch.refused["rules"].to_list() == ["unknown_currency"] * 2

    def test_an_object_without_figures_is_a_bad_payload(self):
        with pytest.raises(BadPayload):
            read()


def test_a_captured_overview(shared_data):
    folder = shared_data / "api" / "alphavantage" / "portfoliotree" / "examples" / "fundamental"
    (place,) = folder.glob("OVERVIEW_*.json")
    batch = overview_batch(place.read_bytes(), "captured", Instrument.of("IBM"), NOW)
    assert batch.refused.is_empty()
    assert batch.frame.height == len(OF_TODAY) + len(OF_A_YEAR)
    found = values(batch)
    assert found["market_cap"] == 206_116_848_000
    assert found["shares_outstanding"] == 939_885_000
    assert found["dividend_yield"] == 0.0308
    price = found["market_cap"] / found["shares_outstanding"]
    assert price / found["eps"] == pytest.approx(found["pe_ratio"], rel=1e-3)
    assert not batch.frame.select(pl.struct("item", "period").is_duplicated().any()).item()
