"""What test processes do to a lake; run as a module, it imports until it is killed."""

from __future__ import annotations

import datetime as dt
import resource
import sys
from pathlib import Path

import polars as pl
from tests.lake.builders import MONDAY, daily_bars, lake_at

from hedgerow.errors import HedgerowError

SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
OLD = "OLD"


def round_of_bars(number: int) -> list[pl.DataFrame]:
    """One import: a batch a symbol, each longer than the round before, some bars corrected."""
    return [
        daily_bars(symbol, count=40 + 5 * number, start=dt.date(2022, 9, 1)).with_columns(
            volume=pl.when(pl.int_range(pl.len()) % 10 == number % 10)
            .then(1_000_000.0 + number)
            .otherwise("volume")
        )
        for symbol in SYMBOLS
    ]


def import_round(place: Path | str, number: int) -> None:
    lake = lake_at(place)
    for bars in round_of_bars(number):
        lake.ingest("bars", bars, source="test", ingested_at=MONDAY + dt.timedelta(hours=number))


def import_until_killed(place: Path | str) -> None:
    """Wait for the word, then import round after round."""
    print("ready", flush=True)  # noqa: T201 the test waits for it
    first = int(sys.stdin.readline())
    for number in range(first, 1_000):
        import_round(place, number)


def ingest_shifted(place: Path | str, shift: int, out: object) -> None:
    """Ingest overlapping windows of the same bars, one after the other; report the counts."""
    lake = lake_at(place)
    bars = daily_bars("AAA", "BBB", count=60)
    counts = []
    for start in range(0, 60, 10):
        window = bars.filter(pl.int_range(pl.len()).over("symbol").is_between(start, start + 14))
        corrected = window.with_columns(volume=pl.col("volume") + shift * 0.5)
        at = MONDAY + dt.timedelta(minutes=start + shift)
        summary = lake.ingest("bars", corrected, source="test", ingested_at=at)
        counts.append((summary.loaded, summary.corrected, summary.unchanged))
    out.put(counts)  # type: ignore[attr-defined]


def append_batches(place: Path | str, batches: int, out: object) -> None:
    """Append the same numbered batches that another process appends."""
    lake = lake_at(place)
    at = MONDAY
    written = 0
    for batch in range(1, batches + 1):
        row = {"run_id": "r", "timestamp": at + dt.timedelta(days=batch), "session": at.date()}
        money = dict.fromkeys(("equity", "cash", "gross", "net"), 1.0)
        frame = pl.DataFrame([row | money])
        written += lake.append_once("equity", frame, app="r", batch=batch)
    out.put(written)  # type: ignore[attr-defined]


def merge_on_a_full_disk(folder: Path, out: object) -> None:
    """Merge while no file may grow beyond a few kilobytes, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))
    bars = daily_bars("AAA", "BBB", count=2_000, start=dt.date(2010, 1, 4))
    try:
        lake_at(folder).merge("bars", bars, ingested_at=MONDAY)
        out.put("no error")  # type: ignore[attr-defined]
    except HedgerowError as error:
        out.put(f"{type(error).__name__}: {error}")  # type: ignore[attr-defined]


if __name__ == "__main__":
    import_until_killed(sys.argv[1] if "://" in sys.argv[1] else Path(sys.argv[1]))
