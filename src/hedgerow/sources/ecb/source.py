"""The European Central Bank as a vendor of exchange rates."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar
from zoneinfo import ZoneInfo

import polars as pl

from hedgerow.domain.schemas import FX_RATES
from hedgerow.errors import Incomplete, Transient
from hedgerow.settings import Settings, load_settings
from hedgerow.sources.base import SourceBatch, no_refusals
from hedgerow.sources.ecb.client import EcbClient
from hedgerow.sources.ecb.offline import offline_rates
from hedgerow.sources.ecb.parse import parse_rates
from hedgerow.sources.http import HttpOptions, Reply
from hedgerow.sources.sample.fx import FRANKFURT, PUBLISHED_AT
from hedgerow.sources.vendor import Vendor

FIRST_RATE = dt.date(1999, 1, 4)

# The file of 90 days goes back 90 calendar days; a few less leave room for holidays.
_SHORT_FILE = dt.timedelta(days=80)
# The longest time without a rate since 1999 is five days, over Easter or Christmas.
_LONGEST_BREAK = dt.timedelta(days=7)


class Ecb(Vendor):
    """Euro reference rates: units of some forty currencies for one euro since 1999-01-04.

    A rate is known at 16:00 Frankfurt time of its date. Where the bank published none for a
    currency there is no row: nothing is interpolated, and the reader takes the last one known.

    Without a network the newest history on this machine is given, its rows named
    ``sample_fx`` or ``currency_converter`` as their source; ``notes`` says so.

    Parameters
    ----------
    settings
        ``ecb_url`` and ``cache``; read from the environment by default.
    options
        Patience, folder and clock of the requests.

    Attributes
    ----------
    notes
        What a summary should say of the answers so far, such as the use of the history on
        this machine.
    """

    name: ClassVar[str] = "ecb"

    def __init__(
        self, *, settings: Settings | None = None, options: HttpOptions | None = None
    ) -> None:
        chosen = settings or load_settings()
        self.notes: list[str] = []
        self._options = options or HttpOptions(cache=chosen.cache)
        self._client = EcbClient(chosen.ecb_url, self._options)

    async def fx(
        self, start: dt.date | None = None, end: dt.date | None = None, *, refresh: bool = False
    ) -> SourceBatch:
        """Rates of a span of dates, all by default.

        Returns
        -------
        SourceBatch
            For ``fx_rates``, sorted by currency and date; ``base`` is EUR.

        Raises
        ------
        Incomplete
            The answer begins too late, ends too early, or leaves out a week or more.
        Transient
            The bank was not reached, and no history on this machine reaches the span.
        VendorError
            As the error tree says.
        """
        try:
            rates, refused = await self._rates(start, end, refresh=refresh)
            source = self.name
        except Transient as failure:
            source, rates = self._offline(start, failure)
            refused = no_refusals()
        asked = _between(rates, start, end)
        return SourceBatch.of(FX_RATES, _stamped(asked, source), refused=refused)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _rates(
        self, start: dt.date | None, end: dt.date | None, *, refresh: bool
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        wanted = min(end or dt.date.max, self._last_published())
        today = self._options.clock().date()
        if start is not None and start >= today - _SHORT_FILE:
            short = await self._client.last_90_days(refresh=refresh)
            if short.cached and _last(short) < wanted:
                short = await self._client.last_90_days(refresh=True)
            rates, refused = parse_rates(short.body, short.where)
            if rates.select(pl.col("date").min() <= start).item():
                _check(rates, start, wanted, short.where)
                return rates, refused
        reply = await self._client.history(refresh=refresh)
        if reply.cached and _last(reply) < wanted:
            # Kept before today's rates were published.
            reply = await self._client.history(refresh=True)
        rates, refused = parse_rates(reply.body, reply.where)
        _check(rates, max(start or FIRST_RATE, FIRST_RATE), wanted, reply.where)
        return rates, refused

    def _offline(self, start: dt.date | None, failure: Transient) -> tuple[str, pl.DataFrame]:
        source, rates = offline_rates()
        last = rates["date"].max()
        assert isinstance(last, dt.date)
        if start is not None and last < start:
            raise Transient(
                f"{failure.message}; without the bank there are rates to {last} only: ask later, "
                "or begin no later with hedgerow ingest fx --from"
            ) from failure
        self.notes.append(
            f"ecb was not reached ({failure.message}); rates to {last} are from {source}, the "
            "history on this machine"
        )
        return source, rates

    def _last_published(self) -> dt.date:
        """Newest weekday whose hour of publication has passed; it may be a bank holiday."""
        local = self._options.clock().astimezone(ZoneInfo(FRANKFURT))
        day = local.date() - dt.timedelta(days=local.time() < PUBLISHED_AT)
        return day - dt.timedelta(days=max(0, day.weekday() - 4))


def _stamped(rates: pl.DataFrame, source: str) -> pl.DataFrame:
    published = (
        pl.col("date")
        .dt.combine(PUBLISHED_AT)
        .dt.replace_time_zone(FRANKFURT)
        .dt.convert_time_zone("UTC")
    )
    return rates.with_columns(base=pl.lit("EUR"), source=pl.lit(source), available_at=published)


def _between(rates: pl.DataFrame, start: dt.date | None, end: dt.date | None) -> pl.DataFrame:
    return rates.filter(pl.col("date").is_between(start or dt.date.min, end or dt.date.max))


def _last(reply: Reply) -> dt.date:
    last = parse_rates(reply.body, reply.where)[0]["date"].max()
    assert isinstance(last, dt.date)
    return last


def _check(rates: pl.DataFrame, start: dt.date, wanted: dt.date, where: str) -> None:
    """Refuse a history with a hole.

    Raises
    ------
    Incomplete
        No rate for a week or more somewhere in the span.
    """
    ends = pl.Series("date", [start, max(start, wanted)])
    inside = rates["date"].unique().sort()
    inside = inside.filter(inside.is_between(*ends))
    days = pl.concat([ends, inside]).sort()
    after = days.diff() > _LONGEST_BREAK
    if not after.any():
        return
    until = days.filter(after)[0]
    since = days.filter(after.shift(-1, fill_value=False))[0]
    raise Incomplete(
        f"{where}: no rates between {since} and {until}; ask again with hedgerow ingest fx "
        "--refresh, or load the rates bundled with Hedgerow with hedgerow demo",
        where=where,
        since=since,
        until=until,
    )
