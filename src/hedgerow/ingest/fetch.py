"""One series from one vendor: what to ask for, and what to make of the answer.

1. A series that the lake does not have, or that is asked for afresh: ``_whole``.
2. New sessions: ``_tail`` asks for the last sessions again and for those since. Where the old
   ones show that the vendor has restated its history, ``_whole`` loads it again.
3. Sessions before the first that is held: ``_head`` goes back in blocks, each joined to what
   is held, so that a loading cut off anywhere leaves no hole.

Every part is compared with the exchange's calendar before it is handed to the writer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import polars as pl

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import BARS
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import Incomplete
from hedgerow.ingest.coverage import (
    LISTING_TOLERANCE,
    Coverage,
    checkable,
    counted,
    sessions_back,
    sessions_between,
)
from hedgerow.ingest.held import CLOSES, Held, Life, overlap
from hedgerow.ingest.readjust import Restatement, restatement
from hedgerow.ingest.writer import Part
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.vendor import BarsRequest, Chunk, SendsBars

# Where nobody says how far back to begin.
FIRST_ASKED = dt.date(2000, 1, 1)

# A block of older history is held in memory until it joins what is stored.
_ROWS_A_BLOCK = 200_000
_LONGEST_TRADING_DAY = dt.timedelta(hours=16)

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Wish:
    """What the user asked for.

    Parameters
    ----------
    timeframe, adjustment
        Of the bars.
    start
        First session; None for what the vendor has.
    end
        Last session, one that has closed.
    unpublished
        Whether the last session is so fresh that it may still be missing.
    allow_gaps
        Whether missing sessions are accepted.
    refresh
        Whether to load the whole history again.
    """

    timeframe: Timeframe
    adjustment: Adjustment
    start: dt.date | None
    end: dt.date
    unpublished: bool = False
    allow_gaps: bool = False
    refresh: bool = False


@dataclass
class Fetched:
    """What one vendor sent for one series.

    Parameters
    ----------
    asked
        First and last session asked for; None where nothing was needed.
    start, end
        First and last session that came.
    gaps, notes
        As in ``SeriesLoad``.
    asked_from
        How far back the series was asked for, where its beginning was.
    """

    asked: tuple[dt.date, dt.date] | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    gaps: list[dt.date] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    asked_from: dt.date | None = None


Put = Callable[[Part], Awaitable[None]]
ReadCloses = Callable[[dt.date | None], Awaitable[pl.DataFrame]]
FirstSession = Callable[[Instrument], Awaitable[dt.date | None]]


class _Restated(Exception):
    """Ends one request to begin another."""

    def __init__(self, told: Restatement) -> None:
        super().__init__(str(told))
        self.told = told


@dataclass
class SeriesFetch:
    """One series of one vendor, from its plan to its last part.

    Parameters
    ----------
    vendor
        Who is asked.
    instrument, held, life, wish
        What is known and wanted.
    put
        Takes a part when it has been checked.
    read_closes
        Reads what the lake holds of the series, up to a session or all of it.
    before
        Called before the vendor is asked for the first time; what it tells is noted.
    first_session
        Tells the first session that the lake holds of the instrument in any series, which
        counts where nobody knows when it was listed.
    """

    vendor: SendsBars
    instrument: Instrument
    held: Held
    life: Life
    wish: Wish
    put: Put
    read_closes: ReadCloses
    before: Callable[[], Awaitable[str]] | None = None
    first_session: FirstSession | None = None

    def __post_init__(self) -> None:
        delisted = self.life.delisted
        self.fetched = Fetched()
        if delisted is not None and delisted < self.wish.end:
            self.wish = replace(self.wish, end=delisted, unpublished=False)
            self._note(f"delisted {delisted}")
        self._seen: set[dt.date] = set()
        self._restated = False

    async def run(self) -> Fetched:
        """Ask for what is missing, and nothing where nothing is.

        Raises
        ------
        VendorError
            The vendor could not answer, or its answer is not complete. What came before is
            stored all the same, as far as it is without holes.
        """
        first, last = self.held.first, self.held.last
        if first is None or last is None or self.wish.refresh:
            await self._whole(self._asked_start())
            return self.fetched
        try:
            if self._sessions(self._end_of_bar(last) + _DAY, self.wish.end):
                await self._tail(last)
            if self._older_wanted(first):
                await self._head(first)
        except _Restated as restated:
            self.fetched.notes.append(str(restated.told))
            self._restated = True
            await self._whole(min(first, self.wish.start or first), refresh=True)
        return self.fetched

    # ------------------------------------------------------------------------------ requests

    async def _whole(self, start: dt.date, *, refresh: bool = False) -> None:
        if not self._sessions(start, self.wish.end):
            self._note(f"no session from {start} to {self.wish.end}")
            return
        closes = await self.read_closes(None) if self.held.first is not None else self.held.newest
        coverage = self._coverage(closes)
        begun: dt.date | None = None
        done = start - _DAY
        async with aclosing(self._ask(start, self.wish.end, refresh=refresh)) as answer:
            async for chunk in answer:
                sent = self._sessions_of(chunk)
                self._restated = self._restated or self._on_another_basis(closes, chunk)
                if begun is None and sent:
                    begun = min([min(sent), *coverage.held[:1]])
                    await self._check_begin(start, begun)
                if begun is not None:
                    self._check(coverage, max(begun, done + _DAY), chunk.through)
                done = max(done, chunk.through)
                await self._hand_in(chunk)
        if begun is None:
            self._nothing_came(coverage, start)
            return
        self._check(coverage, max(begun, done + _DAY), self.wish.end)
        self.fetched.asked_from = start

    async def _tail(self, last: dt.date) -> None:
        newest = self.held.newest
        coverage = self._coverage(newest)
        start, done = coverage.held[0], coverage.held[0] - _DAY
        waiting: list[Chunk] = []
        compared = False
        async with aclosing(self._ask(start, self.wish.end)) as answer:
            async for chunk in answer:
                waiting.append(chunk)
                self._sessions_of(chunk)
                if not compared and chunk.through < last:
                    continue  # the sessions to compare by are not complete yet
                if not compared:
                    self._compare(coverage, newest, waiting, last)
                    compared = True
                for one in waiting:
                    self._check(coverage, done + _DAY, one.through)
                    done = max(done, one.through)
                    await self._hand_in(one)
                waiting.clear()
        if not compared:
            self._compare(coverage, newest, waiting, last)
        self._check(coverage, done + _DAY, self.wish.end)
        for one in waiting:
            await self._hand_in(one)

    async def _head(self, first: dt.date) -> None:
        asked = self._asked_start()
        calendar = self.instrument.exchange
        reach = sessions_between(calendar, first, self.held.last or first)
        known_to = reach[min(overlap(self.wish.timeframe), len(reach)) - 1]
        closes = await self.read_closes(known_to)
        coverage = self._coverage(closes)
        oldest = first
        while oldest > asked and self._sessions(asked, oldest - _DAY):
            start = max(asked, sessions_back(calendar, oldest, self._block()))
            through = known_to if oldest == first else oldest - _DAY
            async with aclosing(self._ask(start, through)) as answer:
                chunks = [one async for one in answer]
            sent = {day for one in chunks for day in self._sessions_of(one)}
            if oldest == first:
                self._compare(coverage, closes, chunks, known_to)
            begun = min([*sent, oldest])
            self._check(coverage, begun, through)
            await self._hand_in(*chunks)
            oldest = begun
            if self._sessions(start, begun - _DAY):
                break  # the series begins here
        await self._check_begin(asked, oldest)
        self.fetched.asked_from = asked

    async def _ask(
        self, start: dt.date, end: dt.date, *, refresh: bool = False
    ) -> AsyncGenerator[Chunk, None]:
        if self.before is not None:
            self._note(await self.before())
        request = BarsRequest(
            self.instrument,
            self.wish.timeframe,
            start,
            end,
            self.wish.adjustment,
            refresh=refresh or self.wish.refresh,
        )
        asked = self.fetched.asked
        self.fetched.asked = (min(start, asked[0]), max(end, asked[1])) if asked else (start, end)
        self._seen = set()
        answer = self.vendor.bars(request)
        try:
            async for chunk in answer:
                yield _within(chunk, start, end)
        except Incomplete as error:
            # The vendor itself says that its plan reaches back less far than asked.
            if not self.wish.allow_gaps or "earliest" not in error.facts:
                raise
            self._note(f"the plan reaches back to {error.facts['earliest']}")
        finally:
            # A generator that is left early gives its connection back.
            if isinstance(answer, AsyncGenerator):
                await answer.aclose()

    async def _hand_in(self, *chunks: Chunk) -> None:
        batches = tuple(batch for chunk in chunks for batch in chunk.batches)
        part = Part(self.instrument, self.vendor.name, batches)
        days = {day for chunk in chunks for day in _days(chunk)}
        if days:
            now = self.fetched
            now.start = min([min(days), *([now.start] if now.start else [])])
            now.end = max([max(days), *([now.end] if now.end else [])])
        if part.rows or any(batch.refused.height for batch in batches):
            await self.put(part)

    # -------------------------------------------------------------------------------- checks

    def _compare(
        self, coverage: Coverage, held: pl.DataFrame, chunks: Iterable[Chunk], through: dt.date
    ) -> None:
        """Refuse an answer without the bars that are held; leave for another where restated."""
        if coverage.vanished(coverage.held[0], through, self._seen):
            raise Incomplete(
                f"{self._named()} no longer has any bar of {coverage.held[0]} to {through}, which "
                "it sent before: look whether the symbol was renamed or delisted",
                source=self.vendor.name,
            )
        told = restatement(held, _closes(chunks), self.wish.adjustment)
        if told is not None:
            raise _Restated(told)

    def _on_another_basis(self, closes: pl.DataFrame, chunk: Chunk) -> bool:
        """Whether bars of an adjusted series that is asked for afresh were restated."""
        if self.wish.adjustment is Adjustment.RAW:
            return False
        return restatement(closes, _closes([chunk]), self.wish.adjustment) is not None

    def _check(self, coverage: Coverage, start: dt.date, through: dt.date) -> None:
        if not checkable(self.wish.timeframe):
            return
        missing = coverage.missing(start, through, self._seen)
        if missing and not self.wish.allow_gaps:
            raise coverage.hole(missing)
        if self._restated and (left := sorted(set(missing) & set(coverage.held))):
            raise coverage.left_behind(left)
        self.fetched.gaps += missing
        if self.wish.unpublished and self.wish.end <= through and self.wish.end not in self._seen:
            self._note(f"{self.wish.end} is not yet published")

    async def _check_begin(self, asked: dt.date, begun: dt.date) -> None:
        """Tell where a series begins later than asked; refuse it where it was listed before."""
        listed, held = self.life.listed, None
        if not self._sessions(max(asked, listed or asked), begun)[:-1]:
            return
        if not checkable(self.wish.timeframe):
            return
        if listed is None and self.first_session is not None:
            held = await self.first_session(self.instrument)
        since = listed or held
        expected = () if since is None else self._sessions(max(asked, since), begun)[:-1]
        late = len(expected) > LISTING_TOLERANCE
        limit = self._plan_limit()
        within_plan = limit is None or not expected or limit <= expected[0]
        known = f"it was listed on {listed}" if listed else f"other bars of it are held from {held}"
        if late and within_plan and not self.wish.allow_gaps:
            raise Incomplete(
                f"{self._named()} begins on {begun}, but {known}: "
                f"{counted(expected)} missing. Ask another source, begin later with --from, or "
                "take it as it is with --allow-gaps",
                source=self.vendor.name,
            )
        told = f", listed {listed}" if listed else f", held from {held} in another series"
        self._note(f"begins {begun}" + (told if late else ""))

    def _nothing_came(self, coverage: Coverage, start: dt.date) -> None:
        end = self.wish.end
        if coverage.missing(start, end, ()):
            raise Incomplete(
                f"{self._named()} has no bar from {start} to {end}: look whether it was traded "
                "then, or ask another source",
                source=self.vendor.name,
            )
        self._note(f"{end} is not yet published")

    # --------------------------------------------------------------------------------- words

    def _asked_start(self) -> dt.date:
        start = self.wish.start or max(FIRST_ASKED, self._plan_limit() or FIRST_ASKED)
        first = self.held.first
        # Restated prices of a part of the history would not fit the rest of it.
        whole = self.wish.start is None or self.wish.adjustment is not Adjustment.RAW
        return start if first is None or not whole else min(start, first)

    def _end_of_bar(self, label: dt.date) -> dt.date:
        """Last day of the bar whose session is given."""
        days = self.wish.timeframe.duration // _DAY
        monday = label - dt.timedelta(days=label.weekday())
        return label if days <= 1 else monday + dt.timedelta(days=days - 1)

    def _older_wanted(self, first: dt.date) -> bool:
        """Whether sessions before the first one held were asked for, and not in vain before."""
        if self.wish.start is None:
            return False
        begin = max(self.wish.start, self.life.listed or self.wish.start)
        known = self.held.asked_from
        return bool(self._sessions(begin, first - _DAY)) and (known is None or begin < known)

    def _plan_limit(self) -> dt.date | None:
        """First day that the vendor's plan reaches back to, where it says so."""
        earliest = getattr(self.vendor, "earliest", None)
        limit: dt.date | None = earliest() if callable(earliest) else None
        return limit

    def _coverage(self, closes: pl.DataFrame) -> Coverage:
        return Coverage(
            self.vendor.name,
            self.instrument,
            self.wish.timeframe,
            closes["session"].unique().sort().to_list(),
            self.wish.end,
            self.wish.unpublished,
        )

    def _sessions(self, start: dt.date, end: dt.date) -> Sequence[dt.date]:
        return sessions_between(self.instrument.exchange, start, end)

    def _sessions_of(self, chunk: Chunk) -> set[dt.date]:
        days = _days(chunk)
        self._seen |= days
        return days

    def _block(self) -> int:
        """Sessions of older history that are held in memory at once."""
        bars = max(1, int(_LONGEST_TRADING_DAY / self.wish.timeframe.duration))
        return max(20, _ROWS_A_BLOCK // bars)

    def _named(self) -> str:
        return f"{self.instrument.symbol} {self.wish.timeframe.code} from {self.vendor.name}"

    def _note(self, text: str) -> None:
        if text and text not in self.fetched.notes:
            self.fetched.notes.append(text)


def _within(chunk: Chunk, start: dt.date, end: dt.date) -> Chunk:
    """The chunk without bars that were not asked for: they would begin a series too early."""

    def cut(batch: SourceBatch) -> SourceBatch:
        if batch.table is not BARS:
            return batch
        kept = batch.frame.filter(pl.col("session").is_between(start, end))
        return batch if kept.height == batch.frame.height else replace(batch, frame=kept)

    batches = tuple(cut(one) for one in chunk.batches)
    return replace(chunk, batches=batches, through=min(chunk.through, end))


def _days(chunk: Chunk) -> set[dt.date]:
    """Sessions of the bars that came, those among them that could not be read included."""
    days: set[dt.date] = set()
    for batch in chunk.batches:
        if batch.table is BARS:
            days.update(batch.frame["session"].unique().to_list())
            days.update(batch.refused["timestamp"].drop_nulls().dt.date().to_list())
    return days


def _closes(chunks: Iterable[Chunk]) -> pl.DataFrame:
    frames = [
        batch.frame.select(CLOSES)
        for chunk in chunks
        for batch in chunk.batches
        if batch.table is BARS
    ]
    return pl.concat([pl.DataFrame(schema={n: BARS.columns[n] for n in CLOSES}), *frames])
