"""What a vendor can be asked for, and how its answers come back.

A vendor is a class that extends :class:`Vendor` and keeps those of the protocols here that it
has data for. All of them are asked asynchronously, because one program waits for many answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import ClassVar, Protocol, Self, runtime_checkable

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.timeframe import Timeframe
from hedgerow.sources.base import SourceBatch

Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """The present, in UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class BarsRequest:
    """Bars of one instrument over some sessions.

    Parameters
    ----------
    instrument
        Whose bars; its ``symbol`` and ``exchange`` give the vendor's own spelling.
    timeframe
        Length of the bars.
    start, end
        First and last session, both included; ``end`` is a session that has closed.
    adjustment
        How prices are to be sent; RAW unless a vendor has nothing else.
    refresh
        Whether to ask the vendor even where a stored answer of today would do.
    """

    instrument: Instrument
    timeframe: Timeframe
    start: dt.date
    end: dt.date
    adjustment: Adjustment = Adjustment.RAW
    refresh: bool = False


@dataclass(frozen=True)
class Chunk:
    """A part of an answer that may be stored by itself.

    Chunks of one answer go forward in time without a gap, so that a loading cut off after any
    of them goes on where it stopped.

    Parameters
    ----------
    batches
        Splits and dividends, then bars; each with every column of its table but
        ``ingested_at``. May be empty.
    through
        Last session that this chunk, with those before it, answers for.
    """

    batches: tuple[SourceBatch, ...]
    through: dt.date


@dataclass(frozen=True)
class Listing:
    """Instruments that a vendor knows, and when each ticker was in use.

    Parameters
    ----------
    instruments
        What is traded now or was traded.
    intervals
        Batch for ``symbol_intervals``; None where the vendor tells no dates.
    """

    instruments: Sequence[Instrument]
    intervals: SourceBatch | None = None


class Vendor:
    """Base of every vendor: a name, and connections that are closed at the end.

    A subclass sets ``name``, keeps its HTTP client in ``self`` and closes it in ``aclose``.

    Attributes
    ----------
    name
        Word that the ``source`` column carries.
    actions_with_bars
        Whether raw bars bring their splits and dividends, or there are none. A vendor that
        sends them apart says False and keeps ``SendsActions``.
    """

    name: ClassVar[str]
    actions_with_bars: ClassVar[bool] = True

    async def aclose(self) -> None:
        """Close connections."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


@runtime_checkable
class SendsBars(Protocol):
    """A vendor of price bars."""

    name: ClassVar[str]

    def timeframes(self) -> frozenset[str]:
        """Codes of the lengths it sends, such as ``1m`` and ``1d``."""

    def bars(self, request: BarsRequest) -> AsyncIterator[Chunk]:
        """Bars in chunks, oldest first.

        Raises
        ------
        VendorError
            See the error tree for what each kind means; NotFound where the vendor does not
            know the instrument. No chunk is sent whose rows the vendor cut short.
        """


@runtime_checkable
class DescribesInstruments(Protocol):
    """A vendor that can say what a ticker is."""

    name: ClassVar[str]

    async def describe(self, symbol: str) -> Instrument:
        """What the vendor knows of one ticker.

        Raises
        ------
        NotFound
            It does not know the ticker.
        """


@runtime_checkable
class SendsListing(Protocol):
    """A vendor of the symbol master."""

    name: ClassVar[str]

    async def listing(self, on: dt.date | None = None) -> Listing:
        """Instruments in use on a day and those delisted before; today by default."""


@runtime_checkable
class SendsActions(Protocol):
    """A vendor of splits and dividends of the whole market."""

    name: ClassVar[str]

    def actions(
        self, instruments: Sequence[Instrument], since: dt.date | None = None
    ) -> AsyncIterator[SourceBatch]:
        """Splits, then dividends, of known instruments; others are left out."""


@runtime_checkable
class SendsFundamentals(Protocol):
    """A vendor of company figures."""

    name: ClassVar[str]

    async def fundamentals(
        self, instrument: Instrument, *, refresh: bool = False
    ) -> tuple[SourceBatch, ...]:
        """Batches for ``fundamentals``: figures by period, known from their acceptance on."""


@runtime_checkable
class SendsFx(Protocol):
    """A vendor of exchange rates."""

    name: ClassVar[str]

    async def fx(
        self, start: dt.date | None = None, end: dt.date | None = None, *, refresh: bool = False
    ) -> SourceBatch:
        """Batch for ``fx_rates``."""


@runtime_checkable
class SendsMacro(Protocol):
    """A vendor of macroeconomic series."""

    name: ClassVar[str]

    async def macro(
        self,
        series: Sequence[str],
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        refresh: bool = False,
    ) -> SourceBatch:
        """Batch for ``macro``: values with the instants from which they were known."""


@dataclass(frozen=True)
class Served:
    """Who answered for one thing, and who could not.

    Parameters
    ----------
    source
        Vendor that answered; None where none could.
    failed
        Vendors that were asked before, each with its error in one line.
    """

    source: str | None
    failed: dict[str, str] = field(default_factory=dict)
