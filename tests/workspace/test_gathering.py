"""Everything of some companies in one call, fetched where the lake lacks it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from tests.ingest.builders import Shelf, held_sessions, prices

from hedgerow.domain import Instrument
from hedgerow.domain.schemas import FUNDAMENTALS
from hedgerow.errors import DataError, DefinitionError, Transient, VendorError
from hedgerow.settings import Settings
from hedgerow.sources.base import SourceBatch
from hedgerow.workspace import Workspace

DAYS = held_sessions()
SPAN = (DAYS[0], DAYS[-1])


class Full(Shelf):
    """A vendor of bars and of one figure."""

    async def fundamentals(
        self, instrument: Instrument, *, refresh: bool = False
    ) -> tuple[SourceBatch, ...]:
        row = {
            "instrument_id": instrument.instrument_id,
            "symbol": instrument.symbol,
            "source": self.name,
            "item": "pe_ratio",
            "period_end": dt.date(2023, 12, 31),
            "available_at": dt.datetime(2024, 2, 1, tzinfo=dt.UTC),
            "period": "FY",
            "value": 12.0,
            "unit": "ratio",
        }
        return (SourceBatch.of(FUNDAMENTALS, pl.DataFrame([row])),)


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on a machine where no vendor is configured."""
    monkeypatch.chdir(tmp_path)
    for name in ("MASSIVE", "POLYGON", "ALPHA_VANTAGE", "ALPHAVANTAGE", "FMP"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
    monkeypatch.delenv("POLYGON_AGGREGATES_API_KEY", raising=False)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws", settings=Settings(_env_file=None))


@pytest.fixture
def vendor() -> Full:
    return Full({"ZQX": prices(DAYS)}, name="full")


def test_what_the_lake_lacks_is_fetched_and_told(ws: Workspace, vendor: Full) -> None:
    gathered = ws.merge_all_sources("ZQX", *SPAN, sources=[vendor])
    market_data, fundamentals, ratios = gathered
    assert market_data["session"].to_list() == DAYS
    assert market_data["close"].to_list() == list(prices(DAYS).values())
    assert fundamentals["pe_ratio"].item() == ratios["pe_ratio"].item() == 12.0
    assert gathered.notes == ("bars of ZQX from full", "figures of ZQX from full")


def test_nobody_is_asked_where_fetching_is_off_or_for_the_past(ws: Workspace, vendor: Full) -> None:
    ws.merge_all_sources("ZQX", *SPAN, sources=[vendor])
    before = len(vendor.requests)
    ws.merge_all_sources("ZQX", *SPAN, fetch=False, sources=[vendor])
    then = ws.merge_all_sources("ZQX", *SPAN, as_of=DAYS[10], sources=[vendor])
    assert len(vendor.requests) == before
    assert then.market_data["session"].to_list() == DAYS[:11]


def test_what_nobody_could_serve_is_told_or_an_error(ws: Workspace, vendor: Full) -> None:
    ws.merge_all_sources("ZQX", DAYS[0], DAYS[30], sources=[vendor])
    for _ in range(2):
        vendor.fail("ZQX", Transient("full does not answer"))
    held = ws.merge_all_sources("ZQX", *SPAN, sources=[vendor])
    assert held.market_data["session"].max() == DAYS[30]
    assert any("full does not answer" in note for note in held.notes)
    with pytest.raises(VendorError, match=r"bars of 1 of 1 symbols .* ZQX: .*does not answer"):
        ws.merge_all_sources("ZQX", *SPAN, fetch=True, sources=[vendor])


def test_without_a_configured_vendor_the_lake_answers(ws: Workspace, vendor: Full) -> None:
    ws.merge_all_sources("ZQX", *SPAN, sources=[vendor])
    assert ws.merge_all_sources("ZQX", *SPAN).notes == ()
    with pytest.raises(DefinitionError, match="no source of bars is configured"):
        ws.merge_all_sources("ZQX", *SPAN, fetch=True)


def test_an_unknown_symbol_is_an_error(ws: Workspace) -> None:
    with pytest.raises(DataError, match="symbol 'NOPE'"):
        ws.merge_all_sources("NOPE", fetch=False)
