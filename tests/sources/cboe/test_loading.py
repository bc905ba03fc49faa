"""Index bars on their way into the lake: a hole is an error, a correction is kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from hedgerow.domain import Timeframe
from hedgerow.ingest import BarsWish, Stores, ingest_bars, ingest_fx, ingest_macro
from hedgerow.settings import Settings
from hedgerow.sources.ecb import Ecb
from hedgerow.sources.http import HttpOptions
from hedgerow.testing.vendors import Response, World, faults, tables
from hedgerow.testing.vendors.cboe import FakeCboe
from hedgerow.testing.vendors.fred import FakeFred
from hedgerow.workspace import Workspace

START = dt.date(2025, 6, 2)
HOLE = dt.date(2025, 9, 3)


def without_day(answer: Response) -> Response:
    spelt = (HOLE.strftime("%m/%d/%Y").encode(), HOLE.isoformat().encode())
    lines = answer.body.splitlines(keepends=True)
    return replace(answer, body=b"".join(one for one in lines if not one.startswith(spelt)))


@pytest.fixture
def fakes():
    with FakeCboe() as cboe, FakeFred() as fred:
        yield {"cboe": cboe, "fred": fred}


@pytest.fixture
def stores(fakes, tmp_path):
    settings = Settings(
        _env_file=None,
        cache=tmp_path / "cache",
        cboe_url=fakes["cboe"].url,
        fred_url=fakes["fred"].url,
        fred_files_url=fakes["fred"].url,
        ecb_url="http://127.0.0.1:9",
    )
    ws = Workspace(tmp_path / "ws")
    return Stores(ws.lake, ws.catalog, settings, World.small().clock)


def wish(**options) -> BarsWish:
    return BarsWish(Timeframe.parse("1d"), start=START, **options)


@pytest.mark.parametrize("source", ["cboe", "fred"])
def test_a_session_without_a_value_fails_the_loading_by_name(source, fakes, stores):
    fakes[source].script(faults.changed(without_day), times=9)

    load = ingest_bars(stores, ["VIX"], sources=source, wish=wish())

    assert not load.ok
    assert "lacks 1 session (2025-09-03)" in load.series[0].error


@pytest.mark.parametrize("source", ["cboe", "fred"])
def test_a_gap_that_is_allowed_is_told(source, fakes, stores):
    fakes[source].script(faults.changed(without_day), times=9)

    load = ingest_bars(stores, ["VIX"], sources=source, wish=wish(allow_gaps=True))

    assert load.ok
    assert load.series[0].gaps == (HOLE,)


def test_the_second_source_serves_what_the_first_lacks_and_the_summary_says_so(fakes, stores):
    fakes["cboe"].script(faults.changed(without_day), times=9)

    (series,) = ingest_bars(stores, ["VIX"], sources=["cboe", "fred"], wish=wish()).series

    assert series.source == "fred"
    assert "2025-09-03" in series.failed["cboe"]


def test_a_day_on_which_new_york_was_closed_is_quarantined_by_name(fakes, stores):
    holiday = "07/04/2025,17.1,18.0,17.0,17.5"
    fakes["cboe"].script(faults.changed(tables.with_line(holiday)), times=9)

    (series,) = ingest_bars(stores, ["VIX"], sources="cboe", wish=wish()).series

    assert series.error == ""
    assert series.quarantined == 1
    held = stores.lake.scan("quarantine").select("rules", "symbol").collect()
    assert held.rows() == [("non_session_day", "VIX")]


def test_rates_without_a_network_are_noted_in_the_summary(stores):
    options = HttpOptions(clock=stores.clock, attempts=1)
    ecb = Ecb(settings=stores.settings, options=options)

    (fact,) = ingest_fx(stores, sources=ecb, start=dt.date(2026, 1, 5)).facts

    assert fact.error == ""
    assert "sample_fx" in fact.notes[0]


def test_macro_values_are_stored_once(stores):
    first = ingest_macro(stores, ["VIXCLS", "SP500"])
    again = ingest_macro(stores, ["VIXCLS", "SP500"])

    assert first.ok
    assert sum(one.loaded for one in first.stored) == sum(one.unchanged for one in again.stored)
    held = stores.lake.scan("macro").group_by("series").len().collect()
    assert held.filter(pl.col("len") == 0).is_empty()
    assert held["series"].sort().to_list() == ["SP500", "VIXCLS"]


def test_the_true_vix_history_loads_with_its_known_faults_by_name(shared_data, fakes, stores):
    body = (shared_data / "index" / "vix_daily_cboe.csv").read_bytes()
    fakes["cboe"].script(faults.body(body, "text/csv"), times=9)
    first = dt.date(1990, 1, 2)
    whole = BarsWish(Timeframe.parse("1d"), start=first, allow_gaps=True)

    (series,) = ingest_bars(stores, ["VIX"], sources="cboe", wish=whole).series

    # Facts of the file, counted by a person: it lacks four sessions, and has 47 bars whose
    # open or close lies outside their high and low, and 33 days on which New York was closed.
    lacking = ["1991-03-01", "1997-01-31", "1997-11-26", "1999-12-31"]
    assert [day.isoformat() for day in series.gaps] == lacking
    rows = body.decode().splitlines()[1:]
    assert series.loaded + series.quarantined == sum(row[:10] <= "2026-03-31" for row in rows)
    rules = stores.lake.scan("quarantine").select("rules").collect()["rules"]
    assert set(rules) <= {"ohlc_order", "non_session_day", "ohlc_order,non_session_day"}
    assert 60 < series.quarantined <= 80
