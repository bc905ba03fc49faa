"""Yahoo Finance's chart endpoint, faked, with its cookie and its crumb."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import polars as pl

from hedgerow.domain.calendar import sessions, time_zone
from hedgerow.testing.vendors.server import FakeServer, Fault, Request, Response
from hedgerow.testing.vendors.world import Company, World

CHART = "/v8/finance/chart/"
CRUMB = "/v1/test/getcrumb"

_EXCHANGES = {"XNAS": ("NMS", "NasdaqGS"), "XNYS": ("NYQ", "NYSE"), "XLON": ("LSE", "LSE")}
_KINDS = {"CS": "EQUITY", "PFD": "EQUITY", "ETF": "ETF"}
_PRICES = ("open", "high", "low", "close")
_RANGE_ROWS = 5
_MINUTE_DAYS = 8
_ROWS: dict[tuple[str, str], pl.DataFrame] = {}


class FakeYahoo(FakeServer):
    """Serves charts of the world's companies by day and minute, restated for splits.

    A delisted or unknown ticker is answered with 404 and Yahoo's words; a span before the first
    trade with 400 and its words. A crumb other than the one handed out is refused with 401.

    Parameters
    ----------
    world
        What traded; the small world by default. It may be changed between requests.
    crumb
        The crumb that is handed out.
    captured
        Answers by Yahoo's ticker, given as they are instead of the world's.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        crumb: str = "fake.crumb",
        captured: Mapping[str, bytes] | None = None,
    ) -> None:
        super().__init__()
        self.world = world or World.small()
        self.crumb = crumb
        self.captured = dict(captured or {})
        self._kept: tuple[World, dict[tuple[str, str], pl.DataFrame]] = (self.world, {})

    def script(self, *faults: Fault, path: str = CHART, times: int = 1) -> None:
        """Like every fake's, but charts are meant where no path is named.

        yfinance gets over faults of the cookie and the crumb by itself.
        """
        super().script(*faults, path=path, times=times)

    def answer(self, request: Request) -> Response:
        """A cookie, a crumb, or a chart."""
        if request.path == CRUMB:
            return Response.text(self.crumb)
        if request.path.startswith(CHART):
            return self._chart(unquote(request.path.removeprefix(CHART)), request)
        cookie = {"Set-Cookie": "A3=d=fake; Domain=.yahoo.com; Path=/; Max-Age=31557600"}
        return Response(b"", 404, "text/html", cookie)

    @cached_property
    def _companies(self) -> dict[str, Company]:
        return {_spelt(one): one for one in self.world.companies}

    def _chart(self, ticker: str, request: Request) -> Response:
        if request.query.get("crumb", self.crumb) != self.crumb:
            return refused_crumb()
        if ticker in self.captured:
            return Response(self.captured[ticker])
        company = self._companies.get(ticker)
        if company is None or company.delisted is not None:
            return _error(404, "Not Found", "No data found, symbol may be delisted")
        interval = request.query.get("interval", "1d")
        rows = self._rows(company, interval)
        if "period1" not in request.query:
            rows = rows.tail(_RANGE_ROWS)
        else:
            first, last = int(request.query["period1"]), int(request.query["period2"])
            if interval == "1m" and last - first > _MINUTE_DAYS * 86_400:
                words = f"Only {_MINUTE_DAYS} days worth of 1m granularity data are allowed"
                return _error(422, "Unprocessable Entity", f"1m data not available. {words}")
            if last <= rows["at"][0]:
                words = f"Data doesn't exist for startDate = {first}, endDate = {last}"
                return _error(400, "Bad Request", words)
            rows = rows.filter(pl.col("at").is_between(first, last, closed="left"))
        return self._answer(company, interval, rows, request)

    def _answer(
        self, company: Company, interval: str, rows: pl.DataFrame, request: Request
    ) -> Response:
        result: dict[str, Any] = {"meta": self._meta(company, interval)}
        if rows.height:
            result["timestamp"] = rows["at"].to_list()
        quote = {name: rows[name].to_list() for name in (*_PRICES, "volume")} if rows.height else {}
        result["indicators"] = {"quote": [quote]}
        if interval == "1d":
            adjusted = {"adjclose": rows["adj_close"].to_list()} if rows.height else {}
            result["indicators"]["adjclose"] = [adjusted]
        if events := self._events(company, rows, request):
            result["events"] = events
        return Response.json({"chart": {"result": [result], "error": None}})

    def _meta(self, company: Company, interval: str) -> dict[str, Any]:
        code, name = _EXCHANGES[company.mic]
        held = sessions(company.mic).filter(pl.col("close") <= self.world.clock())
        close = held["close"][-1]
        days = self._rows(company, "1d")
        return {
            "currency": "GBp" if company.currency == "GBX" else company.currency,
            "symbol": _spelt(company),
            "exchangeName": code,
            "fullExchangeName": name,
            "instrumentType": _KINDS[company.kind],
            "firstTradeDate": days["at"][0],
            "regularMarketTime": int(close.timestamp()) + 1,
            "exchangeTimezoneName": time_zone(company.mic),
            "longName": company.name,
            "regularMarketPrice": days["close"][-1],
            "priceHint": 2,
            "dataGranularity": interval,
            "range": "",
            "validRanges": ["1d", "5d", "1mo", "max"],
        }

    def _rows(self, company: Company, interval: str) -> pl.DataFrame:
        """``at`` (seconds) and what Yahoo sends for it."""
        # The usual world is the same in every fake, and slow to restate.
        if self._kept[0] is not self.world:
            self._kept = (self.world, {})
        kept = _ROWS if self.world is World.small() else self._kept[1]
        name = (company.symbol, interval)
        if name not in kept:
            days = interval == "1d"
            kept[name] = self._days(company) if days else self._minutes(company, interval)
        return kept[name]

    def _days(self, company: Company) -> pl.DataFrame:
        opens = sessions(company.mic).select(date="session", at=pl.col("open").dt.epoch("s"))
        total = self.world.daily(company.symbol, "yahoo")["close"].alias("adj_close")
        days = self.world.daily(company.symbol, "split").with_columns(total)
        return days.join(opens, on="date", how="left", maintain_order="left")

    def _minutes(self, company: Company, interval: str) -> pl.DataFrame:
        zone = time_zone(company.mic)
        minutes = self.world.minutes.filter(pl.col("symbol") == company.symbol)
        # Restated for splits like the days, one split after the other.
        day = pl.col("start").dt.convert_time_zone(zone).dt.date()
        for split in self.world.splits:
            if split.symbol == company.symbol:
                before = day < split.ex_date
                minutes = minutes.with_columns(
                    *(
                        pl.when(before).then(pl.col(name) / split.ratio).otherwise(name).alias(name)
                        for name in _PRICES
                    ),
                    volume=pl.when(before).then(pl.col("volume") * split.ratio).otherwise("volume"),
                )
        offset = "30m" if interval == "1h" else "0m"
        longer = minutes.group_by_dynamic("start", every=interval, offset=offset).agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
        )
        return longer.with_columns(at=pl.col("start").dt.epoch("s"))

    def _events(self, company: Company, rows: pl.DataFrame, request: Request) -> dict[str, Any]:
        if rows.is_empty() or "div" not in request.query.get("events", ""):
            return {}
        opens = dict(
            sessions(company.mic).select("session", pl.col("open").dt.epoch("s")).iter_rows()
        )
        splits = [one for one in self.world.splits if one.symbol == company.symbol]
        paid, split = {}, {}
        for one in self.world.dividends:
            if one.symbol == company.symbol and opens[one.ex_date] >= rows["at"][0]:
                amount = one.amount
                for later in splits:
                    amount /= later.ratio if later.ex_date > one.ex_date else 1.0
                at = opens[one.ex_date]
                paid[str(at)] = {"amount": amount, "date": at}
        for change in splits:
            at = opens[change.ex_date]
            if at >= rows["at"][0]:
                words = f"{change.new:g}:{change.old:g}"
                facts = {"numerator": change.new, "denominator": change.old, "splitRatio": words}
                split[str(at)] = {"date": at, **facts}
        return {name: sent for name, sent in (("dividends", paid), ("splits", split)) if sent}


