"""Bars that cannot be analysed: named, so that one bad symbol does not stop the others."""

from __future__ import annotations

import datetime as dt

import polars as pl

_PRICED = pl.col("close").is_finite() & (pl.col("close") > 0)


def unusable(bars: pl.DataFrame) -> dict[str, str]:
    """Instruments whose bars have a fault, with the first one.

    Parameters
    ----------
    bars
        ``instrument_id, timestamp, close``, sorted by instrument and time.

    Returns
    -------
    dict[str, str]
        Reason by instrument, for those with a close that is missing, not finite or not
        positive, with a bar without a timestamp, or with the same bar twice.

    Examples
    --------
    >>> bars = pl.DataFrame({
    ...     "instrument_id": "X", "close": [1.0, -1.0],
    ...     "timestamp": [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 3)],
    ... })
    >>> unusable(bars)
    {'X': 'close -1.0 of the bar 2024-01-03 00:00 is not a price'}
    """
    same = (pl.col(name) == pl.col(name).shift(1) for name in ("instrument_id", "timestamp"))
    faults = bars.lazy().with_columns(
        _fault=pl.when(~_PRICED.fill_null(value=False))
        .then(pl.lit("price"))
        .when(pl.col("timestamp").is_null())
        .then(pl.lit("time"))
        .when(pl.all_horizontal(same))
        .then(pl.lit("twice"))
    )
    first = (
        faults.filter(pl.col("_fault").is_not_null())
        .unique("instrument_id", keep="first", maintain_order=True)
        .select("instrument_id", "_fault", "timestamp", "close")
        .collect(engine="in-memory")
    )
    return {instrument: _reason(*fault) for instrument, *fault in first.rows()}


def _reason(fault: str, timestamp: dt.datetime | None, close: float | None) -> str:
    moment = f"{timestamp:%Y-%m-%d %H:%M}" if timestamp else "without a timestamp"
    if fault == "price":
        return f"close {close} of the bar {moment} is not a price"
    return f"the bar {moment} is there twice" if fault == "twice" else f"a bar is {moment}"
