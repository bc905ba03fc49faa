"""Ways to ask Alpha Vantage in tests: quickly, and at a moment of one's own."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from hedgerow.domain import Instrument, Timeframe
from hedgerow.settings import Settings
from hedgerow.sources.alphavantage import AlphaVantage
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest, Chunk
from hedgerow.testing.vendors.alphavantage import FakeAlphaVantage, Plan
from hedgerow.testing.vendors.world import World

KEY = "planted-alphavantage-key"
END = dt.date(2026, 3, 31)
# The last 100 sessions of New York up to the end begin here.
WINDOW_START = dt.date(2025, 11, 5)

ZQX = Instrument.of("ZQX", exchange="XNAS")
VEX = Instrument.of("VEX")
ZQL = Instrument.of("ZQL", exchange="XLON", currency="GBP")

Answer = TypeVar("Answer")


def options(cache: Path | None = None, **given: Any) -> HttpOptions:
    """Options that never wait, at the fakes' moment unless another is given."""
    quick = {"clock": World.small().clock, "sleep": no_wait, "unlimited": True, "attempts": 3}
    return HttpOptions(cache=cache, **{**quick, **given})


async def no_wait(_seconds: float) -> None:
    """Let others run, and no more."""
    await asyncio.sleep(0)


def connected(
    fake: FakeAlphaVantage, given: HttpOptions | None = None, plan: Plan | None = None, **more: Any
) -> AlphaVantage:
    """The vendor against a fake, on the fake's plan unless another is given."""
    settings = Settings(
        _env_file=None, alphavantage_url=fake.url, alphavantage_plan=plan or fake.plan
    )
    return AlphaVantage(KEY, settings=settings, options=given or options(), **more)


def ask(vendor: AlphaVantage, what: Callable[[AlphaVantage], Awaitable[Answer]]) -> Answer:
    """One answer; the vendor is closed afterwards."""

    async def once() -> Answer:
        async with vendor:
            return await what(vendor)

    return asyncio.run(once())


def gather(vendor: AlphaVantage, what: Callable[[AlphaVantage], AsyncIterator[Any]]) -> list[Any]:
    """All that an answer in parts gives; the vendor is closed afterwards."""

    async def all_of(one: AlphaVantage) -> list[Any]:
        return [part async for part in what(one)]

    return ask(vendor, all_of)


def daily(instrument: Instrument, start: dt.date, end: dt.date = END, **more: Any) -> BarsRequest:
    """Request of daily bars."""
    return BarsRequest(instrument, Timeframe.parse("1d"), start, end, **more)


def chunks(vendor: AlphaVantage, request: BarsRequest) -> list[Chunk]:
    """Answer to a request of bars."""
    return gather(vendor, lambda one: one.bars(request))


def rows(answer: list[Chunk], table: str) -> pl.DataFrame:
    """Rows of one table in an answer; an empty frame where there are none."""
    batches = [batch for chunk in answer for batch in chunk.batches]
    frames = [batch.frame for batch in batches if batch.table.name == table]
    return pl.concat(frames) if frames else pl.DataFrame()


def asked(fake: FakeAlphaVantage) -> list[str]:
    """Functions that the fake was asked for, in order."""
    return [request.query["function"] for request in fake.requests]