# Yahoo's own ways of failing -------------------------------------------------------------------


def refused_crumb() -> Response:
    """Status 401: the crumb is not, or no longer, the right one."""
    error = {"code": "Unauthorized", "description": "Invalid Crumb"}
    return Response.json({"finance": {"result": None, "error": error}}, 401)


def nothing(answer: Response) -> Response:
    """No error and no result."""
    return replace(answer, body=b'{"chart":{"result":null,"error":null}}')


def without_timestamps(answer: Response) -> Response:
    """The description of the ticker, but no prices."""

    def change(result: dict[str, Any]) -> None:
        result.pop("timestamp", None)
        result["indicators"] = {"quote": [{}], "adjclose": [{}]}

    return _changed(answer, change)


def without_prices(*rows: int) -> Callable[[Response], Response]:
    """Some rows hold null only; all of them where none is named."""

    def change(result: dict[str, Any]) -> None:
        count = len(result["timestamp"])
        holes = set(range(count)) if not rows else {row % count for row in rows}
        for part in [*result["indicators"]["quote"], *result["indicators"].get("adjclose", [])]:
            for name, values in part.items():
                part[name] = [None if n in holes else v for n, v in enumerate(values)]

    return lambda answer: _changed(answer, change)


def with_last_day_twice(close: float | None, *, later_seconds: int = 3600) -> Any:
    """The latest quote comes as one more row of the last day."""

    def change(result: dict[str, Any]) -> None:
        result["timestamp"].append(result["timestamp"][-1] + later_seconds)
        quote = result["indicators"]["quote"][0]
        for name in quote:
            quote[name].append(close if name == "close" else quote[name][-1])
        for part in result["indicators"].get("adjclose", []):
            part["adjclose"].append(close)

    return lambda answer: _changed(answer, change)


def with_meta(**facts: Any) -> Callable[[Response], Response]:
    """Some of what Yahoo says of the ticker is different."""

    def change(result: dict[str, Any]) -> None:
        result["meta"] |= facts

    return lambda answer: _changed(answer, change)


def with_events(**events: list[dict[str, Any]]) -> Callable[[Response], Response]:
    """Other events than the true ones."""

    def change(result: dict[str, Any]) -> None:
        result["events"] = {
            name: {str(one["date"]): one for one in sent} for name, sent in events.items()
        }

    return lambda answer: _changed(answer, change)


def seconds_of(day: dt.date, mic: str = "XNYS") -> int:
    """Seconds since 1970 at the open of a session."""
    return int(sessions(mic).filter(session=day)["open"][0].timestamp())


def _changed(answer: Response, change: Callable[[dict[str, Any]], None]) -> Response:
    body = json.loads(answer.body)
    change(body["chart"]["result"][0])
    return replace(answer, body=json.dumps(body).encode())


def _spelt(company: Company) -> str:
    """Yahoo's ticker of a company."""
    symbol = company.symbol
    if company.mic == "XLON":
        return f"{symbol}.L"
    if company.kind == "PFD":
        base, _, series = symbol.partition("p")
        return f"{base}-P{series}"
    return symbol.replace(".", "-")


def _error(status: int, code: str, description: str) -> Response:
    error = {"code": code, "description": description}
    return Response.json({"chart": {"result": None, "error": error}}, status)
