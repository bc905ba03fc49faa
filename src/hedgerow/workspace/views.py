"""Names that SQL also answers to: tables as people know them, made from those of the lake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from hedgerow.domain.schemas import BARS, DIVIDENDS, FUNDAMENTALS, SPLITS
from hedgerow.domain.splits import odd_ratio
from hedgerow.errors import DataError

if TYPE_CHECKING:
    from hedgerow.workspace.workspace import Workspace

View = Callable[["Workspace"], pl.LazyFrame]

_MARKET_DATA = (
    "symbol",
    "instrument_id",
    "date",
    "open",
    "high",
    "low",
    "close",
    "close_price",
    "adj_close",
    "volume",
    "currency",
    "source",
)


def _market_data(ws: Workspace) -> pl.LazyFrame:
    key = ["instrument_id", "timestamp"]
    try:
        bars, total = ws.bars(), ws.bars(adjust="total")
    except DataError:  # no daily bars yet: a table without rows
        bars = total = ws.lake.scan(BARS).limit(0)
    return (
        bars.join(total.select(*key, adj_close="close"), on=key, how="left")
        .with_columns(date="session", close_price="close")
        .select(_MARKET_DATA)
    )


def _splits(ws: Workspace) -> pl.LazyFrame:
    return _standing(ws.lake.scan(SPLITS)).with_columns(odd_ratio(pl.col("ratio")))


def _standing(actions: pl.LazyFrame) -> pl.LazyFrame:
    """Actions without those that their vendor has withdrawn, which are never known."""
    return actions.filter(pl.col("available_at").dt.year() < dt.MAXYEAR)


#: What each name shows; one that a lake's table has too comes before it.
VIEWS: dict[str, View] = {
    "dividends": lambda ws: _standing(ws.lake.scan(DIVIDENDS)),
    "financial_ratios": lambda ws: ws.financial_ratios(),
    "fundamentals": lambda ws: ws.fundamentals(),
    "fundamentals_long": lambda ws: ws.lake.scan(FUNDAMENTALS),
    "market_data": _market_data,
    "splits": _splits,
}
