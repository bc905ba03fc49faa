"""Daily bars of one instrument: what every vendor of them adds to the prices it read."""

from __future__ import annotations

import datetime as dt

import polars as pl

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.clock import stamp
from hedgerow.domain.instrument import Instrument


def daily_bars(
    rows: pl.DataFrame,
    instrument: Instrument,
    source: str,
    *,
    now: dt.datetime,
    adjustment: Adjustment = Adjustment.RAW,
) -> pl.DataFrame:
    """Prices by date as rows for ``bars``.

    Parameters
    ----------
    rows
        ``date`` (Date) and any of ``open, high, low, close, volume, vwap, trade_count``, in the
        instrument's currency.
    instrument
        Whose they are; its calendar and publication delay say from when they were known.
    source
        Name of the vendor.
    now
        The present: a session that goes on has no bar yet, and what is not known is left out.
    adjustment
        How the prices were sent.

    Returns
    -------
    pl.DataFrame
        In the order given. On a day without a session ``available_at`` is null, for the
        lake's gate to name.

    Examples
    --------
    >>> rows = pl.DataFrame({"date": [dt.date(2024, 1, 2)], "close": [50.5]})
    >>> late, early = (dt.datetime(2024, 1, 2, hour, tzinfo=dt.UTC) for hour in (22, 20))
    >>> daily_bars(rows, Instrument.of("ZQX"), "me", now=late)["available_at"].item().hour
    21
    >>> daily_bars(rows, Instrument.of("ZQX"), "me", now=early).height
    0
    """
    labelled = rows.lazy().with_columns(
        timestamp=pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        source=pl.lit(source),
        timeframe=pl.lit("1d"),
        instrument_id=pl.lit(instrument.instrument_id),
        symbol=pl.lit(instrument.symbol),
        adjustment=pl.lit(str(adjustment)),
        currency=pl.lit(instrument.currency),
    )
    stamped = stamp(
        labelled, "1d", calendar=instrument.exchange, delay=instrument.publication_delay
    ).collect()
    known = pl.col("available_at").fill_null(pl.col("timestamp")) <= now
    return stamped.filter(known)
