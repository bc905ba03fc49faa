"""An answer with holes is an error that names the sessions, unless holes are allowed."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.ingest.builders import (
    FIRST,
    LAST,
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

DAYS = held_sessions()
FEBRUARY = dt.datetime(2024, 2, 29, 23, tzinfo=dt.UTC)
# 20:00 UTC on the 28th: the session has just closed.
AT_THE_CLOSE = dt.datetime(2024, 3, 28, 20, 5, tzinfo=dt.UTC)


@pytest.fixture
def stores(tmp_path):
    return stores_at(tmp_path)


def shelf_without(*days: str, symbols=("ZQX",), **options) -> Shelf:
    gone = {day(text) for text in days}
    closes = {one: close for one, close in prices(DAYS).items() if one not in gone}
    return Shelf(dict.fromkeys(symbols, closes), **options)


# ------------------------------------------------------------------------------------- holes


def test_a_hole_is_an_error_that_names_the_sessions(stores):
    outcome = load_one(stores, shelf_without("2024-02-05", "2024-02-06"), start=FIRST)
    assert not outcome.ok
    assert outcome.error == (
        "ZQX 1d from shelf lacks 2 sessions (2024-02-05, 2024-02-06) of XNYS: ask again "
        "later, ask another source, or take it as it is with --allow-gaps"
    )
    # What came before the part with the hole is stored and is without one.
    assert days_of(stores) == DAYS[:20]
    assert day("2024-02-05") not in days_of(stores)


def test_a_large_hole_names_its_first_sessions_and_their_number(stores):
    shelf = shelf_without(*(one.isoformat() for one in DAYS[25:32]))
    assert (
        "lacks 7 sessions (2024-02-07, 2024-02-08, 2024-02-09, …)"
        in load_one(stores, shelf, start=FIRST).error
    )


def test_a_loading_goes_on_after_the_hole_is_mended(stores):
    shelf = shelf_without("2024-02-05")
    load_one(stores, shelf, start=FIRST)
    shelf.closes["ZQX"] = prices(DAYS)
    assert load_one(stores, shelf, start=FIRST).loaded == 41
    assert shelf.requests[1].start == DAYS[10]
    assert days_of(stores) == DAYS


def test_allowed_holes_are_stored_around_and_told(stores):
    shelf = shelf_without("2024-02-05", "2024-02-06")
    outcome = load_one(stores, shelf, start=FIRST, allow_gaps=True)
    assert outcome.ok
    assert outcome.gaps == (day("2024-02-05"), day("2024-02-06"))
    assert outcome.loaded == len(DAYS) - 2


def test_a_hole_that_was_accepted_is_no_error_in_the_next_overlap(stores):
    shelf = shelf_without("2024-02-27")
    load_one(at(stores, FEBRUARY), shelf, start=FIRST, allow_gaps=True)
    outcome = load_one(stores, shelf)
    assert outcome.ok
    assert outcome.gaps == ()
    assert (outcome.loaded, outcome.unchanged) == (20, 9)


def test_a_hole_among_the_new_sessions_is_an_error(stores):
    shelf = shelf_without("2024-03-05")
    load_one(at(stores, FEBRUARY), shelf, start=FIRST)
    assert "lacks 1 session (2024-03-05)" in load_one(stores, shelf).error


def test_an_intraday_session_without_a_bar_is_a_hole(stores):
    outcome = load_one(stores, shelf_without("2024-02-05"), start=FIRST, timeframe="30m")
    assert "ZQX 30m from shelf lacks 1 session (2024-02-05)" in outcome.error


def test_a_bar_that_could_not_be_read_is_told_and_is_no_hole(stores):
    import polars as pl

    from hedgerow.domain.schemas import BARS
    from hedgerow.sources.base import SourceBatch

    class Garbled(Shelf):
        def _batches(self, request, days):
            bars = self._bars(request, [one for one in days if one != day("2024-02-05")])
            refused = pl.DataFrame(
                {
                    "rules": ["close|not a number"],
                    "symbol": ["ZQX"],
                    "timestamp": [dt.datetime(2024, 2, 5, tzinfo=dt.UTC)],
                    "payload": ['{"close": "N/A"}'],
                },
                schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
            )
            return (SourceBatch.of(BARS, bars, refused=refused),)

    outcome = load_one(stores, Garbled({"ZQX": prices(DAYS)}, per_chunk=100), start=FIRST)
    assert outcome.ok
    assert (outcome.loaded, outcome.quarantined) == (len(DAYS) - 1, 1)
    quarantine = stores.lake.scan("quarantine").collect()
    assert quarantine["rules"].to_list() == ["close|not a number"]


def test_a_bar_that_fails_a_rule_is_quarantined_and_counted(stores):
    shelf = shelf_without()
    shelf.closes["ZQX"][day("2024-02-05")] = -1.0
    outcome = load_one(stores, shelf, start=FIRST)
    assert (outcome.loaded, outcome.quarantined, outcome.unchanged) == (len(DAYS) - 1, 1, 0)


# -------------------------------------------------------------------------------------- tail


def test_an_answer_that_ends_early_is_an_error(stores):
    shelf = shelf_without("2024-03-27", "2024-03-28", per_chunk=100)
    outcome = load_one(stores, shelf, start=FIRST)
    assert "lacks 2 sessions (2024-03-27, 2024-03-28)" in outcome.error
    assert days_of(stores) == []


def test_an_answer_that_stops_between_its_parts_is_an_error(stores):
    class Stopping(Shelf):
        async def bars(self, request):
            chunks = super().bars(request)
            async for chunk in chunks:
                yield chunk
                await chunks.aclose()
                return

    outcome = load_one(stores, Stopping({"ZQX": prices(DAYS)}), start=FIRST)
    assert "lacks 41 sessions" in outcome.error
    assert days_of(stores) == DAYS[:20]


def test_the_very_last_session_may_be_unpublished_hours_after_its_close(stores):
    shelf = shelf_without("2024-03-28")
    outcome = load_one(at(stores, AT_THE_CLOSE), shelf, start=FIRST)
    assert outcome.ok
    assert outcome.notes == ("2024-03-28 is not yet published",)
    assert outcome.loaded == len(DAYS) - 1


def test_the_very_last_session_is_missed_the_next_day(stores):
    next_day = AT_THE_CLOSE + dt.timedelta(hours=18)
    outcome = load_one(at(stores, next_day), shelf_without("2024-03-28"), start=FIRST)
    assert "lacks 1 session (2024-03-28)" in outcome.error


def test_only_the_very_last_session_may_be_unpublished(stores):
    shelf = shelf_without("2024-03-27", "2024-03-28")
    outcome = load_one(at(stores, AT_THE_CLOSE), shelf, start=FIRST)
    assert "lacks 1 session (2024-03-27)" in outcome.error


def test_nothing_but_an_unpublished_session_is_no_error(stores):
    load_one(at(stores, AT_THE_CLOSE - dt.timedelta(days=1)), shelf_without(), start=FIRST)
    outcome = load_one(at(stores, AT_THE_CLOSE), shelf_without("2024-03-28"))
    assert outcome.ok
    assert outcome.notes == ("2024-03-28 is not yet published",)


def test_a_delisted_symbol_is_complete_with_its_last_session(stores):
    listed(stores, "ZQX", FIRST, day("2024-02-15"))
    shelf = Shelf({"ZQX": prices(held_sessions(FIRST, day("2024-02-15")))})
    from hedgerow.domain import Instrument

    stores.catalog.add_instruments([Instrument.of("ZQX")])
    outcome = load_one(stores, shelf, start=FIRST)
    assert outcome.ok
    assert outcome.notes == ("delisted 2024-02-15",)
    assert days_of(stores)[-1] == day("2024-02-15")
    assert load_one(stores, shelf).rows == 0
    assert len(shelf.requests) == 1


def test_an_empty_answer_is_an_error_even_where_gaps_are_allowed(stores):
    outcome = load_one(stores, Shelf({"ZQX": {}}), start=FIRST, allow_gaps=True)
    assert outcome.error.startswith("ZQX 1d from shelf has no bar from 2024-01-02 to")


# -------------------------------------------------------------------------------------- head


def test_a_series_that_begins_later_than_asked_is_told(stores):
    outcome = load_one(stores, shelf_without(), start=day("2023-12-01"))
    assert outcome.ok
    assert outcome.notes == ("begins 2024-01-02",)


def test_a_series_that_begins_after_its_listing_is_an_error(stores):
    listed(stores, "ZQX", day("2023-06-01"))
    outcome = load_one(stores, shelf_without(), start=day("2023-01-01"))
    assert "begins on 2024-01-02, but it was listed on 2023-06-01: 147 sessions" in outcome.error
    assert days_of(stores) == []
    allowed = load_one(stores, shelf_without(), start=day("2023-01-01"), allow_gaps=True)
    assert allowed.notes == ("begins 2024-01-02, listed 2023-06-01",)


def test_a_series_that_begins_after_bars_held_of_another_is_an_error(stores):
    load_one(stores, Shelf({"ZQX": prices(DAYS)}), start=FIRST)
    late = Shelf({"ZQX": {one: close for one, close in prices(DAYS).items() if one >= DAYS[-7]}})
    outcome = load_one(stores, late, start=day("2024-02-01"), timeframe="30m")
    assert outcome.error == (
        "ZQX 30m from shelf begins on 2024-03-20, but other bars of it are held from 2024-01-02: "
        "33 sessions (2024-02-01, 2024-02-02, 2024-02-05, …) missing. Ask another source, begin "
        "later with --from, or take it as it is with --allow-gaps"
    )
    assert stored(stores).height == len(DAYS)
    late.name = "other"
    assert not load_one(stores, late, start=FIRST).ok
    assert stores.lake.scan("series_starts").collect()["timeframe"].to_list() == ["1d"]
    allowed = load_one(stores, late, start=FIRST, timeframe="30m", allow_gaps=True)
    assert allowed.notes == ("begins 2024-03-20, held from 2024-01-02 in another series",)


def test_older_history_that_ends_after_bars_held_of_another_is_an_error(stores):
    load_one(stores, Shelf({"ZQX": prices(DAYS)}), start=FIRST)
    closes = {one: close for one, close in prices(DAYS).items() if one >= DAYS[20]}
    late = Shelf({"ZQX": closes}, name="other")
    assert load_one(stores, late, start=DAYS[30]).ok
    assert "begins on 2024-01-31" in load_one(stores, late, start=FIRST).error


@pytest.mark.parametrize("known", ["listing", "plan"])
def test_bars_held_of_another_series_tell_nothing_where_more_is_known(stores, known):
    load_one(stores, Shelf({"ZQX": prices(DAYS)}), start=FIRST)
    closes = {one: close for one, close in prices(DAYS).items() if one >= DAYS[20]}
    late = Shelf({"ZQX": closes}, name="other")
    if known == "listing":
        listed(stores, "ZQX", DAYS[19])
    else:
        late.earliest = lambda: DAYS[20]
    assert load_one(stores, late, start=FIRST).ok


def test_a_listing_a_few_days_before_the_first_trade_is_no_error(stores):
    listed(stores, "ZQX", day("2023-12-28"))
    assert load_one(stores, shelf_without(), start=day("2023-01-01")).ok


def test_a_plan_that_reaches_back_less_far_than_the_listing_is_no_error(stores):
    listed(stores, "ZQX", day("2010-06-01"))
    shelf = shelf_without()
    shelf.earliest = lambda: FIRST
    assert load_one(stores, shelf).ok


@pytest.mark.parametrize("allow_gaps", [False, True])
def test_a_plan_that_cuts_the_answer_off_is_an_error_unless_gaps_are_allowed(stores, allow_gaps):
    from hedgerow.errors import Incomplete

    class Frugal(Shelf):
        async def bars(self, request):
            async for chunk in super().bars(request):
                yield chunk
            raise Incomplete("the free plan reaches back to 2024-01-02 only", earliest=FIRST)

    frugal = Frugal({"ZQX": prices(DAYS)})
    outcome = load_one(stores, frugal, start=day("2020-01-01"), allow_gaps=allow_gaps)
    assert days_of(stores) == DAYS
    assert outcome.ok is allow_gaps
    if allow_gaps:
        assert outcome.notes == ("begins 2024-01-02", "the plan reaches back to 2024-01-02")
        assert load_one(stores, frugal, start=day("2020-01-01")).rows == 0


def test_a_span_without_a_session_is_told(stores):
    outcome = load_one(stores, shelf_without(), start=day("2024-03-29"))
    assert outcome.notes == ("no session from 2024-03-29 to 2024-03-28",)


def test_a_series_that_begins_with_its_listing_is_not_worth_a_note(stores):
    listed(stores, "ZQX", FIRST)
    assert load_one(stores, shelf_without(), start=day("2000-01-01")).notes == ()


# ----------------------------------------------------------------------------------- overlap


def test_sessions_that_vanished_from_the_overlap_are_an_error(stores):
    load_one(at(stores, FEBRUARY), shelf_without(), start=FIRST)
    outcome = load_one(stores, shelf_without("2024-02-20"))
    assert "lacks 1 session (2024-02-20)" in outcome.error


@pytest.mark.parametrize("allow_gaps", [False, True])
def test_an_overlap_that_vanished_as_a_whole_is_always_an_error(stores, allow_gaps):
    load_one(at(stores, FEBRUARY), shelf_without(), start=FIRST)
    new = {one: close for one, close in prices(DAYS).items() if one > day("2024-02-29")}
    outcome = load_one(stores, Shelf({"ZQX": new}), allow_gaps=allow_gaps)
    assert "no longer has any bar of 2024-02-15 to 2024-02-29" in outcome.error
    assert days_of(stores)[-1] == day("2024-02-29")


# ------------------------------------------------------------------------------ whole market


MARKET = ("AAA", "BBB", "CCC", "DDD")


def test_a_day_that_every_symbol_lacks_is_one_alarm(stores):
    done = load(stores, shelf_without("2024-01-09", symbols=MARKET), *MARKET, start=FIRST)
    assert not done.ok
    (alarm,) = done.alarms
    assert alarm == (
        "calendar XNYS: none of 4 symbols has 1 session (2024-01-09). Either the exchange was "
        "closed and the calendar is wrong, or the source lacks the day: look it up, then load "
        "with --allow-gaps"
    )
    assert {one.error for one in done.failures} == {
        "lacks only what the whole market lacks: see the calendar alarm"
    }


def test_a_symbol_with_a_hole_of_its_own_keeps_its_own_error(stores):
    shelf = shelf_without("2024-01-09", symbols=MARKET)
    del shelf.closes["AAA"][day("2024-01-11")]
    done = load(stores, shelf, *MARKET, start=FIRST)
    assert len(done.alarms) == 1
    errors = {one.symbol: one.error for one in done.failures}
    assert "lacks 2 sessions (2024-01-09, 2024-01-11)" in errors["AAA"]
    assert errors["BBB"].endswith("see the calendar alarm")


def test_a_day_that_one_symbol_has_is_no_alarm(stores):
    shelf = shelf_without("2024-01-09", symbols=MARKET)
    shelf.closes["DDD"] = prices(DAYS)
    done = load(stores, shelf, *MARKET, start=FIRST)
    assert done.alarms == ()
    assert len(done.failures) == 3


def test_an_allowed_hole_of_the_whole_market_still_raises_the_alarm(stores):
    shelf = shelf_without("2024-01-09", symbols=MARKET)
    done = load(stores, shelf, *MARKET, start=FIRST, allow_gaps=True)
    assert done.ok
    assert len(done.alarms) == 1
    assert stored(stores)["session"].n_unique() == len(DAYS) - 1
    assert LAST in days_of(stores, "AAA")
