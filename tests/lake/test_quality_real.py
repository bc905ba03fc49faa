"""The rules on real prices: what must pass, and what must not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from hedgerow.domain import stamp
from hedgerow.lake.quality import QualityReport, check_bars
from hedgerow.settings import Settings

SETTINGS = Settings(_env_file=None)


def read(shared_data: Path, name: str) -> pl.LazyFrame:
    file = shared_data / name
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    return pl.scan_parquet(file)


def as_bars(prices: pl.LazyFrame, calendar: str = "XNYS") -> pl.DataFrame:
    """Daily bars of vendor columns, in the vendor's order."""
    names = prices.collect_schema().names()
    absent = [n for n in ("open", "high", "low", "volume", "vwap") if n not in names]
    named = prices.with_columns(
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in absent),
        timestamp=pl.col("date").cast(pl.Datetime("us", "UTC")),
        instrument_id=pl.col("symbol") + ".XXXX",
        source=pl.lit("real"),
        timeframe=pl.lit("1d"),
        adjustment=pl.lit("split"),
        currency=pl.lit("USD"),
        trade_count=pl.lit(None, dtype=pl.Int64),
    )
    return stamp(named.drop("date", "adj_close", strict=False), "1d", calendar=calendar).collect()


def refused_by(report: QualityReport, rule: str) -> dict[str, int]:
    hit = report.bad.filter(pl.col("rules").str.split(",").list.contains(rule))
    return dict(hit.group_by("symbol").len().iter_rows())


def test_the_sample_of_closes_is_genuine_but_for_one_illiquid_name(shared_data):
    closes = read(shared_data, "sample_from_wheels/closes_20stocks_spx_vix.parquet")
    report = check_bars(as_bars(closes.rename({"close_adj": "close"})), None, SETTINGS)
    # RRC had one price for up to 69 sessions in 1990-1992; no other series repeats one 7 times.
    assert refused_by(report, "stale_run") == {"RRC": 505}
    stale = report.bad.filter(pl.col("rules") == "stale_run")
    assert stale["session"].max() < dt.date(1992, 7, 1)
    assert set(report.counts) <= {"stale_run", "non_session_day"}


def test_the_sample_of_ohlcv_passes(shared_data):
    bars = read(shared_data, "sample_from_wheels/ohlcv_5stocks_2indices.parquet").drop("kind")
    report = check_bars(as_bars(bars), None, SETTINGS)
    assert report.counts == {}


def test_messy_symbols_are_sorted_out(shared_data):
    prices = read(shared_data, "us_daily/dieperdev_messy_symbols.parquet")
    report = check_bars(as_bars(prices), None, SETTINGS)
    assert report.good.height + report.bad.height == 104_601
    assert report.counts["missing_close"] == 5_262
    assert report.counts["non_positive_price"] == 2_688
    assert report.counts["ohlc_order"] == 2_759
    stale = refused_by(report, "stale_run")
    assert stale["EAI"] > 700  # 789 sessions at one price
    assert stale["MULN"] > 500
    assert report.warning_counts["jump"] > 500


def test_a_foreign_market_is_sorted_out(shared_data):
    prices = read(shared_data, "international/tsx_60_daily_cad_2000_2019.parquet")
    report = check_bars(as_bars(prices, "XTSE"), None, SETTINGS)
    assert report.good.height + report.bad.height == 293_240
    assert report.counts["non_positive_price"] == 4_166
    assert report.counts["ohlc_order"] == 437
    stale = refused_by(report, "stale_run")
    assert stale["FVI.TO"] > 800
    liquid = ("RY.TO", "TD.TO", "BNS.TO", "CNR.TO", "ABX.TO")
    assert {name: stale.get(name, 0) for name in liquid} == dict.fromkeys(liquid, 0)


def test_a_large_clean_set_stays_whole(shared_data):
    prices = read(shared_data, "us_daily/sp500_5yr_20130208_20180207.parquet")
    report = check_bars(as_bars(prices), None, SETTINGS)
    assert set(report.counts) <= {"ohlc_order", "non_session_day"}
    assert report.bad.height < 20
    jumps = {(w["symbol"], w["session"]) for w in report.warnings.iter_rows(named=True)}
    unadjusted = {
        ("EBAY", dt.date(2015, 7, 20)),
        ("BAX", dt.date(2015, 7, 1)),
        ("NI", dt.date(2015, 7, 2)),
        ("DISCA", dt.date(2014, 8, 7)),
    }
    assert unadjusted <= jumps
