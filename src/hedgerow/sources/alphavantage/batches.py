"""Parsed rows into batches for the lake's tables."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.calendar import sessions, time_zone
from hedgerow.domain.clock import stamp
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import BARS, DIVIDENDS, SPLITS
from hedgerow.sources.alphavantage.parse import Parsed
from hedgerow.sources.alphavantage.symbols import VENDOR
from hedgerow.sources.alphavantage.window import completed
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.vendor import BarsRequest

_PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Unit:
    """What prices are quoted in.

    Parameters
    ----------
    currency
        ISO 4217 code.
    factor
        What a quoted price is multiplied by to be in it.
    """

    currency: str
    factor: float


def bar_batch(days: Parsed, request: BarsRequest, unit: Unit, now: dt.datetime) -> SourceBatch:
    """Bars of the sessions asked for that have closed, oldest first."""
    instrument = request.instrument
    rows = days.frame.filter(pl.col("date").is_between(request.start, request.end))
    labelled = rows.lazy().select(
        pl.col(*_PRICES) * unit.factor,
        "volume",
        timestamp=pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        **_identity(instrument),
        source=pl.lit(VENDOR),
        timeframe=pl.lit(request.timeframe.code),
        adjustment=pl.lit(str(Adjustment.RAW)),
        currency=pl.lit(unit.currency),
    )
    stamped = stamp(
        labelled,
        request.timeframe,
        calendar=instrument.exchange,
        delay=instrument.publication_delay,
    )
    kept = stamped.filter(completed(now, instrument.exchange)).sort("timestamp").collect()
    return SourceBatch.of(
        BARS, kept, refused=_refused(days, instrument, request.start, request.end)
    )


def split_batch(
    splits: Parsed, instrument: Instrument, start: dt.date, end: dt.date
) -> SourceBatch:
    """Splits of a span, known when the session of their date opens."""
    rows = splits.frame.filter(pl.col("date").is_between(start, end)).rename({"date": "ex_date"})
    named = rows.with_columns(
        available_at=_opening(rows["ex_date"], instrument),
        source=pl.lit(VENDOR),
        **_identity(instrument),
    )
    return SourceBatch.of(SPLITS, named, refused=_refused(splits, instrument, start, end))


def dividend_batch(
    dividends: Parsed, instrument: Instrument, unit: Unit, start: dt.date, end: dt.date
) -> SourceBatch:
    """Dividends of a span.

    One is known when the day of its announcement has ended where it is listed; without that day
    when the session of its date opens, and never later.
    """
    rows = dividends.frame.filter(pl.col("date").is_between(start, end)).rename({"date": "ex_date"})
    declared = (
        rows["declared_date"]
        if "declared_date" in rows.columns
        else pl.Series("declared_date", [None] * rows.height, dtype=pl.Date)
    )
    named = rows.with_columns(
        declared,
        pl.col("amount") * unit.factor,
        opening=_opening(rows["ex_date"], instrument),
        announced=_midnight(pl.lit(declared).dt.offset_by("1d"), instrument),
        currency=pl.lit(unit.currency),
        kind=pl.lit("cash"),
        source=pl.lit(VENDOR),
        **_identity(instrument),
    ).with_columns(available_at=pl.min_horizontal("opening", "announced"))
    return SourceBatch.of(DIVIDENDS, named, refused=_refused(dividends, instrument, start, end))


def _identity(instrument: Instrument) -> dict[str, pl.Expr]:
    return {
        "instrument_id": pl.lit(instrument.instrument_id),
        "symbol": pl.lit(instrument.symbol),
    }


def _opening(days: pl.Series, instrument: Instrument) -> pl.Series:
    """Opening of the session on each day; on a day without one, the day's beginning."""
    opens = sessions(instrument.exchange).select(ex_date="session", opening="open")
    joined = days.to_frame("ex_date").join(opens, on="ex_date", how="left", maintain_order="left")
    return joined.select(
        pl.coalesce("opening", _midnight(pl.col("ex_date"), instrument))
    ).to_series()


def _midnight(day: pl.Expr, instrument: Instrument) -> pl.Expr:
    """Beginning of a day where an instrument is listed, in UTC."""
    local = day.cast(pl.Datetime("us")).dt.replace_time_zone(
        time_zone(instrument.exchange), ambiguous="earliest", non_existent="null"
    )
    return local.dt.convert_time_zone("UTC")


def _refused(parsed: Parsed, instrument: Instrument, start: dt.date, end: dt.date) -> pl.DataFrame:
    """Refused rows of a span, and those without a date, under our symbol."""
    within = pl.col("timestamp").dt.date().is_between(start, end)
    named = parsed.refused.with_columns(symbol=pl.lit(instrument.symbol))
    return named.filter(pl.col("timestamp").is_null() | within)
