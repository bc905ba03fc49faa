"""What the tests of Financial Modeling Prep share."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import TypeVar

import polars as pl

from hedgerow.domain import Adjustment, Instrument, Timeframe
from hedgerow.settings import Settings
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.fmp import Fmp
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest
from hedgerow.testing.vendors import FakeServer, World

KEY = "planted-fmp-key"
LAST = dt.date(2026, 3, 31)
ZQX = Instrument.of("ZQX", exchange="XNAS")
VEX = Instrument.of("VEX")
ZQL = Instrument.of("ZQL", exchange="XLON", currency="GBP")

T = TypeVar("T")


async def no_wait(_: float) -> None:
    """Wait without waiting."""
    await asyncio.sleep(0)


def quick(**changes: object) -> HttpOptions:
    """Options with the fakes' clock that lose no time."""
    given = {
        "clock": World.small().clock,
        "sleep": no_wait,
        "attempts": 3,
        "timeout": 2.0,
        "unlimited": True,
    }
    return HttpOptions(**{**given, **changes})


def open_fmp(fake: FakeServer, options: HttpOptions | None = None, plan: str = "ultimate") -> Fmp:
    """The vendor against a fake."""
    settings = Settings(_env_file=None, fmp_url=fake.url, fmp_plan=plan)
    return Fmp(KEY, settings=settings, options=options or quick())


def with_fmp(
    fake: FakeServer,
    work: Callable[[Fmp], Awaitable[T]],
    *,
    options: HttpOptions | None = None,
    plan: str = "ultimate",
) -> T:
    """What some work with the vendor gives."""

    async def run() -> T:
        async with open_fmp(fake, options, plan) as vendor:
            return await work(vendor)

    return asyncio.run(run())


def bars_request(
    instrument: Instrument = ZQX,
    start: dt.date = dt.date(2024, 1, 2),
    end: dt.date = LAST,
    adjustment: Adjustment = Adjustment.RAW,
) -> BarsRequest:
    """Daily bars of the fakes' whole history, unless told otherwise."""
    return BarsRequest(instrument, Timeframe.parse("1d"), start, end, adjustment)


def rows_of(batches: list[SourceBatch] | tuple[SourceBatch, ...], table: str) -> pl.DataFrame:
    """Rows of all batches of a table."""
    return pl.concat([one.frame for one in batches if one.table.name == table])


def refused_of(batches: list[SourceBatch] | tuple[SourceBatch, ...]) -> pl.DataFrame:
    """Refused rows of all batches."""
    return pl.concat([one.refused for one in batches])
