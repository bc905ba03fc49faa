"""Loading of what is not bars: company figures, exchange rates, macroeconomic series."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from hedgerow.domain.schemas import FUNDAMENTALS, FX_RATES
from hedgerow.domain.span import check_span
from hedgerow.errors import AuthError, DataError, DefinitionError, VendorError
from hedgerow.ingest.resolve import Asked, Symbols, asked_for, described
from hedgerow.ingest.restated import dated_when_seen
from hedgerow.ingest.stores import Stores
from hedgerow.ingest.vendors import Sources, Vendors, in_one_line, usual_sources
from hedgerow.ingest.waiting import wait_for
from hedgerow.lake import IngestSummary
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.vendor import (
    SendsFundamentals,
    SendsFx,
    SendsMacro,
    Vendor,
)

# Of the United States: volatility, yields of three months and ten years, the overnight rate;
# then what is revised, for which FRED wants a key: prices, unemployment, output.
USUAL_SERIES = ("VIXCLS", "DGS3MO", "DGS10", "DFF", "CPIAUCSL", "UNRATE", "GDP")

# Rates are asked for again, because the bank corrects them now and then.
_FX_OVERLAP = dt.timedelta(days=14)

# Answers that wait for one merge.
_A_GROUP = 64

Batches = Sequence[SourceBatch]
Progress = Callable[["FactLoad"], None]


@dataclass(frozen=True)
class FactLoad:
    """Outcome for one thing that was asked for.

    Parameters
    ----------
    name
        Symbol, series, or ``rates``.
    source
        Who served it; None where nobody could.
    failed
        Who was asked before and could not, each with its error in one line.
    rows
        Rows that came.
    notes
        What else is worth knowing.
    error
        Why it could not be had; empty where it could.
    """

    name: str
    source: str | None = None
    failed: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    notes: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class FactsLoad:
    """Outcome of a loading.

    Parameters
    ----------
    facts
        One for each thing that was asked for, in the order asked.
    stored
        What the lake did with the rows, a merge each.
    """

    facts: tuple[FactLoad, ...]
    stored: tuple[IngestSummary, ...]

    @property
    def ok(self) -> bool:
        """Whether everything was served."""
        return all(not one.error for one in self.facts)

    @property
    def rows(self) -> int:
        """Rows that came."""
        return sum(one.rows for one in self.stored)

    @property
    def known(self) -> int:
        """Rows among them that the lake held already with the same values."""
        return sum(one.unchanged for one in self.stored)

    @property
    def failures(self) -> tuple[FactLoad, ...]:
        """What nobody could serve."""
        return tuple(one for one in self.facts if one.error)


def ingest_fundamentals(
    stores: Stores,
    symbols: Symbols,
    *,
    sources: Sources | None = None,
    refresh: bool = False,
    concurrency: int = 8,
    progress: Progress | None = None,
) -> FactsLoad:
    """Load company figures, each symbol from the first vendor that has them.

    Parameters
    ----------
    stores
        Where they go.
    symbols
        Tickers, identities and universes.
    sources
        Vendors to ask, best first; those with a key by default.
    refresh
        Whether to ask even where today's answer is kept.
    concurrency
        Symbols that are asked for at a time.
    progress
        Called for each symbol when it was asked for.

    Returns
    -------
    FactsLoad
        A figure that was known before with the same value is left alone; one that the vendor
        has restated is a further row, available from now on.

    Raises
    ------
    DataError, DefinitionError, AuthError, StoreError
        As for ``ingest_bars``.
    """
    named = usual_sources(stores.settings, SendsFundamentals) if sources is None else sources
    asked = asked_for(stores, symbols)

    async def figures(vendors: Vendors, one: Asked) -> tuple[FactLoad, Batches]:
        instrument = one.instrument or await described(one.symbol, vendors)
        if one.instrument is None:
            await asyncio.to_thread(stores.catalog.add_instruments, [instrument])

        async def ask(vendor: Vendor) -> Batches:
            assert isinstance(vendor, SendsFundamentals)
            return await vendor.fundamentals(instrument, refresh=refresh)

        return await _first_answer(vendors, one.symbol, ask)

    async def run() -> FactsLoad:
        async with Vendors.open(stores, named, SendsFundamentals) as vendors:
            work = [(one.symbol, lambda one=one: figures(vendors, one)) for one in asked]
            return await _load(stores, work, concurrency, progress)

    return wait_for(run())


def ingest_fx(
    stores: Stores,
    *,
    sources: Sources | None = None,
    start: dt.date | None = None,
    end: dt.date | None = None,
    refresh: bool = False,
) -> FactsLoad:
    """Load exchange rates from the first vendor that answers.

    Parameters
    ----------
    stores
        Where they go.
    sources
        Vendors to ask, best first; the ECB by default.
    start, end
        First and last date. By default a vendor is asked from two weeks before the newest
        rate of its own that the lake holds, or for all it has.
    refresh
        Whether to ask even where today's answer is kept.

    Raises
    ------
    DataError
        The start is after the end.
    DefinitionError, AuthError, StoreError
        As for ``ingest_bars``.
    """
    check_span(start, end)
    named = usual_sources(stores.settings, SendsFx) if sources is None else sources

    async def ask(vendor: Vendor) -> Batches:
        assert isinstance(vendor, SendsFx)
        since = start or await asyncio.to_thread(_newest_rate, stores, vendor.name)
        return [await vendor.fx(since, end, refresh=refresh)]

    async def run() -> FactsLoad:
        async with Vendors.open(stores, named, SendsFx) as vendors:
            work = [("rates", lambda: _first_answer(vendors, "rates", ask))]
            return await _load(stores, work, 1, None)

    return wait_for(run())


def ingest_macro(
    stores: Stores,
    series: Sequence[str] = USUAL_SERIES,
    *,
    sources: Sources | None = None,
    start: dt.date | None = None,
    end: dt.date | None = None,
    refresh: bool = False,
    progress: Progress | None = None,
) -> FactsLoad:
    """Load macroeconomic series, each from the first vendor that has it.

    Parameters
    ----------
    stores
        Where they go.
    series
        Names as the vendor spells them, such as ``CPIAUCSL``.
    sources
        Vendors to ask, best first; FRED by default.
    start, end
        First and last day that values are about; all by default, because a revision of an
        earlier value is only seen where that is asked for again.
    refresh
        Whether to ask even where today's answer is kept.
    progress
        Called for each series when it was asked for.

    Raises
    ------
    DataError
        The start is after the end.
    DefinitionError, AuthError, StoreError
        As for ``ingest_bars``.
    """
    check_span(start, end)
    named = usual_sources(stores.settings, SendsMacro) if sources is None else sources

    async def values(vendors: Vendors, name: str) -> tuple[FactLoad, Batches]:
        async def ask(vendor: Vendor) -> Batches:
            assert isinstance(vendor, SendsMacro)
            return [await vendor.macro([name], start, end, refresh=refresh)]

        return await _first_answer(vendors, name, ask)

    async def run() -> FactsLoad:
        async with Vendors.open(stores, named, SendsMacro) as vendors:
            work = [(name, lambda name=name: values(vendors, name)) for name in series]
            return await _load(stores, work, 4, progress)

    return wait_for(run())


Ask = Callable[[], Awaitable[tuple[FactLoad, Batches]]]
Work = tuple[str, Ask]


async def _load(
    stores: Stores, work: Sequence[Work], concurrency: int, progress: Progress | None
) -> FactsLoad:
    """Ask for everything, some at a time, and store the answers of a group in one merge."""
    if concurrency < 1:
        raise DefinitionError(f"concurrency {concurrency} is not 1 or more", value=concurrency)
    turn = asyncio.Semaphore(concurrency)

    async def one(name: str, ask: Ask) -> tuple[FactLoad, Batches]:
        async with turn:
            try:
                fact, batches = await ask()
            except (VendorError, AuthError) as error:  # nobody knows what it is
                fact, batches = FactLoad(name, error=" ".join(error.message.split())), ()
            if progress is not None:
                progress(fact)
            return fact, batches

    facts: list[FactLoad] = []
    stored: list[IngestSummary] = []
    for place in range(0, len(work), _A_GROUP):
        group = work[place : place + _A_GROUP]
        answers = await asyncio.gather(*(one(name, ask) for name, ask in group))
        facts += [fact for fact, _ in answers]
        stored += await asyncio.to_thread(_store, stores, answers)
    return FactsLoad(tuple(facts), tuple(stored))


async def _first_answer(
    vendors: Vendors, name: str, ask: Callable[[Vendor], Awaitable[Batches]]
) -> tuple[FactLoad, Batches]:
    """Answer of the first vendor that has one."""
    failed: dict[str, str] = {}
    for vendor in vendors.willing(failed):
        try:
            batches = await ask(vendor)
        except (VendorError, DataError, DefinitionError) as error:
            failed[vendor.name] = vendors.note(vendor, error)
            continue
        except AuthError as error:
            # A vendor may want a key for some of what it has only.
            failed[vendor.name] = " ".join(error.message.split())
            continue
        rows = sum(batch.frame.height for batch in batches)
        notes = tuple(getattr(vendor, "notes", ()))
        return FactLoad(name, vendor.name, failed, rows, notes), batches
    return FactLoad(name, None, failed, error=in_one_line(failed)), ()


def _store(stores: Stores, answers: Sequence[tuple[FactLoad, Batches]]) -> list[IngestSummary]:
    found: dict[tuple[str, str], list[SourceBatch]] = {}
    for fact, batches in answers:
        for batch in batches:
            if batch.frame.height or batch.refused.height:
                found.setdefault((batch.table.name, fact.source or ""), []).append(batch)
    now = stores.clock()
    summaries = []
    for (table, source), batches in found.items():
        rows = pl.concat([batch.frame for batch in batches])
        sent = rows.height
        if table == FUNDAMENTALS.name:
            rows = dated_when_seen(stores.lake, rows, now)
        known = sent - rows.height
        refused = pl.concat([batch.refused for batch in batches])
        done = stores.lake.ingest(table, rows, source=source, ingested_at=now, unreadable=refused)
        summaries.append(replace(done, rows=done.rows + known, unchanged=done.unchanged + known))
    return summaries


def _newest_rate(stores: Stores, source: str) -> dt.date | None:
    rates = stores.lake.scan(FX_RATES).filter(pl.col("source") == source)
    newest = rates.select(pl.col("date").max()).collect().item()
    return None if newest is None else newest - _FX_OVERLAP
