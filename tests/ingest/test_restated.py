"""A figure that was overwritten by its vendor is not known before it was seen."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from hedgerow.domain.schemas import FUNDAMENTALS
from hedgerow.ingest.restated import dated_when_seen
from hedgerow.lake import Lake

ACCEPTED = dt.datetime(2026, 2, 19, 23, 4, tzinfo=dt.UTC)
SEEN = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def figures(*values: tuple[str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "instrument_id": "ZQX.XNAS",
                "source": "fmp",
                "item": item,
                "period_end": dt.date(2025, 12, 31),
                "available_at": ACCEPTED,
                "symbol": "ZQX",
                "period": "FY",
                "value": value,
                "unit": "USD",
            }
            for item, value in values
        ],
        schema_overrides={"available_at": pl.Datetime("us", "UTC")},
    )


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def load(lake, rows, now):
    dated = dated_when_seen(lake, rows, now)
    lake.ingest(FUNDAMENTALS, dated, source="fmp", ingested_at=now)


def known(lake, item="revenue"):
    rows = lake.scan(FUNDAMENTALS).filter(pl.col("item") == item).sort("available_at")
    return rows.select("available_at", "value").collect().rows()


def test_a_first_loading_keeps_the_vendors_dates(lake):
    load(lake, figures(("revenue", 10.0)), SEEN)
    assert known(lake) == [(ACCEPTED, 10.0)]


def test_a_restated_value_is_known_from_the_day_it_was_seen(lake):
    load(lake, figures(("revenue", 10.0), ("net_income", 2.0)), SEEN)
    load(lake, figures(("revenue", 11.0), ("net_income", 2.0)), LATER)
    assert known(lake) == [(ACCEPTED, 10.0), (LATER, 11.0)]
    assert known(lake, "net_income") == [(ACCEPTED, 2.0)]


def test_seeing_it_again_adds_nothing(lake):
    load(lake, figures(("revenue", 10.0)), SEEN)
    for day in range(3):
        load(lake, figures(("revenue", 11.0)), LATER + dt.timedelta(days=day))
    assert known(lake) == [(ACCEPTED, 10.0), (LATER, 11.0)]


@pytest.mark.parametrize("third", [10.0, 12.0])
def test_a_third_value_is_a_third_version_also_where_it_is_the_first_again(third, lake):
    load(lake, figures(("revenue", 10.0)), SEEN)
    load(lake, figures(("revenue", 11.0)), LATER)
    back = LATER + dt.timedelta(days=9)
    for day in range(2):
        load(lake, figures(("revenue", third)), back + dt.timedelta(days=day))
    assert known(lake) == [(ACCEPTED, 10.0), (LATER, 11.0), (back, third)]


def test_a_vendor_that_sends_every_version_is_taken_at_its_word(lake):
    first = figures(("revenue", 10.0))
    second = figures(("revenue", 11.0)).with_columns(available_at=pl.lit(SEEN))
    both = pl.concat([first, second.cast(first.schema)])
    for _ in range(2):
        load(lake, both, LATER)
    assert known(lake) == [(ACCEPTED, 10.0), (SEEN, 11.0)]


def test_a_snapshot_seen_again_on_the_same_day_adds_nothing(lake):
    first = figures(("beta", 1.2)).with_columns(available_at=pl.lit(SEEN))
    again = first.with_columns(available_at=pl.lit(SEEN + dt.timedelta(hours=1)))
    other = again.with_columns(value=pl.lit(1.3))
    load(lake, first, SEEN)
    load(lake, again, LATER)
    assert known(lake, "beta") == [(SEEN, 1.2)]
    load(lake, other, LATER)
    assert known(lake, "beta") == [(SEEN, 1.2), (SEEN + dt.timedelta(hours=1), 1.3)]
