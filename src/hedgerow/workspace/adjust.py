"""Restates prices for splits and dividends.

For a bar of session *s*, every price is multiplied by the product of the factors of all actions
with an ex-date after *s*: ``1 / ratio`` for a split, ``C / (C + D)`` for a dividend of *D* on
the close *C* of its ex-date. Volumes are divided by the split factors.
"""

from __future__ import annotations

import polars as pl

from hedgerow.domain import Adjust, Adjustment
from hedgerow.domain.market import PRICES

_BY = "instrument_id"


def price_factors(
    bars: pl.LazyFrame,
    all_bars: pl.LazyFrame,
    splits: pl.DataFrame,
    dividends: pl.DataFrame,
    adjust: Adjust,
) -> pl.LazyFrame:
    """Bars with what their prices and volumes are to be multiplied by.

    Parameters
    ----------
    bars
        Sorted by instrument and time.
    all_bars
        The same series with the bars that come after, sorted likewise: a later dividend needs
        the close of its ex-date.
    splits
        ``instrument_id, ex_date, ratio``: the splits known.
    dividends
        ``instrument_id, ex_date, amount``: the dividends known, per share of the ex-date.
    adjust
        What to restate for.

    Returns
    -------
    pl.LazyFrame
        The bars with ``_price_factor`` and ``_split_factor``, both 1.0 where nothing is to
        be done, as for bars that their vendor has adjusted.
    """
    events = _split_events(splits)
    if adjust is Adjust.TOTAL:
        events = pl.concat([events, _dividend_events(all_bars, dividends)])
    if adjust is Adjust.NONE or events.is_empty():
        return bars.with_columns(_price_factor=pl.lit(1.0), _split_factor=pl.lit(1.0))
    later = (
        events.group_by(_BY, "ex_date")
        .agg(pl.col("price").product(), pl.col("split").product())
        .sort(_BY, "ex_date")
        .with_columns(
            pl.col("price", "split").cum_prod(reverse=True).over(_BY).name.prefix("_after_")
        )
        .select(_BY, "ex_date", "_after_price", "_after_split")
    )
    raw = pl.col("adjustment") == Adjustment.RAW
    return (
        bars.join_asof(
            later.lazy(),
            left_on="session",
            right_on="ex_date",
            by=_BY,
            strategy="forward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .with_columns(
            _price_factor=pl.when(raw).then("_after_price").fill_null(1.0),
            _split_factor=pl.when(raw).then("_after_split").fill_null(1.0),
        )
        .drop("_after_price", "_after_split", "ex_date", strict=False)
    )


def adjusted(bars: pl.LazyFrame) -> pl.LazyFrame:
    """Bars with prices and volume restated by their factors, which are dropped."""
    prices = pl.col(*PRICES, "vwap") * pl.col("_price_factor")
    volume = pl.col("volume") / pl.col("_split_factor")
    return bars.with_columns(prices, volume).drop("_price_factor", "_split_factor")


def event_columns(
    bars: pl.LazyFrame, splits: pl.DataFrame, dividends: pl.DataFrame
) -> pl.LazyFrame:
    """Bars with the actions that take effect on them.

    Returns
    -------
    pl.LazyFrame
        The bars with ``split_ratio`` (1.0 on most) and ``dividend`` (cash per share of that
        bar's basis, 0.0 on most), each on the first bar at or after its ex-date. Bars that
        their vendor has adjusted carry no events.
    """
    bars = _on_first_bar(bars, splits.rename({"ratio": "split_ratio"}), "split_ratio")
    bars = _on_first_bar(bars, dividends.rename({"amount": "dividend"}), "dividend")
    raw = pl.col("adjustment") == Adjustment.RAW
    return bars.with_columns(
        split_ratio=pl.when(raw).then("split_ratio").fill_null(1.0),
        dividend=pl.when(raw).then("dividend").fill_null(0.0),
    )


def _split_events(splits: pl.DataFrame) -> pl.DataFrame:
    return splits.select(_BY, "ex_date", price=1.0 / pl.col("ratio"), split=1.0 / pl.col("ratio"))


def _dividend_events(bars: pl.LazyFrame, dividends: pl.DataFrame) -> pl.DataFrame:
    closes = bars.group_by(_BY, "session").agg(pl.col("close").last()).sort(_BY, "session")
    priced = (
        dividends.lazy()
        .sort(_BY, "ex_date")
        .join_asof(
            closes,
            left_on="ex_date",
            right_on="session",
            by=_BY,
            strategy="forward",
            check_sortedness=False,
        )
        .filter(pl.col("close").is_not_null())
    )
    factor = pl.col("close") / (pl.col("close") + pl.col("amount"))
    return priced.select(_BY, "ex_date", price=factor, split=pl.lit(1.0)).collect()


def _on_first_bar(bars: pl.LazyFrame, events: pl.DataFrame, column: str) -> pl.LazyFrame:
    if events.is_empty():
        return bars.with_columns(pl.lit(None, dtype=pl.Float64).alias(column))
    starts = bars.select(_BY, "session", "timestamp")
    first = bars.group_by(_BY).agg(_first=pl.col("session").min())
    landed = (
        events.lazy()
        .sort(_BY, "ex_date")
        .join_asof(
            starts,
            left_on="ex_date",
            right_on="session",
            by=_BY,
            strategy="forward",
            check_sortedness=False,
        )
        .join(first, on=_BY)
        # What went ex before the series begins is in its first price already.
        .filter(pl.col("timestamp").is_not_null(), pl.col("ex_date") >= pl.col("_first"))
        .group_by(_BY, "timestamp")
        .agg(pl.col(column).product() if column == "split_ratio" else pl.col(column).sum())
    )
    return bars.join(landed, on=[_BY, "timestamp"], how="left", maintain_order="left")
