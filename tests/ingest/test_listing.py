from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest

from hedgerow.catalog import Catalog
from hedgerow.domain import Instrument
from hedgerow.domain.schemas import SYMBOL_INTERVALS
from hedgerow.errors import Transient
from hedgerow.ingest.listing import ListingSummary, ingest_listing
from hedgerow.ingest.stores import Stores
from hedgerow.lake import Lake
from hedgerow.settings import Settings
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.vendor import Listing, Vendor

NOW = dt.datetime(2026, 4, 1, 2, tzinfo=dt.UTC)

Row = tuple[str, str, str | None, str | None]


def day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


class Lister(Vendor):
    """A vendor that sends what the test says."""

    name: ClassVar[str] = "lister"

    def __init__(self, *instruments: Instrument, rows: Sequence[Row] | None = None) -> None:
        self.instruments = instruments
        self.rows = rows

    async def listing(self, on: dt.date | None = None) -> Listing:
        if self.rows is None:
            return Listing(self.instruments)
        by_identity = {one.instrument_id: one for one in self.instruments}
        frame = pl.DataFrame(
            [
                (symbol, by_identity[identity].exchange, day(first), identity, day(last))
                for symbol, identity, first, last in self.rows
            ],
            schema={
                "symbol": pl.String,
                "exchange": pl.String,
                "valid_from": pl.Date,
                "instrument_id": pl.String,
                "valid_to": pl.Date,
            },
            orient="row",
        ).with_columns(source=pl.lit("lister"))
        return Listing(self.instruments, SourceBatch.of(SYMBOL_INTERVALS, frame))


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    settings = Settings(_env_file=None)
    lake = Lake(tmp_path / "lake", settings=settings)
    return Stores(lake, Catalog(tmp_path / "catalog.db"), settings, lambda: NOW)


def load(stores: Stores, lister: Lister, on: str | None = None) -> ListingSummary:
    return ingest_listing(stores, lister, day(on))


def spans(stores: Stores) -> set[tuple[Any, ...]]:
    """(ticker, identity, first, last) of every interval."""
    rows = stores.lake.scan("symbol_intervals").collect()
    held = rows.select("symbol", "instrument_id", "valid_from", "valid_to").rows()
    assert len(held) == len(set(held))
    return {(s, i, str(first), last and str(last)) for s, i, first, last in held}


def identities(stores: Stores) -> dict[str, str]:
    """Present ticker by identity."""
    return {one.instrument_id: one.symbol for one in stores.catalog.instruments()}


ZQX = Instrument.of("ZQX", figi="BBG00000ZQX1", name="Quality")
VEX = Instrument.of("VEX", name="Vexing")

# --- Regression ---------------------------------------------------------------------------------


def test_a_listing_fills_the_symbol_master(stores: Stores) -> None:
    tokyo = Instrument.of("7203", exchange="XTKS", currency="JPY", region="JP", isin="JP0000000001")
    rows = [("ZQX", "ZQX.XNYS", "2024-01-02", None), ("7203", "7203.XTKS", "1999-01-04", None)]
    summary = load(stores, Lister(ZQX, tokyo, rows=rows))
    assert (summary.entries, summary.changed, summary.spans) == (2, 2, 2)
    assert str(summary) == "listing from lister: 2 instruments, 2 new or changed"
    master = stores.catalog.table("symbol_master").select(
        "symbol", "name", "type", "region", "time_zone", "currency", "figi", "isin"
    )
    assert master.rows() == [
        ("7203", "", "equity", "JP", "Asia/Tokyo", "JPY", "", "JP0000000001"),
        ("ZQX", "Quality", "equity", "", "America/New_York", "USD", "BBG00000ZQX1", ""),
    ]
    assert spans(stores) == {
        ("ZQX", "ZQX.XNYS", "2024-01-02", None),
        ("7203", "7203.XTKS", "1999-01-04", None),
    }


def test_a_delisting_ends_the_span_and_keeps_its_first_day(stores: Stores) -> None:
    load(stores, Lister(VEX, rows=[("VEX", "VEX.XNYS", "2020-01-02", None)]))
    summary = load(stores, Lister(VEX, rows=[("VEX", "VEX.XNYS", "2019-12-31", "2025-06-30")]))
    assert (summary.delisted, summary.spans) == (1, 1)
    assert spans(stores) == {("VEX", "VEX.XNYS", "2020-01-02", "2025-06-30")}


