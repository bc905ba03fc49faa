"""Rows of Massive's corporate actions, read into the lake's tables.

Both generations of endpoints write the same fields but for one: the old dividends have a
``dividend_type``, the new ones a ``distribution_type``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from hedgerow.domain.calendar import sessions
from hedgerow.domain.currency import ACTIVE_CODES, MINOR_UNITS
from hedgerow.domain.schemas import DIVIDENDS, SPLITS
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.massive.client import VENDOR

# Not paid every quarter: specials and distributed gains of funds, long and short term.
_SPECIAL = frozenset({"SC", "LT", "ST", "special", "supplemental"})

_TEXTS = (
    "id",
    "ticker",
    "currency",
    "dividend_type",
    "distribution_type",
    "declaration_date",
    "record_date",
    "pay_date",
    "execution_date",
    "ex_dividend_date",
)
_NUMBERS = ("cash_amount", "split_from", "split_to")
_DATES = ("declaration_date", "record_date", "pay_date")

# What makes two rows the same event told twice; Massive's own id first, where it has one.
_SPLIT_FACTS = ("instrument_id", "ex_date", "split_from", "split_to")
_DIVIDEND_FACTS = ("instrument_id", "ex_date", "kind_sent", "cash_amount", "currency", "pay_date")


def read_actions(rows: list[dict[str, Any]], date: str, owners: pl.DataFrame) -> pl.DataFrame:
    """Rows of the known tickers, with what could be read of them.

    Parameters
    ----------
    rows
        As sent.
    date
        Name of the field with the ex-date.
    owners
        ``ticker, instrument_id``; rows of other tickers are left out.

    Returns
    -------
    pl.DataFrame
        ``ex_date``, ``instrument_id``, the fields (null where absent or of another type)
        and ``payload``, the row as JSON.
    """
    known = set(owners["ticker"])
    ours = [row for row in rows if row.get("ticker") in known]
    columns: dict[str, list[object]] = {
        **{name: [_text(row.get(name)) for row in ours] for name in _TEXTS},
        **{name: [_number(row.get(name)) for row in ours] for name in _NUMBERS},
        "payload": [json.dumps(row) for row in ours],
    }
    schema = {**dict.fromkeys(_TEXTS, pl.String), **dict.fromkeys(_NUMBERS, pl.Float64)}
    frame = pl.DataFrame(columns, schema={**schema, "payload": pl.String})
    return frame.with_columns(
        pl.col(*_DATES).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
        ex_date=pl.col(date).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
    ).join(owners, on="ticker", how="left", maintain_order="left")


def splits_batch(actions: pl.DataFrame, calendars: Mapping[str, str]) -> SourceBatch:
    """Splits, one row a day and instrument.

    Two different splits of one day, such as a consolidation and a division that cash out small
    holders, are one by their product. Rows without a date or with a count that is not positive
    are refused.
    """
    counted = (pl.col("split_from") > 0) & (pl.col("split_to") > 0)
    rule = (
        pl.when(pl.col("ex_date").is_null())
        .then(pl.lit("unreadable_date"))
        .when(~counted.fill_null(False))
        .then(pl.lit("unreadable_number"))
    )
    good, refused = _sorted_out(actions, rule)
    events = _told_once(good, _SPLIT_FACTS).with_columns(
        ratio=pl.col("split_to") / pl.col("split_from")
    )
    rows = events.group_by("instrument_id", "ex_date", maintain_order=True).agg(
        pl.col("ticker").first().alias("symbol"), pl.col("ratio").product()
    )
    return SourceBatch.of(SPLITS, _finished(rows, calendars), refused=refused)


def dividends_batch(actions: pl.DataFrame, calendars: Mapping[str, str]) -> SourceBatch:
    """Cash dividends, one row a day, instrument and kind.

    Several payments of one kind on one day are one by their sum, dated by the first. Rows
    without a date, without an amount, in no known currency or in two currencies are refused.
    """
    kind_sent = pl.coalesce("distribution_type", "dividend_type", pl.lit(""))
    units = {code: (code, 1.0) for code in ACTIVE_CODES} | MINOR_UNITS
    sent = pl.col("currency").fill_null("USD")
    unit = pl.when(sent.is_in(list(MINOR_UNITS))).then(sent).otherwise(sent.str.to_uppercase())
    money = actions.with_columns(
        kind_sent=kind_sent,
        kind=pl.when(kind_sent.is_in(list(_SPECIAL)))
        .then(pl.lit("special"))
        .otherwise(pl.lit("cash")),
        currency=unit.replace_strict({c: major for c, (major, _) in units.items()}, default=None),
        factor=unit.replace_strict(
            {c: factor for c, (_, factor) in units.items()}, default=None, return_dtype=pl.Float64
        ),
    )
    key = ("instrument_id", "ex_date", "kind")
    mixed = pl.col("currency").n_unique().over(key) > 1
    rule = (
        pl.when(pl.col("ex_date").is_null())
        .then(pl.lit("unreadable_date"))
        .when(pl.col("cash_amount").is_null())
        .then(pl.lit("unreadable_number"))
        .when(pl.col("currency").is_null() | mixed)
        .then(pl.lit("unclear_currency"))
    )
    good, refused = _sorted_out(money, rule)
    rows = (
        _told_once(good, _DIVIDEND_FACTS)
        .group_by(*key, maintain_order=True)
        .agg(
            pl.col("ticker").first().alias("symbol"),
            (pl.col("cash_amount") * pl.col("factor")).sum().alias("amount"),
            pl.col("currency").first(),
            pl.col("declaration_date").drop_nulls().first().alias("declared_date"),
            pl.col("record_date", "pay_date").drop_nulls().first(),
        )
    )
    return SourceBatch.of(DIVIDENDS, _finished(rows, calendars), refused=refused)


def _sorted_out(rows: pl.DataFrame, rule: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    judged = rows.with_columns(rules=rule.cast(pl.String))
    refused = judged.filter(pl.col("rules").is_not_null()).select(
        "rules",
        symbol="ticker",
        timestamp=pl.col("ex_date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        payload="payload",
    )
    return judged.filter(pl.col("rules").is_null()).drop("rules"), refused


def _told_once(rows: pl.DataFrame, facts: tuple[str, ...]) -> pl.DataFrame:
    """Rows without those that tell an event again, under the same id or with the same facts."""
    ordered = rows.sort("instrument_id", "ex_date", maintain_order=True)
    named = pl.coalesce("id", pl.int_range(pl.len()).cast(pl.String))
    by_id = ordered.with_columns(_id=named).unique("_id", keep="last", maintain_order=True)
    return by_id.unique(list(facts), keep="last", maintain_order=True).drop("_id")


def _finished(rows: pl.DataFrame, calendars: Mapping[str, str]) -> pl.DataFrame:
    """Rows with their source, known from the opening of their day's session or of the next.

    At the opening of the ex-date trading itself shows the new basis, and no earlier bar is on
    it; an announcement before that changes no price yet.
    """
    exchange = pl.col("instrument_id").replace_strict(calendars, return_dtype=pl.String)
    parts = [
        part.sort("ex_date")
        .join_asof(
            sessions(calendar).select(ex_date="session", available_at="open"),
            on="ex_date",
            strategy="forward",
        )
        .drop("exchange")
        for (calendar,), part in rows.with_columns(exchange=exchange).group_by(
            "exchange", maintain_order=True
        )
    ]
    timed = (
        pl.concat(parts)
        if parts
        else rows.with_columns(available_at=pl.lit(None, pl.Datetime("us", "UTC")))
    )
    return timed.sort("instrument_id", "ex_date").with_columns(source=pl.lit(VENDOR))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
