"""A full refresh of tickers, splits and dividends.

1. the first vendor that lists tickers brings the symbol master up to date
2. the first vendor that has splits and dividends sends all of them; each goes to the company
   that had its ticker on the ex-date                                        (`_rightful`)
3. the lake merges them, and keeps what was corrected                        (`_stored`)
4. the catalog's copy is replaced by what the vendors say now, in one transaction
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import DIVIDENDS, SPLITS, SYMBOL_INTERVALS, Table
from hedgerow.errors import DefinitionError
from hedgerow.ingest.answers import Answer, first_answer
from hedgerow.ingest.listing import ListingSummary, store_listing
from hedgerow.ingest.stores import Stores
from hedgerow.ingest.vendors import Sources, Vendors, usual_sources
from hedgerow.ingest.waiting import wait_for
from hedgerow.lake import IngestSummary
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.vendor import Listing, SendsActions, SendsListing, Vendor

# Where the catalog keeps the present rows of each table of the lake.
CURRENT: dict[str, str] = {SPLITS.name: "current_splits", DIVIDENDS.name: "current_dividends"}

# When a withdrawn action is known: reads take none that is not known yet.
NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class ReferenceLoad:
    """What a refresh did.

    Parameters
    ----------
    served
        Who served ``tickers``, and ``splits and dividends``.
    failed
        Who was asked before and could not, each with its error in one line, likewise.
    errors
        Why nobody could serve it, likewise; empty where all is well.
    left_out
        What none of the sources that were named has at all, likewise: the copy of it stays.
    listing
        What happened to the symbol master; None where nobody could list it.
    stored
        What the lake did with splits and dividends.
    current
        Rows of the catalog's tables after the refresh, by table.
    """

    served: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    listing: ListingSummary | None = None
    stored: tuple[IngestSummary, ...] = ()
    current: Mapping[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for was served."""
        return not self.errors

    @property
    def sources(self) -> dict[str, str]:
        """Who served each table of ``current``."""
        of_tickers = {"tickers": "tickers"}
        return {
            table: self.served[of_tickers.get(table, "splits and dividends")]
            for table in self.current
        }

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {rows:,}" for name, rows in self.current.items())
        by = ", ".join(f"{what} from {source}" for what, source in self.served.items())
        return f"reference data: {counts or 'nothing new'}" + (f" ({by})" if by else "")


