"""Markets of a few numbers, for tests of features."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from hedgerow.domain.market import PRICES, Market
from hedgerow.domain.timeframe import Timeframe
from hedgerow.features import Feature, compute
from hedgerow.features.expression import FIELDS

Values = Sequence[float | None]

FIRST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
CLOSING = dt.timedelta(hours=21)


def frame(symbol: str, fields: Mapping[str, Values]) -> pl.DataFrame:
    """Daily bars of one instrument, all columns of a market, one calendar day after the other."""
    rows = len(next(iter(fields.values())))
    known = {name: list(fields.get(name, [None] * rows)) for name in FIELDS}
    days = FIRST + pl.int_range(pl.len()) * pl.duration(days=1)
    return pl.DataFrame(known, schema=dict.fromkeys(FIELDS, pl.Float64)).select(
        pl.lit(symbol).alias("instrument_id"),
        pl.lit(symbol).alias("symbol"),
        days.alias("timestamp"),
        days.dt.date().alias("session"),
        (days + CLOSING).alias("available_at"),
        pl.all(),
        *(pl.col(price).alias(f"raw_{price}") for price in PRICES),
        split_ratio=pl.lit(1.0),
    )


def market(
    fields: Mapping[str, Mapping[str, Values]],
    *,
    context: Mapping[str, pl.DataFrame] | None = None,
    tables: Mapping[str, pl.DataFrame] | None = None,
) -> Market:
    """Daily bars of some instruments, by symbol."""
    bars = pl.concat(frame(symbol, fields[symbol]) for symbol in sorted(fields))
    return of_frame(bars, context=context, tables=tables)


def of_frame(
    bars: pl.DataFrame,
    *,
    timeframe: str = "1d",
    context: Mapping[str, pl.DataFrame] | None = None,
    tables: Mapping[str, pl.DataFrame] | None = None,
) -> Market:
    """Market of complete bars."""
    series, named = dict(context or {}), dict(tables or {})
    return Market(
        bars=bars.lazy(),
        timeframe=Timeframe.parse(timeframe),
        contexts=lambda name: series[name].lazy(),
        tables=lambda name: named[name].lazy(),
    )


def values(of: Market, feature: Feature) -> list[object]:
    """Values of one feature, in the order of the bars."""
    return compute(of, {"value": feature}).collect()["value"].to_list()


def closes(*prices: float | None) -> Market:
    """Market of one instrument that has only closes."""
    return market({"ASSET": {"close": prices}})
