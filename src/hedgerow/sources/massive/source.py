"""Massive as a vendor."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import ClassVar

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.calendar import DEFAULT_CALENDAR, last_completed_session, sessions
from hedgerow.domain.instrument import Instrument
from hedgerow.errors import (
    AuthError,
    BadPayload,
    DefinitionError,
    Incomplete,
    NotEntitled,
    NotFound,
)
from hedgerow.settings import Settings, load_settings
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.massive.actions import Generation, send_actions
from hedgerow.sources.massive.bars import FREE_HISTORY, Pages, Question
from hedgerow.sources.massive.client import VENDOR, MassiveClient
from hedgerow.sources.massive.grouped import grouped_chunk, owners_among, owners_on
from hedgerow.sources.massive.labels import TIMEFRAMES
from hedgerow.sources.massive.listing import described, full_listing, listing_of
from hedgerow.sources.vendor import BarsRequest, Chunk, Listing, Vendor

_DAY = dt.timedelta(days=1)


# Massive's prices begin here, whatever the plan.
FIRST_DAY = dt.date(2003, 9, 10)


class Massive(Vendor):
    """Prices, tickers, splits and dividends of the United States, from Massive (once Polygon).

    Bars of 1 to 30 minutes, hours, days and weeks come raw, or restated for splits where that
    is asked for; Massive never adjusts for dividends. Minute and hour bars include trading
    before and after hours. A minute in which nothing traded has no bar. Volumes may be
    fractions. Shares are ``ZQX``, indices are asked for as ``I:SPX`` by their kind; a ticker is
    spelt exactly as Massive spells it, for ``ZQXpA`` and ``ZQXPA`` are two.

    The free plan sends five answers a minute and looks back two years.

    Parameters
    ----------
    key
        API key. By default ``MASSIVE_API_KEY`` or ``POLYGON_API_KEY``, or a key for a group of
        endpoints: ``POLYGON_AGGREGATES_API_KEY``, ``POLYGON_TICKERS_API_KEY``,
        ``POLYGON_DIVIDENDS_API_KEY``, ``POLYGON_SPLITS_API_KEY``.
    settings
        ``massive_url``, ``massive_plan`` and ``cache``; read from the environment by default.
    options
        Patience, folder and clock of the requests.

    Raises
    ------
    AuthError
        No key is given or configured.

    Examples
    --------
    >>> vendor = Massive("my-key")
    >>> "1m" in vendor.timeframes()
    True
    """

    name: ClassVar[str] = VENDOR
    actions_with_bars: ClassVar[bool] = False

    def __init__(
        self,
        key: str | None = None,
        *,
        settings: Settings | None = None,
        options: HttpOptions | None = None,
    ) -> None:
        chosen = settings or load_settings()
        self._options = options or HttpOptions(cache=chosen.cache)
        self._client = MassiveClient(key, chosen, self._options)
        self._free = chosen.massive_plan == "free"

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    def timeframes(self) -> frozenset[str]:
        """Codes of the usual lengths; any other number of minutes or hours is answered too."""
        return TIMEFRAMES

    def earliest(self) -> dt.date:
        """First day that the plan, or else Massive itself, reaches back to."""
        return (self._options.clock() - FREE_HISTORY).date() if self._free else FIRST_DAY

    async def bars(self, request: BarsRequest) -> AsyncIterator[Chunk]:
        """Bars in chunks of at most one page (50,000 minutes or days) and a session.

        Parameters
        ----------
        request
            RAW or SPLIT. The span is cut to sessions that have closed.

        Raises
        ------
        NotFound
            Massive does not know the ticker, or the instrument is not of the United States.
        NotEntitled
            The plan does not include the span or the timeframe.
        Incomplete
            After the last chunk, where the free plan reaches back to a later day than asked.
        BadPayload
            A page is unreadable, answers something else, or breaks the chain of pages.
        """
        now = self._options.clock()
        question = Question.of(request, now, self.earliest() if self._free else None)
        if question.end < question.start:
            return
        if not question.has_sessions:
            yield Chunk((), question.end)
            return
        begun = False
        try:
            async for chunk in self._answer(question, now, refresh=request.refresh):
                begun = True
                yield chunk
        except NotEntitled as error:
            # Free plans send a session some time after its close, at the end of the day.
            if begun or not error.facts.get("too_early"):
                raise
            shorter = question.before_last()
            if shorter.end < shorter.start:
                return
            async for chunk in self._answer(shorter, now, refresh=request.refresh):
                yield chunk
        if question.unanswered_before is not None:
            raise Incomplete(
                f"massive {question.ticker}: the free plan reaches back to "
                f"{question.unanswered_before} only, and {request.start} was asked for; ask "
                "from there on, or allow gaps",
                symbol=question.ticker,
                earliest=question.unanswered_before,
            )

    async def grouped(
        self,
        day: dt.date,
        instruments: Sequence[Instrument] | None = None,
        *,
        adjustment: Adjustment = Adjustment.RAW,
        refresh: bool = False,
    ) -> Chunk:
        """Daily bars of the whole market on one day, in one request.

        Parameters
        ----------
        day
            A day whose session has closed; on a day without one nothing is asked.
        instruments
            Whose bars are wanted; None for everyone that ``listing()`` tells to have
            had a ticker on that day.
        adjustment
            RAW, or SPLIT for prices restated by the splits up to today.
        refresh
            Whether to ask even where a stored answer of today would do.

        Returns
        -------
        Chunk
            Bars dated by ``day``, whatever instant Massive stamps on them. Tickers of no
            instrument are left out, or refused as ``unknown_symbol`` where all are wanted.

        Raises
        ------
        DefinitionError
            The session has not closed.
        Incomplete
            Massive has nothing, though the exchange held a session.
        """
        last = last_completed_session(DEFAULT_CALENDAR, self._options.clock())
        if day > last:
            raise DefinitionError(f"session {day} has not closed: the last one is {last}", day=day)
        if not (sessions(DEFAULT_CALENDAR)["session"] == day).any():
            return Chunk((), day)
        # Today's listing, not that of the day: an identity must not depend on when it is asked.
        owners = (
            owners_on(await self.listing(), day)
            if instruments is None
            else owners_among(instruments)
        )
        return await grouped_chunk(
            self._client,
            day,
            owners,
            adjustment=adjustment,
            everything=instruments is None,
            refresh=refresh,
        )

    async def describe(self, symbol: str) -> Instrument:
        """What Massive knows of a ticker in use, or of one that was delisted.

        Raises
        ------
        NotFound
            It knows no such ticker, spelt exactly so.
        """
        return (await described(self._client, symbol)).instrument()

    async def listing(
        self, on: dt.date | None = None, *, symbols: Sequence[str] | None = None
    ) -> Listing:
        """Tickers of the stock market, in use and delisted, with their intervals.

        Parameters
        ----------
        on
            Day to ask about; today by default.
        symbols
            Tickers to look up one by one, with their listing dates and changes of ticker.
            None for all of them, in pages of a thousand, which tell no listing dates: an
            interval then begins the day after an earlier owner of the ticker was delisted, or
            on 1960-01-01, for "not known".

        Returns
        -------
        Listing
            An instrument keeps its identity ``SYMBOL.MIC``; a delisted one whose ticker was
            used again gets its FIGI or its last day appended. A ticker given up by a company
            that is still listed (by its FIGI) is an interval of that company.
        """
        if symbols is not None:
            return await listing_of(self._client, symbols)
        return await full_listing(self._client, on)

    async def actions(
        self,
        instruments: Sequence[Instrument],
        since: dt.date | None = None,
        *,
        generation: Generation = "auto",
    ) -> AsyncIterator[SourceBatch]:
        """Splits, then dividends, of known instruments by their ticker in use.

        Parameters
        ----------
        instruments
            Those of the United States are asked about: one by one if they are few.
        since
            First ex-date; all there are by default.
        generation
            ``new`` endpoints, ``old`` ones, or ``auto``: new, and old where the plan or the
            host does not have them.

        Yields
        ------
        SourceBatch
            ``splits`` (shares new for one old), then ``dividends`` (cash per share of the
            ex-date's basis; special, supplemental and capital-gain payments are ``special``;
            several of one kind on one day are one sum). Both are known from the opening of
            the ex-date's session, or of the next one.
        """
        async for batch in send_actions(self._client, instruments, since, generation):
            yield batch

    async def _answer(
        self, question: Question, now: dt.datetime, *, refresh: bool
    ) -> AsyncIterator[Chunk]:
        """Chunks of one answer; what is wrong on disk is asked for again from there on."""
        done: dt.date | None = None
        try:
            async for chunk in self._paged(question, now, refresh=refresh):
                done = chunk.through
                yield chunk
        except BadPayload as error:
            if not error.facts.get("cached"):
                raise
            rest = question if done is None else replace(question, start=done + _DAY)
            async for chunk in self._paged(rest, now, refresh=True):
                yield chunk

    async def _paged(
        self, question: Question, now: dt.datetime, *, refresh: bool
    ) -> AsyncIterator[Chunk]:
        pages = Pages(question, now)
        first, last = question.days
        async for reply in self._client.bars(
            question.ticker,
            question.window,
            first,
            last,
            adjusted=question.adjusted,
            refresh=refresh,
        ):
            try:
                chunk = pages.take(reply.body, reply.where)
            except BadPayload as error:
                error.facts["cached"] = reply.cached
                raise
            if chunk is not None and (chunk.batches or pages.rows):
                yield chunk
        if not pages.rows:
            # Massive says the same of a ticker without trades and of one that never was.
            await self._check_known(question.ticker)
            yield Chunk((), question.end)

    async def _check_known(self, ticker: str) -> None:
        try:
            await described(self._client, ticker)
        except (AuthError, NotEntitled):
            return
        except NotFound:
            raise NotFound(f"massive knows no ticker {ticker!r}", symbol=ticker) from None
