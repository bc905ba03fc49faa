"""Exchange rates: days that have ended, and how far back they go."""

from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest
from tests.sources.alphavantage.asking import ask, connected, options

from hedgerow.errors import BadPayload, DefinitionError, Incomplete, NotFound
from hedgerow.sources.alphavantage.source import MAJOR_PAIRS
from hedgerow.testing.vendors import Response, faults

EURUSD = [("EUR", "USD")]


def rates(fake, start=None, end=None, pairs=EURUSD, given=None, **more):
    vendor = connected(fake, given, pairs=pairs)
    return ask(vendor, lambda one: one.fx(start, end, **more)).frame


def sizes(fake):
    return [request.query["outputsize"] for request in fake.requests]


class TestRates:
    def test_they_are_the_closes_of_their_days(self, paid):
        start = dt.date(2026, 3, 2)
        found = rates(paid, start).select("date", "rate").rows()
        told = [(day, rate) for day, rate in paid.rates("EUR", "USD") if day >= start]
        assert found == told[:-1]  # the present is in the small hours of the last day
        assert told[-1][0] == dt.date(2026, 4, 1)

    def test_a_rate_is_known_when_its_day_has_ended(self, paid):
        found = rates(paid, dt.date(2026, 3, 30)).row(0, named=True)
        assert found["available_at"] == dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
        assert (found["base"], found["quote"], found["source"]) == ("EUR", "USD", "alphavantage")

    def test_todays_rate_is_left_out_and_asked_for_tomorrow(self, paid, tmp_path):
        now = dt.datetime(2026, 3, 31, 23, tzinfo=dt.UTC)
        paid.clock = lambda: now
        patience = options(tmp_path, clock=lambda: now)
        assert rates(paid, dt.date(2026, 3, 2), given=patience)["date"].max() == dt.date(
            2026, 3, 30
        )
        now = dt.datetime(2026, 4, 1, 1, tzinfo=dt.UTC)
        assert rates(paid, dt.date(2026, 3, 2), given=patience)["date"].max() == dt.date(
            2026, 3, 31
        )

    def test_the_end_is_kept(self, paid):
        found = rates(paid, dt.date(2026, 3, 2), dt.date(2026, 3, 6))
        assert found["date"].to_list() == [dt.date(2026, 3, day) for day in range(2, 7)]

    def test_every_pair_costs_a_request(self, paid):
        found = rates(paid, dt.date(2026, 3, 2), pairs=MAJOR_PAIRS)
        assert found.select("base", "quote").unique(maintain_order=True).rows() == list(MAJOR_PAIRS)
        assert len(paid.requests) == len(MAJOR_PAIRS)

    def test_refresh_asks_again(self, paid, tmp_path):
        for refresh in (False, False, True):
            rates(paid, dt.date(2026, 3, 2), given=options(tmp_path), refresh=refresh)
        assert len(paid.requests) == 2

    def test_unreadable_rows_are_refused(self, paid):
        def spoilt(answer):
            told = json.loads(answer.body)
            told["Time Series FX (Daily)"]["2026-03-30"]["4. close"] = "none of it"
            return Response.json(told)

        paid.script(faults.changed(spoilt))
        vendor = connected(paid, pairs=EURUSD)
        batch = ask(vendor, lambda one: one.fx(dt.date(2026, 3, 2)))
        assert dt.date(2026, 3, 30) not in batch.frame["date"].to_list()
        assert batch.refused.select("rules", "symbol").rows() == [("unreadable_number", "EURUSD")]

    def test_no_pairs_are_refused(self, paid):
        with pytest.raises(DefinitionError, match="pairs is empty"):
            connected(paid, pairs=[])


