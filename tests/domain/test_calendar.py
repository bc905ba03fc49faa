"""Sessions against dates that the exchanges published."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from hedgerow.domain import last_completed_session, sessions, time_zone
from hedgerow.errors import DefinitionError

# Published by the exchange: holidays, special closings and early closings.
CLOSED = [
    "2001-09-11",
    "2001-09-14",
    "2007-01-02",
    "2012-10-29",
    "2012-10-30",
    "2018-12-05",
    "2024-06-19",
]
OPEN = ["2001-09-10", "2001-09-17", "2012-10-31", "2021-06-18"]
EARLY = {"2013-07-03": 17, "2013-11-29": 18, "2018-12-24": 18, "2024-11-29": 18}


def day(text: str) -> pl.DataFrame:
    return sessions("XNYS").filter(pl.col("session") == dt.date.fromisoformat(text))


class TestRegression:
    @pytest.mark.parametrize("text", CLOSED)
    def test_published_closings_are_no_sessions(self, text: str) -> None:
        assert day(text).is_empty()

    @pytest.mark.parametrize("text", OPEN)
    def test_days_around_closings_are_sessions(self, text: str) -> None:
        assert day(text).height == 1

    @pytest.mark.parametrize(("text", "hour"), EARLY.items())
    def test_half_days_close_at_one_new_york(self, text: str, hour: int) -> None:
        row = day(text).row(0, named=True)
        assert row["early_close"]
        assert (row["close"].hour, row["close"].minute) == (hour, 0)

    def test_reference_span_has_3506_sessions(self) -> None:
        days = sessions("XNYS").filter(pl.col("session") >= dt.date(2000, 1, 3))["session"]
        assert days[3505] == dt.date(2013, 12, 9)

    def test_london_closes_at_half_past_four(self) -> None:
        row = sessions("XLON").filter(pl.col("session") == dt.date(2024, 7, 1)).row(0, named=True)
        assert (row["close"].hour, row["close"].minute) == (15, 30)
        assert time_zone("XLON") == "Europe/London"


class TestProperties:
    def test_sessions_ascend_and_open_before_they_close(self) -> None:
        frame = sessions("XNYS")
        assert frame["session"].is_sorted()
        assert frame["session"].is_unique().all()
        assert (frame["open"] < frame["close"]).all()
        assert frame.null_count().sum_horizontal().item() == 0

    def test_last_completed_session_turns_at_the_close(self) -> None:
        close = dt.datetime(2024, 11, 29, 18, tzinfo=dt.UTC)
        just_before = close - dt.timedelta(microseconds=1)
        assert last_completed_session("XNYS", close) == dt.date(2024, 11, 29)
        assert last_completed_session("XNYS", just_before) == dt.date(2024, 11, 27)


class TestValidation:
    def test_unknown_calendar_is_refused_with_a_hint(self) -> None:
        with pytest.raises(DefinitionError, match="'XNYZ' is not known"):
            sessions("XNYZ")
