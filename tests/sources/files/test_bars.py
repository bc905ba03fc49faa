"""Bars from files: what is recognised, what is refused by the row, what by the file."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from hedgerow.errors import DataError, DefinitionError
from hedgerow.sources import read_bars

Write = Callable[..., Path]
DAY = dt.date(2024, 1, 2)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(*lines: str, name: str = "prices.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(("\n".join(lines) + "\n").encode())
        return path

    return _write


# Regression ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "Date,Open,High,Low,Close,Volume,Symbol",
        "date,open,high,low,close,volume,ticker",
        "DATE,OPEN,HIGH,LOW,CLOSE/LAST,VOL.,TICKER",
        "timestamp,1. open,2. high,3. low,4. close,5. volume,symbol",
        "<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<TICKER>",
        "t,o,h,l,c,v,sym",
        " Date , Open Price , High Price , Low Price , Price , Vol , Code ",
    ],
)
def test_usual_spellings_are_recognised(write, header):
    bars = read_bars(write(header, "2024-01-02,10,12,9,11,500,ACME")).batch.frame

    row = bars.row(0, named=True)
    assert {name: row[name] for name in ("open", "high", "low", "close", "volume", "symbol")} == {
        "open": 10.0,
        "high": 12.0,
        "low": 9.0,
        "close": 11.0,
        "volume": 500.0,
        "symbol": "ACME",
    }
    assert row["timestamp"] == dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
    assert row["available_at"] == dt.datetime(2024, 1, 2, 21, tzinfo=dt.UTC)
    assert (row["instrument_id"], row["source"], row["adjustment"]) == ("ACME.XNYS", "files", "raw")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found(write, separator):
    path = write(separator.join(["Date", "Close"]), separator.join(["2024-01-02", "11.5"]))

    assert read_bars(path, symbol="X").batch.frame["close"].to_list() == [11.5]


def test_mapping_names_columns_that_nobody_could_guess(write):
    path = write("When,Settle,Lots", "2024-01-02,11.5,7")
    bars = read_bars(
        path, symbol="X", mapping={"date": "When", "close": "Settle", "volume": "Lots"}
    )

    assert bars.batch.frame.select("close", "volume").row(0) == (11.5, 7.0)
    assert bars.columns == {"date": "When", "close": "Settle", "volume": "Lots"}


def test_an_empty_mapping_leaves_a_column_out(write):
    path = write("Date,Close,Volume", "2024-01-02,11.5,-1")

    assert read_bars(path, symbol="X", mapping={"volume": ""}).batch.frame["volume"][0] is None


def test_adjusted_close_is_taken_only_for_total(write):
    path = write("Date,Open,Close,Adj Close", "2024-01-02,10,11,5.5")
    raw = read_bars(path, symbol="X").batch.frame
    total = read_bars(path, symbol="X", adjustment="total").batch.frame

    assert raw.select("open", "close", "adjustment").row(0) == (10.0, 11.0, "raw")
    assert total.select("open", "close", "adjustment").row(0) == (None, 5.5, "total")


def test_adjusted_columns_go_together(write):
    path = write("Date,Open,Close,Adj. Open,Adj. Close", "2024-01-02,10,11,5,5.5")

    assert read_bars(path, symbol="X", adjustment="total").batch.frame.select("open", "close").row(
        0
    ) == (5.0, 5.5)


def test_pence_become_pounds(write):
    bars = read_bars(
        write("Date,Close,Volume", "2024-01-02,98.72,100"),
        symbol="VOD",
        currency="GBp",
        exchange="XLON",
    )

    assert bars.batch.frame.select("close", "volume", "currency").row(0) == (
        pytest.approx(0.9872),
        100.0,
        "GBP",
    )
    assert bars.batch.frame["available_at"][0] == dt.datetime(2024, 1, 2, 16, 30, tzinfo=dt.UTC)
    assert bars.instruments()[0].currency == "GBP"


def test_daily_vix_is_known_later_than_daily_stocks(write):
    bars = read_bars(write("Date,Symbol,Close", "2024-01-02,VIX,13", "2024-01-02,ABC,5"))

    assert bars.batch.frame["available_at"].dt.minute().to_list() == [15, 0]


def test_instruments_are_one_a_symbol(write):
    bars = read_bars(
        write("Date,Symbol,Close", "2024-01-02,B,1", "2024-01-02,A,1", "2024-01-03,A,1"),
        kind="index",
        exchange="XNAS",
    )

    assert [(i.instrument_id, i.kind.value) for i in bars.instruments()] == [
        ("A.XNAS", "index"),
        ("B.XNAS", "index"),
    ]


def test_parquet_keeps_its_types(tmp_path):
    path = tmp_path / "prices.parquet"
    pl.DataFrame(
        {"symbol": ["X"], "date": [DAY], "close": [11], "volume": [2**40], "note": [["nested"]]}
    ).write_parquet(path)

    assert read_bars(path).batch.frame.select("session", "close", "volume").row(0) == (
        DAY,
        11.0,
        2.0**40,
    )


def test_index_column_of_a_data_frame_is_the_time(write):
    assert read_bars(write(",Close", "2024-01-02,5"), symbol="X").batch.frame["session"][0] == DAY


# Properties: no row is lost ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("2024-01-03,X,abc,1", "unreadable_number"),
        ("2024-01-03,X,12,1x", "unreadable_number"),
        ("soon,X,12,1", "unreadable_date"),
        ("2024-02-30,X,12,1", "unreadable_date"),
        ("2999-01-02,X,12,1", "beyond_sessions"),
        (",X,12,1", "unreadable_date"),
        ("2024-01-03,,12,1", "missing_symbol"),
        ("2024-01-03,,abc,1", "unreadable_number,missing_symbol"),
        ("soon,X,abc,1", "unreadable_date,unreadable_number"),
        ("2024-01-03,X,12", "wrong_field_count"),
        ("2024-01-03,X,12,1,9", "wrong_field_count"),
    ],
)
def test_unreadable_rows_are_refused_by_name(write, line, rule):
    batch = read_bars(write("Date,Symbol,Close,Volume", "2024-01-02,X,11,1", line)).batch

    assert batch.frame.height == 1
    assert batch.refused["rules"].to_list() == [rule]
    payload = json.loads(batch.refused["payload"][0])
    assert set(payload) == ({"text"} if rule == "wrong_field_count" else set(HEADER))


HEADER = ["Date", "Symbol", "Close", "Volume"]


@pytest.mark.parametrize("value", ["-5", "0", "NaN", "inf", ""])
def test_wrong_values_stay_for_the_quality_gate(write, value):
    batch = read_bars(
        write("Date,Symbol,Close,Volume", "2024-01-02,X,11,1", f"2024-01-03,X,{value},1")
    ).batch

    assert batch.frame.height == 2
    assert batch.refused.is_empty()


def test_days_without_a_session_stay_without_availability(write):
    frame = read_bars(write("Date,Close", "2024-01-06,5", "2024-01-02,5"), symbol="X").batch.frame

    assert frame["available_at"].is_null().to_list() == [True, False]


def test_duplicate_rows_stay_for_the_quality_gate(write):
    path = write("Date,Close", "2024-01-02,5", "2024-01-02,5")

    assert read_bars(path, symbol="X").batch.frame.height == 2


def test_blank_lines_hold_nothing(write):
    path = write("", "Date,Close", "", "2024-01-02,5", ",", "   ", "2024-01-03,6")

    assert read_bars(path, symbol="X").batch.frame["close"].to_list() == [5.0, 6.0]


# Validation: the file as a whole -------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["Date,Close"], "has a header but no rows"),
        (["Date,Open", "2024-01-02,5"], "no column for close; it has: Date, Open"),
        (["When,Close", "2024-01-02,5"], "no column for timestamp; it has: When, Close"),
        (["2024-01-02,5", "2024-01-03,6"], "no column for timestamp and close.*add a header line"),
        (["Date,Close,Close", "2024-01-02,5,5"], "has the column 'Close' twice"),
        (["Date,c,Last", "2024-01-02,5,5"], "several columns for close: c, Last"),
        (["Date,Adj Close", "2024-01-02,5"], "only an adjusted close.*adjustment='total'"),
        (["Date,Close", "2024-01-02,5,6", "2024-01-03,5,6"], "2 columns in its header but 3 on"),
        (["Date,Close", "2024-01-02,x"], "column 'Close' holds no numbers: found 'x' on line 2"),
        (["Date,Close", "2024-01-02,x", "x,5"], "no readable row"),
        (["Date,Close", "2999-01-02,5"], "'2999-01-02' on line 2 lies beyond the known sessions"),
        (["Date,Close", '2024-01-02,"5'], "unclosed quote on line 2"),
    ],
)
def test_faults_of_the_file_are_one_line(write, lines, message):
    with pytest.raises(DataError, match=message) as caught:
        read_bars(write(*lines), symbol="X")

    assert "\n" not in str(caught.value)
    assert "prices.csv" in str(caught.value)


def test_a_file_without_symbols_asks_for_one(write):
    with pytest.raises(DataError, match=r"give --symbol … .symbol= in Python"):
        read_bars(write("Date,Close", "2024-01-02,5"))


def test_a_daily_read_of_intraday_bars_is_refused(write):
    path = write("Date,Close", *(f"2024-01-02 {hour}:00,5" for hour in range(10, 16)))

    with pytest.raises(DataError, match=r"6 rows at different times of one day.*timeframe='1h'"):
        read_bars(path, symbol="X")


def test_an_intraday_read_of_daily_bars_is_refused(write):
    with pytest.raises(DataError, match=r"dates without a time of day.*timeframe='1d'"):
        read_bars(write("Date,Close", "2024-01-02,5"), symbol="X", timeframe="1h")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"adjustment": "adjusted"}, "adjustment 'adjusted' is not known"),
        ({"stamped": "middle"}, "stamped 'middle' is not known"),
        ({"kind": "bond"}, "kind 'bond' is not known"),
        ({"decimal": ":"}, "decimal ':' is not known"),
        ({"timeframe": "daily"}, "timeframe 'daily' is not known"),
        ({"exchange": "XNYC"}, "calendar 'XNYC' is not known.*XNYS"),
        ({"time_zone": "America/NewYork"}, "Did you mean 'America/New_York'"),
        ({"separator": "ab"}, "separator 'ab' is not one character"),
        ({"source": " "}, "source is empty"),
        ({"source": "sample_ohlcv"}, "source 'sample_ohlcv' is a name of Hedgerow's own data"),
        ({"source": "synthetic"}, "source 'synthetic' is a name of Hedgerow's own data"),
        ({"symbol": ""}, "symbol is empty"),
        ({"mapping": {"closing": "Close"}}, "field 'closing'.*Did you mean 'close'"),
    ],
)
def test_options_are_checked(write, options, message):
    with pytest.raises(DefinitionError, match=message):
        read_bars(write("Date,Close", "2024-01-02,5"), **({"symbol": "X"} | options))


def test_a_mapped_column_must_exist(write):
    with pytest.raises(DataError, match=r"no column 'Settl' .*Did you mean 'Settle'"):
        read_bars(write("Date,Settle", "2024-01-02,5"), symbol="X", mapping={"close": "Settl"})


@pytest.mark.parametrize("currency", ["dollars", "XXX", "QQQ", ""])
def test_a_currency_must_be_a_code(write, currency):
    with pytest.raises(DataError, match=f"currency '{currency}'"):
        read_bars(write("Date,Close", "2024-01-02,5"), symbol="X", currency=currency)
