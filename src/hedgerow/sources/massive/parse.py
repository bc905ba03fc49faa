"""Pages of price bars: bytes into frames."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from hedgerow.domain.calendar import FIRST_SESSION_BOUND, LAST_SESSION_BOUND
from hedgerow.errors import BadPayload
from hedgerow.sources.base import no_refusals
from hedgerow.sources.massive.envelope import Envelope, open_envelope

# Vendor's letter: our name. All are read as doubles, for a count may be written 12.0.
_NUMBERS = {
    "o": "open",
    "h": "high",
    "l": "low",
    "c": "close",
    "v": "volume",
    "vw": "vwap",
    "n": "trade_count",
}
_SENT: dict[str, pl.DataType] = {
    "t": pl.Int64(),
    **dict.fromkeys(_NUMBERS, pl.Float64()),
}
_MIDNIGHT = dt.time(tzinfo=dt.UTC)
_FIRST_MS, _LAST_MS = (
    int(dt.datetime.combine(day, _MIDNIGHT).timestamp() * 1000)
    for day in (FIRST_SESSION_BOUND, LAST_SESSION_BOUND)
)


@dataclass(frozen=True)
class BarsPage:
    """One answer with bars.

    Parameters
    ----------
    envelope
        What surrounds them.
    frame
        ``ticker`` (grouped answers only), ``t`` (milliseconds), ``open, high, low, close,
        volume, vwap`` (Float64), ``trade_count`` (Int64), in the order sent; null where a bar
        lacks a value.
    refused
        Rows that could not be read.
    """

    envelope: Envelope
    frame: pl.DataFrame
    refused: pl.DataFrame


def read_bars(body: bytes, where: str, *, grouped: bool = False) -> BarsPage:
    """Bars of one answer.

    Parameters
    ----------
    body
        The answer.
    where
        Vendor and path, for messages.
    grouped
        Whether each bar names its ticker, as one day of the whole market does.

    Raises
    ------
    BadPayload
        It is not the JSON of a page of bars, or holds fewer bars than it says.

    Examples
    --------
    >>> page = read_bars(b'{"results":[{"t":1773028800000,"c":50.7,"v":3.5}]}', "example")
    >>> page.frame.select("t", "close", "volume", "vwap").row(0)
    (1773028800000, 50.7, 3.5, None)
    """
    envelope = open_envelope(body)
    if envelope is None:
        raise BadPayload(f"{where}: the answer is not an object of JSON", where=where)
    schema = {"T": pl.String(), **_SENT} if grouped else _SENT
    read = _read_lines(envelope.array, schema)
    frame, refused = read or _read_rows(envelope.rows(where), schema)
    _check_count(envelope, frame.height + refused.height, where)
    usable = pl.col("t").is_between(_FIRST_MS, _LAST_MS)
    if grouped:
        usable &= pl.col("T").is_not_null()
    if not frame.select(usable.all()).item():
        refused = pl.concat([refused, _misplaced(frame.filter(~usable.fill_null(False)))])
        frame = frame.filter(usable)
    named = frame.rename({**_NUMBERS, "T": "ticker"}, strict=False)
    whole = named.with_columns(pl.col("trade_count").cast(pl.Int64, strict=False))
    return BarsPage(envelope, whole, refused)


def _read_lines(
    array: bytes | None, schema: dict[str, pl.DataType]
) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Bars of a compact array, one line each, read by all cores; None where that cannot be.

    Any value of another type makes the reader give up, so nothing is taken for null here that
    was something else.
    """
    if array is None or len(array) <= 2:
        return None
    lines = array[1:-1].replace(b"},{", b"}\n{")
    try:
        frame = pl.read_ndjson(io.BytesIO(lines), schema=schema)
    except pl.exceptions.PolarsError:
        return None
    return None if frame["t"].null_count() else (frame, no_refusals())


def _read_rows(
    rows: Iterable[dict[str, Any]], schema: dict[str, pl.DataType]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bars of any JSON, one by one; what is not a number is refused with its row."""
    read: list[list[Any]] = []
    refused: list[dict[str, Any]] = []
    for row in rows:
        rule = _fault(row)
        if rule:
            ticker = row.get("T")
            payload = json.dumps(row)
            refused.append(
                {
                    "rules": rule,
                    "symbol": ticker if isinstance(ticker, str) else None,
                    "payload": payload,
                }
            )
        else:
            read.append([_value(row.get(name)) for name in schema])
    frame = pl.DataFrame(read, schema=schema, orient="row")
    return frame, pl.DataFrame(refused, schema=no_refusals().schema)


def _fault(row: dict[str, Any]) -> str:
    start: Any = row.get("t")
    if not _is_number(start) or start != math.floor(start):
        return "unreadable_date"
    if not all(row.get(name) is None or _is_number(row[name]) for name in _NUMBERS):
        return "unreadable_number"
    return "" if isinstance(row.get("T", ""), str) else "missing_symbol"


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and abs(value) < 2**62


def _value(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _misplaced(rows: pl.DataFrame) -> pl.DataFrame:
    rule = pl.when(pl.col("t").is_between(_FIRST_MS, _LAST_MS)).then(pl.lit("missing_symbol"))
    return rows.select(
        rules=rule.otherwise(pl.lit("beyond_sessions")),
        symbol=pl.col("T") if "T" in rows.columns else pl.lit(None, pl.String),
        timestamp=pl.lit(None, no_refusals().schema["timestamp"]),
        payload=pl.struct(pl.all()).struct.json_encode(),
    )


def _check_count(envelope: Envelope, found: int, where: str) -> None:
    said = envelope.facts.get("resultsCount")
    if isinstance(said, int) and found < said:
        raise BadPayload(
            f"{where}: the answer says {said} bars and holds {found}", where=where, said=said
        )
