"""Company figures, rates and series: from the first vendor that can, and none lost in silence."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from tests.ingest.builders import NIGHT, day, stores_at

from hedgerow.domain import Instrument
from hedgerow.domain.schemas import FUNDAMENTALS, FX_RATES, MACRO
from hedgerow.errors import (
    AuthError,
    DataError,
    DefinitionError,
    NotFound,
    QuotaExhausted,
    Transient,
)
from hedgerow.ingest import ingest_fundamentals, ingest_fx, ingest_macro
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.vendor import Vendor


class Almanac(Vendor):
    """A vendor of everything but bars; ``faults`` are raised for the names they are under."""

    def __init__(self, name: str = "almanac", **faults: Exception) -> None:
        self.name = name  # type: ignore[misc]
        self.faults = faults
        self.asked: list[object] = []

    def _meet(self, name: str) -> None:
        self.asked.append(name)
        if name in self.faults:
            raise self.faults[name]

    async def fundamentals(self, instrument, *, refresh=False):
        self._meet(instrument.symbol)
        row = {
            "instrument_id": instrument.instrument_id,
            "symbol": instrument.symbol,
            "source": self.name,
            "item": "pe_ratio",
            "period_end": day("2023-12-31"),
            "available_at": NIGHT,
            "period": "FY",
            "value": 12.5,
            "unit": "ratio",
        }
        return (SourceBatch.of(FUNDAMENTALS, pl.DataFrame([row])),)

    async def fx(self, start=None, end=None, *, refresh=False):
        self._meet("rates")
        self.asked[-1] = (start, end)
        dates = pl.date_range(start or day("2024-01-02"), day("2024-01-31"), eager=True)
        rows = pl.DataFrame({"date": dates}).with_columns(
            base=pl.lit("EUR"),
            quote=pl.lit("USD"),
            source=pl.lit(self.name),
            rate=1.0 + pl.int_range(pl.len()) / 1000,
            available_at=pl.col("date").cast(pl.Datetime("us", "UTC")),
        )
        return SourceBatch.of(FX_RATES, rows)

    async def macro(self, series, start=None, end=None, *, refresh=False):
        (name,) = series
        self._meet(name)
        row = {"series": name, "date": day("2024-01-02"), "value": 3.5, "available_at": NIGHT}
        return SourceBatch.of(MACRO, pl.DataFrame([row | {"source": self.name}]))


@pytest.fixture
def stores(tmp_path):
    made = stores_at(tmp_path)
    made.catalog.add_instruments([Instrument.of(name) for name in ("AAA", "BBB")])
    return made


def test_figures_come_from_the_first_vendor_that_has_them(stores):
    first = Almanac("first", AAA=NotFound("first has no AAA"))
    second = Almanac("second")
    done = ingest_fundamentals(stores, "AAA BBB", sources=[first, second])
    assert done.ok
    assert [(one.name, one.source, dict(one.failed)) for one in done.facts] == [
        ("AAA", "second", {"first": "first has no AAA"}),
        ("BBB", "first", {}),
    ]
    stored = stores.lake.scan("fundamentals").sort("symbol").collect()
    assert stored.select("symbol", "source").rows() == [("AAA", "second"), ("BBB", "first")]


def test_loading_figures_again_changes_nothing(stores):
    ingest_fundamentals(stores, "AAA", sources=Almanac())
    before = stores.lake.versions()
    done = ingest_fundamentals(stores, "AAA", sources=Almanac())
    assert [one.unchanged for one in done.stored] == [1]
    assert stores.lake.versions() == before


def test_figures_seen_again_with_another_time_count_as_known(stores):
    class Snapshot(Almanac):
        async def fundamentals(self, instrument, *, refresh=False):
            (batch,) = await super().fundamentals(instrument)
            later = pl.col("available_at") + pl.duration(days=1)
            return (SourceBatch.of(FUNDAMENTALS, batch.frame.with_columns(later)),)

    first = ingest_fundamentals(stores, "AAA BBB", sources=Almanac())
    again = ingest_fundamentals(stores, "AAA BBB", sources=Snapshot())
    assert [(one.rows, one.known) for one in (first, again)] == [(2, 0), (2, 2)]
    assert [(one.rows, one.unchanged, one.loaded) for one in again.stored] == [(2, 2, 0)]


def test_an_unknown_symbol_joins_the_catalog_with_its_figures(stores):
    assert ingest_fundamentals(stores, ["CCC"], sources=Almanac()).ok
    assert "CCC.XNYS" in {one.instrument_id for one in stores.catalog.instruments()}


def test_a_vendor_without_quota_is_asked_once(stores):
    almanac = Almanac(AAA=QuotaExhausted("none left"), BBB=QuotaExhausted("none left"))
    done = ingest_fundamentals(stores, "AAA BBB", sources=almanac, concurrency=1)
    assert almanac.asked == ["AAA"]
    assert [one.error for one in done.failures] == [
        "almanac: none left",
        "almanac: not asked: none left",
    ]


def test_a_vendor_that_its_error_names_is_not_named_again(stores):
    almanac = Almanac(VIXCLS=Transient("almanac /api/VIXCLS: not reached"))
    done = ingest_macro(stores, ["VIXCLS"], sources=[almanac, Almanac("b", VIXCLS=NotFound("no"))])
    assert done.failures[0].error == "almanac /api/VIXCLS: not reached; b: no"


def test_rates_are_asked_for_from_two_weeks_before_the_newest(stores):
    almanac = Almanac()
    first = ingest_fx(stores, sources=almanac)
    second = ingest_fx(stores, sources=almanac)
    assert almanac.asked == [(None, None), (day("2024-01-17"), None)]
    assert [one.loaded for one in first.stored] == [30]
    # The fake counts its rates from the first day it is asked for: fifteen are others now.
    assert [(one.corrected, one.loaded) for one in second.stored] == [(15, 0)]
    assert (first.facts[0].name, first.facts[0].source) == ("rates", "almanac")


def test_rates_fall_back_to_the_next_vendor(stores):
    done = ingest_fx(stores, sources=[Almanac("first", rates=Transient("cut")), Almanac("second")])
    assert done.ok
    assert done.facts[0].failed == {"first": "cut"}
    assert stores.lake.scan("fx_rates").collect()["source"].unique().to_list() == ["second"]


def test_one_series_that_fails_does_not_hold_up_the_others(stores):
    almanac = Almanac(CPIAUCSL=AuthError("a key is needed"))
    seen = []
    names = ["CPIAUCSL", "VIXCLS", "DFF"]
    done = ingest_macro(stores, names, sources=almanac, progress=lambda one: seen.append(one.name))
    assert sorted(almanac.asked) == sorted(seen) == sorted(names)
    assert [one.error for one in done.failures] == ["almanac: a key is needed"]
    stored = stores.lake.scan("macro").sort("series").collect()
    assert stored["series"].to_list() == ["DFF", "VIXCLS"]


def test_a_vendor_that_has_nothing_of_the_kind_is_refused(stores):
    with pytest.raises(DefinitionError, match="source 'ecb' has no macroeconomic series"):
        ingest_macro(stores, ["VIXCLS"], sources="ecb")
    with pytest.raises(DefinitionError, match="source 'fred' has no fundamentals"):
        ingest_fundamentals(stores, "AAA", sources="fred")


def test_a_span_that_ends_before_it_begins_is_refused(stores):
    almanac, span = Almanac(), {"start": day("2024-02-01"), "end": day("2024-01-31")}
    with pytest.raises(DataError, match="start 2024-02-01 is after end 2024-01-31: swap them"):
        ingest_fx(stores, sources=almanac, **span)
    with pytest.raises(DataError, match="swap them"):
        ingest_macro(stores, ["VIXCLS"], sources=almanac, **span)
    assert almanac.asked == []


def test_the_same_loop_serves_a_notebook(stores):
    import asyncio

    async def cell():
        return ingest_fx(stores, sources=Almanac())

    assert asyncio.run(cell()).ok
    assert dt.date(2024, 1, 31) in stores.lake.scan("fx_rates").collect()["date"]
