"""Lists in JSON, bytes into frames: prices, splits, dividends and descriptions."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from hedgerow.errors import BadPayload
from hedgerow.sources.base import REFUSED_COLUMNS, no_refusals

UNREADABLE_DATE = "unreadable_date"
UNREADABLE_NUMBER = "unreadable_number"
UNREADABLE_RATIO = "unreadable_ratio"
FOREIGN_SYMBOL = "foreign_symbol"

# The raw and the fully adjusted endpoints both write adjClose; only `full` writes close.
_PLAIN = ("open", "high", "low", "close")
_NAMES = {
    **{name: name for name in (*_PLAIN, "volume", "vwap")},
    **{f"adj{name.capitalize()}": name for name in _PLAIN},
}
_PRICE_SCHEMA: dict[str, pl.DataType] = {
    "symbol": pl.String(),
    "date": pl.String(),
    **dict.fromkeys(_NAMES, pl.Float64()),
}
_PRICES: dict[str, pl.DataType] = {
    "date": pl.Date(),
    **dict.fromkeys((*_PLAIN, "volume", "vwap"), pl.Float64()),
}


@dataclass(frozen=True)
class Parsed:
    """Rows that could be read, and those that could not."""

    frame: pl.DataFrame
    refused: pl.DataFrame


def read_rows(body: bytes, where: str, *, exact: bool = False) -> list[dict[str, Any]]:
    """Objects of a list in JSON.

    Parameters
    ----------
    body
        The answer.
    where
        Vendor and path, for messages.
    exact
        Whether numbers are given as they are written.

    Raises
    ------
    BadPayload
        It is not such a list.

    Examples
    --------
    >>> read_rows(b'[{"eps":1.40}]', "fmp", exact=True)
    [{'eps': '1.40'}]
    """
    written = str if exact else None
    try:
        rows = json.loads(body, parse_float=written, parse_int=written, parse_constant=written)
    except (ValueError, RecursionError):
        raise BadPayload(f"{where}: the answer is not JSON", where=where) from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadPayload(f"{where}: the answer is not a list of objects", where=where)
    return rows


def read_prices(body: bytes, symbol: str, where: str) -> Parsed:
    """Daily bars of one ticker, oldest first.

    Parameters
    ----------
    body
        A list of days, in any order.
    symbol
        The vendor's ticker; rows of another are refused.
    where
        Vendor and path, for messages.

    Returns
    -------
    Parsed
        ``date, open, high, low, close, volume, vwap``; null where a row has no value. Of a
        day that comes twice the last one counts, unless they differ: then all are refused.

    Raises
    ------
    BadPayload
        It is no list of days with a close.

    Examples
    --------
    >>> read_prices(b'[{"symbol":"ZQX","date":"2026-03-09","adjClose":50.7}]', "ZQX", "fmp").frame[
    ...     "close"
    ... ].item()
    50.7
    """
    sent, refused = _quickly(body) or _slowly(read_rows(body, where), symbol)
    if sent.is_empty():
        return Parsed(pl.DataFrame(schema=_PRICES), refused)
    plain = sent["close"].null_count() < sent.height
    if not plain and sent["adjClose"].null_count() == sent.height:
        raise BadPayload(f"{where}: the answer holds no close", where=where)
    names = [name for name in _NAMES if name.startswith("adj") != plain or name in _BARE]
    named = sent.select("symbol", "date", pl.col(names).name.map(_NAMES.__getitem__))
    day = pl.col("date").str.head(10).str.to_date("%Y-%m-%d", strict=False)
    rule = (
        pl.when((pl.col("symbol") != symbol).fill_null(False))
        .then(pl.lit(FOREIGN_SYMBOL))
        .when(day.is_null())
        .then(pl.lit(UNREADABLE_DATE))
    )
    checked = named.with_columns(_rule=rule, _day=day)
    twice = _differing_days(checked)
    checked = checked.with_columns(
        _rule=pl.coalesce("_rule", pl.when(twice).then(pl.lit("differing_days")))
    )
    rows = checked.filter(pl.col("_rule").is_null()).with_columns(date="_day")
    kept = rows.unique("date", keep="last", maintain_order=True).sort("date")
    return Parsed(kept.select(*_PRICES), pl.concat([refused, _refused(checked, symbol)]))


def read_splits(body: bytes, symbol: str, where: str) -> Parsed:
    """Splits: ``ex_date`` and ``ratio``, new shares for one old one, oldest first."""

    def read(row: dict[str, Any]) -> dict[str, Any] | str:
        new, old = row.get("numerator"), row.get("denominator")
        if not (_positive(new) and _positive(old)):
            return UNREADABLE_RATIO
        return {"ex_date": row["date"], "ratio": float(new) / float(old)}  # type: ignore[arg-type]

    schema = {"ex_date": pl.String(), "ratio": pl.Float64()}
    return _actions(body, symbol, where, read, schema)


def read_dividends(body: bytes, symbol: str, where: str) -> Parsed:
    """Dividends as paid, on the basis of their day, oldest first.

    Returns
    -------
    Parsed
        ``ex_date, amount, declared_date, record_date, pay_date``; the last three null where
        the vendor has none.
    """

    def read(row: dict[str, Any]) -> dict[str, Any] | str:
        if not _positive(row.get("dividend")):
            return UNREADABLE_NUMBER
        dates = {
            name: row.get(sent) or None
            for name, sent in (
                ("declared_date", "declarationDate"),
                ("record_date", "recordDate"),
                ("pay_date", "paymentDate"),
            )
        }
        return {"ex_date": row["date"], "amount": float(row["dividend"]), **dates}

    texts = dict.fromkeys(("declared_date", "record_date", "pay_date"), pl.String())
    schema = {"ex_date": pl.String(), "amount": pl.Float64(), **texts}
    return _actions(body, symbol, where, read, schema)


def the_one(body: bytes, symbol: str, where: str) -> dict[str, Any] | None:
    """The row about a ticker among those sent; None where there is none.

    Answers are matched by ticker, for the vendor leaves out what it does not know.
    """
    return next((row for row in read_rows(body, where) if row.get("symbol") == symbol), None)


def refusals(rules: Iterable[str], rows: Iterable[dict[str, Any]], symbol: str) -> pl.DataFrame:
    """Rows of JSON for the quarantine."""
    payloads = [json.dumps(row) for row in rows]
    return pl.DataFrame(
        {
            "rules": list(rules),
            "symbol": [symbol] * len(payloads),
            "timestamp": [None] * len(payloads),
            "payload": payloads,
        },
        schema=REFUSED_COLUMNS,
    )


_BARE = frozenset({"volume", "vwap"})


def _differing_days(rows: pl.DataFrame) -> pl.Series:
    """Whether a row's day comes with other prices too."""
    values = pl.struct("open", "high", "low", "close")
    sound = pl.when(pl.col("_rule").is_null()).then(values)
    differ = sound.drop_nulls().n_unique().over("_day") > 1
    return rows.select(differ & pl.col("_rule").is_null()).to_series()