def ingest_reference(
    stores: Stores,
    sources: Sources | None = None,
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> ReferenceLoad:
    """Load all tickers, splits and dividends again, and replace the current copy of them.

    Parameters
    ----------
    stores
        Where they go: corrected rows stay in the lake's history, and the catalog holds what
        the vendors say now. Who reads the catalog meanwhile sees all of the old copy or all
        of the new one.
    sources
        Vendors to ask, best first; those with a key by default. One may have the tickers and
        another one the actions. Where none of those named has the one kind, the other one
        alone is loaded, and that is no error.
    force
        Whether a table of the catalog may lose more than half of its rows.
    progress
        Called with a line of words as the work goes on.

    Returns
    -------
    ReferenceLoad
        What nobody could serve is told in ``errors``; the catalog's copy of it stays.

    Raises
    ------
    DataError
        A vendor sent less than half of the rows held, without ``force``; the catalog stays.
    DefinitionError, AuthError, StoreError
        As for ``ingest_bars``.
    """
    named = _usual(stores) if sources is None else sources
    done = wait_for(_refresh(stores, named, force=force, tell=progress or (lambda _: None)))
    if sources is None or not done.served:
        return replace(done, errors={**done.errors, **done.left_out}, left_out={})
    return done


async def _refresh(
    stores: Stores, sources: Sources, *, force: bool, tell: Progress
) -> ReferenceLoad:
    tables: dict[str, pl.DataFrame] = {}
    told: ListingSummary | None = None
    stored: list[IngestSummary] = []
    async with Vendors.open(stores, sources, Vendor) as vendors:
        tell("tickers")
        listing: Answer[Listing] = await first_answer(
            vendors, SendsListing, lambda vendor: vendor.listing()
        )
        if listing.source is not None and listing.value is not None:
            told, master = await asyncio.to_thread(
                store_listing, stores, listing.source, listing.value
            )
            tables["tickers"] = master.tickers(listing.source)
        tell("splits and dividends")
        actions = await _actions(stores, vendors)
    if actions.source is not None and actions.value is not None:
        tell("storing")
        stored, current = await asyncio.to_thread(_stored, stores, actions.source, actions.value)
        tables |= current
    held = await asyncio.to_thread(
        stores.catalog.replace_reference, tables, refreshed_at=stores.clock(), force=force
    )
    answers: dict[str, Answer[Any]] = {"tickers": listing, "splits and dividends": actions}
    why = {what: one.error.message for what, one in answers.items() if one.error is not None}
    nobody = {what for what, one in answers.items() if one.nobody}
    return ReferenceLoad(
        served={what: one.source for what, one in answers.items() if one.source is not None},
        failed={what: one.failed for what, one in answers.items() if one.failed},
        errors={what: why[what] for what in why if what not in nobody},
        left_out={what: why[what] for what in why if what in nobody},
        listing=told,
        stored=tuple(stored),
        current=held,
    )


def _usual(stores: Stores) -> list[str]:
    """Vendors with a key that have the one or the other."""
    names: list[str] = []
    failure: DefinitionError | None = None
    for kind in (SendsListing, SendsActions):
        try:
            names += usual_sources(stores.settings, kind)
        except DefinitionError as error:
            failure = failure or error
    if not names:
        assert failure is not None
        raise failure
    return list(dict.fromkeys(names))


async def _actions(stores: Stores, vendors: Vendors) -> Answer[list[SourceBatch]]:
    asked = await asyncio.to_thread(_with_old_tickers, stores)

    async def ask(vendor: SendsActions) -> list[SourceBatch]:
        return [batch async for batch in vendor.actions(asked)]

    return await first_answer(vendors, SendsActions, ask)


def _with_old_tickers(stores: Stores) -> list[Instrument]:
    """Instruments under every ticker that they ever had: vendors keep actions by the old ones."""
    known = {one.instrument_id: one for one in stores.catalog.instruments() if not one.synthetic}
    spans = stores.lake.scan(SYMBOL_INTERVALS).select("instrument_id", "symbol", "exchange")
    named = [
        replace(known[identity], symbol=symbol, exchange=exchange)
        for identity, symbol, exchange in spans.unique().sort(pl.all()).collect().iter_rows()
        if identity in known
    ]
    return list(dict.fromkeys([*known.values(), *named]))


def _stored(
    stores: Stores, source: str, batches: Sequence[SourceBatch]
) -> tuple[list[IngestSummary], dict[str, pl.DataFrame]]:
    """Merge actions into the lake; what passed its rules, by table of the catalog."""
    spans = stores.lake.scan(SYMBOL_INTERVALS).collect()
    exchanges = {one.instrument_id: one.exchange for one in stores.catalog.instruments()}
    summaries: list[IngestSummary] = []
    good: dict[str, list[pl.DataFrame]] = {name: [] for name in CURRENT.values()}
    sent: dict[str, list[pl.DataFrame]] = {name: [] for name in CURRENT}
    refused: dict[str, list[pl.DataFrame]] = {name: [] for name in CURRENT}
    for batch in batches:
        rows = _rightful(batch.frame, spans, exchanges)
        summaries.append(
            stores.lake.ingest(
                batch.table,
                rows,
                source=source,
                ingested_at=stores.clock(),
                unreadable=batch.refused,
            )
        )
        good[CURRENT[batch.table.name]].append(_accepted(stores, batch.table, rows))
        sent[batch.table.name].append(rows.select(batch.table.key))
        unread = batch.refused.select("symbol", ex_date=pl.col("timestamp").dt.date())
        refused[batch.table.name].append(unread)
    for table in (SPLITS, DIVIDENDS):
        if sent[table.name]:
            _withdraw(
                stores, table, source, pl.concat(sent[table.name]), pl.concat(refused[table.name])
            )
    return summaries, {name: pl.concat(parts) for name, parts in good.items() if parts}


def _withdraw(
    stores: Stores, table: Table, source: str, sent: pl.DataFrame, refused: pl.DataFrame
) -> None:
    """Rows of an earlier answer that this one lacks are not known to anybody from now on.

    An ex-date that a vendor moves would count twice otherwise. Plans may send less history than
    before: what is older than a year is withdrawn only after the first row of its company in the
    answer. A company without a row keeps all of its own, and all do where less than half came.
    """
    held = stores.lake.scan(table).filter(
        pl.col("source") == source, pl.col("available_at") < NEVER
    )
    present = held.select(list(table.columns)).drop("ingested_at").collect()
    if sent.height * 2 < present.height:
        return
    lately = stores.clock().date() - dt.timedelta(days=365)
    began = sent.group_by("instrument_id").agg(
        _began=pl.min_horizontal(pl.col("ex_date").min(), lately)
    )
    gone = (
        present.join(began, on="instrument_id")
        .filter(pl.col("ex_date") >= pl.col("_began"))
        .join(sent, on=list(table.key), how="anti")
        .join(refused, on=["symbol", "ex_date"], how="anti")
        .with_columns(available_at=pl.lit(NEVER))
        .drop("_began")
    )
    if gone.height:
        stores.lake.merge(table, gone, ingested_at=stores.clock())


def _accepted(stores: Stores, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Those rows that are in the lake now: the others are in the quarantine."""
    held = stores.lake.scan(table).join(rows.lazy(), on=list(table.key), how="semi")
    return held.collect()


def _rightful(
    rows: pl.DataFrame, spans: pl.DataFrame, exchanges: Mapping[str, str]
) -> pl.DataFrame:
    """Rows of a ticker that went from one company to another, under the one of the ex-date.

    A vendor goes by the ticker alone. Where no span holds the ex-date, its word stands.
    """
    shared = (
        spans.group_by("symbol", "exchange")
        .agg(pl.col("instrument_id").n_unique().alias("users"))
        .filter(pl.col("users") > 1)
        .drop("users")
    )
    if shared.is_empty():
        return rows
    owned = spans.join(shared, on=["symbol", "exchange"], how="semi").select(
        "symbol", "exchange", "valid_from", "valid_to", owner="instrument_id"
    )
    ends = pl.col("valid_to").fill_null(dt.date.max)
    placed = rows.with_row_index("_row").with_columns(
        exchange=pl.col("instrument_id").replace_strict(
            list(exchanges), list(exchanges.values()), default=None, return_dtype=pl.String
        )
    )
    owners = (
        placed.join(owned, on=["symbol", "exchange"])
        .filter(pl.col("ex_date").is_between(pl.col("valid_from"), ends))
        .unique("_row", keep="last", maintain_order=True)
        .select("_row", "owner")
    )
    return (
        placed.join(owners, on="_row", how="left", maintain_order="left")
        .with_columns(instrument_id=pl.coalesce("owner", "instrument_id"))
        .select(rows.columns)
    )
