"""Rules that a single bar can fail by itself."""

from __future__ import annotations

import polars as pl

from hedgerow.domain.schemas import BARS
from hedgerow.lake.quality._rule import RowRule
from hedgerow.lake.quality._schema import schema_rules

PRICES = ("open", "high", "low", "close", "vwap")


def _known(name: str) -> pl.Expr:
    # NaN compares as the largest number; not_finite names it, so it is nothing here.
    return pl.col(name).fill_nan(None)


def _any(*fails: pl.Expr) -> pl.Expr:
    return pl.any_horizontal(fail.fill_null(False) for fail in fails)


OHLC_ORDER = RowRule(
    "ohlc_order",
    "high is below, or low above, another price of the bar",
    _any(
        _known("high") < pl.max_horizontal(*map(_known, ("open", "low", "close"))),
        _known("low") > pl.min_horizontal(*map(_known, ("open", "high", "close"))),
    ),
)

NON_POSITIVE_PRICE = RowRule(
    "non_positive_price",
    "a price is zero or negative",
    _any(*(_known(name) <= 0 for name in PRICES)),
)

MISSING_CLOSE = RowRule("missing_close", "the bar has no close", pl.col("close").is_null())

NEGATIVE_VOLUME = RowRule(
    "negative_volume",
    "volume or trade count is negative",
    _any(_known("volume") < 0, pl.col("trade_count") < 0),
)

NON_SESSION_DAY = RowRule(
    "non_session_day",
    "the exchange has no session on that day",
    pl.col("available_at").is_null(),
)

UNKNOWN_TIMEFRAME = RowRule(
    "unknown_timeframe",
    "the timeframe is not a whole number and m, h, d or w",
    ~pl.col("timeframe").str.contains(r"^[1-9]\d*[mhdw]$"),
)

# What the named rules above say in the words of the field.
_COVERED = {
    "close|nullability",
    "available_at|nullability",
    "timeframe|min_length",
    "volume|min",
    "trade_count|min",
    *(f"{name}|min_exclusive" for name in PRICES),
}

BAR_RULES: tuple[RowRule, ...] = (
    OHLC_ORDER,
    NON_POSITIVE_PRICE,
    MISSING_CLOSE,
    NEGATIVE_VOLUME,
    NON_SESSION_DAY,
    UNKNOWN_TIMEFRAME,
    *schema_rules(BARS, except_for=_COVERED),
)
