from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from hedgerow.catalog import Catalog
from hedgerow.domain import Instrument
from hedgerow.errors import DataError, DefinitionError
from hedgerow.ingest.membership import dated_universes, ingest_membership, members
from hedgerow.ingest.stores import Stores
from hedgerow.lake import Lake
from hedgerow.settings import Settings

NOW = dt.datetime(2026, 4, 1, 2, tzinfo=dt.UTC)

FILE = """\
ticker,start_date,end_date
ZQX,2020-01-02,
VEX,2020-01-02,2021-06-15
VEX,2023-03-20,
QUIT,2020-01-02,2022-02-02
"""


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    settings = Settings(_env_file=None)
    lake = Lake(tmp_path / "lake", settings=settings)
    return Stores(lake, Catalog(tmp_path / "catalog.db"), settings, lambda: NOW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "small.csv"
    place.write_text(FILE)
    return place


def on(stores: Stores, day: str) -> list[str]:
    return members(stores.lake, "small", dt.date.fromisoformat(day))


def know(stores: Stores, *rows: tuple[str, str, str, str | None]) -> None:
    """Instruments of the catalog with the spans of their tickers."""
    for symbol, identity, first, last in rows:
        exchange = identity.split(".")[1]
        stores.catalog.add_instruments([Instrument(identity, symbol, exchange)])
        span = {"symbol": symbol, "exchange": exchange, "instrument_id": identity, "source": "me"}
        days = [None if text is None else dt.date.fromisoformat(text) for text in (first, last)]
        frame = pl.DataFrame(
            [{**span, "valid_from": days[0], "valid_to": days[1]}],
            schema_overrides={"valid_to": pl.Date},
        )
        stores.lake.merge("symbol_intervals", frame, ingested_at=NOW)


# --- Regression ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "names"),
    [
        ("2020-01-01", ""),
        ("2020-01-02", "QUIT VEX ZQX"),  # the first day counts
        ("2021-06-14", "QUIT VEX ZQX"),
        ("2021-06-15", "QUIT ZQX"),  # the last one does not
        ("2022-02-02", "ZQX"),
        ("2023-03-20", "VEX ZQX"),
        ("2030-01-01", "VEX ZQX"),
    ],
)
def test_members_are_those_of_the_day(stores: Stores, file: Path, day: str, names: str) -> None:
    load = ingest_membership(stores, file, "small")
    assert (load.spans, load.companies, load.added, load.withdrawn) == (4, 3, 3, 0)
    assert on(stores, day) == [f"{name}.XNYS" for name in names.split()]
    assert dated_universes(stores.lake) == ["small"]


def test_a_span_is_known_from_midnight_at_the_exchange(stores: Stores, file: Path) -> None:
    ingest_membership(stores, file, "small")
    rows = stores.lake.scan("membership").filter(symbol="VEX").sort("valid_from").collect()
    hours = [(at.month, at.day, at.hour) for at in rows["available_at"]]
    assert hours == [(1, 2, 5), (3, 20, 4)]  # in winter, then under summer time


def test_a_ticker_means_the_company_that_had_it(stores: Stores, file: Path) -> None:
    know(
        stores,
        ("VEX", "VEX.XNAS", "2023-01-03", None),
        ("VEX", "VEX.XNYS", "2015-01-02", "2022-03-31"),
        ("ZQX", "OLDNAME.XNYS", "2021-05-03", None),
        ("QUIT", "QUIT.XLON", "2010-01-04", None),
    )
    load = ingest_membership(stores, file, "small")
    assert on(stores, "2020-06-01") == ["OLDNAME.XNYS", "QUIT.XNYS", "VEX.XNYS"]
    assert on(stores, "2024-06-03") == ["OLDNAME.XNYS", "VEX.XNAS"]
    assert load.added == 1  # the one in London is another company


def test_an_unknown_company_does_not_take_the_identity_of_a_later_one(
    stores: Stores, file: Path
) -> None:
    know(stores, ("QUIT", "QUIT.XNYS", "2024-01-02", None))
    ingest_membership(stores, file, "small")
    assert "QUIT.XNYS.2020-01-02" in on(stores, "2021-01-04")
    spans = stores.lake.scan("symbol_intervals").filter(symbol="QUIT").collect()
    assert set(spans.select("instrument_id", "valid_to").rows()) == {
        ("QUIT.XNYS", None),
        ("QUIT.XNYS.2020-01-02", dt.date(2022, 2, 1)),
    }


