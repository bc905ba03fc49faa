"""Pages of bars: every value as the JSON says it, every oddity by its name."""

from __future__ import annotations

import datetime as dt
import json
import math
import struct

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from hedgerow.domain import Timeframe
from hedgerow.errors import BadPayload
from hedgerow.sources.massive.labels import labelled, window
from hedgerow.sources.massive.parse import read_bars

LETTERS = {
    "open": "o",
    "high": "h",
    "low": "l",
    "close": "c",
    "volume": "v",
    "vwap": "vw",
    "trade_count": "n",
}
BAR = {"v": 10, "vw": 5.5, "o": 5, "c": 6, "h": 6.5, "l": 4.5, "t": 1_773_028_800_000, "n": 3}

MOCKS = "api/massive_polygon/client_python_mocks"
DAYS_OF_2023 = "openbb_cassette_v2_aggs_AAPL_1day_20230101_20230110_asc_captured_20240627.json"
CAPTURED = (
    f"api/massive_polygon/{DAYS_OF_2023}",
    f"{MOCKS}/v2/aggs/ticker/AAPL/range/1/day/2005-04-01/2005-04-04.json",
    f"{MOCKS}/v2/aggs/ticker/AAPL/prev.json",
    f"{MOCKS}/v2/aggs/grouped/locale/us/market/stocks/2005-04-04__adjusted=true.json",
)


def body(*rows: dict[str, object], **facts: object) -> bytes:
    told = {"status": "OK", "resultsCount": len(rows), "results": rows, **facts}
    return json.dumps(told, separators=(",", ":")).encode()


def dated(*instants: int, timeframe: str = "1d") -> list[dt.datetime]:
    frame = pl.DataFrame({"t": instants}, schema={"t": pl.Int64})
    return labelled(frame, Timeframe.parse(timeframe), "XNYS")["timestamp"].to_list()


# Regression ---------------------------------------------------------------------------------


@pytest.mark.parametrize("file", CAPTURED, ids=lambda name: name.rsplit("/", 1)[-1][:30])
def test_captured_answers_are_read_to_the_last_digit(shared_data, file):
    content = (shared_data / file).read_bytes()
    told = json.loads(content)["results"]

    page = read_bars(content, "captured", grouped="grouped" in file)

    assert page.refused.is_empty()
    assert page.frame["t"].to_list() == [row["t"] for row in told]
    for ours, theirs in LETTERS.items():
        assert page.frame[ours].to_list() == [row.get(theirs) for row in told]


def test_captured_days_are_sessions_of_january_2023(shared_data):
    page = read_bars((shared_data / CAPTURED[0]).read_bytes(), "captured")

    days = [instant.date().day for instant in dated(*page.frame["t"])]

    assert days == [3, 4, 5, 6, 9, 10]  # the 2nd was a holiday, the 7th and 8th a weekend


def test_midnight_in_new_york_is_its_own_day_in_summer_and_in_winter():
    winter, summer = 1_772_773_200_000, 1_773_028_800_000  # 05:00Z and 04:00Z

    assert [instant.date() for instant in dated(winter, summer)] == [
        dt.date(2026, 3, 6),
        dt.date(2026, 3, 9),
    ]


@pytest.mark.parametrize("instant", [1_773_086_400_000, 1_773_102_600_000])
def test_day_stamped_in_the_afternoon_or_evening_is_the_same_day(instant):
    """Four o'clock in New York, and half past eight, which is the next day in Greenwich."""
    assert dated(instant)[0].date() == dt.date(2026, 3, 9)


def test_week_from_sunday_is_dated_by_its_first_session():
    sunday = int(dt.datetime(2026, 2, 15, 5, tzinfo=dt.UTC).timestamp() * 1000)

    assert dated(sunday, timeframe="1w")[0].date() == dt.date(2026, 2, 17)  # Monday was a holiday


@pytest.mark.parametrize(
    ("code", "sent"), [("1m", (1, "minute")), ("4h", (4, "hour")), ("1w", (1, "week"))]
)
def test_lengths_are_spelt_in_words(code, sent):
    assert window(Timeframe.parse(code)) == sent


