"""Loading into a lake in a bucket: two at once, and one that is killed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.ingest import s3_loads
from tests.ingest.builders import FIRST, Shelf, load, stored
from tests.ingest.s3_loads import SYMBOLS, closes_of, expected, stores_in
from tests.lake.builders import assert_each_key_once
from tests.lake.test_concurrency import run_at_once
from tests.s3_servers import Bucket

from hedgerow.ingest import Stores

KILLS = 3
TOLD = ["symbol", "session", "close"]


@pytest.fixture
def place(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Address of a lake that this process and its children reach by the environment."""
    monkeypatch.chdir(tmp_path)
    for name, value in bucket.options.items():
        monkeypatch.setenv(name, value)
    return bucket.uri()


def held(stores: Stores) -> pl.DataFrame:
    rows = stored(stores)
    assert_each_key_once(rows)
    return rows.select(TOLD).sort("symbol", "session")


def test_two_loadings_of_overlapping_symbols_lose_and_double_no_row(place, tmp_path):
    shared = (place, tmp_path)
    loaded = run_at_once(s3_loads.load_nights, (*shared, SYMBOLS[:4]), (*shared, SYMBOLS[2:]))
    stores = stores_in(*shared)
    assert_frame_equal(held(stores), expected())
    assert sum(loaded) == expected().height
    assert "bars_history" not in stores.lake.tables()


def test_a_killed_loading_is_completed_by_the_next(place, tmp_path, root):
    chance = random.Random(20240328)
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.ingest.s3_loads", place, str(tmp_path)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout.readline() == "ready\n"
            process.stdin.write("\n")
            process.stdin.flush()
            time.sleep(chance.uniform(0.1, 1.5))
            process.kill()
    stores = stores_in(place, tmp_path)
    load(stores, Shelf({name: closes_of(name) for name in SYMBOLS}), *SYMBOLS, start=FIRST)
    assert_frame_equal(held(stores), expected())
    stores.lake.clean_leftovers(older_than_hours=-1)
    assert_frame_equal(held(stores), expected())
