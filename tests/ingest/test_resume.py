"""Any sequence of partial, failing and repeated loadings ends in the same lake as one."""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from functools import cache
from pathlib import Path

import polars as pl
from hypothesis import given, settings, strategies as st
from polars.testing import assert_frame_equal
from tests.ingest.builders import (
    FIRST,
    SPLIT,
    Shelf,
    adjusted,
    at,
    bars_of,
    held_sessions,
    load,
    prices,
    stored,
    stores_at,
)

from hedgerow.domain import Instrument
from hedgerow.domain.schemas import BARS
from hedgerow.errors import BadPayload, NotFound, QuotaExhausted, Transient
from hedgerow.ingest.writer import Part, Writer
from hedgerow.sources.base import SourceBatch

DAYS = held_sessions()
SYMBOLS = ("AAA", "BBB")
CLOSES = {name: prices(DAYS, 20.0 + 7 * n) for n, name in enumerate(SYMBOLS)}

faults = st.none() | st.tuples(
    st.integers(0, 4),
    st.sampled_from([Transient("cut"), BadPayload("html"), NotFound("who?"), QuotaExhausted("no")]),
)
attempts = st.fixed_dictionaries(
    {
        "day": st.sampled_from(DAYS[5:]),
        "start": st.sampled_from([None, DAYS[0], DAYS[0], DAYS[12]]),
        "faults": st.tuples(faults, faults),
        "hole": st.none() | st.sampled_from(DAYS),
        "per_chunk": st.sampled_from([3, 9, 100]),
        "refresh": st.booleans(),
        "symbols": st.sampled_from([SYMBOLS, SYMBOLS[:1], SYMBOLS[::-1]]),
        "ratio": st.sampled_from([1.0, 1.0, 0.5]),
    }
)


def evening(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(23), dt.UTC)


def attempt(stores, step: dict, kind: str) -> None:
    """One loading of a vendor that may fail, lack a day or have restated its history."""
    ratio = step["ratio"] if kind == "split" else 1.0
    shelf = Shelf(
        {name: adjusted(days, ratio, dt.date.max) for name, days in CLOSES.items()},
        per_chunk=step["per_chunk"],
        kind=kind,
    )
    for name, fault in zip(SYMBOLS, step["faults"], strict=True):
        shelf.closes[name].pop(step["hole"], None)
        if fault is not None:
            shelf.fail(name, fault[1], after=fault[0])
    wish = {"start": step["start"], "refresh": step["refresh"]}
    if kind == "split":
        wish["adjustment"] = SPLIT
    # Late in the evening the newest session may be unpublished, which is no hole.
    load(at(stores, evening(step["day"])), shelf, *step["symbols"], **wish)


def finish(stores, kind: str) -> pl.DataFrame:
    wish = {"adjustment": SPLIT} if kind == "split" else {}
    done = load(stores, Shelf(CLOSES, kind=kind), *SYMBOLS, start=FIRST, **wish)
    assert done.ok, done.failures
    return stored(stores).drop("ingested_at")


@cache
def at_once(kind: str) -> pl.DataFrame:
    """What one undisturbed loading stores."""
    with tempfile.TemporaryDirectory() as folder:
        return finish(stores_at(Path(folder)), kind)


@settings(max_examples=8, deadline=None)
@given(steps=st.lists(attempts, max_size=4), kind=st.sampled_from(["raw", "split"]))
def test_any_sequence_of_loadings_ends_in_the_lake_of_one(steps, kind):
    with tempfile.TemporaryDirectory() as folder:
        stores = stores_at(Path(folder) / "many")
        for step in steps:
            attempt(stores, step, kind)
            for (symbol,), rows in stored(stores).group_by("symbol"):
                days = rows["session"].sort().to_list()
                assert days == held_sessions(days[0], days[-1]), f"{symbol} has a hole"
        assert_frame_equal(finish(stores, kind), at_once(kind))


def test_a_writer_that_is_stopped_stores_what_was_handed_in(tmp_path):
    stores = stores_at(tmp_path)
    instrument = Instrument.of("ZQX")

    def part(one: dt.date) -> Part:
        start = dt.datetime.combine(one, dt.time(), dt.UTC)
        bars = bars_of(instrument, [start], [50.0])
        return Part(instrument, "shelf", (SourceBatch.of(BARS, bars),))

    async def stop() -> None:
        writer = Writer(stores)
        running = asyncio.create_task(writer.run())
        await asyncio.sleep(0)
        for one in DAYS[:3]:
            await writer.put(part(one))
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(stop())
    assert stored(stores)["session"].to_list() == DAYS[:3]
