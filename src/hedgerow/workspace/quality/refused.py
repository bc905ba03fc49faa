"""Bars in the quarantine, put back to the series they were meant for."""

from __future__ import annotations

import polars as pl

from hedgerow.domain.schemas import BARS
from hedgerow.lake.quality import SERIES, STALE_RUN

_KEYS = list(SERIES)
_TEXTS = ("timeframe", "instrument_id", "adjustment")
_NUMBERS = ("open", "high", "low", "close", "volume")


def refused_bars(quarantine: pl.DataFrame) -> pl.DataFrame:
    """Refused rows of bars with what their payload says of the series.

    Parameters
    ----------
    quarantine
        Rows of the table ``quarantine``.

    Returns
    -------
    pl.DataFrame
        ``source, timeframe, instrument_id, adjustment, symbol, rules, timestamp, payload``;
        texts are empty where the row could not be read that far.
    """
    meant = quarantine.filter(pl.col("table") == BARS.name)
    told = [
        pl.col("payload").str.json_path_match(f"$.{name}").fill_null("").alias(name)
        for name in _TEXTS
    ]
    return meant.select(
        "source", *told, pl.col("symbol").fill_null(""), "rules", "timestamp", "payload"
    )


def by_rule(refused: pl.DataFrame) -> pl.DataFrame:
    """Refused rows by series: ``refused`` and ``refused_by_rule``, the most frequent first.

    ``refused_by_rule`` reads ``missing_close 3, ohlc_order 2``; a row that failed two rules
    counts under both.
    """
    series = [*_KEYS, "symbol"]
    totals = refused.group_by(series).agg(refused=pl.len().cast(pl.Int64))
    rules = (
        refused.with_columns(pl.col("rules").str.split(","))
        .explode("rules")
        .group_by(*series, "rules")
        .agg(_rows=pl.len())
        .sort("_rows", "rules", descending=[True, False])
        .group_by(series, maintain_order=True)
        .agg(refused_by_rule=pl.format("{} {}", "rules", "_rows").str.join(", "))
    )
    return totals.join(rules, on=series)


def stale_ones(refused: pl.DataFrame) -> pl.DataFrame:
    """The bars that only ``stale_run`` refused, with their prices and volume."""
    alone = refused.filter(pl.col("rules") == STALE_RUN.name)
    prices = pl.Struct({name: pl.Float64() for name in _NUMBERS})
    return alone.with_columns(pl.col("payload").str.json_decode(prices)).unnest("payload")