def test_a_reused_ticker_becomes_another_instrument(stores: Stores) -> None:
    """The vendor calls the present user by the plain identity, which the former one has here."""
    load(stores, Lister(VEX, rows=[("VEX", "VEX.XNYS", "2020-01-02", None)]))
    former = Instrument("VEX.XNYS.2025-06-30", "VEX", name="Vexing")
    present = Instrument.of("VEX", name="Another")
    rows = [
        ("VEX", "VEX.XNYS.2025-06-30", "2020-01-02", "2025-06-30"),
        ("VEX", "VEX.XNYS", "2025-09-02", None),
    ]
    for _ in range(2):
        load(stores, Lister(present, former, rows=rows))
        assert spans(stores) == {
            ("VEX", "VEX.XNYS", "2020-01-02", "2025-06-30"),
            ("VEX", "VEX.XNYS.2025-09-02", "2025-09-02", None),
        }
        names = {one.instrument_id: one.name for one in stores.catalog.instruments()}
        assert names == {"VEX.XNYS": "Vexing", "VEX.XNYS.2025-09-02": "Another"}


def test_a_reused_ticker_is_told_by_its_earlier_end_alone(stores: Stores) -> None:
    load(stores, Lister(VEX, rows=[("VEX", "VEX.XNYS", "2020-01-02", "2024-06-28")]))
    load(stores, Lister(VEX, rows=[("VEX", "VEX.XNYS", "2025-09-02", None)]))
    assert spans(stores) == {
        ("VEX", "VEX.XNYS", "2020-01-02", "2024-06-28"),
        ("VEX", "VEX.XNYS.2025-09-02", "2025-09-02", None),
    }


def test_a_reused_ticker_is_told_by_another_figi(stores: Stores) -> None:
    load(stores, Lister(ZQX))
    load(stores, Lister(Instrument.of("ZQX", figi="BBG0000OTHER")))
    assert identities(stores) == {"ZQX.XNYS": "ZQX", "ZQX.XNYS.BBG0000OTHER": "ZQX"}


@pytest.mark.parametrize(
    ("told", "last", "first"),
    [
        ("2025-03-03", "2025-03-02", "2025-03-03"),  # since when the ticker is new
        ("2010-05-05", "2026-03-31", "2026-04-01"),  # since when the company is listed
    ],
)
def test_a_renamed_company_keeps_its_identity(
    stores: Stores, told: str, last: str, first: str
) -> None:
    load(stores, Lister(ZQX, rows=[("ZQX", "ZQX.XNYS", "2020-01-02", None)]))
    renamed = Instrument.of("ZQY", figi=ZQX.figi, name="Quality")
    for repeat in range(2):
        summary = load(stores, Lister(renamed, rows=[("ZQY", "ZQY.XNYS", told, None)]))
        assert summary.renamed == (() if repeat else (("ZQX", "ZQY"),))
        assert identities(stores) == {"ZQX.XNYS": "ZQY"}
        assert spans(stores) == {
            ("ZQX", "ZQX.XNYS", "2020-01-02", last),
            ("ZQY", "ZQX.XNYS", first, None),
        }


def test_a_renamed_company_whose_old_ticker_is_told_of_too(stores: Stores) -> None:
    load(stores, Lister(ZQX, rows=[("ZQX", "ZQX.XNYS", "2020-01-02", None)]))
    old = Instrument("ZQX.XNYS.2025-02-28", "ZQX", figi=ZQX.figi)
    new = Instrument.of("ZQY", figi=ZQX.figi)
    rows = [
        ("ZQX", old.instrument_id, "2020-01-02", "2025-02-28"),
        ("ZQY", "ZQY.XNYS", "2020-01-02", None),
    ]
    for _ in range(2):
        load(stores, Lister(old, new, rows=rows))
        assert identities(stores) == {"ZQX.XNYS": "ZQY"}
        assert spans(stores) == {
            ("ZQX", "ZQX.XNYS", "2020-01-02", "2025-02-28"),
            ("ZQY", "ZQX.XNYS", "2025-03-01", None),
        }


def test_a_symbol_that_was_added_by_hand_is_the_company_that_has_it_now(stores: Stores) -> None:
    stores.catalog.add_instruments([Instrument.of("VEX", sector="Energy")])
    former = Instrument("VEX.XNYS.2015-06-30", "VEX")
    rows = [
        ("VEX", former.instrument_id, "2010-01-04", "2015-06-30"),
        ("VEX", "VEX.XNYS", "2020-01-02", None),
    ]
    load(stores, Lister(VEX, former, rows=rows))
    assert spans(stores) == {
        ("VEX", "VEX.XNYS.2015-06-30", "2010-01-04", "2015-06-30"),
        ("VEX", "VEX.XNYS", "2020-01-02", None),
    }
    (held,) = [one for one in stores.catalog.instruments() if one.instrument_id == "VEX.XNYS"]
    assert (held.name, held.sector) == ("Vexing", "Energy")


