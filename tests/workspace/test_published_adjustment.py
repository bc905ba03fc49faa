"""Adjusted closes that a vendor published, from its own raw prices and actions."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from hedgerow.sources import read_bars
from hedgerow.workspace import Workspace

LOADED = dt.datetime(2018, 4, 1, tzinfo=dt.UTC)


@pytest.fixture(params=["AAPL", "GOOGL"])
def wiki(
    request: pytest.FixtureRequest, shared_data: Path, tmp_path: Path
) -> tuple[Workspace, str, pl.DataFrame]:
    """Workspace with one file of Quandl's WIKI prices: raw bars, splits and dividends."""
    symbol: str = request.param
    file = shared_data / "corporate_actions" / "quandl_wiki" / f"WIKI-{symbol}.csv"
    ws = Workspace(tmp_path)
    ws.ingest(read_bars(file, symbol=symbol, source="wiki"), ingested_at=LOADED)
    rows = pl.read_csv(file, try_parse_dates=True, infer_schema_length=None).sort("Date")
    facts = {
        "instrument_id": pl.lit(f"{symbol}.XNYS"),
        "symbol": pl.lit(symbol),
        "source": pl.lit("wiki"),
        "ex_date": pl.col("Date"),
        "available_at": pl.col("Date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
    }
    splits = rows.filter(pl.col("Split Ratio") != 1).select(**facts, ratio="Split Ratio")
    dividends = rows.filter(pl.col("Ex-Dividend") != 0).select(
        **facts,
        amount=pl.col("Ex-Dividend").cast(pl.Float64),
        kind=pl.lit("cash"),
        currency=pl.lit("USD"),
    )
    ws.lake.merge("splits", splits, ingested_at=LOADED)
    ws.lake.merge("dividends", dividends, ingested_at=LOADED)
    return ws, symbol, rows


def test_total_returns_are_those_published(wiki: tuple[Workspace, str, pl.DataFrame]) -> None:
    ws, symbol, rows = wiki
    made = ws.bars(symbol, adjust="total").collect().select("session", "close")
    both = made.join(rows.select(session="Date", published="Adj. Close"), on="session")
    assert both.height == made.height > 3_000
    apart = (both["close"] / both["published"] - 1).abs().max()
    assert isinstance(apart, float)
    assert apart < 1e-12


def test_a_split_told_as_a_dividend_is_noted(wiki: tuple[Workspace, str, pl.DataFrame]) -> None:
    ws, symbol, rows = wiki
    found = ws.quality(symbol, as_of=rows["Date"].max()).row(0, named=True)
    # Alphabet's new class of 2014-04-03 stands in the file as 567.97 dollars in cash.
    assert found["large_dividends"] == (1 if symbol == "GOOGL" else 0)
    assert ("large_dividends" in found["problems"]) == (symbol == "GOOGL")
