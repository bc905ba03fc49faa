"""One day of the whole market in one answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.calendar import DEFAULT_CALENDAR
from hedgerow.domain.clock import stamp
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import BARS
from hedgerow.errors import Incomplete
from hedgerow.sources.base import REFUSED_COLUMNS, SourceBatch
from hedgerow.sources.massive.bars import EXCHANGES
from hedgerow.sources.massive.client import VENDOR, MassiveClient
from hedgerow.sources.massive.parse import BarsPage, read_bars
from hedgerow.sources.vendor import Chunk, Listing


async def grouped_chunk(
    client: MassiveClient,
    day: dt.date,
    owners: pl.DataFrame,
    *,
    adjustment: Adjustment,
    everything: bool,
    refresh: bool,
) -> Chunk:
    """Bars of one day in one request.

    Parameters
    ----------
    client
        Asks.
    day
        Session.
    owners
        ``ticker, instrument_id``.
    adjustment
        RAW or SPLIT.
    everything
        Whether a ticker without an owner is refused rather than left out.
    refresh
        Whether to ask even where a stored answer of today would do.

    Raises
    ------
    Incomplete
        Massive has nothing, though the exchange held a session.
    """
    reply = await client.grouped(day, adjusted=adjustment is Adjustment.SPLIT, refresh=refresh)
    page = read_bars(reply.body, reply.where, grouped=True)
    if page.frame.is_empty():
        raise Incomplete(
            f"massive has no bars of {day}, a session of {DEFAULT_CALENDAR}: if the exchange was "
            "closed that day, the calendar must be brought up to date",
            day=day,
        )
    return Chunk((bars_of_day(page, day, owners, adjustment, everything=everything),), day)


def bars_of_day(
    page: BarsPage,
    day: dt.date,
    owners: pl.DataFrame,
    adjustment: Adjustment,
    *,
    everything: bool,
) -> SourceBatch:
    """Daily bars with their identities.

    Parameters
    ----------
    page
        Bars with ``ticker``; their ``t`` is the end of the window in grouped answers and the
        start elsewhere, so the day asked for counts.
    day
        Session.
    owners
        ``ticker, instrument_id``.
    adjustment
        How the prices were sent.
    everything
        Whether a ticker of no instrument is refused rather than left out.
    """
    named = page.frame.drop("t").join(owners, on="ticker", how="left", maintain_order="left")
    known = pl.col("instrument_id").is_not_null()
    refused = page.refused
    if everything:
        refused = pl.concat([refused, _unknown(named.filter(~known))])
    label = pl.lit(dt.datetime.combine(day, dt.time(), dt.UTC)).cast(pl.Datetime("us", "UTC"))
    rows = named.filter(known).rename({"ticker": "symbol"}).with_columns(timestamp=label)
    stamped = stamp(rows.lazy(), "1d").collect()
    return SourceBatch.of(
        BARS,
        stamped.sort("instrument_id").with_columns(
            source=pl.lit(VENDOR),
            timeframe=pl.lit("1d"),
            adjustment=pl.lit(str(adjustment)),
            currency=pl.lit("USD"),
        ),
        refused=refused,
    )


def owners_among(instruments: Sequence[Instrument]) -> pl.DataFrame:
    """Owners of the tickers of some instruments of the United States.

    Returns
    -------
    pl.DataFrame
        ``ticker, instrument_id``, one row a ticker. Of several instruments with one ticker the
        one whose identity has no appendix comes first: it is the present owner.
    """
    ours = sorted(
        (one for one in instruments if one.exchange in EXCHANGES),
        key=lambda one: (len(one.instrument_id), one.instrument_id),
    )
    rows = [(one.symbol, one.instrument_id) for one in ours]
    return _frame(rows).unique("ticker", keep="first", maintain_order=True)


def owners_on(listing: Listing, day: dt.date) -> pl.DataFrame:
    """Owners of all tickers on a day, by the intervals of a listing; see ``owners_among``."""
    assert listing.intervals is not None
    ended = pl.col("valid_to") < day
    held = listing.intervals.frame.filter(pl.col("valid_from") <= day, ~ended.fill_null(False))
    rows = held.sort("valid_from", descending=True).select("symbol", "instrument_id").rows()
    return _frame(rows).unique("ticker", keep="first", maintain_order=True)


def _frame(rows: list[tuple[str, str]]) -> pl.DataFrame:
    names = {"ticker": pl.String, "instrument_id": pl.String}
    return pl.DataFrame(rows, schema=names, orient="row")


def _unknown(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        rules=pl.lit("unknown_symbol"),
        symbol="ticker",
        timestamp=pl.lit(None, REFUSED_COLUMNS["timestamp"]),
        payload=pl.struct(pl.all().exclude("instrument_id")).struct.json_encode(),
    )
