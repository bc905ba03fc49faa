"""Rows for the lake from Yahoo's charts."""

from __future__ import annotations

import datetime as dt

import polars as pl

from hedgerow.domain.calendar import sessions, time_zone
from hedgerow.domain.clock import stamp
from hedgerow.domain.currency import major_unit
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import DIVIDENDS, SPLITS
from hedgerow.domain.timeframe import Timeframe
from hedgerow.sources.base import REFUSED_COLUMNS, SourceBatch
from hedgerow.sources.vendor import BarsRequest
from hedgerow.sources.yahoo.parse import Chart
from hedgerow.sources.yahoo.prices import as_asked, cash_as_paid, one_row_a_day

_PRICES = ("open", "high", "low", "close")


def bar_rows(
    sent: pl.DataFrame, splits: pl.DataFrame, request: BarsRequest, factor: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bars as they were asked for, and rows that another one of the same bar displaces.

    Parameters
    ----------
    sent
        Rows of a chart.
    splits
        ``ex_date, new, old``, up to today.
    request
        What was asked for.
    factor
        What prices are multiplied by to be in the currency.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame]
        ``timestamp, session, available_at, open, high, low, close, volume``; and the others
        as Yahoo sent them, with their ``session``.
    """
    calendar, length = request.instrument.exchange, request.timeframe
    local = pl.col("start").dt.convert_time_zone(time_zone(calendar))
    dated = sent.with_columns(session=local.dt.date())
    if length.intraday:
        kept, twice = _in_session(dated, calendar, length), dated.clear()
        labelled = kept.unique("start", keep="last", maintain_order=True).sort("start")
        timestamp = pl.col("start")
    else:
        labelled, twice = one_row_a_day(dated)
        timestamp = pl.col("session").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    priced = as_asked(labelled, splits, request.adjustment).with_columns(
        pl.col(*_PRICES) * factor, timestamp=timestamp
    )
    delay = request.instrument.publication_delay
    stamped = stamp(priced.lazy(), length, calendar=calendar, delay=delay)
    return stamped.sort("timestamp").collect(), twice


def refused_rows(
    twice: pl.DataFrame, instrument: Instrument, first: dt.date, last: dt.date
) -> pl.DataFrame:
    """Displaced rows for the quarantine, as ``duplicate_key``."""
    return (
        twice.filter(pl.col("session").is_between(first, last))
        .select(
            rules=pl.lit("duplicate_key"),
            symbol=pl.lit(instrument.symbol),
            timestamp=pl.col("session").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
            payload=pl.struct(pl.all()).struct.json_encode(),
        )
        .select(pl.col(name).cast(kind) for name, kind in REFUSED_COLUMNS.items())
    )


def dated_splits(splits: pl.DataFrame, calendar: str) -> pl.DataFrame:
    """Splits with their date at the exchange: ``ex_date, new, old``."""
    return _dated(splits, calendar).select("ex_date", "new", "old")


def split_batch(
    splits: pl.DataFrame, instrument: Instrument, source: str, first: dt.date, last: dt.date
) -> SourceBatch:
    """Splits of a span, known when the session of their ex-date opens."""
    inside = splits.filter(pl.col("ex_date").is_between(first, last))
    rows = (
        inside.group_by("ex_date")
        .agg(ratio=(pl.col("new") / pl.col("old")).product())
        .sort("ex_date")
    )
    return SourceBatch.of(SPLITS, _known_at_open(rows, instrument, source))


def dividend_batch(
    days: Chart,
    splits: pl.DataFrame,
    instrument: Instrument,
    unit: tuple[str, float],
    source: str,
    first: dt.date,
    last: dt.date,
) -> SourceBatch:
    """Dividends of a span per share of their ex-date, known when its session opens.

    Parameters
    ----------
    days
        Daily chart.
    splits
        ``ex_date, new, old``, up to today.
    instrument
        Who paid.
    unit
        Currency of the prices, and what they are multiplied by to be in it.
    source
        Name for the ``source`` column.
    first, last
        First and last ex-date.
    """
    cash = _dated(days.cash, instrument.exchange).filter(pl.col("ex_date").is_between(first, last))
    units = {named: major_unit(named) for named in cash["unit"].drop_nulls().unique()}
    money = pl.col("unit").replace_strict(
        {named: code for named, (code, _) in units.items()},
        default=unit[0],
        return_dtype=pl.String,
    )
    scale = pl.col("unit").replace_strict(
        {named: factor for named, (_, factor) in units.items()},
        default=unit[1],
        return_dtype=pl.Float64,
    )
    paid = cash_as_paid(cash, splits).with_columns(amount=pl.col("amount") * scale, currency=money)
    rows = paid.group_by("ex_date", "kind").agg(pl.col("amount").sum(), pl.col("currency").first())
    return SourceBatch.of(
        DIVIDENDS, _known_at_open(rows.sort("ex_date", "kind"), instrument, source)
    )


def _in_session(rows: pl.DataFrame, calendar: str, length: Timeframe) -> pl.DataFrame:
    """Bars that begin within a session, at a whole number of lengths from its open.

    A live answer ends with the latest quote at an odd second; at the close comes one more row.
    """
    hours = sessions(calendar).select("session", "open", "close")
    placed = rows.join(
        hours.rename({"open": "_open", "close": "_close"}),
        on="session",
        how="left",
        maintain_order="left",
    )
    since = (pl.col("start") - pl.col("_open")).dt.total_seconds()
    regular = (pl.col("start") >= pl.col("_open")) & (pl.col("start") < pl.col("_close"))
    kept = placed.filter(regular & (since % length.seconds == 0))
    return kept.drop("_open", "_close")


def _dated(events: pl.DataFrame, calendar: str) -> pl.DataFrame:
    local = pl.col("at").dt.convert_time_zone(time_zone(calendar))
    return events.with_columns(ex_date=local.dt.date())


def _known_at_open(rows: pl.DataFrame, instrument: Instrument, source: str) -> pl.DataFrame:
    opens = sessions(instrument.exchange).select("session", available_at="open").sort("session")
    return (
        rows.sort("ex_date")
        .join_asof(
            opens, left_on="ex_date", right_on="session", strategy="forward", check_sortedness=False
        )
        .with_columns(
            instrument_id=pl.lit(instrument.instrument_id),
            symbol=pl.lit(instrument.symbol),
            source=pl.lit(source),
        )
    )
