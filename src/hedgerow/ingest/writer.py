"""One writer for many readers: rows gather until a merge is worth its commit."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import BARS, Table
from hedgerow.ingest.stores import Stores
from hedgerow.sources.base import SourceBatch

# A merge costs about the same for one row as for many thousands.
ROWS_A_MERGE = 400_000

# What a slow vendor has sent is stored after a few seconds, so that a kill loses little of it.
LONGEST_WAIT = 2.0

# Parts that wait while a merge runs; then the readers wait too.
_QUEUED = 4

# Splits explain jumps in bars, so they must be there before them.
_LAST = BARS.name


@dataclass
class Counts:
    """Bars by what the lake did with them."""

    sent: int = 0
    loaded: int = 0
    corrected: int = 0
    quarantined: int = 0

    @property
    def unchanged(self) -> int:
        """Bars that were held already with the same values."""
        return self.sent - self.loaded - self.corrected - self.quarantined


@dataclass(frozen=True)
class Part:
    """Rows of one instrument that are stored together or not at all.

    Parameters
    ----------
    instrument
        Added to the catalog with its first rows.
    source
        Who sent them.
    batches
        Splits and dividends, then bars.
    """

    instrument: Instrument
    source: str
    batches: tuple[SourceBatch, ...]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(batch.frame.height for batch in self.batches)


Told = Callable[[], None]


@dataclass
class Writer:
    """Stores parts in the order they come, many in one merge.

    ``put`` waits while too much is waiting already, so memory is bounded by ``rows_a_merge``
    and a few parts, and not by the history that is loaded.

    Parameters
    ----------
    stores
        Where rows go.
    known
        Identities that the catalog has.
    rows_a_merge, longest_wait
        Rows, or seconds, after which what has gathered is stored.
    """

    stores: Stores
    known: set[str] = field(default_factory=set)
    rows_a_merge: int = ROWS_A_MERGE
    longest_wait: float = LONGEST_WAIT

    def __post_init__(self) -> None:
        self.counts: dict[str, Counts] = defaultdict(Counts)
        self._queue: asyncio.Queue[Part | Told | None] = asyncio.Queue(_QUEUED)
        self._parts: list[Part] = []
        self._done: list[Told] = []
        self._rows = 0
        self._since = 0.0

    async def put(self, part: Part) -> None:
        """Hand in a part."""
        await self._queue.put(part)

    async def tell(self, told: Told) -> None:
        """Call a function once everything handed in before is stored."""
        await self._queue.put(told)

    async def close(self) -> None:
        """Say that nothing more comes."""
        await self._queue.put(None)

    async def run(self) -> None:
        """Store until ``close``; what had come by a cancellation is stored too."""
        waiting: asyncio.Task[Part | Told | None] | None = None
        try:
            while True:
                waiting = waiting or asyncio.ensure_future(self._queue.get())
                done, _ = await asyncio.wait({waiting}, timeout=self._patience())
                if done:
                    item, waiting = waiting.result(), None
                    if item is None:
                        break
                    self._take(item)
                if self._due():
                    await asyncio.to_thread(self._flush)
                self._report()
        finally:
            self._take_waiting(waiting)
            # The last merge runs to its end also when the loading is stopped.
            self._flush()
        self._report()

    def _take_waiting(self, waiting: asyncio.Task[Part | Told | None] | None) -> None:
        """Take what was handed in before the loading was stopped."""
        left: list[Part | Told | None] = []
        if waiting is not None and waiting.done() and not waiting.cancelled():
            left.append(waiting.result())
        elif waiting is not None:
            waiting.cancel()
        while not self._queue.empty():
            left.append(self._queue.get_nowait())
        for item in left:
            if item is not None:
                self._take(item)

    def _take(self, item: Part | Told) -> None:
        if not isinstance(item, Part):
            self._done.append(item)
            return
        if not self._parts:
            self._since = time.monotonic()
        self._parts.append(item)
        self._rows += item.rows

    def _patience(self) -> float | None:
        """Seconds to wait for another part before storing those that are here."""
        if not self._parts:
            return None
        return max(self._since + self.longest_wait - time.monotonic(), 0.0)

    def _due(self) -> bool:
        return bool(self._parts) and (self._rows >= self.rows_a_merge or self._patience() == 0.0)

    def _report(self) -> None:
        """Call those whose rows are all stored."""
        if self._parts:
            return
        done, self._done = self._done, []
        for told in done:
            told()

    def _flush(self) -> None:
        if not self._parts:
            return
        parts, self._parts, self._rows = self._parts, [], 0
        self._introduce(parts)
        for (table, source), batches in _by_table(parts).items():
            self._store(table, source, batches)
        for part in parts:
            sent = self.counts[part.instrument.instrument_id]
            for batch in part.batches:
                if batch.table is BARS:
                    sent.sent += batch.frame.height + batch.refused.height
                    sent.quarantined += batch.refused.height

    def _introduce(self, parts: Sequence[Part]) -> None:
        """Add instruments to the catalog that it does not have yet."""
        named = {part.instrument.instrument_id: part.instrument for part in parts}
        new = [one for name, one in named.items() if name not in self.known]
        self.stores.catalog.add_instruments(new)
        self.known.update(named)

    def _store(self, table: Table, source: str, batches: Sequence[SourceBatch]) -> None:
        summary = self.stores.lake.ingest(
            table,
            pl.concat([batch.frame for batch in batches]),
            source=source,
            ingested_at=self.stores.clock(),
            unreadable=pl.concat([batch.refused for batch in batches]),
        )
        if table is not BARS:
            return
        for name, tally in summary.by_instrument.items():
            counts = self.counts[name]
            counts.loaded += tally.loaded
            counts.corrected += tally.corrected
            counts.quarantined += tally.refused


def _by_table(parts: Sequence[Part]) -> dict[tuple[Table, str], list[SourceBatch]]:
    """Batches by table and source, bars last."""
    found: dict[tuple[str, str], list[SourceBatch]] = {}
    for part in parts:
        for batch in part.batches:
            if batch.frame.height or batch.refused.height:
                found.setdefault((batch.table.name, part.source), []).append(batch)
    ordered = sorted(found, key=lambda key: key[0] == _LAST)
    return {(found[key][0].table, key[1]): found[key] for key in ordered}
