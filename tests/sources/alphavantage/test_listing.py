"""The listing of the United States: instruments, and when their symbols were in use."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.sources.alphavantage.asking import ask, asked, connected, options

from hedgerow.domain import InstrumentKind
from hedgerow.errors import NotFound
from hedgerow.sources.alphavantage.listing import build_listing
from hedgerow.sources.alphavantage.parse import TABLE, cells, read_listing
from hedgerow.testing.vendors.world import Company, World

HEADER = "symbol,name,exchange,assetType,ipoDate,delistingDate,status"


def table(*lines):
    body = "\r\n".join([HEADER, *lines, ""]).encode()
    return read_listing(cells(body, "example", TABLE))


def listed(active=(), delisted=()):
    return build_listing(table(*active), table(*delisted))


class TestFromTheVendor:
    def test_active_and_delisted_make_one_listing(self, paid):
        found = ask(connected(paid), lambda one: one.listing())
        states = [request.query["state"] for request in paid.requests]
        assert states == ["active", "delisted"]
        assert {one.symbol for one in found.instruments} == {
            one.symbol for one in World.small().companies if one.mic != "XLON"
        }

    def test_instruments_are_described(self, paid):
        found = ask(connected(paid), lambda one: one.listing())
        by_symbol = {one.symbol: one for one in found.instruments}
        vex = by_symbol["VEX"]
        assert (vex.instrument_id, vex.exchange, vex.currency) == ("VEX.XNYS", "XNYS", "USD")
        assert vex.name == "Vexillum, Corp."
        assert vex.region == "US"
        assert by_symbol["ZQX"].exchange == "XNAS"

    def test_symbols_are_in_use_from_their_first_day_to_their_last(self, paid):
        found = ask(connected(paid), lambda one: one.listing())
        spans = {
            symbol: (first, last)
            for symbol, first, last in found.intervals.frame.select(
                "symbol", "valid_from", "valid_to"
            ).rows()
        }
        assert spans["QUIT"] == (dt.date(2024, 1, 2), dt.date(2025, 6, 30))
        assert spans["NEWS"] == (dt.date(2025, 9, 2), None)
        assert found.intervals.refused.is_empty()

    def test_an_earlier_day_is_asked_by_its_date(self, paid):
        found = ask(connected(paid), lambda one: one.listing(dt.date(2025, 3, 3)))
        assert {request.query["date"] for request in paid.requests} == {"2025-03-03"}
        last = found.intervals.frame.filter(symbol="QUIT")["valid_to"].item()
        assert last is None
        assert "NEWS" not in found.intervals.frame["symbol"].to_list()

    def test_a_day_before_2010_is_refused_without_asking(self, paid):
        with pytest.raises(NotFound, match="from 2010-01-01 on"):
            ask(connected(paid), lambda one: one.listing(dt.date(2009, 12, 31)))
        assert paid.requests == []

    def test_it_is_kept_for_the_day(self, free, tmp_path):
        for _ in range(2):
            ask(connected(free, options(tmp_path)), lambda one: one.listing())
        assert asked(free) == ["LISTING_STATUS", "LISTING_STATUS"]

    def test_the_fake_quotes_commas_writes_null_and_ends_lines_as_the_vendor_does(self, paid):
        body = paid._listing({"state": "active"}).body
        assert body.startswith(HEADER.encode() + b"\r\n")
        assert b'\r\nVEX,"Vexillum, Corp.",NYSE,Stock,2024-01-02,null,Active\r\n' in body
        assert b"\r\nZQX-P-A," in body


class TestSpelling:
    def test_dashes_become_what_exchanges_write(self):
        found = listed(
            [
                "BRK-X,Briar,NYSE,Stock,2001-01-02,null,Active",
                "ZQX-P-A,Preferred,NYSE,Stock,2001-01-02,null,Active",
                "ZQXPA,Patents,NYSE,Stock,2001-01-02,null,Active",
                "ZQX-P,Preferred,NYSE,Stock,2001-01-02,null,Active",
                "ZQX-WS,Warrant,NYSE,Stock,2001-01-02,null,Active",
            ]
        )
        assert [one.symbol for one in found.instruments] == [
            "BRK.X",
            "ZQX.WS",
            "ZQXPA",
            "ZQXp",
            "ZQXpA",
        ]

    def test_funds_are_told_from_shares(self):
        found = listed(["ZQF,Fund,NYSE ARCA,ETF,2001-01-02,null,Active"])
        assert found.instruments[0].kind is InstrumentKind.ETF
        assert found.instruments[0].exchange == "ARCX"

    def test_exchanges_have_their_codes(self):
        names = ["AMEX", "BATS", "NASDAQ", "NYSE", "NYSE ARCA", "NYSE MKT"]
        found = listed(
            [f"Z{n},Z,{name},ETF,2001-01-02,null,Active" for n, name in enumerate(names)]
        )
        codes = ["XASE", "BATS", "XNAS", "XNYS", "ARCX", "XASE"]
        assert [one.exchange for one in found.instruments] == codes


class TestOneSymbolTwice:
    def test_another_company_later_is_another_instrument(self):
        found = listed(
            ["ZQX,New,NYSE,Stock,2015-03-02,null,Active"],
            ["ZQX,Old,NYSE,Stock,2001-01-02,2010-05-28,Delisted"],
        )
        assert {one.instrument_id: one.name for one in found.instruments} == {
            "ZQX.XNYS": "New",
            "ZQX.XNYS.2010-05-28": "Old",
        }
        assert found.intervals.frame.select("instrument_id", "valid_from", "valid_to").rows() == [
            ("ZQX.XNYS", dt.date(2015, 3, 2), None),
            ("ZQX.XNYS.2010-05-28", dt.date(2001, 1, 2), dt.date(2010, 5, 28)),
        ]

    def test_spans_never_overlap(self):
        """Of rows that reach into each other the one that lasts longest counts."""
        found = listed(
            ["ZQX,Now,NYSE,Stock,2001-01-02,null,Active"],
            [
                "ZQX,Twice,NYSE,Stock,2001-01-02,2010-05-28,Delisted",
                "ZQX,Within,NYSE,Stock,2012-01-03,2013-05-28,Delisted",
                "ZQX,Before,NYSE,Stock,1990-01-02,1999-05-28,Delisted",
            ],
        )
        assert [one.name for one in found.instruments] == ["Now", "Before"]
        assert found.intervals.refused["rules"].to_list() == ["overlapping_interval"] * 2
        assert '"Twice"' in found.intervals.refused["payload"][0]

    def test_two_exchanges_do_not_touch_each_other(self):
        found = listed(
            [
                "ZQX,One,NYSE,Stock,2001-01-02,null,Active",
                "ZQX,Other,BATS,Stock,2001-01-02,null,Active",
            ]
        )
        assert [one.instrument_id for one in found.instruments] == ["ZQX.BATS", "ZQX.XNYS"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("line", "rule"),
        [
            ("ZQX,Zed,MOON,Stock,2001-01-02,null,Active", "unknown_exchange"),
            ("ZQX,Zed,,Stock,2001-01-02,null,Active", "unknown_exchange"),
            ("ZQX,Zed,NYSE,Stock,null,null,Active", "missing_date"),
            ("ZQX,Zed,NYSE,Stock,2001-13-02,null,Active", "unreadable_date"),
            ("ZQX,Zed,NYSE,Stock,2001-01-02,soon,Active", "unreadable_date"),
            ("ZQX,Zed,NYSE,Stock,2001-01-02,1999-01-04,Delisted", "reversed_interval"),
            ("null,Zed,NYSE,Stock,2001-01-02,null,Active", "missing_symbol"),
        ],
    )
    def test_a_row_that_cannot_be_used_is_kept_with_its_rule(self, line, rule):
        found = listed([line, "VEX,Vexillum,NYSE,Stock,2001-01-02,null,Active"])
        assert [one.symbol for one in found.instruments] == ["VEX"]
        assert found.intervals.refused["rules"].to_list() == [rule]
        assert "Zed" in found.intervals.refused["payload"].item()

    def test_an_instrument_without_a_name_is_listed(self):
        found = listed(["ZQX,,NYSE,Stock,2001-01-02,null,Active"])
        assert found.instruments[0].name == ""


def test_the_order_of_the_lists_does_not_matter(paid):
    extra = Company("OLDZ", "Older Z", listed=dt.date(2012, 1, 3), delisted=dt.date(2014, 1, 3))
    paid.world = replace(paid.world, companies=(*paid.world.companies, extra))
    first = ask(connected(paid), lambda one: one.listing())
    paid.world = replace(paid.world, companies=paid.world.companies[::-1])
    second = ask(connected(paid), lambda one: one.listing())
    assert first.instruments == second.instruments
    assert_frame_equal(first.intervals.frame, second.intervals.frame)
    assert first.intervals.frame.filter(pl.col("symbol") == "OLDZ").height == 1
