"""The door of the lake: what is loaded, what is quarantined, and what a second run does."""

from __future__ import annotations

import datetime as dt
import json
import math

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st
from tests.lake.builders import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    assert_each_key_once,
    close_only,
    daily_bars,
    lake_at,
    stored,
    with_close,
)

from hedgerow.errors import DataError
from hedgerow.lake import IngestSummary


def dirty_batch() -> pl.DataFrame:
    """Six bars: two sound, one negative, one not a number, one sent three times."""
    bars = daily_bars("AAA", count=4)
    bars = with_close(bars, 1, -1.0).with_columns(
        volume=pl.when(pl.int_range(pl.len()) == 2).then(math.nan).otherwise("volume")
    )
    return pl.concat([bars, bars.tail(1), bars.tail(1)])


def ingest(lake, frame, at=MONDAY, **options) -> IngestSummary:
    return lake.ingest("bars", frame, source="test", ingested_at=at, **options)


# --------------------------------------------------------------------------------- regression


def test_a_dirty_batch_loads_its_clean_rows(tmp_path):
    lake = lake_at(tmp_path)
    summary = ingest(lake, dirty_batch())
    assert summary == IngestSummary(
        table="bars",
        source="test",
        rows=6,
        loaded=2,
        corrected=0,
        unchanged=0,
        refused=4,
        quarantined={"duplicate_key": 2, "non_positive_price": 1, "not_finite": 1},
        version=1,
    )
    assert stored(lake)["close"].to_list() == [10.0, 10.03]


def test_every_refused_row_is_kept_with_its_rules(tmp_path):
    lake = lake_at(tmp_path)
    ingest(lake, dirty_batch())
    kept = lake.scan("quarantine").collect().sort("rules", "timestamp")
    assert kept["rules"].to_list() == [
        "duplicate_key",
        "duplicate_key",
        "non_positive_price",
        "not_finite",
    ]
    assert kept["row_hash"].n_unique() == 4
    assert kept.select("table", "source", "symbol").unique().rows() == [("bars", "test", "AAA")]
    assert kept["ingested_at"].unique().to_list() == [MONDAY]
    negative = json.loads(kept["payload"][2])
    assert negative["close"] == -1.0
    assert negative["timestamp"].startswith("2023-12-05T00:00:00")
    assert json.loads(kept["payload"][3])["volume"] == "NaN"


def test_a_second_run_changes_nothing_and_says_so(tmp_path):
    lake = lake_at(tmp_path)
    first = ingest(lake, dirty_batch())
    versions = lake.versions()
    again = ingest(lake, dirty_batch(), TUESDAY)
    assert lake.versions() == versions == {"bars": 1, "quarantine": 1}
    assert (first.changed, again.changed) == (True, False)
    assert (again.loaded, again.unchanged, again.refused) == (0, 2, 4)
    assert again.quarantined == first.quarantined
    assert str(again) == (
        "bars from test: 6 rows, 2 unchanged, 4 quarantined "
        "(duplicate_key 2, non_positive_price 1, not_finite 1)"
    )


def test_a_correction_is_counted(tmp_path):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", count=3)
    ingest(lake, bars)
    summary = ingest(lake, with_close(bars, 1, 11.0), TUESDAY)
    assert (summary.corrected, summary.unchanged, summary.version) == (1, 2, 2)


def test_a_refused_correction_leaves_the_stored_row(tmp_path):
    lake = lake_at(tmp_path)
    bars = daily_bars("AAA", count=3)
    ingest(lake, bars)
    summary = ingest(lake, with_close(bars, 1, -11.0), TUESDAY)
    assert (summary.corrected, summary.unchanged, summary.refused) == (0, 2, 1)
    assert stored(lake)["close"].to_list() == [10.0, 10.01, 10.02]


def test_splits_of_the_lake_explain_jumps(tmp_path):
    lake = lake_at(tmp_path)
    bars = close_only(daily_bars("AAA", count=3)).with_columns(close=pl.Series([70.0, 10.0, 10.1]))
    assert ingest(lake, bars).warnings == {"jump": 1}
    split = pl.DataFrame(
        {
            "instrument_id": ["AAA.XNYS"],
            "ex_date": bars["session"][1:2],
            "source": ["test"],
            "symbol": ["AAA"],
            "ratio": [7.0],
            "available_at": [MONDAY],
        }
    )
    assert ingest(lake, bars, splits=split).warnings == {}
    assert lake.ingest("splits", split, source="test", ingested_at=MONDAY).loaded == 1
    assert ingest(lake, bars).warnings == {}


def test_bars_sent_one_by_one_meet_the_same_series_rules(tmp_path):
    lake = lake_at(tmp_path, stale_run=4)
    bars = close_only(daily_bars("AAA", count=8, start=dt.date(2023, 12, 20)))
    bars = bars.with_columns(close=pl.Series([20.0] + [10.0] * 7))
    sent = [ingest(lake, bars[[day]]) for day in range(8)]
    assert [s.warnings.get("jump", 0) for s in sent] == [0, 1, 0, 0, 0, 0, 0, 0]
    assert [s.refused for s in sent] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert stored(lake)["close"].to_list() == [20.0, 10.0, 10.0, 10.0]


def test_frames_may_be_lazy(tmp_path):
    assert ingest(lake_at(tmp_path), daily_bars("AAA").lazy()).loaded == 5


# --------------------------------------------------------------------------------- properties

PRICE = st.sampled_from([None, math.nan, math.inf, -1.0, 0.0, 9.95, 10.0, 10.05])
ROW = st.fixed_dictionaries({"day": st.integers(0, 6), "close": PRICE, "open": PRICE})
BATCH = st.lists(ROW, max_size=15)


def batch_of(rows: list[dict]) -> pl.DataFrame:
    days = daily_bars("AAA", count=7)[[row["day"] for row in rows]]
    return days.with_columns(
        pl.Series(name, [row[name] for row in rows], dtype=pl.Float64) for name in ("close", "open")
    )


@settings(max_examples=15)
@given(batches=st.lists(BATCH, min_size=1, max_size=3))
def test_every_row_is_accounted_for(tmp_path_factory, batches):
    lake = lake_at(tmp_path_factory.mktemp("ingest"), stale_run=3)
    for number, rows in enumerate(batches):
        frame, at = batch_of(rows), MONDAY + dt.timedelta(hours=number)
        once = ingest(lake, frame, at)
        assert (
            once.loaded + once.corrected + once.unchanged + once.refused == once.rows == len(rows)
        )
        versions = lake.versions()
        again = ingest(lake, frame, at + dt.timedelta(minutes=1))
        assert lake.versions() == versions
        assert again.unchanged + again.refused == len(rows)
        refused = lake.scan("quarantine").collect()
        assert refused["row_hash"].is_unique().all()
        assert refused.height >= once.refused
    assert_each_key_once(stored(lake))


# --------------------------------------------------------------------------------- validation


def test_an_instant_of_ingest_needs_a_zone(tmp_path):
    with pytest.raises(DataError, match=r"ingested_at .* has no time zone"):
        ingest(lake_at(tmp_path), daily_bars("AAA"), WEDNESDAY.replace(tzinfo=None))


def test_missing_columns_are_named(tmp_path):
    with pytest.raises(DataError, match="bars: the rows lack the column available_at"):
        ingest(lake_at(tmp_path), daily_bars("AAA").drop("available_at"))
