"""Splits and dividends of the whole market, from either generation of Massive's endpoints."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hedgerow.domain.instrument import Instrument
from hedgerow.errors import NotEntitled, NotFound
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.massive.bars import EXCHANGES
from hedgerow.sources.massive.client import Group, MassiveClient, opened
from hedgerow.sources.massive.events import dividends_batch, read_actions, splits_batch
from hedgerow.sources.massive.grouped import owners_among

Generation = Literal["auto", "new", "old"]

# Beyond so many instruments the whole market is fewer requests.
_FEW = 200
_AT_ONCE = 50


@dataclass(frozen=True)
class Endpoint:
    """Where one kind of action is asked for in one generation."""

    group: Group
    path: str
    date: str
    limit: int
    old: bool

    def questions(self, tickers: Sequence[str], since: dt.date | None) -> list[dict[str, object]]:
        """Queries that together ask for all of some tickers, in order of the ex-date."""
        order = {"sort": self.date, "order": "asc"} if self.old else {"sort": f"{self.date}.asc"}
        asked: dict[str, object] = {f"{self.date}.gte": since, "limit": self.limit, **order}
        if len(tickers) > _FEW:
            return [asked]
        if self.old:
            return [{"ticker": ticker, **asked} for ticker in tickers]
        return [
            {"ticker.any_of": ",".join(some), **asked}
            for some in (tickers[n : n + _AT_ONCE] for n in range(0, len(tickers), _AT_ONCE))
        ]


SPLITS = (
    Endpoint(Group.SPLITS, "/stocks/v1/splits", "execution_date", 5_000, old=False),
    Endpoint(Group.SPLITS, "/v3/reference/splits", "execution_date", 1_000, old=True),
)
DIVIDENDS = (
    Endpoint(Group.DIVIDENDS, "/stocks/v1/dividends", "ex_dividend_date", 5_000, old=False),
    Endpoint(Group.DIVIDENDS, "/v3/reference/dividends", "ex_dividend_date", 1_000, old=True),
)


async def send_actions(
    client: MassiveClient,
    instruments: Sequence[Instrument],
    since: dt.date | None,
    generation: Generation,
) -> AsyncIterator[SourceBatch]:
    """Splits, then dividends, of the instruments that Massive may know."""
    ours = [one for one in instruments if one.exchange in EXCHANGES]
    if not ours:
        return
    owners = owners_among(ours)
    calendars = {one.instrument_id: one.exchange for one in ours}
    tickers = sorted(owners["ticker"])
    for endpoints, batch in ((SPLITS, splits_batch), (DIVIDENDS, dividends_batch)):
        rows = await _rows(client, _chosen(endpoints, generation), tickers, since)
        yield batch(read_actions(rows, endpoints[0].date, owners), calendars)


def _chosen(endpoints: tuple[Endpoint, Endpoint], generation: Generation) -> list[Endpoint]:
    new, old = endpoints
    return {"auto": [new, old], "new": [new], "old": [old]}[generation]


async def _rows(
    client: MassiveClient,
    endpoints: Sequence[Endpoint],
    tickers: Sequence[str],
    since: dt.date | None,
) -> list[dict[str, Any]]:
    """Rows from the first of some endpoints that the plan and the host have."""
    first, *others = endpoints
    rows: list[dict[str, Any]] = []
    try:
        for question in first.questions(tickers, since):
            async for reply in client.actions(first.group, first.path, question):
                rows += opened(reply).rows(reply.where)
    except (NotEntitled, NotFound):
        if not others:
            raise
        return await _rows(client, others, tickers, since)
    return rows
