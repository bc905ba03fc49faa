"""Answers of Alpha Vantage into frames: bytes in, polars out."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from hedgerow.errors import BadPayload
from hedgerow.sources.base import REFUSED_COLUMNS, no_refusals

UNREADABLE_DATE = "unreadable_date"
UNREADABLE_NUMBER = "unreadable_number"

# What holds the rows of an answer. The first is how the name of a series begins.
SERIES = "Time Series"
LIST = "data"
MATCHES = "bestMatches"
TABLE = "table"

# What the vendor writes where there is no value.
NO_VALUE = ("", "-", "None", "none", "null", "NULL")

# Fields are numbered, and not always alike: volume is the fifth of a day and the sixth of an
# adjusted day. Their names stay.
_NUMBERED = re.compile(r"^\d+[.:]\s*")

_PRICES = ("open", "high", "low", "close")
_LISTING = ("symbol", "name", "exchange", "assetType", "ipoDate", "delistingDate", "status")


@dataclass(frozen=True)
class Cells:
    """Rows of an answer as text.

    Parameters
    ----------
    frame
        String columns by their bare names, such as ``adjusted_close``, rows as sent.
    facts
        What the answer says of itself, such as ``Symbol`` and ``Last_Refreshed``.
    where
        What was asked for, for messages.
    """

    frame: pl.DataFrame
    facts: Mapping[str, str] = field(default_factory=dict)
    where: str = "alphavantage"

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.frame.height

    def require(self, *names: str) -> None:
        """Refuse an answer without some columns; one without rows lacks none.

        Raises
        ------
        BadPayload
            A column is absent.
        """
        absent = [name for name in names if name not in self.frame.columns]
        if absent and self.height:
            raise BadPayload(
                f"{self.where}: the rows lack {', '.join(absent)}; they have "
                f"{', '.join(self.frame.columns)}",
                where=self.where,
            )


@dataclass(frozen=True)
class Parsed:
    """Rows that were read, and those that could not be.

    Parameters
    ----------
    frame
        Rows, sorted by date.
    refused
        Rows for the quarantine, with ``rules`` and ``payload``.
    """

    frame: pl.DataFrame
    refused: pl.DataFrame


def cells(body: bytes, where: str, held_by: str) -> Cells:
    """Rows of a time series, of a list or of a table.

    Parameters
    ----------
    body
        The answer.
    where
        What was asked for, for messages.
    held_by
        What holds the rows: ``SERIES``, an object of JSON with rows under their dates;
        ``LIST`` or ``MATCHES``, a list; or ``TABLE``, lines of CSV under a header.

    Raises
    ------
    BadPayload
        The answer has no such rows.

    Examples
    --------
    >>> body = b'{"Time Series (Daily)":{"2026-03-09":{"1. open":"50.5","5. adjusted close":"9"}}}'
    >>> cells(body, "example", SERIES).frame.row(0, named=True)
    {'timestamp': '2026-03-09', 'open': '50.5', 'adjusted_close': '9'}
    """
    if held_by == TABLE:
        return Cells(_table(body, where), where=where)
    try:
        value = json.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        raise BadPayload(f"{where}: the answer is broken JSON", where=where) from None
    if not isinstance(value, dict):
        raise BadPayload(f"{where}: the answer is not an object of JSON", where=where)
    facts = value.get("Meta Data")
    named = {
        _bare(name): text
        for name, text in (facts if isinstance(facts, dict) else {}).items()
        if isinstance(text, str)
    }
    return Cells(_rows(value, where, held_by), named, where)


def read_days(found: Cells) -> Parsed:
    r"""Daily bars, of either endpoint.

    Parameters
    ----------
    found
        Rows with ``timestamp``, ``open, high, low, close`` and ``volume``; of adjusted bars
        also ``adjusted_close``, ``dividend_amount`` and ``split_coefficient``.

    Returns
    -------
    Parsed
        ``date``; ``open, high, low, close, volume, adjusted_close`` (Float64, as traded, null
        where absent); ``dividend`` (cash a share, null where absent or nothing was paid) and
        ``ratio`` (new shares for one old, null where absent or nothing was split).

    Raises
    ------
    BadPayload
        A price column is absent.

    Examples
    --------
    >>> body = b"timestamp,open,high,low,close,volume\n2026-03-09,50,51,49,50.5,1100\n"
    >>> read_days(cells(body, "example", TABLE)).frame.row(0)[:6]
    (datetime.date(2026, 3, 9), 50.0, 51.0, 49.0, 50.5, 1100.0)
    """
    found.require("timestamp", *_PRICES, "volume")
    numbers = (*_PRICES, "volume", "adjusted_close", "dividend_amount", "split_coefficient")
    read = _read(found, {"date": "timestamp"}, numbers)
    days = read.frame.rename({"dividend_amount": "dividend", "split_coefficient": "ratio"})
    return Parsed(
        days.with_columns(
            dividend=pl.when(pl.col("dividend") != 0).then("dividend"),
            ratio=pl.when(pl.col("ratio") != 1).then("ratio"),
        ),
        read.refused,
    )


def read_splits(found: Cells) -> Parsed:
    """Splits: ``date`` (first session on the new basis), ``ratio`` (new shares for one old).

    Raises
    ------
    BadPayload
        A column is absent.
    """
    found.require("effective_date", "split_factor")
    read = _read(found, {"date": "effective_date"}, ("split_factor",))
    return Parsed(read.frame.rename({"split_factor": "ratio"}), read.refused)


def read_dividends(found: Cells) -> Parsed:
    """Dividends: ``date`` (ex), ``amount``, ``declared_date, record_date, pay_date``.

    The three further dates are null where the vendor does not know them, as before 2010.

    Raises
    ------
    BadPayload
        A column is absent.
    """
    found.require("ex_dividend_date", "amount")
    dates = {
        "date": "ex_dividend_date",
        "declared_date": "declaration_date",
        "record_date": "record_date",
        "pay_date": "payment_date",
    }
    return _read(found, dates, ("amount",))


def read_rates(found: Cells) -> Parsed:
    """Exchange rates: ``date``, ``rate`` (the day's last).

    Raises
    ------
    BadPayload
        A column is absent.
    """
    found.require("timestamp", "close")
    read = _read(found, {"date": "timestamp"}, ("close",))
    return Parsed(read.frame.rename({"close": "rate"}), read.refused)


def read_listing(found: Cells) -> Parsed:
    """Listed and delisted instruments of the United States.

    Returns
    -------
    Parsed
        ``symbol, name, exchange, kind`` (String, as sent), ``listed``, ``delisted`` (Date,
        null where unknown or still listed) and ``status``, in the order sent. A row without a
        symbol, or with a date that cannot be read, is refused.

    Raises
    ------
    BadPayload
        A column is absent.
    """
    found.require(*_LISTING)
    text = _present(_with(found.frame, _LISTING))
    rows = text.select(
        "symbol",
        pl.col("name").fill_null("").str.strip_chars(),
        pl.col("exchange").fill_null(""),
        pl.col("assetType").fill_null("").alias("kind"),
        _date("ipoDate").alias("listed"),
        _date("delistingDate").alias("delisted"),
        pl.col("status").fill_null(""),
    )
    faulty = pl.any_horizontal(
        (pl.col(sent).is_not_null() & _date(sent).is_null())
        for sent in ("ipoDate", "delistingDate")
    )
    rules = text.select(
        pl.when(pl.col("symbol").is_null())
        .then(pl.lit("missing_symbol"))
        .when(faulty)
        .then(pl.lit(UNREADABLE_DATE))
        .otherwise(pl.lit(""))
        .alias("rules")
    ).to_series()
    return Parsed(rows.filter(rules == ""), refusals(found.frame, rules, text["symbol"]))


def refusals(
    sent: pl.DataFrame,
    rules: pl.Series,
    symbol: pl.Series | str | None,
    dates: pl.Series | None = None,
) -> pl.DataFrame:
    """Rows with a rule, for the quarantine.

    Parameters
    ----------
    sent
        Rows as they came.
    rules
        For each row the names of the rules it failed; empty where none.
    symbol
        For each row, or for all, what it is about.
    dates
        For each row its date, null where unknown.
    """
    faulty = (rules != "").fill_null(False)
    if not faulty.any():
        return no_refusals()
    known = pl.lit(None, pl.Date) if dates is None else dates.alias("date")
    rows = sent.select(
        rules=rules,
        symbol=symbol if isinstance(symbol, pl.Series) else pl.lit(symbol, pl.String),
        timestamp=known.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        payload=pl.struct(pl.all()).struct.json_encode(),
    )
    return rows.filter(faulty).select(pl.col(n).cast(k) for n, k in REFUSED_COLUMNS.items())


def _read(found: Cells, dates: Mapping[str, str], numbers: Sequence[str]) -> Parsed:
    """Rows with their dates and numbers; the first date must be there."""
    text = _present(_with(found.frame, (*dates.values(), *numbers)))
    first = next(iter(dates.values()))
    no_date = pl.any_horizontal(
        _date(first).is_null(),
        *(pl.col(name).is_not_null() & _date(name).is_null() for name in dates.values()),
    )
    no_number = pl.any_horizontal(
        pl.col(name).is_not_null() & _number(name).is_null() for name in numbers
    )
    read = text.select(
        *(_date(sent).alias(name) for name, sent in dates.items()),
        *(_number(name).alias(name) for name in numbers),
        rules=pl.when(no_date)
        .then(pl.lit(UNREADABLE_DATE))
        .when(no_number)
        .then(pl.lit(UNREADABLE_NUMBER))
        .otherwise(pl.lit("")),
    )
    symbol = found.facts.get("Symbol")
    refused = refusals(found.frame, read["rules"], symbol, read["date"])
    kept = read.filter(pl.col("rules") == "").drop("rules")
    return Parsed(kept.sort("date", maintain_order=True), refused)


def _with(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Rows with columns that may be absent."""
    if not frame.height:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    absent = [name for name in names if name not in frame.columns]
    return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)


