"""What test processes do: load a market from a fake vendor over HTTP, until they are killed."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import sys
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from tests.ingest.builders import KEY, stores_at

import hedgerow.ingest.bars
from hedgerow.domain import Adjustment, Timeframe
from hedgerow.domain.calendar import sessions
from hedgerow.ingest import BarsLoad, BarsWish, Stores, ingest_bars
from hedgerow.ingest.waiting import wait_for
from hedgerow.ingest.writer import Writer
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.massive import Massive
from hedgerow.testing.vendors import FakeServer, World, faults
from hedgerow.testing.vendors.massive import FakeMassive

START = dt.date(2024, 1, 2)
# All of one exchange: making a calendar takes half a second in every process.
SYMBOLS = ("VEX", "ZQXpA", "BRK.X")
KEY_OF_FAKE = "planted-massive-key"
NEW_YORK = ZoneInfo("America/New_York")

FAULTS = (
    faults.dropped(),
    faults.status(500),
    faults.status(503, "<html>overloaded</html>", "text/html"),
    faults.too_many("0"),
    faults.truncated(),
)


class FlakyMassive(FakeMassive):
    """A fake that fails at random, seldom enough that asking again helps."""

    def __init__(self, world: World, share: float, seed: int, **options) -> None:
        super().__init__(world, key=KEY_OF_FAKE, **options)
        self._share, self._random = share, random.Random(seed)

    def respond(self, request):
        if self._random.random() < self._share:
            self.requests.append(request)
            fault = self._random.choice(FAULTS)
            return fault(request, lambda: self.answer(request))
        return FakeServer.respond(self, request)


async def at_once(_: float) -> None:
    await asyncio.sleep(0)


def evening(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(22), NEW_YORK).astimezone(dt.UTC)


def stores_of(folder: Path, url: str, day: dt.date) -> Stores:
    return stores_at(folder, evening(day), massive_url=url, massive_plan="premium")


def load_market(
    folder: Path, url: str, day: dt.date, symbols=SYMBOLS, *, refresh: bool = False
) -> list[BarsLoad]:
    """Load raw prices, then those restated for splits, in small merges."""
    stores = stores_of(folder, url, day)
    options = HttpOptions(
        cache=folder / "cache", clock=stores.clock, sleep=at_once, attempts=8, unlimited=True
    )
    vendor = Massive(KEY_OF_FAKE, settings=stores.settings, options=options)
    hedgerow.ingest.bars.Writer = partial(Writer, rows_a_merge=150)
    try:
        return [
            ingest_bars(
                stores,
                list(symbols),
                sources=vendor,
                wish=BarsWish(Timeframe.parse("1d"), START, adjustment=adjustment, refresh=refresh),
                concurrency=3,
            )
            for adjustment in (Adjustment.RAW, Adjustment.SPLIT)
        ]
    finally:
        hedgerow.ingest.bars.Writer = Writer
        wait_for(vendor.aclose())


def load_until_killed(folder: Path, url: str, day: dt.date) -> None:
    """Load what is new, then everything again and again."""
    load_market(folder, url, day)
    while True:
        load_market(folder, url, day, refresh=True)


def load_and_report(folder: Path, url: str, day: dt.date, symbols: tuple[str, ...], out) -> None:
    """Load some symbols at once with another process; tell the counts."""
    done = load_market(folder, url, day, symbols)
    out.put([(one.ok, one.loaded, one.corrected, str(one.series)) for one in done])


def lake_rows(folder: Path, table: str = "bars") -> pl.DataFrame:
    from hedgerow.lake import Lake

    rows = Lake(folder / "lake").scan(table).drop("period").collect()
    return rows.sort([*KEY, "ingested_at"])


if __name__ == "__main__":
    sessions("XNYS")
    print("ready", flush=True)  # noqa: T201 the test waits for it
    asked = sys.stdin.readline().strip()
    load_until_killed(Path(sys.argv[1]), sys.argv[2], dt.date.fromisoformat(asked))
