"""A vendor's listing into the symbol master: instruments, and when each ticker was whose.

1. ask the vendor
2. find out which instruments are known already            (identities.identified)
3. put what does not fit aside, for the quarantine         (_fitting)
4. write the spans of the tickers: those that end or begin (_spans)
5. add new instruments, bring known ones up to date
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import polars as pl

from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import SYMBOL_INTERVALS
from hedgerow.ingest.answers import Answer, first_answer
from hedgerow.ingest.identities import Days, Span, days_of, identified
from hedgerow.ingest.stores import Stores
from hedgerow.ingest.vendors import Sources, Vendors, usual_sources
from hedgerow.ingest.waiting import wait_for
from hedgerow.sources.base import no_refusals
from hedgerow.sources.vendor import Listing, SendsListing, Vendor

# Names are for people; what is longer is cut.
_LONGEST_NAME = 255

# Rules by which an instrument goes to the quarantine.
TOO_LONG = "text_too_long"
OTHER_CURRENCY = "known_in_other_currency"

_LIMITS = {"instrument_id": 64, "symbol": 32, "exchange": 16, "figi": 16, "cik": 16, "isin": 16}
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class ListingSummary:
    """What a listing changed.

    Parameters
    ----------
    source
        Who sent it.
    entries
        Instruments that it tells of.
    changed
        Instruments that are new or have new facts.
    spans
        Spans of tickers that are new, ended or were corrected.
    delisted
        Tickers known to be in use until now, and not any more.
    renamed
        Old and new ticker of those that changed it, at most ten.
    refused
        Entries that went to the quarantine, by rule.
    failed
        Who was asked before and could not, each with its error in one line.
    """

    source: str
    entries: int
    changed: int
    spans: int
    delisted: int = 0
    renamed: tuple[tuple[str, str], ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [f"{self.entries:,} instruments", f"{self.changed:,} new or changed"]
        parts += [f"{self.delisted:,} delisted"] if self.delisted else []
        parts += [f"{len(self.renamed):,} renamed"] if self.renamed else []
        parts += [f"{sum(self.refused.values()):,} refused"] if self.refused else []
        return f"listing from {self.source}: " + ", ".join(parts)


@dataclass(frozen=True)
class Master:
    """A listing under our identities.

    Parameters
    ----------
    instruments
        What fits, each once.
    days
        When their tickers were in use; without a first day where the vendor does not tell.
    """

    instruments: Sequence[Instrument]
    days: Sequence[Days]

    def tickers(self, source: str) -> pl.DataFrame:
        """Rows for the catalog's ``tickers``."""
        facts = {one.instrument_id: one for one in self.instruments}
        rows = [
            {
                "source": source,
                "exchange": days.exchange,
                "symbol": days.symbol,
                "active": days.last is None,
                "listed": days.first,
                "delisted": days.last,
                **{name: str(getattr(facts[days.instrument_id], name)) for name in _OF_INSTRUMENT},
            }
            for days in self.days
        ]
        dates = {"listed": pl.Date, "delisted": pl.Date}
        return pl.DataFrame(rows, schema_overrides=dates, infer_schema_length=None)


_OF_INSTRUMENT = ("instrument_id", "name", "kind", "currency", "region", "figi", "cik", "isin")


