"""The Parquet files of a synthetic market."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from hedgerow.errors import StoreError
from hedgerow.sources import SyntheticMarket

PRICES = ["timestamp", "open", "high", "low", "close"]


@pytest.fixture
def market() -> SyntheticMarket:
    return SyntheticMarket(symbols=42, bars=80, bars_per_session=8)


# Regression ---------------------------------------------------------------------------------


def test_three_files_with_the_agreed_columns(market, tmp_path):
    files = market.export(tmp_path / "new" / "folder")
    holdings, vix = pl.read_parquet(files.holdings), pl.read_parquet(files.vix)
    spx = pl.read_parquet(files.spx)

    assert sorted(path.name for path in files.holdings.parent.iterdir()) == [
        "spx_holdings_hourly.parquet",
        "spx_hourly.parquet",
        "vix_hourly.parquet",
    ]
    assert holdings.columns == ["symbol", *PRICES, "volume"]
    assert vix.columns == spx.columns == PRICES
    assert holdings.schema["timestamp"] == pl.Datetime("us", "UTC")
    assert (holdings.height, vix.height, spx.height) == (42 * 80, 80, 80)
    assert files.rows == 44 * 80


@pytest.mark.parametrize(("timeframe", "word"), [("1d", "daily"), ("1m", "minute"), ("15m", "15m")])
def test_names_take_the_timeframe(tmp_path, timeframe, word):
    files = SyntheticMarket(symbols=1, bars=3, timeframe=timeframe).export(tmp_path)

    assert files.vix.name == f"vix_{word}.parquet"


# Properties ---------------------------------------------------------------------------------


def test_same_seed_gives_the_same_bytes(market, tmp_path):
    first, second = market.export(tmp_path / "a"), market.export(tmp_path / "b")

    assert digest(first.holdings) == digest(second.holdings)
    assert digest(first.vix) == digest(second.vix)


def test_holdings_are_sorted_and_equal_to_the_batches(market, tmp_path):
    holdings = pl.read_parquet(market.export(tmp_path).holdings)
    bars = pl.concat(batch.frame for batch in market.batches() if batch.table.name == "bars")
    companies = bars.filter(~pl.col("symbol").is_in(["SPX", "VIX"])).select(holdings.columns)

    assert holdings.equals(companies)
    assert holdings.equals(holdings.sort("symbol", "timestamp"))


# Validation ---------------------------------------------------------------------------------


def test_a_failed_export_leaves_the_older_files_alone(market, tmp_path, monkeypatch):
    older = market.export(tmp_path)
    before = digest(older.holdings)

    begun = list(market.batches())[:3]

    def broken(self):
        yield from begun
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SyntheticMarket, "batches", broken)
    with pytest.raises(StoreError, match="No space left on device"):
        SyntheticMarket(symbols=42, bars=80, bars_per_session=8, seed=9).export(tmp_path)

    assert digest(older.holdings) == before
    assert not list(tmp_path.glob("*.partial"))


def test_a_file_in_the_place_of_the_folder_is_refused(market, tmp_path):
    blocked = tmp_path / "taken"
    blocked.write_text("not a folder")

    with pytest.raises(StoreError, match="cannot write the export"):
        market.export(blocked)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
