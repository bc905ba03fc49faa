"""Bars that cannot be analysed: named, so that one bad symbol does not stop the others."""

from __future__ import annotations

import polars as pl

from hedgerow.pipelines.analysis.summary import SymbolFailure

_USABLE = pl.col("close").is_finite() & (pl.col("close") > 0)


def unusable(bars: pl.DataFrame) -> list[SymbolFailure]:
    """Symbols whose bars have a fault, with the first one.

    Parameters
    ----------
    bars
        ``symbol, instrument_id, timestamp, close``, sorted by instrument and time.

    Returns
    -------
    list[SymbolFailure]
        One a symbol with a close that is missing, not finite or not positive, or with the same
        bar twice.

    Examples
    --------
    >>> import datetime as dt
    >>> bars = pl.DataFrame({
    ...     "symbol": "X", "instrument_id": "X", "close": [1.0, -1.0],
    ...     "timestamp": [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 3)],
    ... })
    >>> unusable(bars)[0].reason
    'close -1.0 of the bar 2024-01-03 00:00 is not a price'
    """
    faults = bars.lazy().with_columns(
        _price=~_USABLE.fill_null(False),
        _twice=(pl.col("instrument_id") == pl.col("instrument_id").shift(1))
        & (pl.col("timestamp") == pl.col("timestamp").shift(1)),
    )
    first = (
        faults.filter(pl.col("_price") | pl.col("_twice").fill_null(False))
        .unique("symbol", keep="first", maintain_order=True)
        .select("symbol", "timestamp", "close", "_price")
        .collect()
    )
    return [SymbolFailure(symbol, _reason(*fault)) for symbol, *fault in first.rows()]


def _reason(timestamp: object, close: float | None, bad_price: bool) -> str:  # noqa: FBT001
    moment = f"{timestamp:%Y-%m-%d %H:%M}"
    if bad_price:
        return f"close {close} of the bar {moment} is not a price"
    return f"the bar {moment} is there twice"
