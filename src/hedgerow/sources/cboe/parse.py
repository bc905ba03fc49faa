"""Cboe's files: bytes to rows."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from hedgerow.errors import BadPayload
from hedgerow.sources._plain_csv import UNREADABLE_DATE, UNREADABLE_NUMBER, PlainCsv

_PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class History:
    """Days of an index.

    Parameters
    ----------
    rows
        ``date, open, high, low, close``, sorted by date; only ``close`` where the file has a
        single value a day, the others null.
    refused
        Rows that could not be read, for the quarantine.
    """

    rows: pl.DataFrame
    refused: pl.DataFrame


def parse_history(body: bytes, symbol: str, where: str) -> History:
    r"""Read a file of daily prices.

    Parameters
    ----------
    body
        ``DATE,OPEN,HIGH,LOW,CLOSE`` or ``DATE,<index>`` in any order of columns; dates
        ``MM/DD/YYYY`` or ISO 8601.
    symbol
        Index that the file is about.
    where
        Vendor and path, for messages.

    Raises
    ------
    BadPayload
        It is no such file, has no row that can be read, or broke off in its last line.

    Examples
    --------
    >>> parse_history(b"DATE,SPX\n03/09/2026,6795.99\n", "SPX", "cboe").rows.row(0)
    (datetime.date(2026, 3, 9), None, None, None, 6795.99)
    """
    table = PlainCsv.read(body, where, first=("DATE",))
    columns = _price_columns(table.cells.columns, symbol, where)
    days = table.dates("DATE")
    wrong = pl.DataFrame([table.unreadable(column).alias(column) for column in columns.values()])
    rules = pl.DataFrame({"date": days, "number": wrong.fold(lambda a, b: a | b)}).select(
        pl.concat_str(
            pl.when(pl.col("date").is_null()).then(pl.lit(UNREADABLE_DATE)),
            pl.when("number").then(pl.lit(UNREADABLE_NUMBER)),
            separator=",",
            ignore_nulls=True,
        )
    )
    read = pl.DataFrame(
        [days.alias("date"), *(table.numbers(columns[n]).alias(n) for n in columns)]
    )
    sound = rules.to_series() == ""
    rows = read.filter(sound).select(
        "date",
        *(
            pl.col(name) if name in columns else pl.lit(None, dtype=pl.Float64).alias(name)
            for name in _PRICES
        ),
    )
    if rows.is_empty():
        raise BadPayload(f"{where}: the file has no row that can be read", where=where)
    refused = table.refusals(rules.to_series(), symbol, days)
    return History(rows.sort("date", maintain_order=True), refused)


def _price_columns(names: list[str], symbol: str, where: str) -> dict[str, str]:
    found = {name: name.upper() for name in _PRICES if name.upper() in names}
    if "close" in found:
        return found
    values = [name for name in names if name != "DATE"]
    single = symbol.upper() if symbol.upper() in values else values[0] if len(values) == 1 else ""
    if not single:
        raise BadPayload(
            f"{where}: the file has neither CLOSE nor {symbol.upper()}, only {', '.join(values)}",
            where=where,
        )
    return {"close": single}