def _present(frame: pl.DataFrame) -> pl.DataFrame:
    stripped = frame.select(pl.all().str.strip_chars())
    return stripped.select(
        pl.when(~pl.col(name).is_in(NO_VALUE)).then(pl.col(name)) for name in stripped.columns
    )


def _date(name: str) -> pl.Expr:
    return pl.col(name).str.to_date("%Y-%m-%d", strict=False)


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Float64, strict=False)


def _rows(value: dict[str, Any], where: str, held_by: str) -> pl.DataFrame:
    if held_by == SERIES:
        days = next(
            (held for key, held in value.items() if key.startswith(SERIES)),
            None,
        )
        if isinstance(days, dict):
            return _frame(list(days.values()), where, labels=list(days))
    elif isinstance(value.get(held_by), list):
        return _frame(value[held_by], where)
    raise BadPayload(
        f"{where}: the answer holds no {held_by!r} but {', '.join(value) or 'nothing'}",
        where=where,
    )


def _frame(rows: list[Any], where: str, labels: list[str] | None = None) -> pl.DataFrame:
    if not all(isinstance(row, dict) for row in rows):
        raise BadPayload(f"{where}: a row is not an object of JSON", where=where)
    bare = {name: _bare(name) for row in rows for name in row}
    named = [{bare[name]: value for name, value in row.items()} for row in rows]
    names = list(dict.fromkeys(bare.values()))
    # Whatever is no text becomes one, and what cannot be read then is refused with its row.
    frame = pl.DataFrame(
        {name: [row.get(name) for row in named] for name in names},
        schema=dict.fromkeys(names, pl.String),
        strict=False,
    )
    return frame if labels is None else frame.insert_column(0, pl.Series("timestamp", labels))


def _table(body: bytes, where: str) -> pl.DataFrame:
    try:
        frame = pl.read_csv(io.BytesIO(body), infer_schema=False)
    except pl.exceptions.PolarsError as fault:
        line = str(fault).splitlines()[0]
        raise BadPayload(f"{where}: the table cannot be read: {line}", where=where) from None
    return frame.rename({name: _bare(name) for name in frame.columns})


def _bare(name: str) -> str:
    return _NUMBERED.sub("", name).strip().replace(" ", "_")
