"""Idempotent merge: counts, exact types, corrections, and what it refuses."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st
from polars.testing import assert_frame_equal
from tests.lake.builders import (
    KEY,
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    assert_each_key_once,
    daily_bars,
    lake_at,
    stored,
    with_close,
)

from hedgerow.domain.schemas import BARS, TABLES, Table
from hedgerow.errors import DataError, DefinitionError, StoreError
from hedgerow.lake import Lake, MergeSummary

# --------------------------------------------------------------------------------- regression


def test_a_second_merge_makes_no_commit(tmp_path):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", "BBB")
    assert lake.merge("bars", bars, ingested_at=MONDAY) == MergeSummary(10, 10, 0, 0, version=1)
    again = lake.merge("bars", bars, ingested_at=TUESDAY)
    assert again == MergeSummary(10, 0, 0, 10, version=1)
    assert not again.changed
    assert lake.versions() == {"bars": 1}
    assert stored(lake)["ingested_at"].unique().to_list() == [MONDAY]


def test_new_changed_and_equal_rows_are_told_apart(tmp_path):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", count=5)
    lake.merge("bars", bars.head(3), ingested_at=MONDAY)
    merged = lake.merge("bars", with_close(bars, 1, 12.5), ingested_at=TUESDAY)
    assert merged == MergeSummary(5, 2, 1, 2, version=2)
    rows = stored(lake)
    assert_each_key_once(rows)
    assert rows["close"].to_list() == [10.0, 12.5, 10.02, 10.03, 10.04]
    stamps = [MONDAY, TUESDAY, MONDAY, TUESDAY, TUESDAY]
    assert rows["ingested_at"].to_list() == stamps


def test_what_comes_back_is_exactly_what_the_schema_says(tmp_path):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", "BBB")
    lake.merge("bars", bars, ingested_at=MONDAY)
    rows = lake.scan("bars").collect()
    assert dict(rows.schema) == BARS.columns | {"period": pl.String}
    assert rows.columns == [*BARS.columns, "period"]
    back = rows.drop("ingested_at", "period").sort(KEY)
    assert_frame_equal(back, bars.select(back.columns).sort(KEY), check_exact=True)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_table_comes_back_as_it_was_stored(tmp_path, table: Table):
    lake = lake_at(tmp_path)
    rows = pl.DataFrame([_example_row(table)], schema=table.columns)
    assert lake.merge(table, rows, ingested_at=MONDAY).inserted == 1
    assert lake.merge(table, rows, ingested_at=TUESDAY).unchanged == 1
    back = lake.scan(table).select(list(table.columns)).collect()
    expected = rows
    if "ingested_at" in rows.columns and "ingested_at" not in table.key:
        expected = rows.with_columns(ingested_at=pl.lit(MONDAY, dtype=pl.Datetime("us", "UTC")))
    assert_frame_equal(back, expected, check_exact=True)


@pytest.mark.parametrize(
    ("timeframe", "period"), [("1d", "2023"), ("1h", "2023"), ("30m", "2023-12"), ("1m", "2023-12")]
)
def test_bars_are_filed_by_year_and_below_one_hour_by_month(tmp_path, timeframe, period):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", count=3).with_columns(timeframe=pl.lit(timeframe))
    lake.merge("bars", bars, ingested_at=MONDAY)
    folder = tmp_path / "lake" / "bars" / f"timeframe={timeframe}" / f"period={period}"
    assert list(folder.glob("*.parquet"))
    assert lake.scan("bars").filter(pl.col("period") == period).collect().height == 3


def test_a_read_of_one_instrument_skips_the_files_of_others(tmp_path):
    lake = lake_at(tmp_path)
    for symbol in ("AAA", "BBB", "CCC"):
        bars = daily_bars(symbol, count=300, start=dt.date(2022, 6, 1))
        lake.merge("bars", bars, ingested_at=MONDAY)
    one = lake.scan("bars").filter(
        pl.col("instrument_id") == "BBB.XNYS",
        pl.col("timestamp") < pl.lit(MONDAY) - pl.duration(days=400),
    )
    plan = one.explain()
    assert plan.count(".parquet") == 1, plan
    assert "period=2022" in plan
    assert one.collect()["symbol"].unique().to_list() == ["BBB"]


def test_nulls_are_values_too(tmp_path):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", count=2)
    lake.merge("bars", bars, ingested_at=MONDAY)
    without = bars.with_columns(open=pl.lit(None, dtype=pl.Float64))
    assert lake.merge("bars", without, ingested_at=TUESDAY).corrected == 2
    assert lake.merge("bars", without, ingested_at=WEDNESDAY).unchanged == 2
    assert lake.merge("bars", without.drop("open"), ingested_at=WEDNESDAY).unchanged == 2


def test_of_equal_keys_in_one_frame_the_last_counts(tmp_path):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", count=2)
    twice = pl.concat([with_close(bars, 0, 99.0), bars])
    merged = lake.merge("bars", twice, ingested_at=MONDAY)
    assert (merged.inserted, merged.duplicates) == (2, 2)
    assert stored(lake)["close"].to_list() == [10.0, 10.01]


def test_a_correction_is_always_stamped_later_than_what_it_replaces(tmp_path):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", count=1)
    lake.merge("bars", bars, ingested_at=TUESDAY)
    lake.merge("bars", with_close(bars, 0, 11.0), ingested_at=MONDAY)
    lake.merge("bars", with_close(bars, 0, 12.0), ingested_at=TUESDAY)
    tick = dt.timedelta(microseconds=1)
    assert stored(lake)["ingested_at"].item() == TUESDAY + 2 * tick
    history = stored(lake, "bars_history")
    assert history["ingested_at"].to_list() == [TUESDAY, TUESDAY + tick]
    assert history["superseded_at"].to_list() == [TUESDAY + tick, TUESDAY + 2 * tick]


def test_a_frame_read_from_the_lake_can_be_merged_back(tmp_path):
    lake = lake_at(tmp_path)
    lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    assert lake.merge("bars", lake.scan("bars"), ingested_at=TUESDAY).unchanged == 5


def test_old_versions_stay_readable(tmp_path):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", count=4)
    lake.merge("bars", bars.head(2), ingested_at=MONDAY)
    pinned = lake.scan("bars")
    lake.merge("bars", bars, ingested_at=TUESDAY)
    assert pinned.collect().height == 2
    assert lake.scan("bars", version=1).collect().height == 2
    assert lake.scan("bars", version=2).collect().height == 4
    assert lake.scan("bars", version=0).collect().height == 0


def test_nothing_is_created_before_the_first_row(tmp_path):
    lake = lake_at(tmp_path)
    assert lake.version("bars") is None
    assert lake.scan("bars").collect().is_empty()
    assert lake.merge("bars", daily_bars("AAA").clear(), ingested_at=MONDAY).version is None
    assert lake.tables() == []
    assert lake.compact() == []
    assert lake.vacuum() == {}
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize("folder", ["my data", "50 % #1", "Zürich?"])
def test_any_folder_name_will_do(tmp_path, folder):
    lake = Lake(tmp_path / folder)
    bars = daily_bars("AAA", "BBB", count=3)
    lake.merge("bars", bars.head(3), ingested_at=MONDAY)
    lake.merge("bars", with_close(bars, 1, 11.0), ingested_at=TUESDAY)
    assert stored(lake).height == 6
    assert lake.compact("bars")[0].files_after == 1
    assert lake.clean_leftovers(older_than_hours=0).files == 0
    assert lake.scan("bars", version=1).collect().height == 3
    assert lake.bars_as_of(MONDAY).collect().height == 6


def test_an_append_is_done_once(tmp_path):
    lake = lake_at(tmp_path)
    equity = pl.DataFrame([_example_row(TABLES["equity"])], schema=TABLES["equity"].columns)
    assert lake.append_once("equity", equity, app="run-1", batch=1)
    assert not lake.append_once("equity", equity, app="run-1", batch=1)
    assert lake.append_once("equity", equity, app="run-2", batch=1)
    assert lake.append_once("equity", equity, app="run-1", batch=7)
    assert not lake.append_once("equity", equity, app="run-1", batch=3)
    assert not lake.append_once("equity", equity.clear(), app="run-1", batch=8)
    assert lake.scan("equity").collect().height == 3


# --------------------------------------------------------------------------------- properties


closes = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([9.5, 10.0, 10.5])), min_size=0, max_size=8
)


@settings(max_examples=15)
@given(batches=st.lists(closes, min_size=1, max_size=4))
def test_merging_equals_a_dictionary_of_the_last_value(tmp_path_factory, batches):
    lake = lake_at(tmp_path_factory.mktemp("merge"))
    days = daily_bars("AAA", count=6)
    held: dict[int, float] = {}
    kept = 0
    for number, batch in enumerate(batches):
        rows = [with_close(days, day, close)[day] for day, close in batch]
        frame = pl.concat([days.clear(), *rows])
        last = dict(batch)
        changes = sum(1 for day, close in last.items() if held.get(day, close) != close)
        merged = lake.merge("bars", frame, ingested_at=MONDAY + dt.timedelta(hours=number))
        assert (merged.inserted, merged.corrected) == (len(last.keys() - held.keys()), changes)
        assert merged.rows == len(batch)
        held |= last
        kept += changes
    rows = stored(lake)
    assert rows["close"].to_list() == [held[day] for day in sorted(held)]
    assert stored(lake, "bars_history").height == kept


# --------------------------------------------------------------------------------- validation


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(DataError, match="the rows lack the columns close, currency"):
        lake_at(tmp_path).merge(
            "bars", daily_bars("AAA").drop("close", "currency"), ingested_at=MONDAY
        )


def test_an_unknown_column_is_named(tmp_path):
    with pytest.raises(DataError, match=r"column 'closee' is not one .* Did you mean 'close'\?"):
        lake_at(tmp_path).merge(
            "bars", daily_bars("AAA").rename({"close": "closee"}), ingested_at=MONDAY
        )


def test_instants_need_a_time_zone(tmp_path):
    naive = daily_bars("AAA").with_columns(pl.col("timestamp").dt.replace_time_zone(None))
    with pytest.raises(DataError, match="column 'timestamp' has instants without a time zone"):
        lake_at(tmp_path).merge("bars", naive, ingested_at=MONDAY)
    with pytest.raises(DataError, match="ingested_at 2024-01-08T06:00:00 has no time zone"):
        lake_at(tmp_path).merge("bars", daily_bars("AAA"), ingested_at=MONDAY.replace(tzinfo=None))


def test_other_types_are_converted_or_refused(tmp_path):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", count=2)
    other = bars.with_columns(
        pl.col("volume").cast(pl.Int32),
        pl.col("symbol").cast(pl.Categorical),
        pl.col("timestamp").cast(pl.Datetime("ns", "UTC")),
        pl.col("available_at").dt.convert_time_zone("America/New_York"),
    )
    lake.merge("bars", bars, ingested_at=MONDAY)
    assert lake.merge("bars", other, ingested_at=TUESDAY).unchanged == 2
    text = bars.with_columns(close=pl.lit("ten"))
    with pytest.raises(DataError, match="column 'close' is String and cannot be read as Float64"):
        lake.merge("bars", text, ingested_at=TUESDAY)


def test_a_null_in_a_required_column_is_refused(tmp_path):
    bars = daily_bars("AAA").with_columns(symbol=pl.lit(None, dtype=pl.String))
    with pytest.raises(DataError, match=r"lack a value in symbol \(5\)"):
        lake_at(tmp_path).merge("bars", bars, ingested_at=MONDAY)


@pytest.mark.parametrize("folder", ["year=2024", "my%20data"])
def test_a_folder_that_readers_take_for_another_is_refused(tmp_path, folder):
    with pytest.raises(DefinitionError, match="a folder's name may not hold '=' or a code"):
        Lake(tmp_path / folder)


def test_an_unknown_table_gets_a_hint(tmp_path):
    with pytest.raises(DefinitionError, match=r"'barz' does not exist. Did you mean 'bars'\?"):
        Lake(tmp_path).scan("barz")


def test_a_version_that_does_not_exist_is_refused(tmp_path):
    lake = lake_at(tmp_path)
    with pytest.raises(StoreError, match=r"cannot read version 3 of .*: the table does not exist"):
        lake.scan("bars", version=3)
    lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    with pytest.raises(StoreError, match=r"cannot read version 3 of .*: newest: 1"):
        lake.scan("bars", version=3)


def _example_row(table: Table) -> dict[str, object]:
    nullable = table.schema.columns()
    return {
        name: None if nullable[name].nullable else _example(dtype)
        for name, dtype in table.columns.items()
    }


def _example(dtype: pl.DataType) -> object:
    if dtype == pl.Date:
        return dt.date(2024, 2, 29)
    if isinstance(dtype, pl.Datetime):
        return dt.datetime(2024, 2, 29, 20, 59, 59, 999_999, tzinfo=dt.UTC)
    return {pl.String: "1d", pl.Boolean: True, pl.Float64: 0.1}.get(dtype.base_type(), 7)
