"""Corrections keep what they replace, and a read can go back before them."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st
from tests.lake.builders import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    assert_each_key_once,
    daily_bars,
    lake_at,
    stored,
    with_close,
)

from hedgerow.errors import DataError
from hedgerow.lake import merge as merge_module

BEFORE = MONDAY - dt.timedelta(days=1)
BETWEEN = MONDAY + dt.timedelta(hours=12)


def closes_as_of(lake, as_of: dt.datetime) -> list[float]:
    rows = lake.bars_as_of(as_of).collect()
    assert_each_key_once(rows)
    return rows.sort("timestamp")["close"].to_list()


@pytest.fixture
def corrected(tmp_path):
    """Three bars of December stored on Monday; the second corrected on Tuesday and Wednesday."""
    lake = lake_at(tmp_path, file_retention_days=0)
    bars = daily_bars("AAA", count=3)
    lake.merge("bars", bars, ingested_at=MONDAY)
    lake.merge("bars", with_close(bars, 1, 11.0), ingested_at=TUESDAY)
    lake.merge("bars", with_close(bars, 1, 12.0), ingested_at=WEDNESDAY)
    return lake


# --------------------------------------------------------------------------------- regression


def test_the_replaced_row_is_kept_whole(corrected):
    history = stored(corrected, "bars_history")
    assert history["close"].to_list() == [10.01, 11.0]
    assert history["ingested_at"].to_list() == [MONDAY, TUESDAY]
    assert history["superseded_at"].to_list() == [TUESDAY, WEDNESDAY]
    assert history["high"].to_list() == pytest.approx([10.11, 12.0])


def test_each_instant_sees_the_version_it_held(corrected):
    assert closes_as_of(corrected, BETWEEN) == [10.0, 10.01, 10.02]
    assert closes_as_of(corrected, TUESDAY) == [10.0, 11.0, 10.02]
    assert closes_as_of(corrected, WEDNESDAY) == [10.0, 12.0, 10.02]
    assert stored(corrected)["close"].to_list() == [10.0, 12.0, 10.02]


def test_history_loaded_later_is_usable_in_its_first_version(corrected):
    assert closes_as_of(corrected, BEFORE) == [10.0, 10.01, 10.02]


def test_rows_nobody_could_know_yet_are_left_out(corrected):
    close_of_the_second = stored(corrected)["available_at"].sort()[1]
    assert closes_as_of(corrected, close_of_the_second) == [10.0, 10.01]
    just_before = close_of_the_second - dt.timedelta(microseconds=1)
    assert closes_as_of(corrected, just_before) == [10.0]


def test_old_versions_outlive_compaction_and_vacuum(corrected):
    bars = daily_bars("BBB", "CCC")
    corrected.merge("bars", bars.head(5), ingested_at=WEDNESDAY)
    corrected.merge("bars", bars.tail(5), ingested_at=WEDNESDAY)
    assert any(done.partitions for done in corrected.compact())
    assert corrected.vacuum()["bars"] > 0
    only = corrected.bars_as_of(BETWEEN).filter(pl.col("symbol") == "AAA").sort("timestamp")
    assert only.collect()["close"].to_list() == [10.0, 10.01, 10.02]


def test_without_any_correction_the_bars_are_read_straight(tmp_path):
    lake = lake_at(tmp_path)
    lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    assert "JOIN" not in lake.bars_as_of(BETWEEN).explain()
    assert closes_as_of(lake, BETWEEN) == [10.0, 10.01, 10.02, 10.03, 10.04]


def test_a_writer_may_die_between_history_and_merge(corrected, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    bars = with_close(with_close(daily_bars("AAA", count=3), 1, 12.0), 2, 13.0)
    late = WEDNESDAY + dt.timedelta(days=1)
    with monkeypatch.context() as patch:
        patch.setattr(merge_module, "commit", die)
        with pytest.raises(Killed):
            corrected.merge("bars", bars, ingested_at=late)
    assert stored(corrected, "bars_history").height == 3
    for as_of in (BETWEEN, late, late + dt.timedelta(days=9)):
        assert closes_as_of(corrected, as_of)[2] == 10.02
    later = late + dt.timedelta(days=1)
    assert corrected.merge("bars", bars, ingested_at=later).corrected == 1
    assert stored(corrected, "bars_history").height == 3
    assert closes_as_of(corrected, late)[2] == 10.02
    assert closes_as_of(corrected, later)[2] == 13.0


def test_a_read_as_of_skips_the_files_of_others(corrected):
    corrected.merge("bars", daily_bars("BBB", "CCC"), ingested_at=WEDNESDAY)
    plan = corrected.bars_as_of(BETWEEN).filter(pl.col("instrument_id") == "CCC.XNYS")
    assert plan.explain().count("/bars/") <= 2
    assert plan.collect().height == 5


# --------------------------------------------------------------------------------- properties


@settings(max_examples=12)
@given(
    versions=st.lists(st.sampled_from([10.0, 11.0, 12.0]), min_size=1, max_size=5),
    hours=st.lists(st.integers(0, 100), min_size=3, max_size=3),
)
def test_as_of_equals_a_slow_look_back(tmp_path_factory, versions, hours):
    lake = lake_at(tmp_path_factory.mktemp("asof"))
    bars = daily_bars("AAA", count=1)
    held: list[tuple[dt.datetime, float]] = []
    for number, close in enumerate(versions):
        stamp = MONDAY + dt.timedelta(hours=20 * number)
        lake.merge("bars", with_close(bars, 0, close), ingested_at=stamp)
        if not held or held[-1][1] != close:
            held.append((stamp, close))
    for hour in hours:
        as_of = MONDAY + dt.timedelta(hours=hour - 5)
        seen = [close for stamp, close in held if stamp <= as_of]
        assert closes_as_of(lake, as_of) == [seen[-1] if seen else held[0][1]]


# --------------------------------------------------------------------------------- validation


def test_as_of_needs_a_time_zone(corrected):
    with pytest.raises(DataError, match=r"as_of 2024-01-08T06:00:00 has no time zone"):
        corrected.bars_as_of(MONDAY.replace(tzinfo=None))
