"""A vendor that sends splits apart from bars never leaves raw prices without them."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.sources.massive.builders import KEY, connected

from hedgerow.domain import Adjustment, Timeframe
from hedgerow.ingest.apart import NOT_IN_PLAN
from hedgerow.ingest.bars import BarsWish, ingest_bars
from hedgerow.ingest.reference import ingest_reference
from hedgerow.ingest.stores import Stores
from hedgerow.ingest.waiting import wait_for
from hedgerow.testing.vendors import World, faults
from hedgerow.testing.vendors.massive import FakeMassive
from hedgerow.workspace import Workspace


@pytest.fixture
def fake():
    with FakeMassive(key=KEY) as fake:
        yield fake


@pytest.fixture
def ws(tmp_path):
    return Workspace(tmp_path / "ws")


def fetch(ws, fake, symbols, **how):
    span = (dt.date(2024, 1, 2), dt.date(2026, 3, 31))
    stores = Stores(ws.lake, ws.catalog, ws.settings, World.small().clock)
    wish = BarsWish(Timeframe.parse("1d"), *span, **how)
    vendor = connected(fake)
    try:
        return ingest_bars(stores, symbols, sources=[vendor], wish=wish)
    finally:
        wait_for(vendor.aclose())


def test_adjusted_reads_are_right_after_bars_alone(ws, fake):
    load = fetch(ws, fake, ["ZQX", "VEX"])
    assert load.ok, load
    for symbol in ("ZQX", "VEX"):
        read = ws.bars(symbol, adjust="splits").collect()["close"].to_list()
        assert read == pytest.approx(World.small().daily(symbol, "split")["close"].to_list())
    total = ws.bars("ZQX", adjust="total").collect()["close"].to_list()
    assert total == pytest.approx(World.small().daily("ZQX", "total")["close"].to_list())


def test_one_request_a_kind_serves_many_symbols_and_none_is_made_without_need(ws, fake):
    fetch(ws, fake, ["ZQX", "VEX", "ZQXpA", "ZQXPA"])
    assert fake.count("splits") == fake.count("dividends") == 1
    fetch(ws, fake, ["ZQX", "VEX"])
    assert fake.count("splits") == 1


def test_a_vendor_that_restates_by_itself_is_not_asked_for_actions(ws, fake):
    fetch(ws, fake, ["ZQX"], adjustment=Adjustment.SPLIT)
    assert fake.count("splits") == 0


def test_bars_without_their_splits_are_an_error(ws, fake):
    fake.script(faults.status(500, "oops"), path="splits", times=9)
    (one,) = fetch(ws, fake, ["ZQX"]).series
    assert "splits" in one.error
    assert one.loaded == 0
    fake.heal()
    assert fetch(ws, fake, ["ZQX"]).ok


def test_a_plan_without_actions_is_told(ws, fake):
    refusal = '{"status":"NOT_AUTHORIZED","message":"You are not entitled to this data."}'
    fake.script(faults.status(403, refusal), path="splits", times=9)
    (one,) = fetch(ws, fake, ["ZQX"]).series
    assert one.ok
    assert NOT_IN_PLAN in one.notes


def test_a_listing_without_dates_does_not_make_young_companies_incomplete(ws, fake):
    stores = Stores(ws.lake, ws.catalog, ws.settings, World.small().clock)
    vendor = connected(fake)
    try:
        assert ingest_reference(stores, [vendor]).ok
    finally:
        wait_for(vendor.aclose())
    load = fetch(ws, fake, ["ZQX", "NEWS", "QUIT", "BRK.X"])
    assert load.ok, load
    assert [one.end for one in load.series][2] == dt.date(2025, 6, 30)