class TestHoles:
    def without(self, fake, first, last):
        told = fake.rates
        fake.rates = lambda *pair: [
            one for one in told(*pair) if not dt.date(*first) <= one[0] <= dt.date(*last)
        ]

    def test_a_week_without_rates_is_incomplete(self, paid):
        self.without(paid, (2026, 3, 9), (2026, 3, 13))
        with pytest.raises(Incomplete, match="before 2026-03-16"):
            rates(paid, dt.date(2026, 2, 2))

    def test_a_holiday_is_no_hole(self, paid):
        self.without(paid, (2026, 3, 11), (2026, 3, 12))
        assert not rates(paid, dt.date(2026, 2, 2)).is_empty()

    def test_an_answer_that_ends_a_week_ago_is_incomplete(self, paid):
        self.without(paid, (2026, 3, 23), (2026, 4, 1))
        with pytest.raises(Incomplete, match="before 2026-03-31"):
            rates(paid, dt.date(2026, 2, 2))

    def test_a_hole_outside_the_span_does_not_matter(self, paid):
        self.without(paid, (2026, 3, 9), (2026, 3, 13))
        assert not rates(paid, dt.date(2026, 3, 17)).is_empty()

    def test_a_pair_without_rates_is_not_found(self, paid):
        paid.rates = lambda *_pair: []
        with pytest.raises(NotFound, match="EUR/USD: no rates"):
            rates(paid, dt.date(2026, 3, 2))

    def test_a_young_pair_begins_with_its_first_rate(self, paid):
        told = paid.rates
        paid.rates = lambda *pair: told(*pair)[-300:]
        assert rates(paid, dt.date(2003, 1, 6)).height == 299


class TestWindow:
    # The present is 2026-04-01 02:00 UTC; this Thursday is the hundredth weekday back from it.
    START = dt.date(2025, 11, 13)

    def test_a_hundred_weekdays_are_asked_compact(self, paid):
        assert rates(paid, self.START)["date"].min() == self.START
        assert sizes(paid) == ["compact"]

    def test_one_weekday_more_is_asked_full(self, paid):
        start = self.START - dt.timedelta(days=1)
        assert rates(paid, start)["date"].min() == start
        assert sizes(paid) == ["full"]

    def test_a_saturday_is_reached_by_the_monday(self, paid):
        found = rates(paid, dt.date(2025, 11, 15))
        assert found["date"].min() == dt.date(2025, 11, 17)
        assert sizes(paid) == ["compact"]

    def test_a_saturday_is_reached_by_the_monday_that_is_the_oldest_row(self, paid):
        friday = dt.datetime(2026, 4, 3, 22, tzinfo=dt.UTC)
        paid.clock = lambda: friday
        found = rates(paid, dt.date(2025, 11, 15), given=options(clock=lambda: friday))
        assert found["date"].min() == dt.date(2025, 11, 17)
        assert sizes(paid) == ["compact"]

    def test_a_compact_answer_that_begins_late_is_followed_by_the_full_one(self, paid):
        told = paid.rates
        sunday = (dt.date(2026, 3, 29), 1.1)
        paid.rates = lambda *pair: sorted([*told(*pair), sunday])
        assert rates(paid, self.START)["date"].min() == self.START
        assert sizes(paid) == ["compact", "full"]

    def test_without_a_start_all_there_is_comes(self, paid):
        found = rates(paid)
        assert sizes(paid) == ["full"]
        assert found.height == 4999  # 5,000 days, the last of which has not ended

    def test_a_start_before_the_5000_days_is_incomplete(self, paid):
        with pytest.raises(Incomplete, match="lies before: begin later"):
            rates(paid, dt.date(2003, 1, 6))

    def test_another_answer_is_a_bad_payload(self, paid):
        paid.script(faults.body('{"bestMatches": []}'))
        with pytest.raises(BadPayload, match="FX_DAILY EUR/USD"):
            rates(paid, self.START)


def test_a_pair_has_each_day_once(paid):
    found = rates(paid, dt.date(2026, 1, 2), pairs=[("EUR", "USD"), ("USD", "JPY")])
    assert not found.select(pl.struct("base", "quote", "date").is_duplicated().any()).item()
