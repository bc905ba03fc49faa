"""Stores that are missing, full, read-only or damaged: one line, and nothing half-written."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal
from tests.lake import writers
from tests.lake.builders import MONDAY, TUESDAY, daily_bars, lake_at, stored, with_close

from hedgerow.errors import StoreError
from hedgerow.lake import Lake, merge as merge_module
from hedgerow.lake._errors import explain


@pytest.fixture
def filled(tmp_path):
    lake = lake_at(tmp_path)
    lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    return lake


def one_line(error: pytest.ExceptionInfo[StoreError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 400
    return text


# --------------------------------------------------------------------------------- regression


def test_a_full_disk_leaves_everything_as_it_was(filled, tmp_path):
    before = stored(filled)
    spawn = multiprocessing.get_context("spawn")
    out = spawn.Queue()
    process = spawn.Process(target=writers.merge_on_a_full_disk, args=(tmp_path, out))
    process.start()
    told = out.get(timeout=60)
    process.join(30)
    assert told == (
        f"StoreError: cannot write {filled.uri}/bars: no space is left; free some and run it "
        "again (nothing was half-written)"
    )
    assert filled.version("bars") == 1
    assert_frame_equal(stored(filled), before)
    filled.clean_leftovers(older_than_hours=0)
    bars = daily_bars("AAA", "BBB", count=2_000)
    assert filled.merge("bars", bars, ingested_at=TUESDAY).inserted == 3_995


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "no space is left"),
        (errno.EDQUOT, "no space is left"),
        (errno.EROFS, "it is not allowed; make the folder writable"),
        (errno.EACCES, "it is not allowed; make the folder writable"),
    ],
)
def test_a_failing_write_says_what_to_do(filled, monkeypatch, number, advice):
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    before = stored(filled)
    monkeypatch.setattr(merge_module, "write_deltalake", fail)
    with pytest.raises(StoreError, match=f"cannot write {filled.uri}/bars: {advice}") as error:
        filled.merge("bars", daily_bars("BBB"), ingested_at=TUESDAY)
    one_line(error)
    assert_frame_equal(stored(filled), before)


def test_a_correction_is_not_made_where_history_cannot_be_kept(filled, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = stored(filled)
    monkeypatch.setattr(merge_module, "append", fail)
    with pytest.raises(StoreError, match=r"cannot write .*/bars_history: no space is left"):
        filled.merge("bars", with_close(daily_bars("AAA"), 1, 11.0), ingested_at=TUESDAY)
    assert_frame_equal(stored(filled), before)


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_file_where_the_folder_should_be(tmp_path, below):
    (tmp_path / "lake").write_text("not a folder")
    lake = Lake(tmp_path / "lake" / below)
    for attempt in (
        lambda: lake.scan("bars"),
        lambda: lake.version("bars"),
        lambda: lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY),
    ):
        with pytest.raises(StoreError, match="/bars: a folder cannot be made there") as error:
            attempt()
        one_line(error)
    assert (tmp_path / "lake").read_text() == "not a folder"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a /proc that refuses folders")
def test_a_folder_that_refuses_everything():
    lake = Lake("/proc/lake")
    assert lake.scan("bars").collect().is_empty()
    with pytest.raises(StoreError, match="cannot create /proc/lake/bars: a folder cannot be made"):
        lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)


@pytest.mark.parametrize("damage", ["garbled", "cut", "gone", "no log", "no first commit"])
def test_a_damaged_log_is_reported_and_nothing_is_written(filled, tmp_path, damage):
    log = tmp_path / "lake" / "bars" / "_delta_log"
    newest = log / "00000000000000000001.json"
    if damage == "garbled":
        newest.write_text("{garbled")
    elif damage == "cut":
        newest.write_bytes(newest.read_bytes()[:200])
    elif damage == "gone":
        for commit in log.glob("*"):
            commit.unlink()
    elif damage == "no log":
        shutil.rmtree(log)
    else:
        (log / "00000000000000000000.json").unlink()
    files = sorted(tmp_path.rglob("*"))
    for attempt in (
        lambda: filled.scan("bars"),
        lambda: filled.merge("bars", daily_bars("BBB"), ingested_at=TUESDAY),
        filled.versions,
    ):
        with pytest.raises(StoreError, match="/bars: its commit log is damaged; restore") as error:
            attempt()
        one_line(error)
    assert sorted(tmp_path.rglob("*")) == files


@pytest.mark.parametrize("damage", ["gone", "cut", "garbled"])
def test_a_damaged_data_file_is_reported(filled, tmp_path, damage):
    (file,) = (tmp_path / "lake" / "bars").rglob("*.parquet")
    content = file.read_bytes()
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(content[:100])
    else:
        file.write_bytes(b"x" * len(content))
    with pytest.raises(StoreError, match="/bars: a data file is missing or damaged") as error:
        filled.merge("bars", daily_bars("AAA"), ingested_at=TUESDAY)
    one_line(error)


def test_a_folder_of_a_killed_creation_is_no_damage(tmp_path):
    (tmp_path / "lake" / "bars" / "_delta_log").mkdir(parents=True)
    lake = lake_at(tmp_path)
    assert lake.version("bars") is None
    assert lake.tables() == []
    assert lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY).inserted == 5


# --------------------------------------------------------------------------------- validation


def test_secrets_are_never_shown():
    fault = OSError("something odd with key hunter2 happened")
    assert explain(fault, ["hunter2"]) == "OSError: something odd with key *** happened"


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("\x1b[31m404\x1b[0m <Code>NoSuchBucket</Code>", "the bucket does not exist"),
        ("403 Forbidden <Code>AccessDenied</Code>", "the store refused the credentials"),
        ("tcp connect error\n Connection refused (os error 111)", "the store does not answer"),
        ("builder error\n URL scheme is not allowed", "plain HTTP is off"),
    ],
)
def test_faults_of_an_object_store_are_explained(text, advice):
    assert explain(OSError(text)).startswith(advice)
