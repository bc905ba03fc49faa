"""Loadings over HTTP that are killed, fail or meet each other end in the same lake."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import random
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

import pytest
from polars.testing import assert_frame_equal
from tests.ingest import loaders
from tests.ingest.builders import KEY, held_sessions
from tests.ingest.loaders import START, FlakyMassive, lake_rows, load_market, stores_of

from hedgerow.testing.vendors import World
from hedgerow.testing.vendors.server import wait_until

KILLS = 50
# A kill comes so many requests after the start at most, and so many seconds after those: on a
# busy machine a loading takes its time, and must still have got somewhere.
MOST_REQUESTS, LONGEST_DELAY = 12, 0.1


@pytest.fixture(scope="module")
def world():
    whole = World.small()
    few = whole.bars.filter(whole.bars["symbol"].is_in(list(loaders.SYMBOLS)))
    return replace(whole, bars=few)


@pytest.fixture(scope="module")
def undisturbed(world, tmp_path_factory):
    """What one loading of the whole market stores."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with FlakyMassive(world, 0.0, 1) as fake:
        done = load_market(folder, fake.url, world.now.date())
    assert all(one.ok for one in done)
    return lake_rows(folder)


class Loaders:
    """Loading processes, started ahead so that a kill meets work and not imports."""

    def __init__(self, folder: Path, url: str, root: Path, ahead: int = 2) -> None:
        self._command = [sys.executable, "-m", "tests.ingest.loaders", str(folder), url]
        self._root = root
        self._waiting = [self._start() for _ in range(ahead)]

    def _start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self._command, cwd=self._root, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )

    def next(self, day: dt.date) -> subprocess.Popen[str]:
        self._waiting.append(self._start())
        process = self._waiting.pop(0)
        assert process.stdout.readline() == "ready\n", process.communicate()
        process.stdin.write(f"{day}\n")
        process.stdin.flush()
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._waiting:
            process.kill()
            process.communicate()


def has_answered(fake: FlakyMassive, count: int) -> bool:
    return len(fake.requests) >= count


def test_fifty_killed_loadings_end_where_an_undisturbed_one_does(
    world, undisturbed, tmp_path, root
):
    moments = random.Random(50)
    # Time passes between the kills, so each of them meets something new to load.
    days = held_sessions(dt.date(2024, 4, 1), world.now.date())[:: 500 // KILLS][:KILLS]
    assert len(days) == KILLS
    with (
        FlakyMassive(world, 0.15, 3, page_size=60) as fake,
        Loaders(tmp_path, fake.url, root) as processes,
    ):
        # What is held from before a split must be restated after it, kills or no kills.
        fake.world = world.before(dt.date(2024, 3, 28))
        load_market(tmp_path, fake.url, dt.date(2024, 3, 28))
        for day in days:
            fake.world = world.before(day)
            wanted = len(fake.requests) + moments.randint(0, MOST_REQUESTS)
            process = processes.next(day)
            wait_until(partial(has_answered, fake, wanted), 30)
            time.sleep(moments.uniform(0.0, LONGEST_DELAY))
            process.kill()
            _, complaint = process.communicate()
            assert process.returncode == -9, complaint
            rows = lake_rows(tmp_path)
            assert not rows.select(KEY).is_duplicated().any()
        fake.world = world
        done = load_market(tmp_path, fake.url, world.now.date())
    assert [one.failures for one in done] == [(), ()]
    assert_frame_equal(lake_rows(tmp_path).drop("ingested_at"), undisturbed.drop("ingested_at"))
    history = lake_rows(tmp_path, "bars_history")
    assert not history.select(*KEY, "ingested_at").is_duplicated().any()
    # Raw prices were never restated; those restated for a split were, and keep what they were.
    assert history["adjustment"].unique().to_list() == ["split"]
    lake = stores_of(tmp_path, "http://127.0.0.1:1", world.now.date()).lake
    lake.clean_leftovers(older_than_hours=0)
    assert_frame_equal(lake_rows(tmp_path).drop("ingested_at"), undisturbed.drop("ingested_at"))


def test_two_loadings_of_the_same_symbols_at_once_lose_and_double_nothing(
    world, undisturbed, tmp_path
):
    day = world.now.date()
    spawn = multiprocessing.get_context("spawn")
    out = spawn.Queue()
    with FlakyMassive(world, 0.1, 4, page_size=100) as fake:
        processes = [
            spawn.Process(
                target=loaders.load_and_report, args=(tmp_path, fake.url, day, symbols, out)
            )
            for symbols in (loaders.SYMBOLS[:2], loaders.SYMBOLS[1:])
        ]
        for process in processes:
            process.start()
        reports = [out.get(timeout=60) for _ in processes]
        for process in processes:
            process.join(30)
            assert process.exitcode == 0
    assert all(ok for report in reports for ok, *_ in report), reports
    assert_frame_equal(lake_rows(tmp_path).drop("ingested_at"), undisturbed.drop("ingested_at"))
    loaded = sum(loaded for report in reports for _, loaded, _, _ in report)
    assert loaded == undisturbed.height
    assert sum(corrected for report in reports for _, _, corrected, _ in report) == 0
    catalog = stores_of(tmp_path, "http://127.0.0.1:1", day).catalog
    assert len(catalog.instruments()) == len(loaders.SYMBOLS)


def test_a_vendor_that_fails_all_the_time_leaves_a_lake_without_holes(world, tmp_path):
    with FlakyMassive(world, 0.85, 5, page_size=100) as fake:
        done = load_market(tmp_path, fake.url, world.now.date())
    assert not all(one.ok for one in done)
    rows = lake_rows(tmp_path)
    for (symbol, _), series in rows.group_by("symbol", "adjustment"):
        days = series["session"].sort().to_list()
        assert days == held_sessions(START, days[-1]), symbol
