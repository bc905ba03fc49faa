"""A fake Massive."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlencode

import polars as pl

from hedgerow.testing.vendors.massive_bars import (
    BarsQuestion,
    answer_bars,
    as_json,
    base_bars,
    grouped_bars,
)
from hedgerow.testing.vendors.massive_reference import (
    dividend_rows,
    split_rows,
    ticker_details,
    ticker_events,
    ticker_rows,
)
from hedgerow.testing.vendors.server import FakeServer, Request, Response
from hedgerow.testing.vendors.world import World

PRODUCTION = "https://api.massive.com"

_UPGRADE = "Please upgrade your plan at https://massive.com/pricing"


class FakeMassive(FakeServer):
    """Massive's REST endpoints over a little world.

    Daily, weekly, hourly and minute bars (raw and restated for splits, with cursors that
    rewrite the path), the grouped day, tickers, their details and events, and splits and
    dividends in both generations.

    Parameters
    ----------
    world
        What there is; the usual small one by default. Replace ``fake.world`` to let time pass:
        a split that has come since restates all adjusted bars before it.
    key
        The one key that is accepted, as ``Authorization: Bearer`` or ``apiKey=``.
    page_size
        Most base aggregates or rows of one page, whatever limit is asked for.
    cursor_host
        Scheme and host that cursors name; the fake's own by default. ``PRODUCTION`` is what an
        answer recorded from the true host would name.
    status
        ``OK``, or ``DELAYED`` as on plans with delayed data.
    plan
        ``free`` refuses the running day and what is older than two years.
    generations
        Which endpoints of splits and dividends there are.
    renames
        Former ticker and day of the change, by ticker.

    Examples
    --------
    >>> import urllib.request
    >>> with FakeMassive(key="my-key") as fake:
    ...     path = "/v2/aggs/ticker/ZQX/range/1/day/2026-03-06/2026-03-09"
    ...     with urllib.request.urlopen(f"{fake.url}{path}?apiKey=my-key") as reply:
    ...         json.load(reply)["resultsCount"]
    2
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        key: str = "planted-massive-key",
        page_size: int = 50_000,
        cursor_host: str | None = None,
        status: Literal["OK", "DELAYED"] = "OK",
        plan: Literal["free", "premium"] = "premium",
        generations: tuple[str, ...] = ("new", "old"),
        renames: Mapping[str, tuple[str, dt.date]] | None = None,
    ) -> None:
        super().__init__()
        self.world = world or World.small()
        self.key = key
        self.page_size = page_size
        self.cursor_host = cursor_host
        self.status = status
        self.plan = plan
        self.generations = generations
        self.renames = dict(renames or {})
        self._made_of = self.world
        self._bases: dict[tuple[str, bool, bool], pl.DataFrame] = {}

    def answer(self, request: Request) -> Response:
        """What Massive answers while it is well."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        given = given or request.query.get("apiKey", "")
        if given == self.key:
            return self._answer(request)
        text = "Unknown API Key" if given else "API Key was not provided"
        return Response.json({"status": "ERROR", "request_id": "r8", "error": text}, 401)

    def _answer(self, request: Request) -> Response:
        match request.path.split("/")[1:]:
            case ["v2", "aggs", "ticker", _, "range", _, _, _, _]:
                return self._bars(request)
            case ["v2", "aggs", "grouped", "locale", "us", "market", "stocks", day]:
                return self._grouped(request, dt.date.fromisoformat(day))
            case ["v3", "reference", "tickers"]:
                query = _asked(request)
                return self._page(request, ticker_rows(self.world, query), query, 100, 1000)
            case ["v3", "reference", "tickers", ticker]:
                return self._one(ticker_details(self.world, unquote(ticker)))
            case ["vX", "reference", "tickers", ticker, "events"]:
                return self._one(ticker_events(self.world, unquote(ticker), self.renames))
            case ["stocks", "v1", ("splits" | "dividends") as kind] if "new" in self.generations:
                return self._actions(request, kind, old=False)
            case ["v3", "reference", ("splits" | "dividends") as kind] if "old" in self.generations:
                return self._actions(request, kind, old=True)
        return Response.text("404 page not found", 404)

    def _bars(self, request: Request) -> Response:
        question = BarsQuestion.of(unquote(request.path), dict(request.query))
        refusal = self._not_in_plan(question)
        if refusal is not None:
            return refusal
        found = answer_bars(self._base(question), question, self.page_size)
        facts: dict[str, Any] = {
            "ticker": question.ticker,
            "queryCount": found.looked_through,
            "resultsCount": found.rows.height,
            "adjusted": question.adjusted,
        }
        after: dict[str, Any] = {
            "status": self.status,
            "request_id": "r1",
            "count": found.rows.height,
        }
        if found.next_start is not None:
            after["next_url"] = self._address(question.next_path(request.path, found.next_start))
        rows = None if found.rows.is_empty() else as_json(found.rows)
        return _around(facts, rows, after)

    def _base(self, question: BarsQuestion) -> pl.DataFrame:
        if self._made_of is not self.world:
            self._bases.clear()
            self._made_of = self.world
        kind = (question.ticker, question.daily, question.adjusted)
        if kind not in self._bases:
            self._bases[kind] = base_bars(self.world, *kind)
        return self._bases[kind]

    def _grouped(self, request: Request, day: dt.date) -> Response:
        adjusted = request.query.get("adjusted", "true") != "false"
        rows = grouped_bars(self.world, day, adjusted=adjusted)
        facts = {"queryCount": rows.height, "resultsCount": rows.height, "adjusted": adjusted}
        after = {"status": self.status, "request_id": "r3", "count": rows.height}
        return _around(facts, None if rows.is_empty() else as_json(rows), after)

    def _actions(self, request: Request, kind: str, *, old: bool) -> Response:
        query = _asked(request)
        rows = (split_rows if kind == "splits" else dividend_rows)(self.world, old=old)
        date = "execution_date" if kind == "splits" else "ex_dividend_date"
        named = query.get("ticker.any_of") or query.get("ticker")
        tickers = named.split(",") if named else {row["ticker"] for row in rows}
        wanted = [
            row
            for row in rows
            if row["ticker"] in tickers and row[date] >= query.get(f"{date}.gte", "")
        ]
        ascending = query.get("sort") == f"{date}.asc" or query.get("order") == "asc"
        wanted.sort(key=lambda row: (row[date], row["ticker"]), reverse=not ascending)
        default, most = (10, 1000) if old else (100, 5000)
        return self._page(request, wanted, query, default, most)

    def _page(
        self,
        request: Request,
        rows: list[dict[str, Any]],
        query: dict[str, str],
        default: int,
        most: int,
    ) -> Response:
        begin = int(query.pop("begin", "0"))
        size = min(int(query.get("limit", default)), most, self.page_size)
        page = rows[begin : begin + size]
        body: dict[str, Any] = {"status": self.status, "request_id": 4, "results": page}
        if begin + size < len(rows):
            hidden = urlencode({**query, "begin": begin + size})
            cursor = base64.urlsafe_b64encode(hidden.encode()).decode()
            body["next_url"] = self._address(f"{request.path}?{urlencode({'cursor': cursor})}")
        return Response.json(body | {"count": len(page)})

    def _one(self, found: object) -> Response:
        if found is None:
            body = {"status": "NOT_FOUND", "request_id": "r5", "message": "Ticker not found."}
            return Response.json(body, 404)
        return Response.json({"status": self.status, "request_id": "r6", "results": found})

    def _not_in_plan(self, question: BarsQuestion) -> Response | None:
        if self.plan != "free":
            return None
        now = self.world.clock()
        first, last = (
            dt.datetime.fromtimestamp(edge / 1000, self.world.now.tzinfo)
            for edge in (question.first, question.last)
        )
        if last.date() >= self.world.now.date():
            text = f"Attempted to request today's data before end of day. {_UPGRADE}"
        elif first < now - dt.timedelta(days=731):
            text = f"Your plan doesn't include this data timeframe. {_UPGRADE}"
        else:
            return None
        return Response.json({"status": "NOT_AUTHORIZED", "request_id": "r7", "message": text}, 403)

    def _address(self, path: str) -> str:
        return f"{self.cursor_host or self.url}{path}"


def _asked(request: Request) -> dict[str, str]:
    if "cursor" not in request.query:
        return dict(request.query)
    return dict(parse_qsl(base64.urlsafe_b64decode(request.query["cursor"]).decode()))


def _around(before: dict[str, Any], rows: bytes | None, after: dict[str, Any]) -> Response:
    """Compact JSON with rows that are JSON already, or without a key for them."""
    head = json.dumps(before, separators=(",", ":"))[:-1].encode()
    tail = json.dumps(after, separators=(",", ":"))[1:].encode()
    middle = b"," if rows is None else b',"results":' + rows + b","
    return Response(head + middle + tail)
