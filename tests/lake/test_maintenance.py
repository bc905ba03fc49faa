"""Compaction, vacuum and the janitor."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from polars.testing import assert_frame_equal
from tests.lake.builders import KEY, MONDAY, TUESDAY, daily_bars, lake_at, stored, with_close

from hedgerow.errors import DefinitionError, StoreError


@pytest.fixture
def lake(tmp_path):
    """Bars of two years, loaded day by day as a nightly job would, in seven commits."""
    made = lake_at(tmp_path, file_retention_days=0)
    bars = daily_bars("CCC", "AAA", "BBB", count=35, start=dt.date(2023, 12, 4))
    for start in range(0, 35, 5):
        week = pl.int_range(pl.len()).over("symbol").is_between(start, start + 4)
        made.merge("bars", bars.filter(week), ingested_at=MONDAY)
    return made


def data_files(lake) -> list[str]:
    return DeltaTable(f"{lake.uri}/bars").file_uris()


# --------------------------------------------------------------------------------- regression


def test_compaction_makes_few_sorted_files_of_the_same_rows(lake):
    before = stored(lake)
    (done,) = lake.compact("bars")
    assert (done.table, done.partitions, done.files_before, done.files_after) == ("bars", 2, 7, 2)
    assert_frame_equal(stored(lake), before)
    for file in data_files(lake):
        rows = pl.read_parquet(file, hive_partitioning=False)
        assert rows["instrument_id"].is_sorted()


def test_a_second_compaction_changes_nothing(lake):
    lake.compact()
    versions = lake.versions()
    assert [done.partitions for done in lake.compact()] == [0]
    assert lake.versions() == versions


def test_rows_merge_as_before_after_compaction(lake):
    bars = daily_bars("CCC", "AAA", "BBB", count=35, start=dt.date(2023, 12, 4))
    lake.compact()
    assert lake.merge("bars", bars, ingested_at=TUESDAY).unchanged == 105


def test_vacuum_keeps_what_runs_pin(lake):
    pinned, rows = 3, lake.scan("bars", version=3).collect().sort(KEY)
    lake.compact()
    removed = lake.vacuum({"bars": [pinned]})["bars"]
    assert removed > 0
    assert_frame_equal(lake.scan("bars", version=pinned).collect().sort(KEY), rows)
    with pytest.raises(FileNotFoundError):
        lake.scan("bars", version=7).collect()


def test_vacuum_without_anything_to_remove_makes_no_commit(lake):
    assert lake.vacuum() == {"bars": 0}
    assert lake.version("bars") == 7
    lake.compact()
    first, versions = lake.vacuum(), lake.versions()
    assert first["bars"] == 7
    assert lake.vacuum() == {"bars": 0}
    assert lake.versions() == versions


def test_vacuum_waits_for_the_retention(tmp_path):
    lake = lake_at(tmp_path, file_retention_days=30)
    bars = daily_bars("AAA", count=3)
    lake.merge("bars", bars, ingested_at=MONDAY)
    lake.merge("bars", with_close(bars, 1, 11.0), ingested_at=TUESDAY)
    assert lake.vacuum() == {"bars": 0, "bars_history": 0}
    assert lake.scan("bars", version=1).collect().height == 3


def test_vacuum_finds_files_that_the_log_has_forgotten(tmp_path):
    lake = lake_at(tmp_path, file_retention_days=1)
    bars = daily_bars("AAA", count=3)
    for close in (10.0, 11.0, 12.0, 13.0):
        lake.merge("bars", with_close(bars, 0, close), ingested_at=MONDAY)
    files = [Path(DeltaTable(f"{lake.uri}/bars", version=v).file_uris()[0]) for v in (1, 2, 3, 4)]
    pretend_it_was_days_ago(tmp_path / "lake" / "bars", files[:3])
    DeltaTable(f"{lake.uri}/bars").create_checkpoint()  # drops the entries of long replaced files
    assert lake.vacuum({"bars": [2]})["bars"] == 2
    assert [file.exists() for file in files] == [False, True, False, True]
    assert lake.scan("bars", version=2).collect().height == 3


def pretend_it_was_days_ago(table: Path, files: list[Path]) -> None:
    """Date files, and the moments at which the log replaced them, back by three days."""
    ago = 3 * 86_400
    for file in files:
        os.utime(file, (file.stat().st_mtime - ago,) * 2)
    for commit in (table / "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        for action in actions:
            if "remove" in action:
                action["remove"]["deletionTimestamp"] -= ago * 1_000
        commit.write_text("\n".join(map(json.dumps, actions)))


def test_retention_is_stated_at_creation(lake):
    configuration = DeltaTable(f"{lake.uri}/bars").metadata().configuration
    assert configuration["delta.logRetentionDuration"] == "interval 3650 days"
    assert configuration["delta.deletedFileRetentionDuration"] == "interval 0 days"


def test_the_janitor_removes_only_leftovers(lake, tmp_path):
    lake.compact()  # now old versions have files of their own
    folder = tmp_path / "lake" / "bars"
    partition = folder / "timeframe=1d" / "period=2023"
    leftovers = [
        partition / "part-1.zstd.parquet#1",
        partition / "part-never-committed.parquet",
        folder / "_delta_log" / "_commit_1.json.tmp",
    ]
    for leftover in leftovers:
        leftover.write_bytes(b"x" * 100)
    ours = tmp_path / "lake" / "notes"
    ours.mkdir()
    (ours / "mine.parquet").write_bytes(b"not a table")
    rows, old = stored(lake), lake.scan("bars", version=7).collect().sort(KEY)

    assert lake.clean_leftovers().files == 0  # younger than a day: a writer may be at work
    done = lake.clean_leftovers(older_than_hours=0)
    assert (done.files, done.size) == (3, 300)
    assert not any(leftover.exists() for leftover in leftovers)
    assert (ours / "mine.parquet").exists()
    assert_frame_equal(stored(lake), rows)
    assert_frame_equal(lake.scan("bars", version=7).collect().sort(KEY), old)


def test_the_janitor_reads_checkpoints_too(tmp_path):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", count=3)
    lake.merge("bars", bars, ingested_at=MONDAY)
    lake.merge("bars", with_close(bars, 0, 11.0), ingested_at=TUESDAY)
    lake.merge("bars", daily_bars("BBB", count=3), ingested_at=TUESDAY)
    table = DeltaTable(f"{lake.uri}/bars")
    table.create_checkpoint()
    for commit in (tmp_path / "lake" / "bars" / "_delta_log").glob("*.json"):
        if int(commit.stem) < table.version():
            commit.unlink()
    # The replaced file of version 1 is named by the checkpoint alone, as removed.
    assert lake.clean_leftovers(older_than_hours=0).files == 0
    assert len(list((tmp_path / "lake" / "bars").rglob("part-*.parquet"))) == 3


# --------------------------------------------------------------------------------- validation


def test_the_janitor_removes_nothing_by_half_a_log(lake, tmp_path):
    folder = tmp_path / "lake" / "bars"
    (folder / "part-never-committed.parquet").write_bytes(b"x")
    (folder / "_delta_log" / "00000000000000000003.json").write_text("{garbled")
    with pytest.raises(StoreError, match="its commit log is damaged"):
        lake.clean_leftovers(older_than_hours=0)
    assert (folder / "part-never-committed.parquet").exists()


def test_compacting_an_unknown_table_gets_a_hint(lake):
    with pytest.raises(DefinitionError, match=r"'bar' does not exist. Did you mean 'bars'\?"):
        lake.compact("bar")
