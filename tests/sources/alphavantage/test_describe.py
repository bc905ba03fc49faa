"""What a symbol search says of a ticker."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
from tests.sources.alphavantage.asking import END, ZQL, ask, chunks, connected, daily

from hedgerow.domain import Instrument, InstrumentKind
from hedgerow.domain.exchanges import TIME_ZONES
from hedgerow.errors import BadPayload, NotFound
from hedgerow.sources.alphavantage.matches import best_match, described, quoted_in
from hedgerow.sources.alphavantage.parse import MATCHES, cells
from hedgerow.sources.alphavantage.symbols import SUFFIXES, US_EXCHANGES, our_symbol, vendor_symbol
from hedgerow.testing.vendors import faults
from hedgerow.testing.vendors.world import Company


def matches(*rows):
    names = ("symbol", "name", "type", "region", "currency")
    named = [
        {
            f"{place}. {name}": text
            for place, (name, text) in enumerate(zip(names, row, strict=True))
        }
        for row in rows
    ]
    return cells(json.dumps({"bestMatches": named}).encode(), "example", MATCHES)


LONDON = ("ZQX.LON", "Zed Quix plc", "Equity", "United Kingdom", "GBX")
FRANKFURT = ("ZQX.FRK", "Zed Quix plc", "Equity", "Frankfurt", "EUR")
NEW_YORK = ("ZQX", "Zed Quix Inc.", "Equity", "United States", "USD")


class TestDescribe:
    def test_an_american_share_has_its_exchange_from_the_listing(self, paid):
        found = ask(connected(paid), lambda one: one.describe("ZQX"))
        assert found == Instrument.of("ZQX", exchange="XNAS", name="Zed Quix Inc.", region="US")

    def test_a_class_of_shares_is_found_by_either_spelling(self, paid):
        for spelt in ("BRK.X", "BRK-X"):
            paid.world = replace(paid.world)
            found = ask(connected(paid), lambda one, spelt=spelt: one.describe(spelt))
            assert found.symbol == "BRK.X"

    @pytest.mark.parametrize("spelt", ["ZQL", "ZQL.LON"])
    def test_a_share_of_london_is_in_pounds(self, spelt, paid):
        found = ask(connected(paid), lambda one: one.describe(spelt))
        assert found == Instrument.of(
            "ZQL", exchange="XLON", currency="GBP", name="Zed Quix plc", region="GB"
        )

    def test_what_is_not_listed_trades_over_the_counter(self, paid):
        other = Company("ZQXDF", "Zed Quix plc foreign", mic="OOTC", listed=dt.date(2024, 1, 2))
        paid.world = replace(paid.world, companies=(*paid.world.companies, other))
        found = ask(connected(paid), lambda one: one.describe("ZQXDF"))
        assert found.exchange == "OOTC"

    def test_an_unknown_ticker_is_not_found(self, paid):
        with pytest.raises(NotFound, match=r"does not know 'NOPE'\. Its search finds nothing"):
            ask(connected(paid), lambda one: one.describe("NOPE"))

    def test_a_near_ticker_is_named_and_not_taken(self, paid):
        with pytest.raises(NotFound, match="Did you mean one of VEX"):
            ask(connected(paid), lambda one: one.describe("VE"))


class TestMatch:
    def test_an_american_ticker_is_preferred(self):
        assert best_match("ZQX", matches(LONDON, NEW_YORK))["region"] == "United States"

    def test_one_exchange_abroad_is_taken(self):
        assert best_match("ZQX", matches(LONDON))["symbol"] == "ZQX.LON"

    def test_several_exchanges_must_be_named(self):
        with pytest.raises(NotFound, match=r"ZQX\.LON, ZQX\.FRK"):
            best_match("ZQX", matches(LONDON, FRANKFURT))
        assert best_match("ZQX.FRK", matches(LONDON, FRANKFURT))["currency"] == "EUR"

    def test_case_counts(self):
        with pytest.raises(NotFound):
            best_match("zqx", matches(NEW_YORK))

    @pytest.mark.parametrize(
        ("sort", "kind"),
        [
            ("Equity", InstrumentKind.EQUITY),
            ("ETF", InstrumentKind.ETF),
            ("Mutual Fund", InstrumentKind.ETF),
        ],
    )
    def test_a_sort_has_its_kind(self, sort, kind):
        row = ("ZQX.DEX", "Zed", sort, "XETRA", "EUR")
        assert described(best_match("ZQX.DEX", matches(row))).kind is kind

    def test_an_exchange_that_is_not_known_here_is_refused(self):
        row = ("ZQX.SHZ", "Zed", "Equity", "Shenzhen", "CNY")
        with pytest.raises(NotFound, match="Shenzhen"):
            described(best_match("ZQX.SHZ", matches(row)))

    def test_a_match_without_a_currency_is_refused(self):
        with pytest.raises(BadPayload, match="no currency"):
            best_match("ZQX", matches(("ZQX", "Zed", "Equity", "United States", "")))


class TestUnit:
    @pytest.mark.parametrize("unit", ["GBX", "GBP", "USD"])
    def test_it_is_what_the_search_says(self, unit):
        assert quoted_in("ZQX.LON", matches((*LONDON[:4], unit))) == unit

    def test_nobody_guesses_it(self, paid):
        """Pence taken for pounds would be a hundred times too much."""
        paid.script(faults.body('{"bestMatches": []}'))
        with pytest.raises(NotFound, match="pence or pounds"):
            chunks(connected(paid), daily(ZQL, END))


class TestSpelling:
    def test_every_exchange_has_a_calendar(self):
        assert {mic for mic, _ in SUFFIXES.values()} <= TIME_ZONES.keys()
        assert set(US_EXCHANGES.values()) <= TIME_ZONES.keys()

    @pytest.mark.parametrize(
        "symbol", ["ZQX", "BRK.X", "ZQXpA", "ZQXPA", "ZQXp", "ZQX.WS", "ZQX.U", "ZQX1"]
    )
    def test_an_american_symbol_comes_back_as_it_went(self, symbol):
        assert our_symbol(vendor_symbol(Instrument.of(symbol))) == symbol

    def test_suffixes_name_the_exchange(self):
        spelt = {
            mic: vendor_symbol(Instrument.of("ZQX", exchange=mic))
            for mic in ("XLON", "XETR", "XFRA", "XTSE", "XBOM", "BVMF")
        }
        assert spelt == {
            "XLON": "ZQX.LON",
            "XETR": "ZQX.DEX",
            "XFRA": "ZQX.FRK",
            "XTSE": "ZQX.TRT",
            "XBOM": "ZQX.BSE",
            "BVMF": "ZQX.SAO",
        }
