"""The lake in a bucket: moto everywhere, and a real server where one was built."""

from __future__ import annotations

import datetime as dt
import random
import subprocess
import sys
import time

import polars as pl
import pytest
from deltalake import write_deltalake
from deltalake.exceptions import CommitFailedError
from polars.testing import assert_frame_equal
from tests.lake import writers
from tests.lake.builders import (
    KEY,
    MONDAY,
    TUESDAY,
    assert_each_key_once,
    daily_bars,
    stored,
    with_close,
)
from tests.lake.test_concurrency import run_at_once
from tests.s3_servers import MOTO, Bucket

from hedgerow.lake import Lake
from hedgerow.settings import Settings

KILLS = 4


def lake_in(bucket: Bucket, prefix: str = "prices") -> Lake:
    settings = Settings(_env_file=None, file_retention_days=0)
    return Lake(bucket.uri(prefix), settings=settings, storage_options=bucket.options)


@pytest.fixture
def surroundings(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Bucket:
    """A bucket that is reached by what the environment says, as other processes are."""
    monkeypatch.chdir(tmp_path)
    for name, value in bucket.options.items():
        monkeypatch.setenv(name, value)
    return bucket


# --------------------------------------------------------------------------------- regression


def test_a_lake_in_a_bucket_works_like_a_folder(bucket):
    lake = lake_in(bucket)
    bars = daily_bars("AAA", "BBB")
    assert lake.scan("bars").collect().is_empty()
    assert lake.tables() == []
    dirty = pl.concat([bars, with_close(bars.tail(1), 0, -1.0)])
    summary = lake.ingest("bars", dirty, source="test", ingested_at=MONDAY)
    assert (summary.loaded, summary.refused, summary.version) == (10, 1, 1)
    again = lake.ingest("bars", dirty, source="test", ingested_at=TUESDAY)
    assert (again.changed, again.version) == (False, 1)
    assert lake.merge("bars", with_close(bars, 1, 11.0), ingested_at=TUESDAY).corrected == 1
    assert lake.versions() == {"bars": 2, "bars_history": 1, "quarantine": 1}

    held = lake.bars_as_of(MONDAY).collect().sort(KEY)
    assert_frame_equal(held.select(bars.columns), bars.sort(KEY))
    lake.merge("bars", daily_bars("CCC"), ingested_at=TUESDAY)
    assert lake.compact("bars")[0].files_after == 1
    assert lake.vacuum()["bars"] == 3
    assert lake.clean_leftovers(older_than_hours=0).files == 0
    assert stored(lake).height == 15
    assert_frame_equal(lake.bars_as_of(MONDAY).collect().sort(KEY)[:10], held[:10])


def test_an_old_version_is_read_after_later_commits(bucket):
    lake = lake_in(bucket)
    bars = daily_bars("AAA")
    lake.merge("bars", bars, ingested_at=MONDAY)
    lake.merge("bars", with_close(bars, 1, 11.0), ingested_at=TUESDAY)
    before = lake.scan("bars", version=1).collect().sort(KEY)
    assert_frame_equal(before.select(bars.columns), bars.sort(KEY))
    assert stored(lake)["close"].max() == 11.0


def test_the_janitor_removes_objects_never_committed(bucket):
    lake = lake_in(bucket, "janitor")
    lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    bucket.put("janitor/bars/part-lost.parquet", b"x")
    assert lake.clean_leftovers().files == 0
    assert lake.clean_leftovers(older_than_hours=-1).files == 1
    assert stored(lake).height == 5


def test_the_environment_says_where_and_who(surroundings):
    lake = Lake(surroundings.uri())
    lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    assert stored(lake).height == 5
    assert_frame_equal(stored(lake), stored(lake_in(surroundings)))


def test_dotenv_says_where_and_who(bucket, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    lines = [f"{name}={value}" for name, value in bucket.options.items()]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    for name in bucket.options:
        monkeypatch.delenv(name, raising=False)
    lake = Lake(bucket.uri())
    lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    assert stored(lake).height == 5


# --------------------------------------------------------------------------------- properties


def test_two_processes_ingest_overlapping_bars_and_none_is_lost_or_doubled(surroundings):
    place = surroundings.uri()
    answers = run_at_once(writers.ingest_shifted, (place, 0), (place, 1))
    lake = lake_in(surroundings)
    rows = stored(lake)
    assert_each_key_once(rows)
    assert rows.height == 120
    assert sum(loaded for counts in answers for loaded, _, _ in counts) == 120
    corrections = sum(corrected for counts in answers for _, corrected, _ in counts)
    assert stored(lake, "bars_history").height == corrections > 0
    values = daily_bars("AAA", "BBB", count=60).select(*KEY, plain="volume")
    seen = rows.join(values, on=KEY).select((pl.col("volume") - pl.col("plain")).unique())
    assert set(seen.to_series().to_list()) <= {0.0, 0.5}


def test_two_processes_append_each_batch_once(surroundings):
    place = surroundings.uri()
    assert sum(run_at_once(writers.append_batches, (place, 8), (place, 8))) == 8
    rows = lake_in(surroundings).scan("equity").collect()
    assert rows.height == rows["timestamp"].n_unique() == 8


def test_a_killed_writer_leaves_a_lake_that_the_next_one_completes(surroundings, root):
    chance = random.Random(20240108)
    place = surroundings.uri()
    for trial in range(1, KILLS + 1):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.lake.writers", place],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout.readline() == "ready\n"
            process.stdin.write("0\n")
            process.stdin.flush()
            time.sleep(chance.uniform(0.05, 1.0))
            process.kill()
        writers.import_round(place, 40 + trial)
        expected = pl.concat(writers.round_of_bars(40 + trial)).sort(KEY)
        assert_frame_equal(stored(lake_in(surroundings)).select(expected.columns), expected)
    held = stored(lake_in(surroundings))
    lake_in(surroundings).clean_leftovers(older_than_hours=-1)
    assert_frame_equal(stored(lake_in(surroundings)), held)


# --------------------------------------------------------------------------------- validation


def test_a_commit_that_another_writer_made_first_is_not_overwritten(bucket):
    """The store itself must refuse: a server that ignores conditions loses rows."""
    lake = lake_in(bucket)
    lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    first = lake._store.open("bars")
    late = lake._store.open("bars")
    options = {"mode": "append", "commit_properties": lake._store.commit_with_guard(first, "bars")}
    rows = lake.scan("bars").collect().with_columns(period=pl.lit("2023"))
    write_deltalake(first, rows, **options)
    with pytest.raises(CommitFailedError):
        write_deltalake(late, rows, **options)
    assert lake.version("bars") == 2
    assert bucket.server.kind == MOTO or len(bucket.objects()) > 3


def test_reading_a_bar_at_an_instant_needs_no_clock_of_the_store(bucket):
    lake = lake_in(bucket)
    lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    early = MONDAY - dt.timedelta(days=3_650)
    assert lake.bars_as_of(early).collect().is_empty()
    assert lake.bars_as_of(MONDAY).collect().height == 5