def test_an_old_listing_leaves_later_facts_alone(stores: Stores) -> None:
    load(stores, Lister(VEX, rows=[("VEX", "VEX.XNYS", "2020-01-02", "2025-06-30")]))
    early = Instrument.of("VEX", name="Vexing Works of 2021")
    other = Instrument.of("OLD")
    rows = [("VEX", "VEX.XNYS", "2020-01-02", None), ("OLD", "OLD.XNYS", "2001-01-02", None)]
    load(stores, Lister(early, other, rows=rows), on="2021-06-01")
    assert ("VEX", "VEX.XNYS", "2020-01-02", "2025-06-30") in spans(stores)
    names = {one.instrument_id: one.name for one in stores.catalog.instruments()}
    assert names == {"VEX.XNYS": "Vexing", "OLD.XNYS": ""}


def test_symbols_that_differ_only_in_case_stay_two(stores: Stores) -> None:
    rows = [(name, f"{name}.XNYS", "2024-01-02", None) for name in ("ZQXpA", "ZQXPA")]
    load(stores, Lister(Instrument.of("ZQXpA"), Instrument.of("ZQXPA"), rows=rows))
    assert identities(stores) == {"ZQXpA.XNYS": "ZQXpA", "ZQXPA.XNYS": "ZQXPA"}
    assert len(spans(stores)) == 2


def test_one_share_on_two_exchanges_is_two_instruments(stores: Stores) -> None:
    paris = Instrument.of("ZQX", exchange="XPAR", currency="EUR", figi=ZQX.figi)
    milan = Instrument.of("1ZQX", exchange="XMIL", currency="EUR", figi=ZQX.figi)
    load(stores, Lister(paris))
    load(stores, Lister(paris, milan, ZQX))
    assert set(identities(stores)) == {"ZQX.XPAR", "1ZQX.XMIL", "ZQX.XNYS"}


# --- Properties ---------------------------------------------------------------------------------


def test_the_same_listing_again_changes_nothing(stores: Stores) -> None:
    rows = [
        ("ZQX", "ZQX.XNYS", "2024-01-02", None),
        ("VEX", "VEX.XNYS", "2020-01-02", "2025-01-02"),
    ]
    load(stores, Lister(ZQX, VEX, rows=rows))
    version = stores.lake.version("symbol_intervals")
    again = load(stores, Lister(ZQX, VEX, rows=rows))
    assert (again.changed, again.spans, again.delisted) == (0, 0, 0)
    assert stores.lake.version("symbol_intervals") == version


def test_another_vendor_with_the_same_facts_adds_nothing(stores: Stores) -> None:
    load(stores, Lister(VEX, rows=[("VEX", "VEX.XNYS", "2020-01-02", None)]))
    load(stores, Lister(Instrument.of("VEX")))
    assert identities(stores) == {"VEX.XNYS": "VEX"}
    assert spans(stores) == {("VEX", "VEX.XNYS", "2020-01-02", None)}


# --- Validation ---------------------------------------------------------------------------------


def test_what_does_not_fit_goes_to_the_quarantine_alone(stores: Stores) -> None:
    stores.catalog.add_instruments([VEX])
    long = Instrument.of("X" * 40)
    pounds = Instrument.of("VEX", currency="GBP")
    talkative = Instrument.of("TALK", name="very " * 100)
    summary = load(stores, Lister(long, pounds, talkative, ZQX))
    assert summary.refused == {"text_too_long": 1, "known_in_other_currency": 1}
    assert identities(stores) == {"VEX.XNYS": "VEX", "TALK.XNYS": "TALK", "ZQX.XNYS": "ZQX"}
    kept = stores.lake.scan("quarantine").collect()
    assert sorted(kept["symbol"]) == ["VEX", "X" * 40]


def test_a_vendor_that_fails_changes_nothing(stores: Stores) -> None:
    class Failing(Lister):
        async def listing(self, on: dt.date | None = None) -> Listing:
            raise Transient("lister does not answer")

    with pytest.raises(Transient):
        load(stores, Failing())
    assert stores.catalog.instruments() == []
    assert stores.lake.tables() == []
