"""Daily bars: how far back is asked, on which plan, and what comes along."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.sources.alphavantage.asking import (
    END,
    KEY,
    VEX,
    WINDOW_START,
    ZQL,
    ZQX,
    asked,
    chunks,
    connected,
    daily,
    gather,
    options,
    rows,
)

from hedgerow.domain import Adjustment, Instrument, Timeframe
from hedgerow.domain.calendar import sessions
from hedgerow.errors import BadPayload, NotEntitled, NotFound
from hedgerow.testing.vendors import Response, faults
from hedgerow.testing.vendors.alphavantage import FakeAlphaVantage
from hedgerow.testing.vendors.world import World

PRICES = ["open", "high", "low", "close"]


def sizes(fake):
    return [request.query.get("outputsize") for request in fake.requests]


class TestWindow:
    def test_window_start_is_the_hundredth_session_back(self):
        held = sessions("XNYS")["session"].is_between(WINDOW_START, END).sum()
        assert held == 100

    def test_a_hundred_sessions_are_asked_compact(self, paid):
        answer = chunks(connected(paid), daily(ZQX, WINDOW_START))
        assert sizes(paid)[0] == "compact"
        assert rows(answer, "bars").height == 100

    def test_one_session_more_is_asked_full(self, paid):
        before = sessions("XNYS").filter(pl.col("session") < WINDOW_START)["session"][-1]
        answer = chunks(connected(paid), daily(ZQX, before))
        assert sizes(paid)[0] == "full"
        assert rows(answer, "bars")["session"].min() == before

    def test_a_span_that_ended_long_ago_is_asked_full(self, paid):
        request = daily(ZQX, dt.date(2025, 1, 2), dt.date(2025, 1, 31))
        answer = chunks(connected(paid), request)
        assert sizes(paid)[0] == "full"
        assert rows(answer, "bars").height == 20

    def test_full_on_a_free_key_is_refused_without_asking(self, free):
        with pytest.raises(NotEntitled, match=r"HEDGEROW_ALPHAVANTAGE_PLAN=premium") as raised:
            chunks(connected(free), daily(ZQX, dt.date(2025, 1, 2)))
        assert "2025-01-02" in str(raised.value)
        assert free.requests == []

    def test_full_on_a_key_that_is_free_after_all_is_refused(self, free):
        with pytest.raises(NotEntitled, match="plan does not include"):
            chunks(connected(free, plan="premium"), daily(ZQX, dt.date(2025, 1, 2)))
        assert len(free.requests) == 1

    def test_a_full_compact_answer_that_begins_late_is_not_taken(self, paid):
        """A row for a day that is no session pushes the oldest one out."""
        paid.world = with_row_of(paid.world, dt.date(2026, 3, 28))
        answer = chunks(connected(paid), daily(ZQX, WINDOW_START))
        assert sizes(paid)[:2] == ["compact", "full"]
        assert rows(answer, "bars")["session"].min() == WINDOW_START

    def test_a_full_compact_answer_that_begins_late_is_an_error_on_a_free_key(self, free):
        free.world = with_row_of(free.world, dt.date(2026, 3, 28))
        with pytest.raises(NotEntitled, match="lies before"):
            chunks(connected(free), daily(ZQX, WINDOW_START))

    def test_a_short_compact_answer_is_the_whole_of_a_young_company(self, paid):
        paid.world = replace(
            paid.world, bars=paid.world.bars.filter(pl.col("date") >= dt.date(2026, 1, 5))
        )
        answer = chunks(connected(paid), daily(ZQX, WINDOW_START))
        assert sizes(paid)[0] == "compact"
        assert rows(answer, "bars")["session"].min() == dt.date(2026, 1, 5)

    def test_a_start_on_a_sunday_is_reached_by_the_monday(self, free):
        sunday = dt.date(2025, 11, 9)
        answer = chunks(connected(free), daily(ZQX, sunday))
        assert rows(answer, "bars")["session"].min() == dt.date(2025, 11, 10)


class TestRows:
    @pytest.mark.parametrize("plan", ["free", "premium"])
    def test_prices_are_as_traded(self, plan):
        with FakeAlphaVantage(key=KEY, plan=plan) as fake:
            found = rows(chunks(connected(fake), daily(VEX, WINDOW_START)), "bars")
        traded = World.small().daily("VEX").filter(pl.col("date") >= WINDOW_START)
        assert_frame_equal(found.select(PRICES), traded.select(PRICES))
        assert (found["volume"] - traded["volume"]).abs().max() <= 0.5
        assert found["adjustment"].unique().to_list() == ["raw"]

    def test_adjusted_closes_follow_from_the_actions(self, paid):
        """What the vendor adjusted is reproduced from raw closes, splits and dividends."""
        answer = chunks(connected(paid), daily(ZQX, dt.date(2024, 1, 2)))
        bars = rows(answer, "bars").select("session", "close").rows()
        ratio = dict(rows(answer, "splits").select("ex_date", "ratio").rows())
        paid_out = dict(rows(answer, "dividends").select("ex_date", "amount").rows())
        factor, found = 1.0, []
        for day, close in reversed(bars):
            found.append(close * factor)
            factor *= close / (close + paid_out.get(day, 0.0)) / ratio.get(day, 1.0)
        wanted = World.small().daily("ZQX", "total")["close"].to_list()
        assert found[::-1] == pytest.approx(wanted, rel=1e-12)

    def test_pence_become_pounds(self, paid):
        found = rows(chunks(connected(paid), daily(ZQL, WINDOW_START)), "bars")
        quoted = World.small().daily("ZQL").filter(pl.col("date") >= WINDOW_START)
        assert found["close"].to_list() == pytest.approx([p / 100 for p in quoted["close"]])
        assert found["currency"].unique().to_list() == ["GBP"]
        assert asked(paid)[0] == "SYMBOL_SEARCH"

    def test_pounds_in_london_stay_pounds(self, paid):
        companies = tuple(
            replace(one, currency="GBP") if one.symbol == "ZQL" else one
            for one in paid.world.companies
        )
        paid.world = replace(paid.world, companies=companies)
        found = rows(chunks(connected(paid), daily(ZQL, WINDOW_START)), "bars")
        assert found["close"][-1] == World.small().daily("ZQL")["close"][-1]

    def test_another_currency_than_the_instrument_is_refused(self, paid):
        dollars = Instrument.of("ZQL", exchange="XLON", currency="USD")
        with pytest.raises(BadPayload, match="quoted in GBX"):
            chunks(connected(paid), daily(dollars, WINDOW_START))

    def test_symbols_that_differ_by_case_are_two(self, paid):
        preferred = rows(chunks(connected(paid), daily(Instrument.of("ZQXpA"), END)), "bars")
        common = rows(chunks(connected(paid), daily(Instrument.of("ZQXPA"), END)), "bars")
        world = World.small()
        assert preferred["close"].item() == world.daily("ZQXpA")["close"][-1]
        assert common["close"].item() == world.daily("ZQXPA")["close"][-1]

    def test_a_gap_stays_a_gap(self, paid):
        """Holes are for the coverage check to judge, not for the vendor to fill."""
        hole = dt.date(2026, 2, 3)
        paid.world = paid.world.without("ZQX", hole)
        found = rows(chunks(connected(paid), daily(ZQX, WINDOW_START)), "bars")
        assert hole not in found["session"].to_list()

    def test_a_day_without_session_is_left_to_the_quality_gate(self, paid):
        saturday = dt.date(2026, 3, 28)
        paid.world = with_row_of(paid.world, saturday)
        found = rows(chunks(connected(paid), daily(ZQX, dt.date(2026, 3, 2))), "bars")
        assert found.filter(pl.col("session") == saturday)["available_at"].to_list() == [None]


class TestUnfinishedSession:
    OPEN = dt.datetime(2026, 3, 31, 18, tzinfo=dt.UTC)
    CLOSED = dt.datetime(2026, 3, 31, 20, 30, tzinfo=dt.UTC)

    def test_todays_bar_is_left_out_while_the_exchange_is_open(self):
        with FakeAlphaVantage(key=KEY, clock=lambda: self.OPEN) as fake:
            vendor = connected(fake, options(clock=lambda: self.OPEN))
            found = rows(chunks(vendor, daily(ZQX, WINDOW_START)), "bars")
        assert found["session"].max() == dt.date(2026, 3, 30)

    def test_an_answer_kept_from_before_the_close_is_not_read_after_it(self, tmp_path):
        """Of the same day, it holds a part of the session that by now counts as closed."""
        now = self.OPEN
        with FakeAlphaVantage(key=KEY, clock=lambda: now) as fake:
            patience = options(tmp_path, clock=lambda: now)
            chunks(connected(fake, patience), daily(ZQX, WINDOW_START))
            now = self.CLOSED
            found = rows(chunks(connected(fake, patience), daily(ZQX, WINDOW_START)), "bars")
        truth = World.small().daily("ZQX")
        assert found["close"][-1] == truth["close"][-1]
        assert found["volume"][-1] == pytest.approx(truth["volume"][-1], abs=0.5)

    def test_an_answer_from_after_the_close_is_read_again(self, tmp_path):
        with FakeAlphaVantage(key=KEY, clock=lambda: self.CLOSED) as fake:
            patience = options(tmp_path, clock=lambda: self.CLOSED)
            for _ in range(2):
                chunks(connected(fake, patience), daily(ZQX, WINDOW_START))
            assert asked(fake).count("TIME_SERIES_DAILY_ADJUSTED") == 1


class TestActions:
    def test_one_request_tells_all_where_nothing_was_paid(self, paid):
        chunks(connected(paid), daily(VEX, dt.date(2024, 1, 2)))
        assert asked(paid) == ["TIME_SERIES_DAILY_ADJUSTED"]

    def test_a_dividend_in_the_span_costs_one_more(self, paid):
        answer = chunks(connected(paid), daily(ZQX, dt.date(2026, 2, 2)))
        assert asked(paid) == ["TIME_SERIES_DAILY_ADJUSTED", "DIVIDENDS"]
        found = rows(answer, "dividends")
        assert found.select("ex_date", "amount", "declared_date", "pay_date").row(0) == (
            dt.date(2026, 2, 13),
            0.06,
            dt.date(2026, 1, 30),
            dt.date(2026, 2, 27),
        )

    def test_a_dividend_that_only_the_series_tells_is_kept(self, paid):
        paid.script(
            lambda _request, healthy: healthy(),
            faults.body('{"symbol":"ZQX","data":[]}'),
        )
        found = rows(chunks(connected(paid), daily(ZQX, dt.date(2026, 2, 2))), "dividends")
        assert found.select("ex_date", "amount", "declared_date").rows() == [
            (dt.date(2026, 2, 13), 0.06, None)
        ]

    def test_a_free_key_asks_for_them_one_by_one(self, free):
        answer = chunks(connected(free), daily(ZQX, WINDOW_START))
        assert asked(free) == ["TIME_SERIES_DAILY", "SPLITS", "DIVIDENDS"]
        assert rows(answer, "dividends")["ex_date"].to_list() == [
            dt.date(2025, 11, 13),
            dt.date(2026, 2, 13),
        ]

    def test_both_ways_give_the_same_actions(self, free, paid):
        for instrument in (ZQX, VEX):
            request = daily(instrument, dt.date(2025, 11, 10))
            one, other = chunks(connected(free), request), chunks(connected(paid), request)
            for table in ("splits", "dividends"):
                assert_frame_equal(rows(one, table), rows(other, table))

    def test_a_declared_dividend_is_known_after_its_day_and_a_split_at_the_open(self, paid):
        answer = chunks(connected(paid), daily(ZQX, dt.date(2024, 1, 2)))
        dividend = rows(answer, "dividends").filter(ex_date=dt.date(2026, 2, 13))
        assert dividend["available_at"].item() == dt.datetime(2026, 1, 31, 5, tzinfo=dt.UTC)
        split = rows(answer, "splits")
        assert split["available_at"].item() == dt.datetime(2025, 4, 14, 13, 30, tzinfo=dt.UTC)
        assert split["ratio"].item() == 4.0

    def test_they_come_by_themselves_company_by_company(self, free):
        unknown = Instrument.of("NOPE")
        tokyo = Instrument.of("7203", exchange="XTKS", currency="JPY")
        batches = gather(connected(free), lambda one: one.actions([ZQX, unknown, tokyo, VEX], None))
        assert [(b.table.name, b.frame["symbol"][0]) for b in batches] == [
            ("splits", "ZQX"),
            ("dividends", "ZQX"),
            ("splits", "VEX"),
        ]
        assert batches[2].frame["ratio"].item() == pytest.approx(0.1)

    def test_they_come_since_a_day(self, free):
        since = dt.date(2025, 8, 1)
        batches = gather(connected(free), lambda one: one.actions([ZQX], since))
        assert [batch.table.name for batch in batches] == ["dividends"]
        assert batches[0].frame["ex_date"].min() == dt.date(2025, 8, 13)


class TestRefusedRequests:
    def test_other_lengths_are_not_sent(self, paid):
        request = replace(daily(ZQX, END), timeframe=Timeframe.parse("1m"))
        with pytest.raises(NotFound, match="1m bars"):
            chunks(connected(paid), request)
        assert connected(paid).timeframes() == {"1d"}

    def test_adjusted_prices_are_not_sent(self, paid):
        with pytest.raises(NotFound, match="as traded"):
            chunks(connected(paid), daily(ZQX, END, adjustment=Adjustment.TOTAL))

    def test_exchanges_without_a_suffix_are_not_known(self, paid):
        tokyo = Instrument.of("7203", exchange="XTKS", currency="JPY")
        with pytest.raises(NotFound, match="no prices of XTKS"):
            chunks(connected(paid), daily(tokyo, END))
        assert paid.requests == []

    def test_an_unknown_symbol_is_named(self, paid):
        with pytest.raises(NotFound, match="TIME_SERIES_DAILY_ADJUSTED NOPE: Invalid API call"):
            chunks(connected(paid), daily(Instrument.of("NOPE"), END))

    def test_an_answer_about_another_symbol_is_refused(self, paid):
        def of_vex(answer):
            return replace(answer, body=answer.body.replace(b'"ZQX"', b'"VEX"'))

        paid.script(faults.changed(of_vex))
        with pytest.raises(BadPayload, match="asked for ZQX, answered about VEX"):
            chunks(connected(paid), daily(ZQX, END))

    def test_a_series_without_days_is_not_an_answer(self, paid):
        paid.script(faults.body('{"Meta Data":{},"Time Series (Daily)":{}}'))
        with pytest.raises(NotFound, match="no prices of ZQX"):
            chunks(connected(paid), daily(ZQX, END))

    def test_rows_that_cannot_be_read_go_to_the_quarantine(self, paid):
        def spoilt(answer: Response) -> Response:
            return replace(answer, body=answer.body.replace(b'"2026-03-30"', b'"2026-03-3x"'))

        paid.script(faults.changed(spoilt))
        answer = chunks(connected(paid), daily(ZQX, dt.date(2026, 3, 2)))
        (refused,) = [b.refused for b in answer[0].batches if b.table.name == "bars"]
        assert refused.select("rules", "symbol", "timestamp").rows() == [
            ("unreadable_date", "ZQX", None)
        ]
        assert '"2026-03-3x"' in refused["payload"].item()


def with_row_of(world: World, day: dt.date) -> World:
    """The world with one more row of ZQX, a copy of its last."""
    last = world.bars.filter(symbol="ZQX").tail(1).with_columns(date=pl.lit(day))
    return replace(world, bars=pl.concat([world.bars, last]).sort("symbol", "date"))
