"""Massive's tickers as instruments, and the spans in which each ticker was in use.

1. ``full_listing`` reads both lists, of tickers in use and of delisted ones.
2. ``_owners`` says which instrument each row belongs to.
3. ``_spans`` gives each row its days, one owner of a ticker after the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from hedgerow.domain.calendar import FIRST_SESSION_BOUND
from hedgerow.domain.schemas import SYMBOL_INTERVALS
from hedgerow.errors import BadPayload, NotEntitled, NotFound
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.massive.client import VENDOR, MassiveClient, opened
from hedgerow.sources.massive.tickers import Ticker, read_date, read_ticker
from hedgerow.sources.vendor import Listing

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Days in which a ticker meant an instrument."""

    ticker: Ticker
    identity: str
    first: dt.date
    last: dt.date | None


async def full_listing(client: MassiveClient, on: dt.date | None) -> Listing:
    """Every ticker in use on a day, and those delisted before."""
    active = await _rows(client, active="true", market="stocks", date=on)
    gone = await _rows(client, active="false", market="stocks", date=on)
    owners = _owners(active, gone)
    spans = _spans(owners)
    return _listing(spans, {identity: ticker for ticker, identity in owners})


async def listing_of(client: MassiveClient, symbols: Sequence[str]) -> Listing:
    """Some tickers, with their own histories."""
    spans: list[Span] = []
    described_: dict[str, Ticker] = {}
    for symbol in dict.fromkeys(symbols):
        ticker = await described(client, symbol)
        identity = ticker.instrument().instrument_id
        described_[identity] = ticker
        spans += await _history(client, ticker, identity)
    return _listing(spans, described_)


async def described(client: MassiveClient, symbol: str) -> Ticker:
    """One ticker, in use or delisted.

    Raises
    ------
    NotFound
        There is no ticker spelt exactly so.
    """
    try:
        reply = await client.ticker(symbol)
        found = opened(reply).facts.get("results")
        if not isinstance(found, dict):
            raise BadPayload(f"{reply.where}: the answer describes nothing", where=reply.where)
        ticker = read_ticker(found, reply.where)
        if found["ticker"] == symbol:
            return ticker
    except NotFound:
        pass
    gone = [
        one
        for one in await _rows(client, ticker=symbol, active="false")
        if one.symbol == symbol.removeprefix("I:")
    ]
    if not gone:
        raise NotFound(f"massive knows no ticker {symbol!r}", symbol=symbol)
    return max(gone, key=lambda one: one.delisted or dt.date.min)


async def _rows(client: MassiveClient, **params: object) -> list[Ticker]:
    return [
        read_ticker(row, reply.where)
        async for reply in client.tickers(**params)
        for row in opened(reply).rows(reply.where)
    ]


def _owners(active: Sequence[Ticker], gone: Sequence[Ticker]) -> list[tuple[Ticker, str]]:
    """Each row with the identity it belongs to, later delistings first, then those in use."""
    owned: dict[str, Ticker] = {}
    by_figi: dict[str, str] = {}
    rows: list[tuple[Ticker, str]] = []
    newest_first = sorted(gone, key=lambda one: one.delisted or dt.date.min, reverse=True)
    for ticker in (*active, *newest_first):
        figi = ticker.composite_figi
        identity = by_figi.get(figi) if figi and ticker.delisted else None
        if identity is None:
            identity = ticker.instrument().instrument_id
            if identity in owned:
                if not ticker.delisted:
                    continue  # the same row on two pages
                identity = f"{identity}.{figi or ticker.delisted}"
            owned[identity] = ticker
            by_figi.setdefault(figi, identity)
        rows.append((ticker, identity))
    return rows


def _spans(owners: Iterable[tuple[Ticker, str]]) -> list[Span]:
    """Days of each row: from the end of the owner before to its own end."""
    by_name: dict[tuple[str, str], list[tuple[Ticker, str]]] = {}
    for ticker, identity in owners:
        by_name.setdefault((ticker.symbol, ticker.exchange), []).append((ticker, identity))
    spans: list[Span] = []
    for rows in by_name.values():
        begins = FIRST_SESSION_BOUND  # the bulk list does not tell
        for ticker, identity in sorted(rows, key=lambda row: row[0].delisted or dt.date.max):
            last = ticker.delisted
            first = ticker.listed or begins
            spans.append(Span(ticker, identity, min(first, last or first), last))
            begins = (last or begins) + _DAY
    return spans


async def _history(client: MassiveClient, ticker: Ticker, identity: str) -> list[Span]:
    """Tickers that one company had, oldest first."""
    changes = await _changes(client, ticker.symbol)
    if not changes:
        return [Span(ticker, identity, ticker.listed or FIRST_SESSION_BOUND, ticker.delisted)]
    ends = [day - _DAY for day, _ in changes[1:]] + [ticker.delisted]
    return [
        Span(replace(ticker, symbol=symbol), identity, day, end)
        for (day, symbol), end in zip(changes, ends, strict=True)
    ]


async def _changes(client: MassiveClient, symbol: str) -> list[tuple[dt.date, str]]:
    """Days from which a company had each of its tickers; none where Massive does not tell."""
    try:
        reply = await client.ticker_events(symbol)
    except (NotEntitled, NotFound):
        return []
    found = opened(reply).facts.get("results")
    events = found.get("events") if isinstance(found, dict) else None
    changes: dict[dt.date, str] = {}
    for event in events or []:
        named = event.get("ticker_change") if isinstance(event, dict) else None
        day = read_date(event.get("date")) if named else None
        if named and day and isinstance(named.get("ticker"), str):
            changes[day] = named["ticker"]
    return sorted(changes.items())


def _listing(spans: Sequence[Span], described_: dict[str, Ticker]) -> Listing:
    instruments = [ticker.instrument(identity) for identity, ticker in described_.items()]
    rows = {
        "symbol": [span.ticker.symbol for span in spans],
        "exchange": [span.ticker.exchange for span in spans],
        "valid_from": [span.first for span in spans],
        "instrument_id": [span.identity for span in spans],
        "valid_to": [span.last for span in spans],
    }
    frame = pl.DataFrame(rows, schema_overrides={"valid_from": pl.Date, "valid_to": pl.Date})
    named = frame.unique(["symbol", "exchange", "valid_from"], keep="last", maintain_order=True)
    return Listing(
        sorted(instruments, key=lambda one: one.instrument_id),
        SourceBatch.of(
            SYMBOL_INTERVALS,
            named.sort("symbol", "valid_from").with_columns(source=pl.lit(VENDOR)),
        ),
    )
