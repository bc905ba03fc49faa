"""When a bar can be known."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from hedgerow.domain import knowledge_instant, stamp
from hedgerow.domain.clock import PUBLICATION_DELAY
from hedgerow.errors import DataError


def instants(*texts: str) -> pl.LazyFrame:
    return pl.LazyFrame({"timestamp": [dt.datetime.fromisoformat(text) for text in texts]})


def available(frame: pl.LazyFrame) -> list[str | None]:
    values = frame.collect()["available_at"].to_list()
    return [value and value.isoformat() for value in values]


class TestRegression:
    def test_daily_bar_is_known_at_its_session_close_in_winter_and_summer(self) -> None:
        bars = instants("2024-01-02T00:00:00+00:00", "2024-07-01T00:00:00+00:00")
        assert available(stamp(bars, "1d")) == [
            "2024-01-02T21:00:00+00:00",
            "2024-07-01T20:00:00+00:00",
        ]

    def test_half_day_is_known_at_the_early_close(self) -> None:
        bars = instants("2018-12-24T00:00:00+00:00")
        assert available(stamp(bars, "1d")) == ["2018-12-24T18:00:00+00:00"]

    def test_daily_vix_is_known_a_quarter_of_an_hour_after_the_close(self) -> None:
        bars = instants("2024-01-02T00:00:00+00:00")
        stamped = stamp(bars, "1d", delay=PUBLICATION_DELAY["VIX"])
        assert available(stamped) == ["2024-01-02T21:15:00+00:00"]

    def test_hourly_bar_is_known_at_its_end_and_belongs_to_the_new_york_day(self) -> None:
        bars = stamp(instants("2024-01-02T23:00:00+00:00", "2024-01-03T01:00:00+00:00"), "1h")
        assert available(bars) == ["2024-01-03T00:00:00+00:00", "2024-01-03T02:00:00+00:00"]
        assert bars.collect()["session"].to_list() == [dt.date(2024, 1, 2)] * 2

    def test_weekly_bar_is_known_at_the_close_of_its_last_session(self) -> None:
        # 2024-03-29 was Good Friday, so the week of the 25th ended on Thursday.
        bars = instants("2024-03-25T00:00:00+00:00")
        assert available(stamp(bars, "1w")) == ["2024-03-28T20:00:00+00:00"]

    def test_a_week_that_begins_on_a_tuesday_ends_with_its_friday(self) -> None:
        # Monday 2024-01-15 was Martin Luther King Day.
        bars = instants("2024-01-16T00:00:00+00:00", "2024-01-19T00:00:00+00:00")
        assert available(stamp(bars, "1w")) == ["2024-01-19T21:00:00+00:00"] * 2
        assert available(stamp(bars, "2w")) == ["2024-01-26T21:00:00+00:00"] * 2

    def test_a_bar_of_two_days_counts_sessions(self) -> None:
        friday = instants("2024-01-12T00:00:00+00:00")
        assert available(stamp(friday, "2d")) == ["2024-01-16T21:00:00+00:00"]


class TestProperties:
    def test_non_session_days_have_no_instant(self) -> None:
        saturday, holiday = "2024-01-06T00:00:00+00:00", "2024-12-25T00:00:00+00:00"
        assert available(stamp(instants(saturday, holiday), "1d")) == [None, None]
        assert available(stamp(instants("2024-01-06T15:00:00+00:00"), "1h")) == [None]

    @pytest.mark.parametrize("timeframe", ["1h", "1d", "1w"])
    def test_order_of_rows_is_kept(self, timeframe: str) -> None:
        texts = ["2024-01-08", "2024-01-02", "2024-01-22", "2024-01-03"]
        bars = instants(*(f"{text}T00:00:00+00:00" for text in texts))
        kept = stamp(bars, timeframe).collect()["timestamp"]
        assert kept.to_list() == bars.collect()["timestamp"].to_list()

    def test_stamping_twice_changes_nothing(self) -> None:
        once = stamp(instants("2024-01-02T00:00:00+00:00"), "1d")
        assert stamp(once, "1d").collect().equals(once.collect())


class TestValidation:
    def test_a_date_stands_for_the_end_of_its_day(self) -> None:
        assert knowledge_instant("2024-01-02").isoformat() == "2024-01-02T23:59:59.999999+00:00"
        assert knowledge_instant(dt.date(2024, 1, 2)) == knowledge_instant("2024-01-02")

    def test_a_naive_instant_is_utc(self) -> None:
        assert knowledge_instant("2024-01-02T15:00:00").isoformat() == "2024-01-02T15:00:00+00:00"

    def test_what_is_no_date_is_refused(self) -> None:
        with pytest.raises(DataError, match="'yesterday' is not ISO 8601"):
            knowledge_instant("yesterday")
