"""Dates and times in files: read where certain, refused where not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from hedgerow.errors import DataError, DefinitionError
from hedgerow.sources import read_bars


def read(folder: Path, times: list[str], **options: object) -> pl.DataFrame:
    path = folder / "times.csv"
    path.write_text("Time|Close\n" + "".join(f"{time}|5\n" for time in times))
    return read_bars(path, **({"symbol": "X"} | options)).batch.frame


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


# Regression ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-17",
        "2024-1-17",
        "2024/01/17",
        "2024.01.17",
        "20240117",
        "17-Jan-2024",
        "17 Jan 2024",
        "17 January 2024",
        "Jan 17, 2024",
        "January 17, 2024",
        "01/17/2024",
        "17/01/2024",
        "17.01.2024",
        "1/17/2024",
        "2024-01-17 00:00:00",
        "2024-01-17T00:00:00Z",
        "2024-01-17 00:00:00-05:00",
        "2024-01-17T05:00:00Z",
        "2024-01-17 16:00",
        "1705467600",
        "1705449600000",
        "1705467600000000000",
    ],
)
def test_daily_dates_of_many_shapes(tmp_path, text):
    assert read(tmp_path, [text])["timestamp"].to_list() == [utc(2024, 1, 17)]


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-17 09:30",
        "2024-01-17 9:30",
        "2024-01-17T09:30:00",
        "2024-01-17 09:30:00.000",
        "2024-01-17 09:30:00,000",
        "2024-01-17 9:30 AM",
        "2024-01-17 09:30:00 am",
        "1/17/2024 9:30",
        "17.01.2024 09:30:00",
        "2024-01-17T14:30:00Z",
        "2024-01-17 14:30:00 UTC",
        "2024-01-17T15:30:00+01:00",
        "2024-01-17T09:30:00-0500",
        "1705501800",
        "1705501800000",
        "1705501800000000",
        "1705501800000000000",
    ],
)
def test_instants_of_many_shapes(tmp_path, text):
    assert read(tmp_path, [text], timeframe="1m")["timestamp"].to_list() == [
        utc(2024, 1, 17, 14, 30)
    ]


def test_date_and_time_in_two_columns(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("Date,Time,Close\n2024-01-17,09:30,5\n2024-01-17,09:31,6\n")
    frame = read_bars(path, symbol="X", timeframe="1m").batch.frame

    assert frame["timestamp"].to_list() == [utc(2024, 1, 17, 14, 30), utc(2024, 1, 17, 14, 31)]


def test_times_without_a_zone_are_local_to_the_exchange_unless_said(tmp_path):
    here = read(tmp_path, ["2024-07-17 09:30"], timeframe="1h", exchange="XTKS")
    there = read(tmp_path, ["2024-07-17 09:30"], timeframe="1h", time_zone="UTC")

    assert here["timestamp"][0] == utc(2024, 7, 17, 0, 30)
    assert there["timestamp"][0] == utc(2024, 7, 17, 9, 30)


def test_midnight_in_tokyo_is_the_day_in_tokyo(tmp_path):
    frame = read(tmp_path, ["2024-07-16T15:00:00Z"], exchange="XTKS")

    assert frame["session"].to_list() == [dt.date(2024, 7, 17)]


def test_bars_stamped_at_their_end_start_earlier(tmp_path):
    frame = read(tmp_path, ["2024-01-17 09:31", "2024-01-17 16:00"], timeframe="1m", stamped="end")

    assert frame["timestamp"].to_list() == [utc(2024, 1, 17, 14, 30), utc(2024, 1, 17, 20, 59)]
    assert frame["available_at"].to_list() == [utc(2024, 1, 17, 14, 31), utc(2024, 1, 17, 21)]


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%d/%m/%y"])
def test_a_given_format_settles_an_ambiguous_date(tmp_path, form):
    text = dt.date(2024, 2, 1).strftime(form)

    assert read(tmp_path, [text], date_format=form)["session"].to_list() == [dt.date(2024, 2, 1)]


def test_a_given_format_with_a_time(tmp_path):
    frame = read(tmp_path, ["01/02/2024 09.30"], timeframe="1m", date_format="%d/%m/%Y %H.%M")

    assert frame["timestamp"].to_list() == [utc(2024, 2, 1, 14, 30)]


def test_one_large_number_shows_which_is_the_day(tmp_path):
    frame = read(tmp_path, ["03/01/2024", "04/01/2024", "16/01/2024"])

    assert frame["session"].to_list() == [dt.date(2024, 1, day) for day in (3, 4, 16)]


# Properties ---------------------------------------------------------------------------------


@given(
    days=st.lists(
        st.dates(dt.date(1970, 1, 1), dt.date(2034, 12, 31)), min_size=1, max_size=5, unique=True
    ),
    form=st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%d %b %Y", "%B %d, %Y", "%d/%m/%Y", "%m/%d/%Y"]),
)
@settings(max_examples=60, deadline=None)
def test_a_date_is_read_as_written_or_refused_as_unclear(tmp_path_factory, days, form):
    folder = tmp_path_factory.mktemp("dates")
    texts = [day.strftime(form) for day in days]
    if "/" in form and all(day.day <= 12 for day in days):
        with pytest.raises(DataError, match="could be day first or month first"):
            read(folder, texts)
    else:
        assert read(folder, texts)["session"].to_list() == days


@pytest.mark.parametrize(
    ("text", "rule"), [("2024-03-10 02:30", "unclear_time"), ("2024-11-03 01:30", "unclear_time")]
)
def test_local_times_that_do_not_exist_or_come_twice_are_refused(tmp_path, text, rule):
    path = tmp_path / "times.csv"
    path.write_text(f"Time,Close\n2024-01-17 09:30,5\n{text},5\n")
    batch = read_bars(path, symbol="X", timeframe="1m").batch

    assert batch.refused["rules"].to_list() == [rule]


# Validation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (["01/02/2024", "03/04/2024"], "'01/02/2024' on line 2 could be day first or month first"),
        (["13/01/2024", "01/14/2024"], "mixes day-first and month-first dates: '13/01/2024' on"),
        (["2024-01-02", "3/21/2005"], "mixes date formats: '2024-01-02' on line 2 and '3/21/2005'"),
        (["2024-01-02", "2024-01-03 09:30"], "mixes date formats"),
        (["2024-01-02T09:30Z", "2024-01-03T09:30"], "mixes date formats"),
        (["01/03/17"], "'01/03/17' on line 2 has a two-digit year"),
        (["01-Apr-10"], "'01-Apr-10' on line 2 has a two-digit year"),
        (["yesterday", "today"], "holds no date that could be read: found 'yesterday' on line 2"),
        (["", ""], "holds no date that could be read: found nothing at all"),
    ],
)
def test_unclear_dates_are_refused(tmp_path, times, message):
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, times)

    assert "\n" not in str(caught.value)


def test_a_format_that_fits_no_row_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no date that could be read"):
        read(tmp_path, ["2024-01-02"], date_format="%d/%m/%Y")


def test_a_column_of_numbers_is_not_a_time(tmp_path):
    path = tmp_path / "prices.parquet"
    pl.DataFrame({"date": [1.5], "close": [2.0]}).write_parquet(path)

    with pytest.raises(DataError, match="column 'date' holds Float64"):
        read_bars(path, symbol="X")


def test_a_format_must_be_a_format(tmp_path):
    with pytest.raises((DataError, DefinitionError), match=r"could be read|cannot be used"):
        read(tmp_path, ["2024-01-02"], date_format="%Q")
