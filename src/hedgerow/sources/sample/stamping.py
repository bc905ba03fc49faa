"""The clock columns of the sample's daily bars."""

from __future__ import annotations

import polars as pl

from hedgerow.domain.clock import PUBLICATION_DELAY, stamp


def stamped(prices: pl.DataFrame, source: str, *, adjustment: pl.Expr) -> pl.DataFrame:
    """Daily bars with their label, session and availability.

    Parameters
    ----------
    prices
        ``instrument_id, symbol, date, close, …``.
    source
        Name for the ``source`` column.
    adjustment
        Value of the ``adjustment`` column.

    Returns
    -------
    pl.DataFrame
        Sorted by instrument and date. ``available_at`` is the session's close, later by the
        publication delay of a series that has one; null on a day without a session.
    """
    label = pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    labelled = prices.lazy().select(
        pl.all().exclude("date", "adj_close"),
        timestamp=label,
        source=pl.lit(source),
        timeframe=pl.lit("1d"),
        adjustment=adjustment,
    )
    late = pl.col("symbol").is_in(list(PUBLICATION_DELAY))
    groups = [stamp(labelled.filter(~late), "1d")]
    groups += [
        stamp(labelled.filter(pl.col("symbol") == symbol), "1d", delay=delay)
        for symbol, delay in PUBLICATION_DELAY.items()
    ]
    return pl.concat(groups).sort("instrument_id", "timestamp").collect()
