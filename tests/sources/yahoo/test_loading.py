"""Yahoo's bars on their way into the lake: holes are errors, later splits change nothing."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from hedgerow.domain import Instrument, Timeframe
from hedgerow.ingest import BarsWish, Stores, ingest_bars
from hedgerow.settings import Settings
from hedgerow.testing.vendors import World, faults
from hedgerow.testing.vendors.yahoo import FakeYahoo, without_prices
from hedgerow.workspace import Workspace

pytest.importorskip("yfinance", reason="yfinance is not installed: the extra yahoo")

START = dt.date(2025, 3, 3)


@pytest.fixture
def fake():
    with FakeYahoo() as server:
        yield server


@pytest.fixture
def ws(tmp_path):
    return Workspace(tmp_path / "ws")


@pytest.fixture
def load(fake, ws, tmp_path):
    ws.catalog.add_instruments([Instrument.of("ZQX", exchange="XNAS"), Instrument.of("VEX")])

    def run(symbol: str, *, day: dt.date | None = None, allow_gaps: bool = False):
        world = World.small() if day is None else World.small().before(day)
        fake.world = world
        settings = Settings(_env_file=None, cache=tmp_path / "cache", yahoo_url=fake.url)
        wish = BarsWish(Timeframe.parse("1d"), start=START, allow_gaps=allow_gaps)
        stores = Stores(ws.lake, ws.catalog, settings, world.clock)
        (series,) = ingest_bars(stores, [symbol], sources="yahoo", wish=wish).series
        return series

    return run


def closes(ws: Workspace, symbol: str) -> dict[dt.date, float]:
    held = ws.lake.scan("bars").filter(pl.col("symbol") == symbol).collect()
    return dict(held.select("session", "close").iter_rows())


def traded(symbol: str) -> dict[dt.date, float]:
    days = World.small().daily(symbol).filter(pl.col("date") >= START)
    return dict(days.select("date", "close").iter_rows())


def test_a_split_between_two_loadings_changes_no_bar(load, ws):
    # All of Yahoo's prices before the split are others on the second day.
    before = load("ZQX", day=dt.date(2025, 4, 11))
    after = load("ZQX", day=dt.date(2025, 4, 16))

    assert (before.error, after.error) == ("", "")
    assert after.corrected == 0
    assert after.notes == ()
    held = closes(ws, "ZQX")
    assert held == {day: close for day, close in traded("ZQX").items() if day in held}
    assert max(held) == dt.date(2025, 4, 16)
    splits = ws.lake.scan("splits").select("ex_date", "ratio").collect()
    assert splits.rows() == [(dt.date(2025, 4, 14), 4.0)]


def test_a_day_of_nulls_fails_the_loading_by_name(fake, load):
    fake.script(faults.changed(without_prices(20)), times=9)

    series = load("VEX")

    assert "lacks 1 session (2025-03-" in series.error


def test_a_day_of_nulls_that_is_allowed_is_told(fake, load, ws):
    fake.script(faults.changed(without_prices(20)), times=9)

    series = load("VEX", allow_gaps=True)

    assert series.error == ""
    assert set(traded("VEX")) - set(closes(ws, "VEX")) == set(series.gaps)
    assert len(series.gaps) == 1


def test_the_read_restates_as_yahoo_does(load, ws):
    load("ZQX")

    bars = ws.bars(["ZQX"], adjust="splits", start=START).collect()

    restated = World.small().daily("ZQX", "split").filter(pl.col("date") >= START)
    assert bars["close"].to_list() == pytest.approx(restated["close"].to_list(), rel=1e-15)
