"""One SQL over the lake and the catalog, answered by DuckDB in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from hedgerow.catalog import Catalog
from hedgerow.domain.schemas import TABLES
from hedgerow.errors import DataError, did_you_mean

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
        bars = total = ws.lake.scan("bars").limit(0)
    return (
        bars.join(total.select(*key, adj_close="close"), on=key, how="left")
        .with_columns(date="session", close_price="close")
        .select(_MARKET_DATA)
    )


VIEWS: dict[str, View] = {
    "market_data": _market_data,
}


def table_names(ws: Workspace) -> list[str]:
    """Names a query may use."""
    return sorted({*TABLES, *ws.lake.tables(), *Catalog.tables(), *VIEWS})


def run_sql(ws: Workspace, query: str) -> pl.DataFrame:
    """Answer of a query; see ``Workspace.sql``."""
    names = table_names(ws)
    words = {word.lower() for word in re.findall(r"\w+", query)}
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name in words.intersection(names):
            connection.register(name, _load(ws, name))
        try:
            answer = connection.sql(query)
            if answer is None:
                raise DataError("SQL: the query gives no rows: ask with select")
            rows: pl.DataFrame = answer.pl()
            return rows.with_columns(_WHOLE_DECIMALS.cast(pl.Int64))
        except duckdb.Error as error:
            raise DataError(_explained(error, names)) from error


# DuckDB's sums of whole numbers are 128 bits wide.
_WHOLE_DECIMALS = pl.col(pl.Decimal(38, 0))


def _explained(error: duckdb.Error, names: Sequence[str]) -> str:
    line = str(error).strip().split("\n")[0]
    missing = re.search(r"Table with name (\S+) does not exist", line)
    if missing:
        return f"SQL: table {missing[1]!r} is not known. {did_you_mean(missing[1], names)}"
    return f"SQL: {line}"


def _load(ws: Workspace, name: str) -> pl.LazyFrame | pl.DataFrame:
    if name in VIEWS:
        return VIEWS[name](ws)
    if name in Catalog.tables():
        return ws.catalog.table(name)
    return ws.lake.scan(name)
