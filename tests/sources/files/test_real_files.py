"""Files as vendors really write them; skipped where the development data is not there."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from hedgerow.errors import DataError
from hedgerow.sources import read_bars


def test_pence_from_london(shared_data):
    bars = read_bars(
        shared_data / "international" / "VOD.L_2023_2024.csv",
        symbol="VOD",
        currency="GBp",
        exchange="XLON",
        adjustment="split",
    ).batch

    assert bars.frame.height == 253
    assert bars.frame["close"][0] == pytest.approx(0.9872, abs=1e-4)
    assert bars.frame["available_at"].null_count() == 0


def test_a_wiki_file_gives_raw_and_total(shared_data):
    path = shared_data / "corporate_actions" / "quandl_wiki" / "WIKI-AAPL.csv"
    raw = read_bars(path, symbol="AAPL").batch.frame
    total = read_bars(path, symbol="AAPL", adjustment="total").batch.frame
    day = pl.col("session") == dt.date(2014, 6, 6)

    assert raw.filter(day).select("open", "close").row(0) == (649.9, 645.57)
    assert total.filter(day)["close"].item() < 100
    assert total["open"].null_count() == 0


def test_index_dates_show_their_own_order(shared_data):
    bars = read_bars(shared_data / "index" / "arch_sp500.csv", symbol="SPX", kind="index").batch

    assert bars.frame["session"][0] == dt.date(1999, 1, 4)
    assert bars.frame["available_at"].null_count() == 0


def test_points_for_holidays_are_missing_closes(shared_data):
    bars = read_bars(
        shared_data / "index" / "arch_vix.csv", symbol="VIX", mapping={"close": "vix"}
    ).batch

    assert bars.refused.is_empty()
    assert bars.frame["close"].null_count() == bars.frame.height - 1_259


def test_minute_bars_stamped_at_their_end(shared_data):
    path = shared_data / "intraday" / "alphavantage_1min_201902" / "AAPL_1min.csv"
    frame = read_bars(path, symbol="AAPL", timeframe="1m", stamped="end").batch.frame
    first = frame["timestamp"].min()

    assert first == dt.datetime(2019, 2, 11, 14, 30, tzinfo=dt.UTC)
    assert (frame["available_at"] - frame["timestamp"]).unique().to_list() == [
        dt.timedelta(minutes=1)
    ]


def test_minute_bars_are_not_taken_for_days(shared_data):
    path = shared_data / "intraday" / "alphavantage_1min_201902" / "AAPL_1min.csv"

    with pytest.raises(DataError, match="rows at different times of one day"):
        read_bars(path, symbol="AAPL")


def test_dates_with_offsets_are_days_of_the_exchange(shared_data):
    path = shared_data / "corporate_actions" / "yfinance_price_repair" / "4063-T-1d-bad-div.csv"
    frame = read_bars(path, symbol="4063", exchange="XTKS", currency="JPY").batch.frame

    assert frame["available_at"].null_count() == 0


def test_mixed_dates_are_refused(shared_data, tmp_path):
    source = shared_data / "corporate_actions" / "finmango" / "dividends.csv"

    with pytest.raises(DataError, match="column 'Ex-Div Date' mixes date formats"):
        read_bars(source, mapping={"date": "Ex-Div Date", "close": "Amount"})


def test_rows_with_gaps_in_a_large_file_are_kept(shared_data):
    path = shared_data / "us_daily" / "dieperdev_messy_symbols.parquet"
    batch = read_bars(path, adjustment="split").batch

    assert batch.frame.height + batch.refused.height == 104_601
    assert batch.frame["close"].null_count() == 5_262
