"""Real bars, as shipped with the package."""

from __future__ import annotations

from importlib.resources import files

import polars as pl
import pytest
from tests.features.builders import of_frame

from hedgerow.domain.market import Market

SYMBOLS = ("AAPL", "IBM", "MSFT")


@pytest.fixture(scope="session")
def real_prices() -> pl.DataFrame:
    """Raw daily bars of three stocks and the S&P 500, 2000 to 2013."""
    path = files("hedgerow.sources.sample") / "data" / "ohlcv_5stocks_2indices.parquet"
    return pl.read_parquet(str(path))


@pytest.fixture(scope="session")
def real_bars(real_prices: pl.DataFrame) -> pl.DataFrame:
    """The stocks' bars with every column of a market."""
    return _complete(real_prices.filter(pl.col("symbol").is_in(SYMBOLS)))


@pytest.fixture(scope="session")
def real_market(real_prices: pl.DataFrame, real_bars: pl.DataFrame) -> Market:
    """The stocks, with SPX beside them."""
    index = real_prices.filter(pl.col("symbol") == "^GSPC")
    return of_frame(real_bars, context={"SPX": _complete(index)})


def _complete(prices: pl.DataFrame) -> pl.DataFrame:
    label = pl.col("date").cast(pl.Datetime("us", "UTC"))
    return prices.sort("symbol", "date").select(
        pl.col("symbol").alias("instrument_id"),
        "symbol",
        label.alias("timestamp"),
        pl.col("date").alias("session"),
        (label + pl.duration(hours=21)).alias("available_at"),
        "open",
        "high",
        "low",
        "close",
        pl.col("volume").cast(pl.Float64),
        vwap=pl.lit(None, dtype=pl.Float64),
        trade_count=pl.lit(None, dtype=pl.Int64),
        raw_open="open",
        raw_high="high",
        raw_low="low",
        raw_close="close",
        split_ratio=pl.lit(1.0),
    )
