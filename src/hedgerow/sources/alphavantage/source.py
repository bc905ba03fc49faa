"""Alpha Vantage as a vendor of bars, actions, listings, descriptions, figures and rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

import polars as pl

from hedgerow.credentials import require_credential
from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import FX_RATES
from hedgerow.errors import BadPayload, DefinitionError, NotFound
from hedgerow.settings import Settings, load_settings
from hedgerow.sources.alphavantage.batches import (
    bar_batch,
    dividend_batch,
    split_batch,
)
from hedgerow.sources.alphavantage.client import AlphaVantageClient
from hedgerow.sources.alphavantage.history import History
from hedgerow.sources.alphavantage.listing import build_listing
from hedgerow.sources.alphavantage.matches import best_match, described
from hedgerow.sources.alphavantage.overview import overview_batch
from hedgerow.sources.alphavantage.parse import (
    MATCHES,
    TABLE,
    Cells,
    cells,
    read_listing,
)
from hedgerow.sources.alphavantage.rates import rates_between
from hedgerow.sources.alphavantage.symbols import (
    UNITED_STATES,
    vendor_symbol,
)
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.http import HttpOptions, Reply
from hedgerow.sources.vendor import BarsRequest, Chunk, Listing, Vendor

# Asked where nothing else is configured: the currencies most traded against the dollar.
MAJOR_PAIRS: tuple[tuple[str, str], ...] = (
    ("EUR", "USD"),
    ("GBP", "USD"),
    ("AUD", "USD"),
    ("USD", "JPY"),
    ("USD", "CHF"),
    ("USD", "CAD"),
)
# The vendor does not travel further back.
FIRST_LISTING = dt.date(2010, 1, 1)


class AlphaVantage(Vendor):
    """Daily prices as traded, with the splits and dividends between them.

    With a paid key one request a symbol (``TIME_SERIES_DAILY_ADJUSTED``) gives prices as
    traded and says when a split or a dividend went ex; a second one gives a dividend's dates
    where one is in the span. The adjusted closes sent along are not stored: reads derive
    them from the actions, by one rule for every source. With a free key the last 100 sessions can
    be had, for three of the day's 25 requests a symbol (``TIME_SERIES_DAILY``, ``SPLITS``,
    ``DIVIDENDS``); what lies further back is NotEntitled, said without asking.

    Prices of London come as the vendor's search says they are quoted (``GBX`` are pence) and
    are converted to the currency; that costs a request more. Dividends are taken to be in the
    unit of the prices. Intraday and weekly bars are not asked for: the former need a paid key
    and have changed the meaning of their label, the latter mix prices from before and after a
    split.

    Parameters
    ----------
    key
        The key; by default ``ALPHA_VANTAGE_API_KEY`` or ``ALPHAVANTAGE_API_KEY``.
    settings
        ``alphavantage_url``, ``alphavantage_plan`` and ``cache``; read from the environment by
        default.
    options
        Patience, folder and clock of the requests.
    pairs
        Currencies that ``fx`` asks for, one request each: unit and price.

    Raises
    ------
    AuthError
        No key is given or configured.
    DefinitionError
        ``pairs`` is empty.
    """

    name: ClassVar[str] = "alphavantage"

    def __init__(
        self,
        key: str | None = None,
        *,
        settings: Settings | None = None,
        options: HttpOptions | None = None,
        pairs: Sequence[tuple[str, str]] = MAJOR_PAIRS,
    ) -> None:
        chosen = settings or load_settings()
        secret = key or require_credential(
            "Alpha Vantage", "ALPHA_VANTAGE_API_KEY", "ALPHAVANTAGE_API_KEY"
        )
        self._options = options or HttpOptions(cache=chosen.cache)
        self._premium = chosen.alphavantage_plan == "premium"
        if not pairs:
            raise DefinitionError('pairs is empty: name at least one, such as ("EUR", "USD")')
        self._pairs = tuple(pairs)
        self._client = AlphaVantageClient(
            secret, chosen.alphavantage_url, chosen.alphavantage_plan, self._options
        )

    def timeframes(self) -> frozenset[str]:
        """Only ``1d``."""
        return frozenset({"1d"})

    async def bars(self, request: BarsRequest) -> AsyncIterator[Chunk]:
        """Splits, dividends and daily bars of a span in one chunk.

        A bar of a session that has not closed is left out. Splits and dividends come with the
        session that first shows them.

        Raises
        ------
        NotFound
            The vendor does not know the symbol, or has no such bars at all.
        NotEntitled
            The span begins before the rows that the plan includes.
        VendorError
            As the error tree says.
        """
        if request.timeframe.code != "1d" or request.adjustment is not Adjustment.RAW:
            raise NotFound(
                f"alphavantage sends daily prices as traded, not {request.timeframe} bars "
                f"adjusted {request.adjustment}; use another source",
                symbol=request.instrument.symbol,
            )
        instrument, start, end = request.instrument, request.start, request.end
        history = self._history(instrument, refresh=request.refresh)
        unit = await history.unit()
        days = await history.days(start)
        splits, dividends = await history.actions(days, start, end)
        batches = (
            split_batch(splits, instrument, start, end),
            dividend_batch(dividends, instrument, unit, start, end),
            bar_batch(days, request, unit, self._options.clock()),
        )
        yield Chunk(tuple(one for one in batches if _holds_rows(one)), end)

    async def actions(
        self, instruments: Sequence[Instrument], since: dt.date | None = None
    ) -> AsyncIterator[SourceBatch]:
        """Splits, then dividends, of one instrument after the other.

        Two requests an instrument (three in London). Instruments that the vendor does not know
        are left out; an instrument without actions gives no batch.
        """
        first = since or dt.date.min
        for instrument in instruments:
            try:
                history = self._history(instrument)
                unit = await history.unit()
                splits, dividends = await history.splits(), await history.dividends()
            except NotFound:
                continue
            for batch in (
                split_batch(splits, instrument, first, dt.date.max),
                dividend_batch(dividends, instrument, unit, first, dt.date.max),
            ):
                if _holds_rows(batch):
                    yield batch

    async def describe(self, symbol: str) -> Instrument:
        """What the search, and in the United States the listing, say of one ticker.

        Parameters
        ----------
        symbol
            As here (``ZQX``, ``BRK.X``), or with the vendor's suffix (``ZQL.LON``). Without one
            an American ticker is preferred; else it must be listed on one exchange only.

        Returns
        -------
        Instrument
            ``region`` is a country's code of two letters, ``currency`` the major unit. A mutual
            fund counts as ``etf``. What trades over the counter has the exchange ``OOTC``.

        Raises
        ------
        NotFound
            The search finds no such ticker, or several.
        """
        found = _read(await self._client.search(symbol), MATCHES)
        match = best_match(symbol, found)
        if match["region"] != UNITED_STATES:
            return described(match)
        listed = read_listing(_read(await self._client.listing("active"), TABLE))
        return described(match, listed.frame)

    async def listing(self, on: dt.date | None = None) -> Listing:
        """Shares and funds of the United States that are or were listed.

        The vendor's listing covers the American exchanges; instruments of others are found one
        at a time by ``describe``.

        Parameters
        ----------
        on
            A day since 2010-01-01; today by default.

        Returns
        -------
        Listing
            Symbols are in use from the vendor's ``ipoDate`` to its ``delistingDate``. A symbol that
            passed from one company to another has an instrument for each.

        Raises
        ------
        NotFound
            The day lies before 2010.
        """
        if on is not None and on < FIRST_LISTING:
            raise NotFound(
                f"alphavantage lists symbols from {FIRST_LISTING} on; {on} lies before", on=on
            )
        active = read_listing(_read(await self._client.listing("active", on), TABLE))
        delisted = read_listing(_read(await self._client.listing("delisted", on), TABLE))
        if active.frame.is_empty():
            raise BadPayload("alphavantage LISTING_STATUS active: the listing is empty")
        return build_listing(active, delisted)

    async def fx(
        self, start: dt.date | None = None, end: dt.date | None = None, *, refresh: bool = False
    ) -> SourceBatch:
        """Rates of the configured pairs, a request each; all that the vendor has by default.

        A rate is the last of its day in UTC, and known when that day has ended.

        Raises
        ------
        Incomplete
            The span begins before the last 5,000 days, which is all that the vendor sends, or
            a week of rates is missing.
        VendorError
            As the error tree says.
        """
        now = self._options.clock()
        batches = [
            await rates_between(self._client, pair, start, end, now, refresh=refresh)
            for pair in self._pairs
        ]
        frames = [batch.frame for batch in batches]
        return SourceBatch(FX_RATES, pl.concat(frames), pl.concat(b.refused for b in batches))

    async def fundamentals(
        self, instrument: Instrument, *, refresh: bool = False
    ) -> tuple[SourceBatch, ...]:
        """Today's figures and those of the last four quarters, known from now on.

        The vendor's statements are not asked for: they do not say when they were filed.

        Raises
        ------
        NotFound
            It is no company that the vendor knows; funds are none.
        VendorError
            As the error tree says.
        """
        symbol = vendor_symbol(instrument)
        try:
            reply = await self._client.overview(symbol, refresh=refresh)
        except BadPayload as error:
            if not error.facts.get("empty"):
                raise
            raise NotFound(
                f"alphavantage has no figures of {symbol}; it has them of companies only",
                symbol=symbol,
            ) from None
        now = self._options.clock()
        return (overview_batch(reply.body, reply.where, instrument, now),)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _history(self, instrument: Instrument, *, refresh: bool = False) -> History:
        now = self._options.clock()
        return History(self._client, instrument, premium=self._premium, now=now, refresh=refresh)


def _read(reply: Reply, held_by: str) -> Cells:
    return cells(reply.body, reply.where, held_by)


def _holds_rows(batch: SourceBatch) -> bool:
    return batch.frame.height + batch.refused.height > 0
