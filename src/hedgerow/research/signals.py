"""The signals worth keeping: those that change a strategy's mind."""

from __future__ import annotations

import polars as pl


def changed_signals(decisions: pl.DataFrame) -> pl.DataFrame:
    """Signals that change a strategy's mind: buys and sells unlike the one before.

    Returns
    -------
    pl.DataFrame
        ``instrument_id, timestamp, symbol, available_at, signal``, sorted by instrument and
        time.
    """
    opinions = decisions.filter(pl.col("signal").is_in([-1, 1]))
    before = pl.col("signal").shift(1).over("instrument_id")
    return opinions.filter(pl.col("signal").ne_missing(before)).select(
        "instrument_id", "timestamp", "symbol", "available_at", "signal"
    )
