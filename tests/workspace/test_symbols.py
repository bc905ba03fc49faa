"""Universes by name: the set of today, and the members of an index on a day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from tests.workspace.builders import LOADED, bars, days, store

from hedgerow.domain import Instrument
from hedgerow.errors import DataError
from hedgerow.workspace import Workspace

DAYS = days(40)


def span(symbol: str, first: dt.date, end: dt.date | None = None) -> dict[str, object]:
    return {
        "universe": "index",
        "instrument_id": f"{symbol}.XNYS",
        "valid_from": first,
        "valid_to": end,
        "source": "file",
        "symbol": symbol,
        "available_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    }


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """Workspace of three companies, of which QUIT left an index to NEWS on the eleventh day."""
    ws = Workspace(tmp_path)
    store(ws, *(bars(symbol, "me", DAYS) for symbol in ("NEWS", "QUIT", "ZQX")))
    long_ago = dt.date(2020, 1, 1)
    rows = [span("ZQX", long_ago), span("QUIT", long_ago, DAYS[10]), span("NEWS", DAYS[10])]
    ws.lake.merge("membership", pl.DataFrame(rows), ingested_at=LOADED)
    return ws


def symbols(ws: Workspace, *asked: object) -> list[str]:
    return [one.symbol for one in ws.instruments(*asked)]  # type: ignore[arg-type]


def test_an_index_means_its_members_of_the_day(ws: Workspace) -> None:
    assert symbols(ws, "index", DAYS[9]) == ["QUIT", "ZQX"]
    assert symbols(ws, "index", DAYS[10]) == ["NEWS", "ZQX"]
    assert symbols(ws, "index") == ["NEWS", "ZQX"]
    assert symbols(ws, "QUIT index", DAYS[20]) == ["QUIT", "NEWS", "ZQX"]


def test_a_read_takes_the_members_of_its_last_session(ws: Workspace) -> None:
    early = ws.bars("index", end=DAYS[5]).collect()
    assert early["symbol"].unique().sort().to_list() == ["QUIT", "ZQX"]
    known = ws.bars("index", as_of=DAYS[5]).collect()
    assert known["symbol"].unique().sort().to_list() == ["QUIT", "ZQX"]


def test_a_set_of_the_same_name_serves_the_present_only(ws: Workspace) -> None:
    ws.catalog.create_universe("index", ["QUIT.XNYS"])
    assert symbols(ws, "index") == ["QUIT"]
    assert symbols(ws, "index", DAYS[20]) == ["NEWS", "ZQX"]


def test_a_set_without_dates_serves_every_day(ws: Workspace) -> None:
    ws.catalog.create_universe("mine", ["ZQX.XNYS", "NEWS.XNYS"])
    assert symbols(ws, "mine", DAYS[2]) == ["NEWS", "ZQX"]


def test_before_its_first_day_an_index_has_no_members(ws: Workspace) -> None:
    with pytest.raises(DataError, match="universe 'index' has no known members on 2019-12-31"):
        ws.instruments("index", dt.date(2019, 12, 31))


def test_a_misspelt_index_is_told(ws: Workspace) -> None:
    with pytest.raises(DataError, match="Did you mean 'index'"):
        ws.instruments("indexx")


def test_a_ticker_in_other_capitals_is_another_company(ws: Workspace) -> None:
    store(ws, bars("ZQXPA", "me", DAYS))
    assert symbols(ws, "zqxpa") == ["ZQXPA"]
    with pytest.raises(DataError, match="'ZQXpA' is not in the workspace"):
        ws.instruments("ZQXpA")
    store(ws, bars("ZQXpA", "me", DAYS))
    assert symbols(ws, "ZQXpA ZQXPA") == ["ZQXpA", "ZQXPA"]


def test_a_ticker_of_two_exchanges_is_not_chosen_by_chance(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    ws.catalog.add_instruments(Instrument.of("VOD", exchange=mic) for mic in ("XLON", "XNAS"))
    with pytest.raises(DataError, match=r"ask for VOD\.XLON or VOD\.XNAS"):
        ws.instruments("VOD")
    assert [one.exchange for one in ws.instruments("VOD.XNAS")] == ["XNAS"]
