"""Exchange rates of a pair of currencies, as far back as they are asked for."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from hedgerow.domain.schemas import FX_RATES
from hedgerow.errors import Incomplete, NotFound
from hedgerow.sources.alphavantage.client import AlphaVantageClient
from hedgerow.sources.alphavantage.parse import SERIES, Parsed, cells, read_rates
from hedgerow.sources.alphavantage.symbols import VENDOR
from hedgerow.sources.alphavantage.window import COMPACT_ROWS
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.http import Reply

# A long answer about currencies holds no more: that of March 2022 began in January 2003.
FULL_ROWS = 5000

# There is a rate for every weekday, but perhaps not for a holiday of all the world.
_LONGEST_BREAK = dt.timedelta(days=7)
_DAY = dt.timedelta(days=1)


async def rates_between(
    client: AlphaVantageClient,
    pair: tuple[str, str],
    start: dt.date | None,
    end: dt.date | None,
    now: dt.datetime,
    *,
    refresh: bool = False,
) -> SourceBatch:
    """Rates of a pair on days that have ended.

    Parameters
    ----------
    client
        Whom to ask.
    pair
        Unit and price.
    start, end
        First and last day; None for all there is.
    now
        The present.
    refresh
        Whether to ask even where an answer of today is kept.

    Returns
    -------
    SourceBatch
        For ``fx_rates``, sorted by date. A rate is known when its day has ended in UTC.

    Raises
    ------
    Incomplete
        The vendor does not reach back to the start, or leaves out a week or more.
    NotFound
        It has no rates of the pair.
    """
    base, quote = pair
    last = _last_ended(now)
    full = beyond_compact(start, now)
    reply = await client.fx_daily(base, quote, full=full, through=last, refresh=refresh)
    rates = _read(reply)
    if not full and falls_short(rates, start, COMPACT_ROWS):
        full = True
        reply = await client.fx_daily(base, quote, full=full, through=last, refresh=refresh)
        rates = _read(reply)
    _check(rates, start, min(end or last, last), reply.where, full=full)
    within = pl.col("date").is_between(start or dt.date.min, min(end or last, last))
    rows = rates.frame.filter(within).with_columns(
        base=pl.lit(base),
        quote=pl.lit(quote),
        source=pl.lit(VENDOR),
        available_at=pl.col("date")
        .cast(pl.Datetime("us"))
        .dt.offset_by("1d")
        .dt.replace_time_zone("UTC"),
    )
    refused = rates.refused.with_columns(symbol=pl.lit(base + quote))
    return SourceBatch.of(FX_RATES, rows, refused=refused)


def beyond_compact(start: dt.date | None, now: dt.datetime) -> bool:
    """Whether a span from a day to the present may hold more than 100 rates, one a weekday.

    Examples
    --------
    >>> tuesday = dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
    >>> beyond_compact(dt.date(2025, 11, 12), tuesday)
    False
    >>> beyond_compact(dt.date(2025, 11, 11), tuesday)
    True
    """
    if start is None:
        return True
    tomorrow = now.astimezone(dt.UTC).date() + _DAY
    return int(np.busday_count(start, tomorrow)) > COMPACT_ROWS


def falls_short(rates: Parsed, start: dt.date | None, most: int) -> bool:
    """Whether an answer is as long as can be and begins after the first weekday asked for."""
    if start is None or rates.frame.height + rates.refused.height < most:
        return False
    first = _first(rates)
    monday = start + (7 - start.weekday()) * _DAY
    return first is None or first > (monday if start.weekday() > 4 else start)


def _read(reply: Reply) -> Parsed:
    return read_rates(cells(reply.body, reply.where, SERIES))


def _first(rates: Parsed) -> dt.date | None:
    first = rates.frame["date"].min()
    return first if isinstance(first, dt.date) else None


def _last_ended(now: dt.datetime) -> dt.date:
    return now.astimezone(dt.UTC).date() - _DAY


def _check(rates: Parsed, start: dt.date | None, last: dt.date, where: str, *, full: bool) -> None:
    """Refuse what the vendor cut short, and what has a hole."""
    if not rates.frame.height + rates.refused.height:
        raise NotFound(f"{where}: no rates", where=where)
    first = _first(rates)
    if full and falls_short(rates, start, FULL_ROWS):
        raise Incomplete(
            f"{where}: the vendor sends the last {FULL_ROWS:,} days, from {first} on; {start} lies "
            "before: begin later, or use another source",
            where=where,
            first=first,
        )
    # A currency may be younger than the start; from its first rate on there must be no hole.
    begin = max(filter(None, (start, first)), default=last)
    inside = rates.frame["date"].filter(rates.frame["date"].is_between(begin, last))
    days = pl.concat([inside, pl.Series("date", [begin, max(begin, last)])]).unique().sort()
    after = days.diff() > _LONGEST_BREAK
    if after.any():
        until = days.filter(after)[0]
        raise Incomplete(
            f"{where}: no rates in the week before {until}; ask again later, or use another source",
            where=where,
            until=until,
        )