def test_a_symbol_that_was_added_by_hand_is_meant(stores: Stores, file: Path) -> None:
    stores.catalog.add_instruments([Instrument.of("ZQX", exchange="XNAS")])
    ingest_membership(stores, file, "small")
    assert "ZQX.XNAS" in on(stores, "2021-01-04")


# --- Properties ---------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing(stores: Stores, file: Path) -> None:
    ingest_membership(stores, file, "small")
    versions = {name: stores.lake.version(name) for name in stores.lake.tables()}
    again = ingest_membership(stores, file, "small")
    assert (again.added, again.withdrawn, again.stored.unchanged) == (0, 0, 4)
    assert {name: stores.lake.version(name) for name in stores.lake.tables()} == versions


def test_a_newer_file_ends_adds_and_withdraws_spans(stores: Stores, file: Path) -> None:
    ingest_membership(stores, file, "small")
    newer = FILE.replace("ZQX,2020-01-02,", "ZQX,2020-01-02,2026-01-05")
    newer = newer.replace("QUIT,2020-01-02,2022-02-02", "NEWS,2026-01-05,")
    file.write_text(newer)
    load = ingest_membership(stores, file, "small")
    assert (load.added, load.withdrawn) == (1, 1)
    assert on(stores, "2021-01-04") == ["VEX.XNYS", "ZQX.XNYS"]
    assert on(stores, "2026-01-05") == ["NEWS.XNYS", "VEX.XNYS"]


def test_indices_and_sources_are_kept_apart(stores: Stores, file: Path) -> None:
    ingest_membership(stores, file, "small")
    file.write_text("symbol,from,to\nZQX,2024-01-02,\n")
    ingest_membership(stores, file, "other")
    assert dated_universes(stores.lake) == ["other", "small"]
    assert members(stores.lake, "other", dt.date(2024, 1, 2)) == ["ZQX.XNYS"]
    assert len(on(stores, "2020-01-02")) == 3


# --- Real files ---------------------------------------------------------------------------------


def test_the_members_of_the_sp500_since_1996(stores: Stores, shared_data: Path) -> None:
    """Counts by day were made with pandas from the file itself."""
    file = shared_data / "reference" / "fja05680_sp500" / "sp500_ticker_start_end.csv"
    load = ingest_membership(stores, file, "sp500", source="fja05680")
    assert (load.spans, load.companies, load.stored.loaded) == (1230, 1181, 1230)
    counts = {
        "1996-01-02": 487,
        "2000-01-03": 491,
        "2010-01-04": 499,
        "2019-01-03": 505,
        "2024-06-03": 503,
        "2026-06-01": 503,
    }
    found = {day: len(members(stores.lake, "sp500", dt.date.fromisoformat(day))) for day in counts}
    assert found == counts
    assert "TSLA.XNYS" not in members(stores.lake, "sp500", dt.date(2020, 12, 18))
    assert "TSLA.XNYS" in members(stores.lake, "sp500", dt.date(2020, 12, 21))


# --- Validation ---------------------------------------------------------------------------------


def test_rows_that_say_nothing_clear_are_put_aside(stores: Stores, file: Path) -> None:
    file.write_text(
        FILE + "VEX,2023-06-01,2023-07-03\n,2020-01-02,\nNEWS,2021-13-01,\n"
        "BACK,2021-01-05,2020-01-02\nODD,2020-01-02,soon\n"
    )
    load = ingest_membership(stores, file, "small")
    assert load.stored.quarantined == {
        "overlapping_interval": 1,
        "missing_symbol": 1,
        "unreadable_date": 2,
        "reversed_interval": 1,
    }
    assert len(on(stores, "2023-06-05")) == 2


def test_a_file_without_its_columns_is_refused(stores: Stores, file: Path) -> None:
    file.write_text("ticker,start_date\nZQX,2020-01-02\n")
    with pytest.raises(DataError, match=r"has no column to or .*; it has ticker, start_date"):
        ingest_membership(stores, file, "small")
    with pytest.raises(DataError, match=r"nowhere\.csv cannot be read: No such file"):
        ingest_membership(stores, file.with_name("nowhere.csv"), "small")


@pytest.mark.parametrize(
    ("name", "message"),
    [("1st", "'1st' cannot be used"), ("ZQX", "an instrument has that symbol")],
)
def test_a_name_that_cannot_be_asked_for_is_refused(
    stores: Stores, file: Path, name: str, message: str
) -> None:
    stores.catalog.add_instruments([Instrument.of("ZQX")])
    with pytest.raises(DefinitionError, match=message):
        ingest_membership(stores, file, name)
    assert stores.lake.tables() == []
