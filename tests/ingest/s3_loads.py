"""What test processes load into a bucket; run as a module, it loads until it is killed."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import polars as pl
from tests.ingest.builders import FIRST, NIGHT, Shelf, held_sessions, load, prices

from hedgerow.catalog import Catalog
from hedgerow.ingest import Stores
from hedgerow.lake import Lake
from hedgerow.settings import Settings

SYMBOLS = ("ZQX", "VEX", "ZQXPA", "ZQXpA", "QUIT", "NEWS")
NIGHTS = [dt.datetime(2024, month, 27, 23, tzinfo=dt.UTC) for month in (1, 2)] + [NIGHT]


def closes_of(symbol: str) -> dict[dt.date, float]:
    return prices(held_sessions(), base=20.0 + 10 * SYMBOLS.index(symbol))


def stores_in(uri: str, folder: Path, now: dt.datetime = NIGHT) -> Stores:
    """A lake in a bucket, which the environment says how to reach, and a catalog in a folder."""
    settings = Settings(_env_file=None, cache=folder / "cache")
    return Stores(
        Lake(uri, settings=settings), Catalog(folder / "catalog.db"), settings, clock=lambda: now
    )


def load_nights(uri: str, folder: Path, symbols: tuple[str, ...], out: object) -> None:
    """Load some symbols night after night, as a scheduler does; report the rows loaded."""
    loaded = 0
    for now in NIGHTS:
        shelf = Shelf({symbol: closes_of(symbol) for symbol in symbols}, now=now)
        done = load(stores_in(uri, folder, now), shelf, *symbols, start=FIRST)
        loaded += sum(one.loaded for one in done.series)
    out.put(loaded)  # type: ignore[attr-defined]


def load_until_killed(uri: str, folder: Path) -> None:
    """Wait for the word, then load every symbol in small parts."""
    stores = stores_in(uri, folder)
    shelf = Shelf({symbol: closes_of(symbol) for symbol in SYMBOLS}, per_chunk=3)
    print("ready", flush=True)  # noqa: T201 the test waits for it
    sys.stdin.readline()
    load(stores, shelf, *SYMBOLS, start=FIRST, concurrency=2)
    print("done", flush=True)  # noqa: T201
    sys.stdin.read()


def expected() -> pl.DataFrame:
    """What the lake holds after all, by symbol and session."""
    rows = [(name, *pair) for name in SYMBOLS for pair in closes_of(name).items()]
    return pl.DataFrame(rows, schema=["symbol", "session", "close"], orient="row").sort(
        "symbol", "session"
    )


if __name__ == "__main__":
    load_until_killed(sys.argv[1], Path(sys.argv[2]))
