"""Copies of a lake between a folder and a bucket."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.lake.builders import MONDAY, TUESDAY, WEDNESDAY, daily_bars, stored, with_close
from tests.s3_servers import Bucket

from hedgerow.errors import DataError, DefinitionError, StoreError
from hedgerow.lake import Lake, _places, copy_lake
from hedgerow.lake._places import Bucket as BucketPlace
from hedgerow.settings import Settings


def lake_at(place: Path | str, options: dict[str, str] | None = None) -> Lake:
    settings = Settings(_env_file=None, file_retention_days=0)
    return Lake(place, settings=settings, storage_options=options)


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """A lake with corrections, a history, several versions and what a killed writer left."""
    folder = tmp_path / "local"
    lake = lake_at(folder)
    bars = daily_bars("AAA", "BBB")
    dirty = pl.concat([bars, with_close(bars.tail(1), 0, -1.0)])
    lake.ingest("bars", dirty, source="test", ingested_at=MONDAY)
    lake.merge("bars", with_close(bars, 1, 11.0), ingested_at=TUESDAY)
    left = folder / "bars" / "timeframe=1d" / "part-00000-left-c000.zstd.parquet"
    left.write_bytes(b"never committed")
    return folder


def up(local: Path, bucket: Bucket, **more):
    return copy_lake(local, bucket.uri(), options=bucket.options, **more)


def down(bucket: Bucket, folder: Path, **more):
    return copy_lake(bucket.uri(), folder, options=bucket.options, **more)


def states(done) -> dict[str, str]:
    return {one.table: one.state for one in done}


def files_below(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def assert_same_lake(one: Lake, other: Lake) -> None:
    assert one.versions() == other.versions()
    for name, newest in one.versions().items():
        for version in range(newest + 1):
            rows = [lake.scan(name, version=version).collect() for lake in (one, other)]
            assert_frame_equal(*rows, check_row_order=False)


# --------------------------------------------------------------------------------- regression


def test_a_lake_comes_back_byte_for_byte(bucket, local, tmp_path):
    done = up(local, bucket)
    assert states(done) == dict.fromkeys(["bars", "bars_history", "quarantine"], "copied")
    assert_same_lake(lake_at(local), lake_at(bucket.uri(), bucket.options))
    down(bucket, tmp_path / "back")
    kept, back = files_below(local), files_below(tmp_path / "back")
    left = [path for path in kept if "left" in path]
    assert len(left) == 1
    assert back == {path: content for path, content in kept.items() if path not in left}
    assert_same_lake(lake_at(local), lake_at(tmp_path / "back"))


def test_a_second_copy_sends_nothing(bucket, local):
    up(local, bucket)
    before = bucket.objects()
    done = up(local, bucket)
    assert set(states(done).values()) == {"unchanged"}
    assert sum(one.files + one.commits + one.size for one in done) == 0
    assert bucket.objects() == before


def test_later_commits_follow_and_nothing_else(bucket, local, tmp_path):
    up(local, bucket)
    down(bucket, tmp_path / "back")
    lake_at(local).merge("bars", daily_bars("CCC"), ingested_at=WEDNESDAY)
    done = {one.table: one for one in up(local, bucket)}
    assert (done["bars"].state, done["bars"].files, done["bars"].commits) == ("copied", 1, 1)
    assert done["quarantine"].state == "unchanged"
    again = {one.table: one for one in down(bucket, tmp_path / "back")}
    assert (again["bars"].files, again["bars"].commits) == (1, 1)
    assert_same_lake(lake_at(local), lake_at(tmp_path / "back"))


def test_one_table_alone(bucket, local):
    assert states(up(local, bucket, tables=["quarantine"])) == {"quarantine": "copied"}
    assert lake_at(bucket.uri(), bucket.options).tables() == ["quarantine"]


def test_compacted_and_vacuumed_lakes_are_copied(bucket, local, tmp_path):
    lake = lake_at(local)
    lake.merge("bars", daily_bars("CCC"), ingested_at=WEDNESDAY)
    up(local, bucket)
    lake.compact()
    lake.vacuum()
    up(local, bucket)
    down(bucket, tmp_path / "back")
    assert_frame_equal(stored(lake), stored(lake_at(tmp_path / "back")))
    assert_frame_equal(stored(lake), stored(lake_at(bucket.uri(), bucket.options)))


def test_a_log_whose_beginning_was_cleaned_away_is_copied_with_its_checkpoint(
    bucket, local, tmp_path
):
    lake = lake_at(local)
    lake._store.open("bars").create_checkpoint()
    lake.merge("bars", daily_bars("CCC"), ingested_at=WEDNESDAY)
    log = local / "bars" / "_delta_log"
    for version in range(2):
        (log / f"{version:020}.json").unlink()
    done = {one.table: one for one in up(local, bucket)}
    assert (done["bars"].commits, done["bars"].version) == (2, 3)
    assert_frame_equal(stored(lake), stored(lake_at(bucket.uri(), bucket.options)))
    down(bucket, tmp_path / "back")
    assert_frame_equal(stored(lake), stored(lake_at(tmp_path / "back")))


# --------------------------------------------------------------------------------- properties


def test_no_reader_sees_a_commit_before_its_files(bucket, local, monkeypatch):
    """Whatever a copy is stopped at, the bucket holds a lake of whole commits."""
    original, seen = BucketPlace.put, []

    def put(self, path, content, md5, *, only_new):
        done = original(self, path, content, md5, only_new=only_new)
        if "_delta_log" in path and path.startswith("bars/"):
            seen.append(lake_at(bucket.uri(), bucket.options).scan("bars").collect().height)
        return done

    monkeypatch.setattr(BucketPlace, "put", put)
    up(local, bucket)
    assert seen == [lake_at(local).scan("bars", version=v).collect().height for v in range(3)]


@pytest.mark.parametrize("after", [0, 3, 6])
def test_a_copy_that_was_stopped_goes_on_where_it_was(bucket, local, monkeypatch, after):
    original, count = BucketPlace.put, []

    def put(self, path, content, md5, *, only_new):
        if len(count) >= after:
            raise OSError(28, "No space left on device")
        count.append(path)
        return original(self, path, content, md5, only_new=only_new)

    with monkeypatch.context() as stopped:
        stopped.setattr(BucketPlace, "put", put)
        with pytest.raises(StoreError, match="no space is left"):
            up(local, bucket)
    kept = bucket.objects()
    assert len(kept) == after
    lake_at(bucket.uri(), bucket.options).versions()
    up(local, bucket)
    assert {path: kept[path] for path in kept} == {path: bucket.objects()[path] for path in kept}
    assert_same_lake(lake_at(local), lake_at(bucket.uri(), bucket.options))


def test_rows_committed_meanwhile_come_with_the_next_copy(bucket, local, monkeypatch):
    lake, original, late = lake_at(local), BucketPlace.put, []

    def put(self, path, content, md5, *, only_new):
        if not late:
            late.append(lake.merge("bars", daily_bars("CCC"), ingested_at=WEDNESDAY))
        return original(self, path, content, md5, only_new=only_new)

    monkeypatch.setattr(BucketPlace, "put", put)
    up(local, bucket)
    held = stored(lake_at(bucket.uri(), bucket.options))
    assert held["symbol"].unique().sort().to_list() == ["AAA", "BBB"]
    up(local, bucket)
    assert_same_lake(lake, lake_at(bucket.uri(), bucket.options))


def test_a_damaged_file_of_the_copy_is_sent_again(bucket, local):
    up(local, bucket)
    victim = next(key for key in bucket.objects() if key.endswith(".parquet"))
    bucket.put(victim, b"damaged")
    done = up(local, bucket)
    assert sum(one.files for one in done) == 1
    assert_same_lake(lake_at(local), lake_at(bucket.uri(), bucket.options))


# --------------------------------------------------------------------------------- validation


def test_a_table_that_went_its_own_way_is_refused_and_nothing_is_written(bucket, local, tmp_path):
    up(local, bucket)
    lake_at(local).merge("bars", daily_bars("MINE"), ingested_at=WEDNESDAY)
    there = lake_at(bucket.uri(), bucket.options)
    there.merge("bars", daily_bars("THEIRS"), ingested_at=WEDNESDAY)
    before = bucket.objects()
    with pytest.raises(StoreError, match=r"own way \(bars from version 3\): nothing was copied"):
        up(local, bucket)
    assert bucket.objects() == before
    with pytest.raises(StoreError, match="went its own way"):
        down(bucket, local)
    assert states(up(local, bucket, force=True))["bars"] == "replaced"
    assert_same_lake(lake_at(local), there)


def test_a_lake_made_anew_is_another_lake(bucket, local, tmp_path):
    up(local, bucket)
    other = tmp_path / "other"
    lake_at(other).merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    with pytest.raises(StoreError, match="bars from version 0"):
        up(other, bucket)
    assert states(up(other, bucket, force=True)) == {"bars": "replaced"}
    assert stored(lake_at(bucket.uri(), bucket.options)).height == 5


def test_a_copy_that_has_more_is_left_alone(bucket, local):
    up(local, bucket)
    there = lake_at(bucket.uri(), bucket.options)
    there.merge("bars", daily_bars("CCC"), ingested_at=WEDNESDAY)
    assert states(up(local, bucket))["bars"] == "ahead"
    assert stored(there).height == 15
    assert states(down(bucket, local))["bars"] == "copied"
    there.merge("bars", daily_bars("DDD"), ingested_at=WEDNESDAY)
    assert states(up(local, bucket, force=True))["bars"] == "replaced"
    assert_same_lake(lake_at(local), there)


@pytest.mark.parametrize("while_copying", ["data", "log"])
def test_a_commit_that_another_writer_makes_meanwhile_is_never_replaced(
    bucket, local, monkeypatch, while_copying
):
    up(local, bucket)
    there = lake_at(bucket.uri(), bucket.options)
    for name in ("MINE", "MORE"):
        lake_at(local).merge("bars", daily_bars(name), ingested_at=WEDNESDAY)
    original, late = BucketPlace.put, []

    def put(self, path, content, md5, *, only_new):
        if not late and only_new == (while_copying == "log"):
            late.append(there.merge("bars", daily_bars("THEIRS"), ingested_at=WEDNESDAY))
        return original(self, path, content, md5, only_new=only_new)

    monkeypatch.setattr(BucketPlace, "put", put)
    with pytest.raises(StoreError, match="another writer made version 3 meanwhile"):
        up(local, bucket)
    assert there.version("bars") == 3
    assert stored(there)["symbol"].unique().sort().to_list() == ["AAA", "BBB", "THEIRS"]


def test_what_a_killed_download_leaves_is_a_leftover_to_the_janitor(bucket, local, tmp_path):
    up(local, bucket)
    back = tmp_path / "back"
    down(bucket, back)
    data = next((back / "bars").rglob("*.parquet"))
    for half in (data, next((back / "bars" / "_delta_log").glob("*.json"))):
        half.with_name(f"{half.name}{_places._PART}0123").write_bytes(b"half")
    assert lake_at(back).clean_leftovers(older_than_hours=-1).files == 2
    assert_same_lake(lake_at(local), lake_at(back))


def test_a_source_that_lost_a_file_is_not_copied(bucket, local):
    max((local / "bars").rglob("part-*zstd.parquet"), key=lambda path: path.stat().st_size).unlink()
    with pytest.raises(StoreError, match="lacks 1 of its data files"):
        up(local, bucket)
    assert not any(key.endswith("json") and "/bars/" in key for key in bucket.objects())


def test_a_damaged_log_is_told_in_one_line(bucket, local):
    (local / "bars" / "_delta_log" / f"{0:020}.json").write_text("{half", encoding="ascii")
    with pytest.raises(StoreError, match="its commit log is damaged") as error:
        up(local, bucket)
    assert "\n" not in str(error.value)


def test_a_download_damaged_on_its_way_is_refused(bucket, local, tmp_path, monkeypatch):
    up(local, bucket)
    original = _places.Folder.put

    def put(self, path, content, md5, *, only_new):
        return original(self, path, content, "0" * 32, only_new=only_new)

    monkeypatch.setattr(_places.Folder, "put", put)
    with pytest.raises(StoreError, match="damaged on its way"):
        down(bucket, tmp_path / "back")
    assert files_below(tmp_path / "back") == {}


def test_what_does_not_exist_is_named(bucket, local, tmp_path):
    with pytest.raises(DataError, match="holds no tables to copy"):
        up(tmp_path / "nowhere", bucket)
    with pytest.raises(DataError, match=r"has no table 'bar'\. Did you mean 'bars'"):
        up(local, bucket, tables=["bar"])
    with pytest.raises(DefinitionError, match="is not s3://bucket/prefix"):
        copy_lake(local, "ftp://host/lake")


def test_the_copied_log_names_only_what_was_copied(bucket, local, tmp_path):
    """The reference reads the log by hand."""
    up(local, bucket)
    down(bucket, tmp_path / "back")
    for log in sorted((tmp_path / "back").rglob("*.json")):
        for line in log.read_text(encoding="utf-8").splitlines():
            if added := json.loads(line).get("add"):
                assert (log.parents[1] / added["path"]).is_file()
