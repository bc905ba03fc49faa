"""Tables of a user's own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from hedgerow.errors import DataError, DefinitionError
from hedgerow.sources import read_table

TEXT = """\
cik,day,known,mood,label
0005,2024-01-02,2024-01-03 08:00,0.5,a
0005,2024-01-03,2024-01-04 08:00,NaN,
0007,2024-01-02,2024-01-03 08:00,2,c
"""
ROLES = {"key": "cik", "time": "day", "available_at": "known"}


def read(folder: Path, text: str = TEXT, **options: object) -> pl.DataFrame:
    path = folder / "mood.csv"
    path.write_text(text)
    return read_table(path, **(ROLES | options))


# Regression ---------------------------------------------------------------------------------


def test_columns_get_the_types_they_show(tmp_path):
    frame = read(tmp_path)

    assert frame.schema == pl.Schema(
        {
            "cik": pl.String,
            "day": pl.Date,
            "known": pl.Datetime("us", "UTC"),
            "mood": pl.Float64,
            "label": pl.String,
        }
    )
    assert frame["cik"].to_list() == ["0005", "0005", "0007"]
    assert frame["mood"].to_list() == [0.5, None, 2.0]
    assert frame["label"].to_list() == ["a", None, "c"]
    assert frame["known"][0] == dt.datetime(2024, 1, 3, 8, tzinfo=dt.UTC)


def test_times_without_a_zone_take_the_given_one(tmp_path):
    frame = read(tmp_path, time_zone="America/New_York")

    assert frame["known"][0] == dt.datetime(2024, 1, 3, 13, tzinfo=dt.UTC)


def test_a_date_of_availability_stands_for_the_end_of_its_day(tmp_path):
    frame = read(tmp_path, "cik,day,known\n5,2024-01-02,2024-01-03\n")

    assert frame["known"][0] == dt.datetime(2024, 1, 3, 23, 59, 59, 999_999, tzinfo=dt.UTC)


def test_one_column_may_be_both_time_and_availability(tmp_path):
    frame = read(tmp_path, "cik,day\n5,2024-01-02T08:00Z\n", available_at="day")

    assert frame["day"].to_list() == [dt.datetime(2024, 1, 2, 8, tzinfo=dt.UTC)]


def test_restated_facts_are_several_rows(tmp_path):
    text = "cik,day,known,v\n5,2024-01-02,2024-01-03,1\n5,2024-01-02,2024-02-03,2\n"

    assert read(tmp_path, text).height == 2


def test_parquet_tables(tmp_path):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"cik": [5], "day": [dt.date(2024, 1, 2)], "v": [1.5]}).write_parquet(path)
    frame = read_table(path, key=["cik"], time="day", available_at="day")

    assert frame.schema["day"] == pl.Datetime("us", "UTC")
    assert frame.schema["cik"] == pl.String


# Validation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cik,day\n5,2024-01-02\n", "has no column 'known'"),
        ("cik,day,known\n,2024-01-02,2024-01-03\n", "column 'cik' on line 2: the cell is empty"),
        (
            "cik,day,known\n5,2024-01-02,2024-01-03\n5,2024-02-30,2024-01-03\n",
            "column 'day' on line 3: '2024-02-30' cannot be read",
        ),
        (
            "cik,day,known\n5,2024-01-02,2024-01-03\n5,2024-01-02,2024-01-03\n",
            "has several rows for 5, 2024-01-02, first on line 2",
        ),
        ("cik,day,known\n5,2024-01-02,2024-01-03\n5,6\n", "another number of fields on line 3"),
        ("cik,day,known\n5,1/2/2024,2024-01-03\n", "could be day first or month first"),
    ],
)
def test_a_table_is_taken_whole_or_not_at_all(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, text)


def test_roles_must_not_clash(tmp_path):
    with pytest.raises(DefinitionError, match="column 'day' cannot be both a key and a time"):
        read(tmp_path, key=["day"])
    with pytest.raises(DefinitionError, match="key is empty"):
        read(tmp_path, key=[])


def test_the_zone_must_exist(tmp_path):
    with pytest.raises(DefinitionError, match="time_zone 'NYC' is not known"):
        read(tmp_path, time_zone="NYC")
