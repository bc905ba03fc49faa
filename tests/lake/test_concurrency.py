"""Several processes write at once; some are killed."""

from __future__ import annotations

import multiprocessing
import random
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.lake import writers
from tests.lake.builders import (
    KEY,
    MONDAY,
    assert_each_key_once,
    daily_bars,
    lake_at,
    stored,
)

from hedgerow.lake import Lake

KILLS = 20
LONGEST_RUN = 0.5


def run_at_once(target, *argument_lists) -> list:
    spawn = multiprocessing.get_context("spawn")
    out = spawn.Queue()
    processes = [spawn.Process(target=target, args=(*args, out)) for args in argument_lists]
    for process in processes:
        process.start()
    answers = [out.get(timeout=300) for _ in processes]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    return answers


# --------------------------------------------------------------------------------- regression


def test_two_processes_ingest_the_same_bars_at_once(tmp_path):
    answers = run_at_once(writers.ingest_shifted, (tmp_path, 0), (tmp_path, 0))
    lake = lake_at(tmp_path)
    rows = stored(lake)
    expected = daily_bars("AAA", "BBB", count=60).sort(KEY)
    assert_frame_equal(rows.select(expected.columns), expected)
    loaded = sum(loaded for counts in answers for loaded, _, _ in counts)
    assert loaded == rows.height == 120
    assert sum(corrected for counts in answers for _, corrected, _ in counts) == 0
    assert "bars_history" not in lake.tables()


def test_two_processes_correct_each_other_and_no_version_is_lost(tmp_path):
    answers = run_at_once(writers.ingest_shifted, (tmp_path, 0), (tmp_path, 1))
    lake = lake_at(tmp_path)
    rows = stored(lake)
    assert_each_key_once(rows)
    assert rows.height == 120
    assert sum(loaded for counts in answers for loaded, _, _ in counts) == 120
    corrections = sum(corrected for counts in answers for _, corrected, _ in counts)
    history = stored(lake, "bars_history")
    assert history.height == corrections > 0
    versions = pl.concat([rows.select(*KEY, "ingested_at"), history.select(*KEY, "ingested_at")])
    assert not versions.is_duplicated().any()
    values = daily_bars("AAA", "BBB", count=60).select(*KEY, plain="volume")
    seen = rows.join(values, on=KEY).select((pl.col("volume") - pl.col("plain")).unique().sort())
    assert set(seen.to_series().to_list()) <= {0.0, 0.5}


def test_two_processes_append_each_batch_once(tmp_path):
    answers = run_at_once(writers.append_batches, (tmp_path, 15), (tmp_path, 15))
    assert sum(answers) == 15
    rows = lake_at(tmp_path).scan("equity").collect()
    assert rows.height == rows["timestamp"].n_unique() == 15


def test_writers_of_one_table_wait_for_each_other(tmp_path, monkeypatch):
    lake, other = lake_at(tmp_path), lake_at(tmp_path)
    bars = daily_bars("AAA", count=6)
    lake.merge("bars", bars.head(1), ingested_at=MONDAY)
    original = writers_in_between(
        monkeypatch, lambda: other.merge("bars", bars, ingested_at=MONDAY)
    )
    merged = lake.merge("bars", bars.head(4), ingested_at=MONDAY)
    assert original == [True]
    assert (merged.inserted, merged.unchanged) == (0, 4)
    assert stored(lake).height == 6


def writers_in_between(monkeypatch, intrude) -> list[bool]:
    """Let another writer commit between the first comparison and its commit."""
    from hedgerow.lake import merge as merge_module

    compare, done = merge_module.compare, []

    def compare_then_lose(*args):
        found = compare(*args)
        if not done:
            done.append(True)
            intrude()
        return found

    monkeypatch.setattr(merge_module, "compare", compare_then_lose)
    return done


# ---------------------------------------------------------------------------- killed writers


class Writers:
    """Importing processes, started ahead so that a kill meets work and not imports."""

    def __init__(self, folder: Path, root: Path, ahead: int = 2) -> None:
        self._folder, self._root = folder, root
        self._waiting = [self._start() for _ in range(ahead)]

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.lake.writers", str(self._folder)]
        return subprocess.Popen(
            command,
            cwd=self._root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def next(self, number: int) -> subprocess.Popen[str]:
        self._waiting.append(self._start())
        process = self._waiting.pop(0)
        assert process.stdout.readline() == "ready\n", process.communicate()
        process.stdin.write(f"{number}\n")
        process.stdin.flush()
        return process

    def stop(self) -> None:
        for process in self._waiting:
            process.kill()
            process.communicate()


@pytest.fixture
def importers(tmp_path, root):
    started = Writers(tmp_path, root)
    yield started
    started.stop()


def read_until(lake: Lake, instant: float, old: pl.DataFrame) -> int:
    """Poll the lake; every read must show the old data whole and each key once."""
    reads = 0
    while time.monotonic() < instant or not reads:
        rows = lake.scan("bars").collect()
        assert_each_key_once(rows)
        kept = rows.filter(pl.col("symbol") == writers.OLD).sort(KEY)
        assert_frame_equal(kept, old)
        reads += 1
        time.sleep(0.03)
    return reads


def test_killed_writers_do_no_harm(tmp_path, importers):
    lake = lake_at(tmp_path)
    lake.merge("bars", daily_bars(writers.OLD, count=20), ingested_at=MONDAY)
    old = stored(lake)
    moments = random.Random(20)
    for number in range(KILLS):
        writer = importers.next(number)
        read_until(lake, time.monotonic() + moments.uniform(0.0, LONGEST_RUN), old)
        writer.kill()
        _, complaint = writer.communicate()
        assert writer.returncode == -9, complaint
    assert_whole_after_another_run(lake, tmp_path, old)


def assert_whole_after_another_run(lake: Lake, folder: Path, old: pl.DataFrame) -> None:
    last = 2 * KILLS + 100
    writers.import_round(folder, last)
    expected = pl.concat(writers.round_of_bars(last)).sort(KEY)
    rows = stored(lake)
    fresh = rows.filter(pl.col("symbol") != writers.OLD).select(expected.columns)
    assert_frame_equal(fresh, expected)
    history = stored(lake, "bars_history")
    assert not history.select(*KEY, "ingested_at").is_duplicated().any()
    assert history.height > 0

    before, held = rows, lake.bars_as_of(MONDAY).collect().sort(KEY)
    lake.clean_leftovers(older_than_hours=0)
    assert_frame_equal(stored(lake), before)
    assert_frame_equal(lake.bars_as_of(MONDAY).collect().sort(KEY), held)
    assert lake.clean_leftovers(older_than_hours=0).files == 0
    assert lake.scan("bars", version=1).collect().height == old.height
    assert not list((folder / "lake").rglob("*#*"))
    assert not list((folder / "lake").rglob("*.tmp"))
