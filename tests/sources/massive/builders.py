"""Massive against its fake, in few words."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import polars as pl

from hedgerow.domain import Adjustment, Instrument, Timeframe
from hedgerow.domain.schemas import BARS
from hedgerow.settings import Settings
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.massive import Massive
from hedgerow.sources.vendor import BarsRequest, Chunk
from hedgerow.testing.vendors import World
from hedgerow.testing.vendors.contract import Waits
from hedgerow.testing.vendors.massive import FakeMassive

KEY = "planted-massive-key"

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Ticking:
    """A clock that goes on by what has been waited."""

    start: dt.datetime
    waits: Waits

    def __call__(self) -> dt.datetime:
        return self.start + dt.timedelta(seconds=sum(self.waits.seconds))


def quick(**changes: Any) -> HttpOptions:
    """Options that wait for nothing, with the fakes' clock."""
    told = {"clock": World.small().clock, "sleep": Waits([]), "unlimited": True, "timeout": 1.0}
    return HttpOptions(**{"attempts": 3, **told, **changes})


def connected(fake: FakeMassive, *, plan: str = "premium", **changes: Any) -> Massive:
    """Massive that asks a fake."""
    settings = Settings(_env_file=None, massive_url=fake.url, massive_plan=plan)
    return Massive(KEY, settings=settings, options=quick(**{"clock": fake.world.clock, **changes}))


def wanted(
    symbol: str = "ZQX",
    start: str = "2024-01-02",
    end: str = "2026-03-31",
    *,
    timeframe: str = "1d",
    mic: str = "XNAS",
    adjustment: Adjustment = Adjustment.RAW,
) -> BarsRequest:
    """Request for bars."""
    first, last = dt.date.fromisoformat(start), dt.date.fromisoformat(end)
    instrument = Instrument.of(symbol, exchange=mic)
    return BarsRequest(instrument, Timeframe.parse(timeframe), first, last, adjustment)


def run(vendor: Massive, ask: Callable[[Massive], Awaitable[Answer]]) -> Answer:
    """Answer of one method; the vendor is closed afterwards."""

    async def asked() -> Answer:
        async with vendor:
            return await ask(vendor)

    return asyncio.run(asked())


async def everything(parts: AsyncIterator[Answer]) -> list[Answer]:
    """All parts of an answer."""
    return [part async for part in parts]


def chunks_of(vendor: Massive, request: BarsRequest) -> tuple[list[Chunk], Exception | None]:
    """Chunks that came, and the error that ended them."""
    chunks: list[Chunk] = []

    async def gather(opened: Massive) -> Exception | None:
        try:
            async for chunk in opened.bars(request):
                chunks.append(chunk)  # noqa: PERF401 - what came before an error counts
        except Exception as error:  # noqa: BLE001 - the caller says which it must be
            return error
        return None

    return chunks, run(vendor, gather)


def bars(vendor: Massive, request: BarsRequest) -> pl.DataFrame:
    """Bars of a whole answer, which must end without an error."""
    chunks, error = chunks_of(vendor, request)
    if error is not None:
        raise error
    return frame_of(chunks)


def frame_of(chunks: list[Chunk]) -> pl.DataFrame:
    """Bars of some chunks in the order they came."""
    frames = [b.frame for chunk in chunks for b in chunk.batches if b.table == BARS]
    empty = pl.DataFrame(schema={n: k for n, k in BARS.columns.items() if n != "ingested_at"})
    return pl.concat([empty, *frames])
