"""Small bars that pass every rule, to be spoilt on purpose."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from hedgerow.domain.schemas import BARS
from hedgerow.lake import Lake
from hedgerow.settings import Settings

UTC = dt.UTC
KEY = list(BARS.key)

MONDAY = dt.datetime(2024, 1, 8, 6, tzinfo=UTC)
TUESDAY = dt.datetime(2024, 1, 9, 6, tzinfo=UTC)
WEDNESDAY = dt.datetime(2024, 1, 10, 6, tzinfo=UTC)


def lake_at(place: Path | str, **settings) -> Lake:
    """Lake in a folder, or at an address such as ``s3://bucket/prefix``."""
    uri = place if isinstance(place, str) else place / "lake"
    return Lake(uri, settings=Settings(_env_file=None, **settings))


def daily_bars(
    *symbols: str, count: int = 5, start: dt.date = dt.date(2023, 12, 4), source: str = "test"
) -> pl.DataFrame:
    """Daily bars on weekdays; closes 10.00, 10.01, … and so never stale.

    Plain weekdays, because loading an exchange's calendar takes a second in every process.
    """
    end = start + dt.timedelta(days=2 * count + 7)
    days = pl.LazyFrame({"session": pl.date_range(start, end, eager=True)})
    days = days.filter(pl.col("session").dt.weekday() < 6).head(count)
    one = days.collect().select(
        "session",
        timestamp=pl.col("session").cast(pl.Datetime("us", "UTC")),
        available_at=pl.col("session").cast(pl.Datetime("us", "UTC")) + pl.duration(hours=21),
        close=10 + pl.int_range(pl.len()) / 100,
    )
    series = [
        one.with_columns(symbol=pl.lit(symbol), instrument_id=pl.lit(f"{symbol}.XNYS"))
        for symbol in symbols or ("AAA",)
    ]
    return pl.concat(series).select(
        source=pl.lit(source),
        timeframe=pl.lit("1d"),
        instrument_id="instrument_id",
        timestamp="timestamp",
        adjustment=pl.lit("raw"),
        symbol="symbol",
        session="session",
        available_at="available_at",
        open=pl.col("close") - 0.05,
        high=pl.col("close") + 0.1,
        low=pl.col("close") - 0.1,
        close="close",
        volume=1000.0 + pl.int_range(pl.len()),
        vwap=pl.lit(None, dtype=pl.Float64),
        trade_count=pl.lit(None, dtype=pl.Int64),
        currency=pl.lit("USD"),
    )


def close_only(frame: pl.DataFrame) -> pl.DataFrame:
    """The same bars as a vendor that sends nothing but closes has them."""
    nothing = pl.lit(None, dtype=pl.Float64)
    return frame.with_columns(nothing.alias(name) for name in ("open", "high", "low", "volume"))


def with_close(frame: pl.DataFrame, row: int, close: float) -> pl.DataFrame:
    """The bars with another close in one row, its other prices moved to fit."""
    here = pl.int_range(pl.len()) == row
    return frame.with_columns(
        open=pl.when(here).then(close).otherwise("open"),
        close=pl.when(here).then(close).otherwise("close"),
        high=pl.when(here).then(close + 1.0).otherwise("high"),
        low=pl.when(here).then(close - 1.0).otherwise("low"),
    )


def stored(lake: Lake, table: str = "bars") -> pl.DataFrame:
    rows = lake.scan(table).collect()
    return rows.sort([name for name in (*KEY, "ingested_at") if name in rows.columns])


def assert_each_key_once(rows: pl.DataFrame) -> None:
    assert not rows.select(KEY).is_duplicated().any()