def ingest_listing(
    stores: Stores,
    sources: Sources | None = None,
    on: dt.date | None = None,
    *,
    ingested_at: dt.datetime | None = None,
) -> ListingSummary:
    """Bring the symbol master up to date with the first vendor that lists it.

    Parameters
    ----------
    stores
        Where to.
    sources
        Vendors to ask, best first: names, or open vendors; those with a key by default.
    on
        Day as of which they are asked; today by default. An old listing adds what is not
        known yet, and leaves later facts alone.
    ingested_at
        Instant to record for new rows; the present by default.

    Returns
    -------
    ListingSummary
        Ingesting the same listing again changes nothing.

    Raises
    ------
    VendorError
        No vendor answers as it should; nothing is stored.
    DefinitionError
        A source is not known, or none has a listing.
    AuthError
        No source has a key.
    StoreError
        The lake or the catalog cannot be written.
    """
    named = usual_sources(stores.settings, SendsListing) if sources is None else sources

    async def ask() -> Answer[Listing]:
        async with Vendors.open(stores, named, Vendor) as vendors:
            return await first_answer(vendors, SendsListing, lambda vendor: vendor.listing(on))

    answer = wait_for(ask())
    if answer.source is None or answer.value is None:
        assert answer.error is not None
        raise answer.error
    summary, _ = store_listing(stores, answer.source, answer.value, on, ingested_at=ingested_at)
    return replace(summary, failed=answer.failed)


def store_listing(
    stores: Stores,
    source: str,
    listing: Listing,
    on: dt.date | None = None,
    *,
    ingested_at: dt.datetime | None = None,
) -> tuple[ListingSummary, Master]:
    """Store what a vendor sent; see ``ingest_listing``.

    Returns
    -------
    tuple[ListingSummary, Master]
        What changed, and the listing under our identities.
    """
    now = ingested_at or stores.clock()
    known = stores.catalog.instruments()
    held = stores.lake.scan(SYMBOL_INTERVALS).collect()
    master, refused = _mastered(listing, known, days_of(held))
    spans, ended, renamed = _spans(master, held, on or now.date())
    unread = [] if listing.intervals is None else [listing.intervals.refused]
    written = stores.lake.ingest(
        SYMBOL_INTERVALS,
        spans.with_columns(source=pl.lit(source)),
        source=source,
        ingested_at=now,
        unreadable=pl.concat([refused, *unread]),
    )
    past = on is not None and on < now.date()
    names = {one.instrument_id for one in known}
    wanted = [one for one in master.instruments if not past or one.instrument_id not in names]
    changed = stores.catalog.add_instruments(wanted)
    summary = ListingSummary(
        source=source,
        entries=len(listing.instruments),
        changed=changed,
        spans=written.loaded + written.corrected,
        delisted=ended,
        renamed=tuple(renamed[:10]),
        refused=written.quarantined,
    )
    return summary, master


def _mastered(
    listing: Listing, known: Sequence[Instrument], held: Sequence[Days]
) -> tuple[Master, pl.DataFrame]:
    """The listing under our identities, and what of it does not fit."""
    told = _days_told(listing)
    ours = identified(listing.instruments, told, known, held)
    renamed = [
        replace(one, instrument_id=ours[one.instrument_id], name=one.name[:_LONGEST_NAME])
        for one in listing.instruments
    ]
    # Of a ticker before and one after a change the one in use describes the instrument: last.
    used = {(one.symbol, ours[one.instrument_id]) for one in told if one.last is None}
    renamed.sort(key=lambda one: (one.symbol, one.instrument_id) in used)
    currencies = {one.instrument_id: one.currency for one in known}
    rules = {one.instrument_id: _rule(one, currencies) for one in renamed}
    good = {one.instrument_id: one for one in renamed if not rules[one.instrument_id]}
    days = [
        replace(one, instrument_id=ours[one.instrument_id])
        for one in told
        if ours.get(one.instrument_id) in good
    ]
    bad = [(one, rules[one.instrument_id]) for one in renamed if rules[one.instrument_id]]
    return Master(list(good.values()), days), _refused(bad)


def _days_told(listing: Listing) -> list[Days]:
    """When each ticker was in use; of those without dates, that they are in use now."""
    days = [] if listing.intervals is None else days_of(listing.intervals.frame)
    dated = {one.instrument_id for one in days}
    days += [
        Days(one.symbol, one.exchange, one.instrument_id, None)
        for one in listing.instruments
        if one.instrument_id not in dated
    ]
    return days