def _refused(checked: pl.DataFrame, symbol: str) -> pl.DataFrame:
    bad = checked.filter(pl.col("_rule").is_not_null())
    if bad.is_empty():
        return no_refusals()
    return bad.select(
        rules="_rule",
        symbol=pl.lit(symbol),
        timestamp=pl.col("_day").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        payload=pl.struct(pl.all().exclude("_rule", "_day")).struct.json_encode(),
    )


def _quickly(body: bytes) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Days of a list in which every value is as expected; None where one is not."""
    if b"true" in body or b"false" in body:  # the reader would take them for 1 and 0
        return None
    try:
        return pl.read_json(io.BytesIO(body), schema=_PRICE_SCHEMA), no_refusals()
    except pl.exceptions.PolarsError:
        return None


def _slowly(rows: list[dict[str, Any]], symbol: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Days of a list that holds something unexpected, one by one."""
    rules = ["" if _sound(row) else UNREADABLE_NUMBER for row in rows]
    good = [row for row, rule in zip(rows, rules, strict=True) if not rule]
    frame = pl.DataFrame(
        {name: [row.get(name) for row in good] for name in _PRICE_SCHEMA},
        schema=_PRICE_SCHEMA,
        strict=False,
    )
    bad = [row for row, rule in zip(rows, rules, strict=True) if rule]
    return frame, refusals([UNREADABLE_NUMBER] * len(bad), bad, symbol)


def _sound(row: dict[str, Any]) -> bool:
    texts = (row.get("symbol"), row.get("date"))
    return all(text is None or isinstance(text, str) for text in texts) and all(
        row.get(name) is None or _number(row[name]) for name in _NAMES
    )


def _actions(
    body: bytes,
    symbol: str,
    where: str,
    read: Callable[[dict[str, Any]], dict[str, Any] | str],
    schema: dict[str, pl.DataType],
) -> Parsed:
    good: list[dict[str, Any]] = []
    bad: list[tuple[str, dict[str, Any]]] = []
    for row in read_rows(body, where):
        value = _misplaced(row, symbol) or read(row)
        if isinstance(value, str):
            bad.append((value, row))
        else:
            good.append(value)
    frame = pl.DataFrame(good, schema=schema, strict=False).with_columns(
        pl.col(name).str.to_date("%Y-%m-%d", strict=False)
        for name in schema
        if name.endswith("_date")
    )
    refused = refusals([rule for rule, _ in bad], [row for _, row in bad], symbol)
    return Parsed(frame.unique(maintain_order=True).sort("ex_date"), refused)


def _misplaced(row: dict[str, Any], symbol: str) -> str:
    if row.get("symbol") not in (None, symbol):
        return FOREIGN_SYMBOL
    return "" if _is_day(row.get("date")) else UNREADABLE_DATE


def _is_day(value: object) -> bool:
    if not isinstance(value, str) or len(value) != len("2026-03-09"):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)


def _positive(value: object) -> bool:
    return _number(value) and value > 0  # type: ignore[operator]
