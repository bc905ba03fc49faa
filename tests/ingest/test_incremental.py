"""What is asked for: the new sessions, a few old ones, and nothing where nothing is new."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.ingest.builders import (
    FIRST,
    LAST,
    NIGHT,
    Shelf,
    at,
    day,
    days_of,
    held_sessions,
    listed,
    load,
    load_one,
    prices,
    stored,
    stores_at,
)

FEBRUARY = dt.datetime(2024, 2, 29, 23, tzinfo=dt.UTC)


@pytest.fixture
def stores(tmp_path):
    return stores_at(tmp_path)


@pytest.fixture
def shelf():
    return Shelf({"ZQX": prices(held_sessions(dt.date(2023, 1, 3)))})


def test_the_first_loading_asks_from_the_day_given_to_the_last_session_that_closed(stores, shelf):
    outcome = load_one(stores, shelf, start=FIRST)
    assert days_of(stores) == held_sessions()
    assert [(one.start, one.end) for one in shelf.requests] == [(FIRST, LAST)]
    assert (outcome.start, outcome.end, outcome.loaded) == (FIRST, LAST, 61)
    assert outcome.source == "shelf"


def test_without_a_day_the_first_loading_asks_from_2000(stores, shelf):
    outcome = load_one(stores, shelf)
    assert shelf.requests[0].start == dt.date(2000, 1, 1)
    assert outcome.notes == ("begins 2023-01-03",)


def test_without_a_day_the_first_loading_asks_from_where_the_plan_reaches(stores, shelf):
    shelf.earliest = lambda: dt.date(2024, 2, 1)
    load_one(stores, shelf)
    assert shelf.requests[0].start == dt.date(2024, 2, 1)


def test_nobody_is_asked_where_nothing_new_can_have_come(stores, shelf):
    load_one(stores, shelf, start=FIRST)
    before = stores.lake.versions()
    outcome = load_one(stores, shelf)
    again = load_one(stores, shelf, start=FIRST)
    assert len(shelf.requests) == 1
    assert outcome.ok
    assert (outcome.rows, outcome.start, outcome.end) == (0, None, None)
    assert again.rows == 0
    assert stores.lake.versions() == before


def test_the_next_loading_begins_ten_sessions_before_the_newest_bar(stores, shelf):
    load_one(at(stores, FEBRUARY), shelf, start=FIRST)
    outcome = load_one(stores, shelf)
    overlap = held_sessions(day("2024-02-15"), day("2024-02-29"))
    assert len(overlap) == 10
    assert shelf.requests[1].start == overlap[0]
    assert (outcome.loaded, outcome.corrected, outcome.unchanged) == (20, 0, 10)
    assert days_of(stores) == held_sessions()


def test_intraday_bars_overlap_by_three_sessions(stores, shelf):
    load_one(at(stores, FEBRUARY), shelf, start=FIRST, timeframe="30m")
    load_one(stores, shelf, timeframe="30m")
    assert shelf.requests[1].start == day("2024-02-27")
    assert days_of(stores) == held_sessions()


def test_a_late_correction_replaces_the_bar_and_keeps_the_old_one(stores, shelf):
    load_one(at(stores, FEBRUARY), shelf, start=FIRST)
    late = day("2024-02-20")
    old = shelf.closes["ZQX"][late]
    shelf.closes["ZQX"][late] = old + 1.5
    outcome = load_one(stores, shelf)
    assert (outcome.loaded, outcome.corrected, outcome.unchanged) == (20, 1, 9)
    assert stored(stores).filter(pl.col("session") == late)["close"].to_list() == [old + 1.5]
    history = stores.lake.scan("bars_history").collect()
    assert history.select("session", "close").rows() == [(late, old)]


def test_refresh_loads_the_whole_history_again(stores, shelf):
    load_one(stores, shelf, start=FIRST)
    early = day("2024-01-05")
    shelf.closes["ZQX"][early] += 0.75
    assert load_one(stores, shelf).rows == 0
    outcome = load_one(stores, shelf, start=FIRST, refresh=True)
    assert (outcome.loaded, outcome.corrected, outcome.unchanged) == (0, 1, 60)
    assert shelf.requests[-1].refresh


def test_the_end_is_the_last_session_that_closed_by_the_instruments_own_calendar(stores):
    # Half past nine in the evening in London on a day when New York still trades.
    noon = dt.datetime(2024, 3, 27, 17, tzinfo=dt.UTC)
    shelf = Shelf({"ZQX": prices(held_sessions()), "ZQL": prices(held_sessions(calendar="XLON"))})
    from hedgerow.domain import Instrument

    stores.catalog.add_instruments([Instrument.of("ZQL", exchange="XLON", currency="GBP")])
    load(at(stores, noon), shelf, "ZQX", "ZQL", start=FIRST)
    ends = {one.instrument.symbol: one.end for one in shelf.requests}
    assert ends == {"ZQX": day("2024-03-26"), "ZQL": day("2024-03-27")}


def test_a_last_day_that_is_given_is_kept_to(stores, shelf):
    load_one(stores, shelf, start=FIRST, end=day("2024-02-10"))
    assert days_of(stores) == held_sessions(FIRST, day("2024-02-09"))


def test_bars_that_were_not_asked_for_are_left_out(stores, shelf):
    class Generous(Shelf):
        async def bars(self, request):
            from dataclasses import replace

            wide = replace(request, start=dt.date(2023, 1, 3), end=LAST)
            async for chunk in super().bars(wide):
                yield chunk

    generous = Generous(shelf.closes, per_chunk=1000)
    load_one(stores, generous, start=FIRST, end=day("2024-02-09"))
    assert days_of(stores) == held_sessions(FIRST, day("2024-02-09"))


# ------------------------------------------------------------------------------ older history


def test_an_earlier_day_fills_the_history_before_the_first_bar(stores, shelf):
    load_one(stores, shelf, start=FIRST)
    outcome = load_one(stores, shelf, start=day("2023-06-01"))
    assert days_of(stores) == held_sessions(day("2023-06-01"))
    assert (outcome.loaded, outcome.unchanged) == (147, 10)
    assert load_one(stores, shelf, start=day("2023-06-01")).rows == 0
    assert len(shelf.requests) == 2


def test_older_history_goes_back_in_blocks_that_join_what_is_held(stores, shelf, monkeypatch):
    monkeypatch.setattr("hedgerow.ingest.fetch._ROWS_A_BLOCK", 50)
    load_one(stores, shelf, start=FIRST)
    outcome = load_one(stores, shelf, start=day("2023-06-01"))
    asked = [(one.start, one.end) for one in shelf.requests[1:]]
    assert [start for start, _ in asked] == sorted((start for start, _ in asked), reverse=True)
    assert [len(held_sessions(*span)) for span in asked] == [60, 50, 47]
    assert days_of(stores) == held_sessions(day("2023-06-01"))
    assert outcome.loaded == 147


def test_older_history_cut_off_in_between_leaves_no_hole(stores, shelf, monkeypatch):
    from hedgerow.errors import Transient

    monkeypatch.setattr("hedgerow.ingest.fetch._ROWS_A_BLOCK", 50)
    load_one(stores, shelf, start=FIRST)
    shelf.faults["ZQX"] = [None, (1, Transient("the connection was cut"))]
    cut = load_one(stores, shelf, start=day("2023-06-01"))
    assert "the connection was cut" in cut.error
    days = days_of(stores)
    assert days == held_sessions(days[0])
    assert day("2023-06-01") < days[0] < FIRST
    assert load_one(stores, shelf, start=day("2023-06-01")).ok
    assert days_of(stores) == held_sessions(day("2023-06-01"))


def test_a_beginning_that_is_known_is_not_asked_for_again(stores, shelf):
    first = load_one(stores, shelf, start=day("2020-01-01"))
    assert first.notes == ("begins 2023-01-03",)
    again = load_one(stores, shelf, start=day("2020-01-01"))
    assert (len(shelf.requests), again.rows) == (1, 0)
    assert load_one(stores, shelf, start=day("2019-01-01")).notes == ("begins 2023-01-03",)
    assert len(shelf.requests) == 2
    load_one(stores, shelf, start=day("2019-01-01"))
    assert len(shelf.requests) == 2


def test_nobody_is_asked_for_sessions_before_the_listing(stores, shelf):
    listed(stores, "ZQX", FIRST)
    load_one(stores, shelf, start=FIRST)
    load_one(stores, shelf, start=day("2023-01-01"))
    assert len(shelf.requests) == 1


# ---------------------------------------------------------------------------------- the whole


def test_many_small_loadings_end_where_one_large_one_does(tmp_path):
    closes = {name: prices(held_sessions(), base) for name, base in [("ZQX", 50), ("VEX", 9)]}
    piecemeal, whole = stores_at(tmp_path / "a"), stores_at(tmp_path / "b")
    for end in ("2024-01-10", "2024-01-11", "2024-02-20", "2024-03-28"):
        now = dt.datetime.combine(day(end), dt.time(23), dt.UTC)
        assert load(at(piecemeal, now), Shelf(closes), "ZQX", "VEX", start=FIRST).ok
    assert load(whole, Shelf(closes), "ZQX", "VEX", start=FIRST).ok
    assert_frame_equal(stored(piecemeal).drop("ingested_at"), stored(whole).drop("ingested_at"))
    assert "bars_history" not in piecemeal.lake.tables()


def test_weekly_bars_are_complete_up_to_the_last_week_that_is_over(stores):
    class Weekly(Shelf):
        def _bars(self, request, days):
            mondays = [one for one in days if one.weekday() == 0]
            return super()._bars(request, mondays)

    shelf = Weekly({"ZQX": prices(held_sessions())})
    wednesday = at(stores, NIGHT - dt.timedelta(days=9))
    outcome = load_one(wednesday, shelf, start=day("2024-01-22"), timeframe="1w")
    # Presidents' Day was a Monday: this vendor lacks its week.
    assert "1 week (2024-02-20)" in outcome.error
    outcome = load_one(wednesday, shelf, timeframe="1w", allow_gaps=True)
    assert outcome.gaps == (day("2024-02-20"),)
    assert outcome.end == day("2024-03-11")
    assert load_one(wednesday, shelf, timeframe="1w").rows == 0
    assert load_one(stores, shelf, timeframe="1w").end == day("2024-03-25")
