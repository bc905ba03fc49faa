from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from hedgerow.catalog import Catalog
from hedgerow.domain import Instrument
from hedgerow.domain.schemas import DIVIDENDS, SPLITS, SYMBOL_INTERVALS
from hedgerow.errors import DataError, DefinitionError, Transient
from hedgerow.ingest.reference import NEVER, ReferenceLoad, ingest_reference
from hedgerow.ingest.stores import Stores
from hedgerow.lake import Lake
from hedgerow.settings import Settings
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.vendor import Listing, Vendor

NOW = dt.datetime(2026, 4, 1, 2, tzinfo=dt.UTC)

# (ticker, ex-date, ratio), and (ticker, ex-date, amount).
Split = tuple[str, str, float]


def at(day: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T04:00:00+00:00")


class Lister(Vendor):
    """Lists some tickers; a ticker with a last day may be followed by another user of it."""

    name = "lister"

    def __init__(self, *rows: tuple[str, str, str, str | None]) -> None:
        self.rows = rows

    async def listing(self, on: dt.date | None = None) -> Listing:
        frame = pl.DataFrame(
            [
                (symbol, "XNYS", identity, dt.date.fromisoformat(first), last and at(last).date())
                for symbol, identity, first, last in self.rows
            ],
            schema={
                "symbol": pl.String,
                "exchange": pl.String,
                "instrument_id": pl.String,
                "valid_from": pl.Date,
                "valid_to": pl.Date,
            },
            orient="row",
        ).with_columns(source=pl.lit(self.name))
        instruments = [Instrument(identity, symbol) for symbol, identity, _, _ in self.rows]
        return Listing(instruments, SourceBatch.of(SYMBOL_INTERVALS, frame))


class Teller(Vendor):
    """Sends splits and dividends; it knows companies by their tickers only."""

    name = "teller"

    def __init__(self, splits: Sequence[Split] = (), dividends: Sequence[Split] = ()) -> None:
        self.splits = splits
        self.dividends = dividends
        self.fails_after = 99
        self.asked: list[Instrument] = []

    async def actions(
        self, instruments: Sequence[Instrument], since: dt.date | None = None
    ) -> AsyncIterator[SourceBatch]:
        self.asked = list(instruments)
        owners = {one.symbol: one.instrument_id for one in reversed(instruments)}
        batches = [
            SourceBatch.of(SPLITS, self._rows(self.splits, owners, "ratio")),
            SourceBatch.of(
                DIVIDENDS,
                self._rows(self.dividends, owners, "amount").with_columns(
                    kind=pl.lit("cash"), currency=pl.lit("USD")
                ),
            ),
        ]
        for place, batch in enumerate(batches):
            if place >= self.fails_after:
                raise Transient("teller does not answer")
            yield batch

    def _rows(self, rows: Sequence[Split], owners: dict[str, str], value: str) -> pl.DataFrame:
        known = [row for row in rows if row[0] in owners]
        return pl.DataFrame(
            {
                "instrument_id": [owners[symbol] for symbol, _, _ in known],
                "ex_date": [at(day).date() for _, day, _ in known],
                "symbol": [symbol for symbol, _, _ in known],
                value: [number for _, _, number in known],
                "available_at": [at(day) for _, day, _ in known],
            },
            schema={
                "instrument_id": pl.String,
                "ex_date": pl.Date,
                "symbol": pl.String,
                value: pl.Float64,
                "available_at": pl.Datetime("us", "UTC"),
            },
        ).with_columns(source=pl.lit(self.name))


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    settings = Settings(_env_file=None, cache=tmp_path / "cache")
    lake = Lake(tmp_path / "lake", settings=settings)
    return Stores(lake, Catalog(tmp_path / "catalog.db"), settings, lambda: NOW)


def current(stores: Stores, table: str) -> list[tuple[object, ...]]:
    """Identity, ex-date and value of each present row."""
    frame = stores.catalog.table(table)
    value = "ratio" if table == "current_splits" else "amount"
    days = pl.col("ex_date").dt.to_string()
    return frame.select("instrument_id", days, value).rows()


def load(stores: Stores, *vendors: Vendor, force: bool = False) -> ReferenceLoad:
    return ingest_reference(stores, vendors, force=force)


LISTED = Lister(
    ("ZQX", "ZQX.XNYS", "2020-01-02", None), ("QUIT", "QUIT.XNYS", "2020-01-02", "2025-06-30")
)
SPLIT = ("ZQX", "2025-04-14", 4.0)
PAID = [("ZQX", "2025-02-14", 0.25), ("ZQX", "2025-05-15", 0.0625), ("QUIT", "2021-03-01", 1.0)]

# --- Regression ---------------------------------------------------------------------------------


def test_a_refresh_fills_the_lake_and_the_current_copy(stores: Stores) -> None:
    told = load(stores, LISTED, Teller([SPLIT], PAID))
    assert told.ok
    assert told.served == {"tickers": "lister", "splits and dividends": "teller"}
    assert told.current == {"current_dividends": 3, "current_splits": 1, "tickers": 2}
    assert [summary.loaded for summary in told.stored] == [1, 3]
    assert current(stores, "current_splits") == [("ZQX.XNYS", "2025-04-14", 4.0)]
    tickers = stores.catalog.table("tickers").select("symbol", "active", "listed", "delisted")
    assert tickers.rows() == [
        ("QUIT", False, dt.date(2020, 1, 2), dt.date(2025, 6, 30)),
        ("ZQX", True, dt.date(2020, 1, 2), None),
    ]
    refreshed = stores.catalog.table("reference_refreshes")["refreshed_at"].unique().to_list()
    assert refreshed == [NOW]


def test_a_corrected_split_replaces_the_current_one_and_is_kept_in_the_lake(
    stores: Stores,
) -> None:
    load(stores, LISTED, Teller([SPLIT], PAID))
    version = stores.lake.version("splits")
    told = load(stores, LISTED, Teller([("ZQX", "2025-04-14", 5.0)], PAID))
    assert [summary.corrected for summary in told.stored] == [1, 0]
    assert current(stores, "current_splits") == [("ZQX.XNYS", "2025-04-14", 5.0)]
    assert stores.lake.scan("splits", version=version).collect()["ratio"].to_list() == [4.0]


def test_a_withdrawn_dividend_is_gone_from_the_current_copy_only(stores: Stores) -> None:
    load(stores, LISTED, Teller([SPLIT], PAID))
    load(stores, LISTED, Teller([SPLIT], PAID[:2]))
    assert len(current(stores, "current_dividends")) == 2
    assert stores.lake.scan("dividends").collect().height == 3


def test_an_ex_date_that_moved_counts_once(stores: Stores) -> None:
    def known(as_of: dt.datetime) -> list[str]:
        days = stores.lake.as_of(SPLITS, as_of).collect()["ex_date"]
        return days.sort().cast(pl.String).to_list()

    later = replace(stores, clock=lambda: NOW + dt.timedelta(days=1))
    load(stores, LISTED, Teller([SPLIT], PAID))
    for _ in range(2):
        load(later, LISTED, Teller([("ZQX", "2025-04-21", 4.0)], PAID))
    assert known(NOW) == ["2025-04-14", "2025-04-21"]  # the latter as history loaded later
    assert known(later.clock()) == ["2025-04-21"]
    assert stores.lake.scan("splits_history").collect().height == 1
    load(later, LISTED, Teller([SPLIT], PAID))  # the vendor takes it back
    assert known(later.clock() + dt.timedelta(days=1)) == ["2025-04-14"]


def test_what_a_plan_does_not_send_any_more_is_not_withdrawn(stores: Stores) -> None:
    old = ("ZQX", "2021-06-01", 2.0)
    load(stores, LISTED, Teller([old, SPLIT], PAID))
    load(stores, LISTED, Teller([SPLIT], PAID))
    assert stores.lake.scan(SPLITS).filter(pl.col("available_at") < NEVER).collect().height == 2


def test_a_reused_ticker_gives_each_company_its_own_actions(stores: Stores) -> None:
    """The vendor gives all rows of a ticker to its present user; the ex-date decides here."""
    listed = Lister(
        ("QUIT", "QUIT.XNYS.2025-06-30", "2020-01-02", "2025-06-30"),
        ("QUIT", "QUIT.XNYS", "2025-09-02", None),
    )
    load(stores, listed, Teller([("QUIT", "2022-05-02", 2.0), ("QUIT", "2026-01-05", 3.0)]))
    assert current(stores, "current_splits") == [
        ("QUIT.XNYS", "2026-01-05", 3.0),
        ("QUIT.XNYS.2025-06-30", "2022-05-02", 2.0),
    ]
    held = stores.lake.scan("splits").sort("ex_date").collect()
    assert held["instrument_id"].to_list() == ["QUIT.XNYS.2025-06-30", "QUIT.XNYS"]


def test_actions_are_asked_for_by_former_tickers_too(stores: Stores) -> None:
    listed = Lister(
        ("ZQX", "ZQX.XNYS", "2020-01-02", "2025-02-28"), ("ZQY", "ZQX.XNYS", "2025-03-03", None)
    )
    teller = Teller([("ZQX", "2022-05-02", 2.0), ("ZQY", "2026-01-05", 3.0)])
    load(stores, listed, teller)
    assert {one.symbol for one in teller.asked} == {"ZQX", "ZQY"}
    assert {row[0] for row in current(stores, "current_splits")} == {"ZQX.XNYS"}


# --- Properties ---------------------------------------------------------------------------------


def test_the_same_refresh_again_changes_nothing(stores: Stores) -> None:
    load(stores, LISTED, Teller([SPLIT], PAID))
    before = stores.catalog.reference()
    versions = {name: stores.lake.version(name) for name in stores.lake.tables()}
    told = load(stores, LISTED, Teller([SPLIT], PAID))
    assert {name: stores.lake.version(name) for name in stores.lake.tables()} == versions
    assert all(frame.equals(before[name]) for name, frame in stores.catalog.reference().items())
    assert told.listing is not None
    assert (told.listing.changed, told.listing.spans) == (0, 0)


# --- Validation ---------------------------------------------------------------------------------


def test_a_vendor_that_fails_midway_leaves_the_current_copy(stores: Stores) -> None:
    load(stores, LISTED, Teller([SPLIT], PAID))
    failing = Teller([("ZQX", "2025-04-14", 9.0)], PAID)
    failing.fails_after = 1
    told = load(stores, LISTED, failing)
    assert not told.ok
    assert told.errors == {"splits and dividends": "teller does not answer"}
    assert current(stores, "current_splits") == [("ZQX.XNYS", "2025-04-14", 4.0)]
    assert len(current(stores, "current_dividends")) == 3


def test_the_next_vendor_serves_where_one_fails(stores: Stores) -> None:
    class Broken(Lister):
        name = "broken"

        async def listing(self, on: dt.date | None = None) -> Listing:
            raise Transient("broken does not answer")

    told = load(stores, Broken(), LISTED, Teller([SPLIT], PAID))
    assert told.ok
    assert told.served["tickers"] == "lister"
    assert told.failed == {"tickers": {"broken": "broken does not answer"}}


def test_an_implausible_answer_is_refused_unless_forced(stores: Stores) -> None:
    load(stores, LISTED, Teller([SPLIT], PAID))
    with pytest.raises(DataError, match=r"current_dividends would shrink from 3 to 1 rows"):
        load(stores, LISTED, Teller([SPLIT], PAID[:1]))
    assert len(current(stores, "current_dividends")) == 3
    load(stores, LISTED, Teller([SPLIT], PAID[:1]), force=True)
    assert len(current(stores, "current_dividends")) == 1


def test_a_row_that_breaks_a_rule_is_in_the_quarantine_and_nowhere_else(stores: Stores) -> None:
    told = load(stores, LISTED, Teller([SPLIT, ("QUIT", "2024-01-02", -3.0)], PAID))
    assert told.stored[0].refused == 1
    assert told.current["current_splits"] == 1


def test_what_no_source_named_has_is_left_out(stores: Stores) -> None:
    load(stores, LISTED, Teller([SPLIT], PAID))
    told = load(stores, Teller([SPLIT], PAID))
    assert told.ok
    assert told.left_out == {
        "tickers": "no source here has listing (asked: teller): name another with --source"
    }
    assert told.sources == {"current_dividends": "teller", "current_splits": "teller"}
    assert stores.catalog.table("tickers").height == 2
    assert load(stores, LISTED).sources == {"tickers": "lister"}


def test_what_a_source_named_failed_to_send_is_an_error(stores: Stores) -> None:
    failing = Teller([SPLIT], PAID)
    failing.fails_after = 0
    told = load(stores, LISTED, failing)
    assert not told.ok
    assert told.left_out == {}


def test_nobody_to_ask_is_said(stores: Stores) -> None:
    class Idle(Vendor):
        name = "idle"

    told = load(stores, Idle())
    assert not told.ok
    assert set(told.errors) == {"tickers", "splits and dividends"}
    assert told.left_out == {}
    with pytest.raises(DefinitionError, match="no source was given"):
        ingest_reference(stores, [])


# --- A fake of a real vendor --------------------------------------------------------------------


def test_reference_data_of_massive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hedgerow.testing.vendors.massive import FakeMassive
    from hedgerow.testing.vendors.world import World

    world = World.small()
    monkeypatch.setenv("MASSIVE_API_KEY", "planted-massive-key")
    with FakeMassive(world) as fake:
        settings = Settings(
            _env_file=None,
            cache=tmp_path / "cache",
            massive_url=fake.url,
            massive_plan="premium",
        )
        lake = Lake(tmp_path / "lake", settings=settings)
        stores = Stores(lake, Catalog(tmp_path / "catalog.db"), settings, world.clock)
        told = ingest_reference(stores)
    assert told.ok
    assert told.served == {"tickers": "massive", "splits and dividends": "massive"}
    ours = {one.symbol for one in world.companies if one.mic != "XLON"}
    assert set(stores.catalog.table("tickers")["symbol"]) == ours
    splits = stores.catalog.table("current_splits").select("symbol", "ex_date", "ratio").rows()
    assert {(symbol, day): ratio for symbol, day, ratio in splits} == pytest.approx(
        {(one.symbol, one.ex_date): one.ratio for one in world.splits if one.symbol in ours}
    )
    paid = stores.catalog.table("current_dividends").select("symbol", "ex_date", "amount").rows()
    assert {(symbol, day): amount for symbol, day, amount in paid} == pytest.approx(
        {(one.symbol, one.ex_date): one.amount for one in world.dividends if one.symbol in ours}
    )
