"""Listings and splits as vendors really sent them."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import polars as pl
import pytest

from hedgerow.catalog import Catalog
from hedgerow.domain import Instrument, major_unit
from hedgerow.domain.schemas import SPLITS
from hedgerow.ingest.listing import ingest_listing, store_listing
from hedgerow.ingest.reference import ingest_reference
from hedgerow.ingest.stores import Stores
from hedgerow.lake import Lake
from hedgerow.settings import Settings
from hedgerow.sources.alphavantage.listing import build_listing
from hedgerow.sources.alphavantage.parse import cells, read_listing
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.vendor import Listing, Vendor

NOW = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    settings = Settings(_env_file=None)
    lake = Lake(tmp_path / "lake", settings=settings)
    return Stores(lake, Catalog(tmp_path / "catalog.db"), settings, lambda: NOW)


def listing_status(file: Path) -> Listing:
    """What Alpha Vantage sent; it had no delisted symbols in it."""
    active = read_listing(cells(file.read_bytes(), file.name, "table"))
    gone = read_listing(cells(file.read_bytes().splitlines()[0] + b"\n", file.name, "table"))
    return build_listing(active, gone)


def test_two_listings_of_the_united_states_five_years_apart(
    stores: Stores, shared_data: Path
) -> None:
    folder = shared_data / "api" / "alphavantage"
    early = listing_status(folder / "LISTING_STATUS_202112.csv")
    late = listing_status(
        folder / "portfoliotree" / "examples" / "fundamental" / "LISTING_STATUS_42ba3c24.csv"
    )
    store_listing(stores, "alphavantage", early, dt.date(2021, 12, 31))
    first = {one.instrument_id for one in stores.catalog.instruments()}
    summary, master = store_listing(stores, "alphavantage", late)
    known = {one.instrument_id: one for one in stores.catalog.instruments()}
    assert first == {one.instrument_id for one in early.instruments}
    assert first < set(known)
    assert len(master.instruments) == len(late.instruments) == summary.entries
    assert {one.symbol for one in known.values()} == {
        one.symbol for listing in (early, late) for one in listing.instruments
    }
    # A ticker that was listed after the first file was made is in use by somebody else.
    told = first | {one.instrument_id for one in late.instruments}
    reused = [one for one in known if one not in told]
    spans = stores.lake.scan("symbol_intervals").collect()
    begun = spans.filter(pl.col("instrument_id").is_in(reused))["valid_from"]
    assert begun.is_empty() or begun.min() > dt.date(2021, 12, 31)
    version = stores.lake.version("symbol_intervals")
    again, _ = store_listing(stores, "alphavantage", late)
    assert (again.changed, again.spans) == (0, 0)
    assert stores.lake.version("symbol_intervals") == version


@pytest.mark.parametrize(
    ("file", "mic", "count", "zone"),
    [
        ("LSE", "XLON", 3391, "Europe/London"),
        ("JPX", "XTKS", 3061, "Asia/Tokyo"),
        ("HKG", "XHKG", 1625, "Asia/Hong_Kong"),
    ],
)
def test_a_listing_of_another_part_of_the_world(
    stores: Stores, shared_data: Path, file: str, mic: str, count: int, zone: str
) -> None:
    rows = pl.read_parquet(shared_data / "reference" / f"financedatabase_equities_{file}.parquet")
    home = {"XLON": "GBP", "XTKS": "JPY", "XHKG": "HKD"}[mic]
    instruments = [
        Instrument.of(
            row["symbol"].rsplit(".", 1)[0],
            exchange=mic,
            currency=major_unit(row["currency"] or home)[0],
            name=row["name"] or "",
            sector=row["sector"] or "",
            region=row["country"] or "",
            figi=row["shareclass_figi"] or "",
            isin=row["isin"] or "",
        )
        for row in rows.iter_rows(named=True)
    ]

    class Book(Vendor):
        name = "book"

        async def listing(self, on: dt.date | None = None) -> Listing:
            return Listing(instruments)

    summary = ingest_listing(stores, Book())
    assert (summary.entries, dict(summary.refused)) == (count, {})
    master = stores.catalog.table("symbol_master")
    assert set(master["symbol"]) == {one.symbol for one in instruments}
    assert master["time_zone"].unique().to_list() == [zone]
    assert ingest_listing(stores, Book()).changed == 0


def test_all_splits_of_the_united_states(stores: Stores, shared_data: Path) -> None:
    """GE's spin-offs are odd ratios, and kept as they are recorded."""
    rows = pl.read_csv(
        shared_data / "corporate_actions" / "us_splits_all_to_202607.csv", try_parse_dates=True
    )
    rows = rows.rename({name: name.strip("\ufeff") for name in rows.columns})
    instruments = [Instrument.of(symbol) for symbol in rows["symbol"].unique().sort()]

    class Ledger(Vendor):
        name = "ledger"

        async def listing(self, on: dt.date | None = None) -> Listing:
            return Listing(instruments)

        async def actions(
            self, instruments: Sequence[Instrument], since: dt.date | None = None
        ) -> AsyncIterator[SourceBatch]:
            frame = rows.select(
                pl.format("{}.XNYS", "symbol").alias("instrument_id"),
                pl.col("symbol"),
                pl.col("date").alias("ex_date"),
                (pl.col("to") / pl.col("from")).alias("ratio"),
                pl.col("date").cast(pl.Datetime("us", "UTC")).alias("available_at"),
                pl.lit("ledger").alias("source"),
            )
            yield SourceBatch.of(SPLITS, frame)

    done = ingest_reference(stores, Ledger())
    assert done.ok
    keys = rows.select("symbol", "date").unique().height
    assert done.current == {"current_splits": keys, "tickers": rows["symbol"].n_unique()}
    held = stores.catalog.table("current_splits")
    apple = held.filter(symbol="AAPL").sort("ex_date").select("ex_date", "ratio").rows()
    assert apple == [
        (dt.date(1987, 6, 16), 2.0),
        (dt.date(2000, 6, 21), 2.0),
        (dt.date(2005, 2, 28), 2.0),
        (dt.date(2014, 6, 9), 7.0),
        (dt.date(2020, 8, 31), 4.0),
    ]
    odd = held.filter(symbol="GE")["ratio"].to_list()
    assert {1.281, 1.253} <= {round(ratio, 3) for ratio in odd}
