"""Loading of bars: incremental, complete, resumable, from the first vendor that can.

1. ``asked_for`` turns symbols and universes into instruments; vendors describe unknown ones.
2. For each instrument, a few at a time, ``SeriesFetch`` asks one vendor after the other until
   one answers completely, and checks every part of the answer.
3. The one ``Writer`` merges the parts of many instruments at once.
4. What failed, and the holes of the whole market among it, are told at the end.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import polars as pl

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.calendar import last_completed_session
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import SERIES_STARTS
from hedgerow.domain.span import check_span
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import AuthError, DataError, DefinitionError, HedgerowError, VendorError
from hedgerow.ingest.alarm import Lacking, alarm, market_holes
from hedgerow.ingest.apart import ActionsApart
from hedgerow.ingest.coverage import PUBLICATION_TIME, close_of, sessions_between
from hedgerow.ingest.fetch import Fetched, SeriesFetch, Wish
from hedgerow.ingest.held import (
    FirstSessions,
    Held,
    Life,
    read_closes,
    read_held,
    read_lives,
)
from hedgerow.ingest.resolve import Asked, Symbols, asked_for, described
from hedgerow.ingest.stores import Stores
from hedgerow.ingest.summary import BarsLoad, SeriesLoad
from hedgerow.ingest.vendors import Sources, Vendors, in_one_line, usual_sources
from hedgerow.ingest.waiting import wait_for
from hedgerow.ingest.writer import Counts, Writer
from hedgerow.sources.vendor import SendsBars, Vendor

# Instruments whose state is read from the lake at once.
_A_GROUP = 256

Progress = Callable[[SeriesLoad], None]


@dataclass(frozen=True)
class BarsWish:
    """What to load, the same for every symbol; see ``ingest_bars``."""

    timeframe: Timeframe
    start: dt.date | None = None
    end: dt.date | None = None
    adjustment: Adjustment = Adjustment.RAW
    allow_gaps: bool = False
    refresh: bool = False

    def __post_init__(self) -> None:
        check_span(self.start, self.end)


def ingest_bars(
    stores: Stores,
    symbols: Symbols,
    *,
    sources: Sources | None = None,
    wish: BarsWish | None = None,
    concurrency: int = 8,
    progress: Progress | None = None,
) -> BarsLoad:
    """Load what the lake lacks of some series.

    Parameters
    ----------
    stores
        Where the bars go.
    symbols
        Tickers, identities and universes; see ``asked_for``. A ticker that the catalog does
        not know is described by the vendors.
    sources
        Vendors to ask, best first: names, or open vendors, which stay open. By default those
        of ``settings.source_priority``, then those with a key.
    wish
        Timeframe, first and last session, adjustment, whether sessions may be missing and
        whether to load everything again; daily bars as traded by default.
    concurrency
        Symbols that are asked for at a time.
    progress
        Called for each symbol when its rows are stored.

    Returns
    -------
    BarsLoad
        What was loaded, from whom, and what nobody could serve. A failure of one symbol does
        not hold up the others; what came before it is stored, and the next loading goes on
        there.

    Raises
    ------
    DataError
        A ticker is listed on several exchanges, or nothing was asked.
    DefinitionError
        A source is not known or has no bars.
    AuthError
        No source has a key.
    StoreError
        The stores cannot be read or written.

    Notes
    -----
    A series that is held is asked for from ten sessions before its newest bar (three for bars
    below a day). Where nothing new can have come, nobody is asked. See
    :mod:`hedgerow.ingest.fetch` for what is asked and :mod:`hedgerow.ingest.coverage` for
    what an answer must hold.
    """
    return wait_for(
        load_bars(
            stores,
            symbols,
            sources=sources,
            wish=wish,
            concurrency=concurrency,
            progress=progress,
        )
    )


async def load_bars(
    stores: Stores,
    symbols: Symbols,
    *,
    sources: Sources | None = None,
    wish: BarsWish | None = None,
    concurrency: int = 8,
    progress: Progress | None = None,
) -> BarsLoad:
    """Asynchronous form of ``ingest_bars``."""
    if concurrency < 1:
        raise DefinitionError(f"concurrency {concurrency} is not 1 or more", value=concurrency)
    chosen = wish or BarsWish(Timeframe.parse("1d"))
    named = usual_sources(stores.settings, SendsBars) if sources is None else sources
    asked = asked_for(stores, symbols, chosen.start, chosen.end)
    async with Vendors.open(stores, named, SendsBars) as vendors:
        loading = _Loading(stores, vendors, chosen, concurrency, progress or (lambda _: None))
        return await loading.run(asked)


@dataclass
class _Outcome:
    """One symbol on its way."""

    asked: Asked
    instrument: Instrument | None = None
    source: str | None = None
    fetched: Fetched = field(default_factory=Fetched)
    failed: dict[str, str] = field(default_factory=dict)
    lacking: Lacking | None = None
    error: str = ""


class _Loading:
    """One call of ``ingest_bars``."""

    def __init__(
        self,
        stores: Stores,
        vendors: Vendors,
        wish: BarsWish,
        concurrency: int,
        progress: Progress,
    ) -> None:
        self._stores = stores
        self._vendors = vendors
        self._wish = wish
        self._turn = asyncio.Semaphore(concurrency)
        self._progress = progress
        known = {one.instrument_id for one in stores.catalog.instruments()}
        self._writer = Writer(stores, known)
        self._starts: list[dict[str, object]] = []
        # Every symbol of one loading is measured by the same moment.
        self._now = stores.clock()

    async def run(self, asked: Sequence[Asked]) -> BarsLoad:
        outcomes = [_Outcome(one, one.instrument) for one in asked]
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._writer.run())
                for place in range(0, len(outcomes), _A_GROUP):
                    await self._load_group(outcomes[place : place + _A_GROUP])
                await self._writer.close()
        except BaseExceptionGroup as group:
            raise _first(group) from None
        self._remember_starts()
        alarms = self._raise_alarms(outcomes)
        return BarsLoad(tuple(self._told(one) for one in outcomes), alarms)

    # -------------------------------------------------------------------------------- reading

    async def _load_group(self, outcomes: Sequence[_Outcome]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for one in outcomes:
                if one.instrument is None:
                    tasks.create_task(self._describe(one))
        known = [one for one in outcomes if one.instrument is not None]
        instruments = [one.instrument for one in known if one.instrument is not None]
        lives = await asyncio.to_thread(read_lives, self._stores.lake, instruments)
        held: dict[str, Mapping[str, Held]] = {}
        for vendor in self._vendors.willing({}):
            held[vendor.name] = await self._held(vendor, instruments)
            break  # what the others have is read when they are needed
        apart = ActionsApart(instruments, self._wish.adjustment, self._writer.put)
        first = FirstSessions(self._stores.lake, instruments)
        async with asyncio.TaskGroup() as tasks:
            for one in outcomes:
                tasks.create_task(self._load(one, lives, held, apart, first))

    async def _describe(self, one: _Outcome) -> None:
        async with self._turn:
            try:
                one.instrument = await described(one.asked.symbol, self._vendors)
            except (VendorError, AuthError) as error:
                one.error = " ".join(error.message.split())

    async def _load(
        self,
        one: _Outcome,
        lives: Mapping[str, Life],
        held: Mapping[str, Mapping[str, Held]],
        apart: ActionsApart,
        first: FirstSessions,
    ) -> None:
        async with self._turn:
            if one.instrument is not None:
                await self._ask_in_turn(one, one.instrument, lives, held, apart, first)
        await self._writer.tell(lambda: self._progress(self._told(one)))

    async def _ask_in_turn(
        self,
        one: _Outcome,
        instrument: Instrument,
        lives: Mapping[str, Life],
        held: Mapping[str, Mapping[str, Held]],
        apart: ActionsApart,
        first: FirstSessions,
    ) -> None:
        """Ask one vendor after the other until one has served the symbol."""
        life = lives.get(instrument.instrument_id, Life())
        for vendor in self._vendors.willing(one.failed):
            try:
                if vendor.name in held:
                    by_identity = held[vendor.name]
                else:
                    by_identity = await self._held(vendor, [instrument])
                fetch = self._fetch(vendor, instrument, life, by_identity)
                fetch.before = partial(apart.load, vendor)
                fetch.first_session = first.of
                one.fetched = fetch.fetched
                await fetch.run()
            except (VendorError, AuthError, DataError, DefinitionError) as error:
                one.failed[vendor.name] = self._vendors.note(vendor, error)
                one.lacking = _lacking(instrument, one.fetched, error)
                continue
            one.source = vendor.name
            one.lacking = _lacking(instrument, one.fetched, None)
            self._note_start(vendor, instrument, one.fetched)
            return
        one.error = in_one_line(one.failed)

    def _fetch(
        self, vendor: Vendor, instrument: Instrument, life: Life, held: Mapping[str, Held]
    ) -> SeriesFetch:
        assert isinstance(vendor, SendsBars)
        wish = self._wish
        code = wish.timeframe.code
        if code not in vendor.timeframes():
            raise DefinitionError(
                f"{vendor.name} sends no {code} bars, only "
                f"{', '.join(sorted(vendor.timeframes()))}",
                timeframe=code,
            )

        async def closes(end: dt.date | None) -> pl.DataFrame:
            series = (vendor.name, wish.timeframe, wish.adjustment, instrument, end)
            return await asyncio.to_thread(read_closes, self._stores.lake, *series)

        return SeriesFetch(
            vendor,
            instrument,
            held.get(instrument.instrument_id, Held()),
            life,
            self._wish_for(instrument),
            self._writer.put,
            closes,
        )

    def _wish_for(self, instrument: Instrument) -> Wish:
        wish = self._wish
        newest = last_completed_session(instrument.exchange, self._now)
        end = newest if wish.end is None else min(wish.end, newest)
        return Wish(
            wish.timeframe,
            wish.adjustment,
            wish.start,
            _whole_bars(wish.timeframe, instrument.exchange, end),
            unpublished=end == newest
            and self._now - close_of(instrument.exchange, newest) < PUBLICATION_TIME,
            allow_gaps=wish.allow_gaps,
            refresh=wish.refresh,
        )

    async def _held(self, vendor: Vendor, instruments: Sequence[Instrument]) -> Mapping[str, Held]:
        series = (vendor.name, self._wish.timeframe, self._wish.adjustment, instruments)
        return await asyncio.to_thread(read_held, self._stores.lake, *series)

    # -------------------------------------------------------------------------------- telling

    def _note_start(self, vendor: Vendor, instrument: Instrument, fetched: Fetched) -> None:
        if fetched.asked_from is None or fetched.start is None:
            return
        self._starts.append(
            {
                "source": vendor.name,
                "timeframe": self._wish.timeframe.code,
                "instrument_id": instrument.instrument_id,
                "adjustment": str(self._wish.adjustment),
                "asked_from": fetched.asked_from,
                "first_session": fetched.start,
            }
        )

    def _remember_starts(self) -> None:
        """Keep how far back the series were asked for; lost by a kill, they are asked again."""
        if self._starts:
            rows = pl.DataFrame(self._starts)
            self._stores.lake.merge(SERIES_STARTS, rows, ingested_at=self._stores.clock())

    def _raise_alarms(self, outcomes: Sequence[_Outcome]) -> tuple[str, ...]:
        answers = [one.lacking for one in outcomes if one.lacking is not None]
        holes = market_holes(answers)
        for one in outcomes:
            hole = holes.get(one.lacking.calendar, ()) if one.lacking else ()
            if one.error and one.lacking and set(one.lacking.missing) <= set(hole):
                one.error = "lacks only what the whole market lacks: see the calendar alarm"
        return tuple(
            alarm(calendar, days, sum(one.calendar == calendar for one in answers))
            for calendar, days in holes.items()
        )

    def _told(self, one: _Outcome) -> SeriesLoad:
        instrument, fetched = one.instrument, one.fetched
        counts = Counts()
        if instrument is not None:
            counts = self._writer.counts.get(instrument.instrument_id, counts)
        served = SeriesLoad(
            symbol=one.asked.symbol,
            instrument_id="" if instrument is None else instrument.instrument_id,
            timeframe=self._wish.timeframe.code,
            source=one.source,
            failed=dict(one.failed),
            start=fetched.start,
            end=fetched.end,
            loaded=counts.loaded,
            corrected=counts.corrected,
            unchanged=counts.unchanged,
            quarantined=counts.quarantined,
            error=one.error,
        )
        if not served.ok:
            return served
        return replace(served, gaps=tuple(fetched.gaps), notes=tuple(fetched.notes))


def _lacking(
    instrument: Instrument, fetched: Fetched, error: HedgerowError | None
) -> Lacking | None:
    """What a vendor's answer lacked; None where it did not answer at all."""
    missing = () if error is None else error.facts.get("missing", ())
    if fetched.asked is None or (error is not None and not missing):
        return None
    assert isinstance(missing, tuple)
    return Lacking(instrument.exchange, *fetched.asked, (*missing, *fetched.gaps))


def _whole_bars(timeframe: Timeframe, calendar: str, end: dt.date) -> dt.date:
    """Last session of bars that are over: weekly ones end with their week."""
    if timeframe.duration != dt.timedelta(weeks=1):
        return end
    monday = end - dt.timedelta(days=end.weekday())
    goes_on = sessions_between(calendar, end + dt.timedelta(days=1), monday + dt.timedelta(days=6))
    before = sessions_between(calendar, monday - dt.timedelta(days=14), monday)
    earlier = [day for day in before if day < monday]
    return earlier[-1] if goes_on else end


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a group, which is what stopped the loading."""
    return next(_leaves(group))


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