def _rule(one: Instrument, currencies: Mapping[str, str]) -> str:
    """Name of the rule that an instrument breaks; empty where it is good."""
    if any(len(getattr(one, name)) > limit for name, limit in _LIMITS.items()):
        return TOO_LONG
    if currencies.get(one.instrument_id, one.currency) != one.currency:
        return OTHER_CURRENCY
    return ""


def _refused(bad: Sequence[tuple[Instrument, str]]) -> pl.DataFrame:
    if not bad:
        return no_refusals()
    rows = [
        {"rules": rule, "symbol": one.symbol, "timestamp": None, "payload": json.dumps(asdict(one))}
        for one, rule in bad
    ]
    return pl.DataFrame(rows, schema=no_refusals().schema)


def _spans(
    master: Master, held: pl.DataFrame, on: dt.date
) -> tuple[pl.DataFrame, int, list[tuple[str, str]]]:
    """Rows for ``symbol_intervals``; how many tickers ended, and which were renamed.

    A span that is held keeps its first day, which is part of its key, and changes in its last
    day only. A ticker that an instrument had until now, and of which the listing tells no more
    while it tells of another one, ended the day before the other began.
    """
    stored: dict[Span, list[Days]] = {}
    for one in days_of(held):
        stored.setdefault(one.span, []).append(one)
    rows: dict[tuple[Span, dt.date | None], Days] = {}
    for told in master.days:
        before = [one for one in stored.get(told.span, []) if one.meets(told)]
        if told.first is None or (before and _later(before[-1], told, on)):
            continue
        now = replace(before[-1], last=told.last) if before else told
        if now not in before:
            rows[now.span, now.first] = now
    changes = _renames(master.days, stored, on)
    for old, new in changes:
        rows = {key: one for key, one in rows.items() if one.last or one.span != new.span}
        rows |= {(one.span, one.first): one for one in (old, new)}
    ended = sum(
        one.last is not None and span in stored and stored[span][-1].last is None
        for (span, _), one in rows.items()
    )
    return _frame(rows.values()), ended, [(old.symbol, new.symbol) for old, new in changes]


def _later(held: Days, told: Days, on: dt.date) -> bool:
    """Whether an old listing calls in use what is known to have ended since."""
    return told.last is None and held.last is not None and held.last >= on


def _renames(
    told: Sequence[Days], stored: Mapping[Span, Sequence[Days]], on: dt.date
) -> list[tuple[Days, Days]]:
    """Spans of old tickers with their end, each with the span of the new ticker."""
    in_use = {one.instrument_id: one for one in told if one.last is None}
    ends = {one.span: one.last for one in told}
    changes = []
    for span, spans in stored.items():
        old, new = spans[-1], in_use.get(spans[-1].instrument_id)
        if new is None or new.place == old.place or new.span in stored:
            continue  # the same ticker, or both are in use, or told of before
        if old.last is not None or old.first is None or old.first > on:
            continue
        last = ends.get(span, _last_day(old.first, new.first, on))
        if last is None:
            continue
        # Vendors tell when the company was first listed rather than when the ticker was new.
        first = new.first if new.first is not None and new.first > last else last + _DAY
        changes.append((replace(old, last=last), replace(new, first=first)))
    return changes


def _last_day(old: dt.date, new: dt.date | None, on: dt.date) -> dt.date:
    return new - _DAY if new is not None and new > old else max(on - _DAY, old)


def _frame(rows: Iterable[Days]) -> pl.DataFrame:
    frame = pl.DataFrame(
        [(one.symbol, one.exchange, one.first, one.instrument_id, one.last) for one in rows],
        schema={
            "symbol": pl.String,
            "exchange": pl.String,
            "valid_from": pl.Date,
            "instrument_id": pl.String,
            "valid_to": pl.Date,
        },
        orient="row",
    )
    return frame.sort("symbol", "exchange", "valid_from")
