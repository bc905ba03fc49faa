"""Tables that users bring."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.lake.builders import MONDAY, TUESDAY, lake_at

from hedgerow.errors import DataError, DefinitionError
from hedgerow.lake import Lake, UserTable

AT = dt.datetime(2024, 1, 2, 21, 0, tzinfo=dt.UTC)


def moods(**changes: object) -> pl.DataFrame:
    rows = pl.DataFrame(
        {
            "Ticker": ["AAPL", "AAPL", "MSFT"],
            "on day": [dt.date(2024, 1, 2), dt.date(2024, 1, 3), dt.date(2024, 1, 2)],
            "known": [AT, AT + dt.timedelta(days=1), AT],
            "mood": [0.7, None, -0.2],
            "posts": pl.Series([3, 4, 5], dtype=pl.UInt32),
            "select": ["calm", "angry", "calm"],
        }
    ).with_columns(
        pl.col("select").cast(pl.Categorical), pl.col("known").cast(pl.Datetime("ms", "UTC"))
    )
    return rows.with_columns(**changes)


def create(lake: Lake, frame: pl.DataFrame | None = None, **changes: object) -> UserTable:
    words = {"key": ["Ticker", "on day"], "time": "on day", "available_at": "known"} | changes
    return lake.create_user_table("moods", moods() if frame is None else frame, **words)


# --------------------------------------------------------------------------------- regression


def test_a_table_remembers_what_it_is(tmp_path):
    created = create(lake_at(tmp_path))
    remembered = lake_at(tmp_path).user_table("moods")
    assert remembered == created
    assert remembered.key == ("Ticker", "on day")
    assert (remembered.time, remembered.available_at) == ("on day", "known")
    assert remembered.columns == {
        "Ticker": pl.String,
        "on day": pl.Date,
        "known": pl.Datetime("us", "UTC"),
        "mood": pl.Float64,
        "posts": pl.Int64,
        "select": pl.String,
    }


def test_rows_are_merged_by_the_key(tmp_path):
    lake = lake_at(tmp_path)
    create(lake)
    assert lake.merge("moods", moods(), ingested_at=MONDAY).inserted == 3
    assert lake.merge("moods", moods(), ingested_at=TUESDAY).unchanged == 3
    changed = moods(mood=pl.Series([0.7, 0.1, -0.2]))
    merged = lake.merge("moods", changed, ingested_at=TUESDAY)
    assert (merged.corrected, merged.unchanged, merged.version) == (1, 2, 2)
    rows = lake.scan("moods").collect()
    expected = changed.cast(dict(lake.user_table("moods").columns))
    assert_frame_equal(rows, expected, check_row_order=False, check_exact=True)
    assert lake.tables() == ["moods"]
    assert lake.versions() == {"moods": 2}


def test_creating_it_again_changes_nothing(tmp_path):
    lake = lake_at(tmp_path)
    create(lake)
    create(lake)
    assert lake.version("moods") == 0


def test_bad_keys_go_to_quarantine(tmp_path):
    lake = lake_at(tmp_path)
    create(lake)
    frame = pl.concat([moods(), moods().tail(1), moods(Ticker=pl.lit(None, dtype=pl.String))])
    frame = frame.with_columns(mood=pl.Series([0.7, None, -0.2, -0.2, 1.0, 1.0, float("inf")]))
    summary = lake.ingest("moods", frame, source="me", ingested_at=MONDAY)
    assert (summary.rows, summary.loaded, summary.refused) == (7, 3, 4)
    assert summary.quarantined == {"Ticker|nullability": 3, "duplicate_key": 1, "not_finite": 1}
    assert lake.scan("quarantine").collect()["table"].unique().to_list() == ["moods"]


def test_it_is_compacted_like_any_other(tmp_path):
    lake = lake_at(tmp_path)
    create(lake)
    lake.merge("moods", moods().head(2), ingested_at=MONDAY)
    lake.merge("moods", moods(), ingested_at=MONDAY)
    assert lake.compact("moods")[0].files_after == 1
    assert lake.merge("moods", moods(), ingested_at=TUESDAY).unchanged == 3


# --------------------------------------------------------------------------------- validation


@pytest.mark.parametrize("name", ["bars", "Moods", "1st", "a-b", "", "a/b", "../x"])
def test_names_are_restricted(tmp_path, name):
    with pytest.raises(DefinitionError, match=f"table name {name!r} is not allowed"):
        lake_at(tmp_path).create_user_table(
            name, moods(), key=["Ticker"], time="on day", available_at="known"
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": []}, "needs at least one key column"),
        ({"key": ["ticker"]}, r"key column 'ticker' is not in the data. Did you mean 'Ticker'\?"),
        ({"key": ["mood"]}, "key column 'mood' holds decimal numbers"),
        ({"time": "mood"}, "time column 'mood' is Float64, but must be a date or an instant"),
        (
            {"available_at": "on day"},
            "available_at column 'on day' is Date, but must be an instant",
        ),
        ({"available_at": "nown"}, r"available_at column 'nown' .* Did you mean 'known'\?"),
    ],
)
def test_columns_must_fit_their_role(tmp_path, changes, message):
    with pytest.raises(DefinitionError, match=message):
        create(lake_at(tmp_path), **changes)
    assert lake_at(tmp_path).tables() == []


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pl.Series("x", [[1.0]] * 3), "column 'x' is List.* does not store"),
        (pl.Series("x", [None] * 3), "column 'x' is Null, which the lake does not store"),
        (pl.Series("x", [dt.datetime(2024, 1, 1)] * 3), "column 'x' has instants without a time"),
    ],
)
def test_types_that_cannot_be_stored_are_named(tmp_path, column, message):
    with pytest.raises(DataError, match=message):
        create(lake_at(tmp_path), moods(x=column))


def test_another_meaning_under_the_same_name_is_refused(tmp_path):
    lake = lake_at(tmp_path)
    create(lake)
    with pytest.raises(DefinitionError, match="table 'moods' exists with key Ticker, on day"):
        create(lake, key=["Ticker"])
    with pytest.raises(DefinitionError, match="table 'moods' exists with key Ticker, on day"):
        create(lake, moods().drop("posts"))


def test_a_null_key_cannot_be_merged(tmp_path):
    lake = lake_at(tmp_path)
    create(lake)
    with pytest.raises(DataError, match=r"rows lack a value in Ticker \(3\)"):
        lake.merge("moods", moods(Ticker=pl.lit(None, dtype=pl.String)), ingested_at=MONDAY)


def test_an_unknown_user_table_gets_a_hint(tmp_path):
    lake = lake_at(tmp_path)
    create(lake)
    with pytest.raises(DefinitionError, match=r"'mods' does not exist. Did you mean 'moods'\?"):
        lake.user_table("mods")
    with pytest.raises(DefinitionError, match="user table 'bars' does not exist"):
        lake.user_table("bars")