# Properties ---------------------------------------------------------------------------------


NUMBER = st.one_of(
    st.floats(1e-6, 1e12),
    st.integers(0, 10**12),
    st.decimals(0, 10**6, places=4, allow_nan=False).map(float),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys("ohlcv", NUMBER)), min_size=1, max_size=30))
def test_numbers_are_the_ones_that_a_plain_reader_reads(rows):
    sent = body(*({**row, "t": 1_773_028_800_000 + n} for n, row in enumerate(rows)))
    told = json.loads(sent)["results"]

    frame = read_bars(sent, "example").frame

    for ours, theirs in list(LETTERS.items())[:5]:
        bits = [struct.pack("d", value) for value in frame[ours]]
        assert bits == [struct.pack("d", float(row[theirs])) for row in told]


def test_layout_of_the_json_does_not_matter():
    rows = [{**BAR, "t": BAR["t"] + n * 60_000, "v": n + 0.5} for n in range(50)]
    compact = body(*rows)
    loose = json.dumps(json.loads(compact), indent=3).encode()

    assert read_bars(loose, "example").frame.equals(read_bars(compact, "example").frame)


def test_volume_keeps_its_fraction_and_absent_values_are_null():
    bare = {name: value for name, value in BAR.items() if name not in {"vw", "n"}}

    frame = read_bars(body({**bare, "v": 25933.6}, {**BAR, "otc": True}), "example").frame

    assert frame["volume"].to_list() == [25933.6, 10]
    assert frame["vwap"].to_list() == [None, 5.5]
    assert frame["trade_count"].to_list() == [None, 3]


def test_counts_may_be_written_as_doubles():
    frame = read_bars(body({**BAR, "n": 12.0, "v": 1.12117471e08}), "example").frame

    assert frame.select("trade_count", "volume").row(0) == (12, 112117471.0)


def test_answer_about_nothing_is_empty():
    page = read_bars(b'{"status":"OK","queryCount":0,"resultsCount":0}', "example")

    assert page.frame.is_empty()
    assert page.frame["close"].dtype == pl.Float64


# Validation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"o": "5.0"}, "unreadable_number"),
        ({"c": "n/a"}, "unreadable_number"),
        ({"v": True}, "unreadable_number"),
        ({"h": [1]}, "unreadable_number"),
        ({"l": math.nan}, "unreadable_number"),
        ({"t": "2026-03-09"}, "unreadable_date"),
        ({"t": None}, "unreadable_date"),
        ({"t": 1_773_028_800_000.5}, "unreadable_date"),
        ({"t": -(10**17)}, "beyond_sessions"),
        ({"t": 1_773_028_800_000_000_000}, "beyond_sessions"),  # nanoseconds
    ],
)
def test_row_that_cannot_be_read_is_refused_with_what_it_held(change, rule):
    odd = {**BAR, **change}
    page = read_bars(body(BAR, odd), "example")

    assert page.frame.height == 1
    assert page.refused["rules"].to_list() == [rule]
    kept = json.loads(page.refused["payload"].item())
    assert len(kept) == len(odd)


def test_grouped_bar_without_a_ticker_is_refused():
    page = read_bars(body({"T": "ZQX", **BAR}, BAR), "example", grouped=True)

    assert page.frame["ticker"].to_list() == ["ZQX"]
    assert page.refused["rules"].to_list() == ["missing_symbol"]


def test_missing_close_is_left_to_the_gate():
    assert read_bars(body({**BAR, "c": None}), "example").frame["close"].to_list() == [None]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[1,2]",
        b'{"status":"OK","results":17}',
        b'{"status":"OK","results":[1,2]}',
        b'{"status":"OK","results":[{"t":1773028800000,,"c":1}]}',
        b'{"status":"OK","results":[{"t":1773028800000,"c":1}{"t":2}]}',
        b'{"status":"OK","results":[{"t":1773028800000,"c":1},null]}',
        b'{"status":"OK","resultsCount":2,"results":[{"t":1773028800000,"c":1}]}',
    ],
)
def test_page_that_is_none_is_one_clear_error(content):
    with pytest.raises(BadPayload, match="example: "):
        read_bars(content, "example")
