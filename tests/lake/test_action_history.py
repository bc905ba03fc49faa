"""Corrected splits and dividends keep what they replace, as bars do."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from tests.lake.builders import MONDAY, TUESDAY, lake_at, stored

from hedgerow.errors import DataError, DefinitionError

EX = dt.date(2024, 1, 3)
KNOWN = dt.datetime(2023, 12, 20, tzinfo=dt.UTC)


def split(ratio: float, *, known: dt.datetime = KNOWN) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "instrument_id": ["ZQX.XNYS"],
            "ex_date": [EX],
            "source": ["me"],
            "symbol": ["ZQX"],
            "ratio": [ratio],
            "available_at": [known],
        }
    )


def dividend(amount: float) -> pl.DataFrame:
    return split(amount).select(
        pl.all().exclude("ratio"), amount="ratio", kind=pl.lit("cash"), currency=pl.lit("USD")
    )


@pytest.fixture
def lake(tmp_path):
    """A split and a dividend stored on Monday and corrected on Tuesday."""
    lake = lake_at(tmp_path)
    lake.merge("splits", split(2.0), ingested_at=MONDAY)
    lake.merge("splits", split(3.0), ingested_at=TUESDAY)
    lake.merge("dividends", dividend(0.5), ingested_at=MONDAY)
    lake.merge("dividends", dividend(0.6), ingested_at=TUESDAY)
    return lake


@pytest.mark.parametrize(
    ("table", "column", "old", "new"),
    [("splits", "ratio", 2.0, 3.0), ("dividends", "amount", 0.5, 0.6)],
)
def test_each_instant_sees_the_version_it_held(lake, table, column, old, new):
    def seen(instant: dt.datetime) -> list[float]:
        return lake.as_of(table, instant).collect()[column].to_list()

    assert seen(MONDAY) == [old]
    assert seen(TUESDAY) == [new]
    assert seen(KNOWN) == [old]
    assert seen(KNOWN - dt.timedelta(microseconds=1)) == []
    history = stored(lake, f"{table}_history")
    assert history[column].to_list() == [old]
    assert history.select("ingested_at", "superseded_at").row(0) == (MONDAY, TUESDAY)


def test_a_correction_sent_again_writes_nothing(lake):
    versions = lake.versions()
    lake.merge("splits", split(3.0), ingested_at=TUESDAY + dt.timedelta(days=1))
    assert lake.versions() == versions


def test_a_table_without_history_is_cut_by_what_was_known(lake):
    rates = pl.DataFrame(
        {
            "base": ["EUR"] * 2,
            "quote": ["USD"] * 2,
            "date": [EX, EX + dt.timedelta(days=1)],
            "source": ["ecb"] * 2,
            "rate": [1.1, 1.2],
            "available_at": [MONDAY, TUESDAY],
        }
    )
    lake.merge("fx_rates", rates, ingested_at=TUESDAY)
    assert lake.as_of("fx_rates", MONDAY).collect()["rate"].to_list() == [1.1]


def test_a_table_that_does_not_say_when_rows_were_known_is_refused(lake):
    with pytest.raises(DefinitionError, match="'quarantine' does not say when its rows were known"):
        lake.as_of("quarantine", MONDAY)


def test_an_instant_needs_a_time_zone(lake):
    with pytest.raises(DataError, match="has no time zone"):
        lake.as_of("splits", MONDAY.replace(tzinfo=None))
