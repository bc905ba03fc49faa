"""A fake Financial Modeling Prep: the stable endpoints, their habits and their refusals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cache
from typing import Any

from hedgerow.testing.vendors import _fmp_reports as reports
from hedgerow.testing.vendors.faults import body, status, too_many
from hedgerow.testing.vendors.server import FakeServer, Fault, Request, Response
from hedgerow.testing.vendors.world import NEW_YORK, Company, World

_LIMIT = (
    '{"Error Message":"Limit Reach . Please upgrade your plan or visit our documentation for more '
    'details"}'
)
_TOO_FAST = (
    '{"Error Message":"Too Many Requests if you need to increase your limit rate per millisecond",'
    '"X-Rate-Limit-Retry-After-Seconds":0,"X-Rate-Limit-Retry-After-Milliseconds":174}'
)
_INVALID_KEY = (
    '{"Error Message":"Invalid API KEY. Feel free to create a Free API Key or visit us."}'
)
_LEGACY = (
    '{"Error Message":"Legacy Endpoint : Due to Legacy endpoints being no longer supported - This '
    "endpoint is only available for legacy users who have valid subscriptions prior August 31, "
    '2025."}'
)
_SPECIAL = (
    "Premium Query Parameter: 'Special Endpoint : This value set for 'symbol' is not available "
    "under your current subscription'"
)
_EXCLUSIVE = (
    '{"Error Message":"Exclusive Endpoint : This endpoint is not available under your current '
    'subscription agreement"}'
)

_EXCHANGES = {
    "XNAS": ("NASDAQ", "NASDAQ Global Select"),
    "XNYS": ("NYSE", "New York Stock Exchange"),
    "XLON": ("LSE", "London Stock Exchange"),
}
_DEFAULT_LIMIT, _FREE_LIMIT = 5, 5
_PARTS = 2


def limit_reached() -> Fault:
    """Status 429 with the words for a limit that is used up."""
    return too_many(text=_LIMIT)


def too_fast() -> Fault:
    """Status 429 with a hint in milliseconds in the body."""
    return too_many(text=_TOO_FAST)


def bulk_throttled() -> Fault:
    """Status 200 and JSON where a CSV file was asked for."""
    return body(_LIMIT)


def special() -> Fault:
    """Status 402 in plain text: the symbol is not in the plan."""
    return status(402, _SPECIAL, "text/plain")


def exclusive() -> Fault:
    """Status 402 in JSON: the endpoint is not in the plan."""
    return status(402, _EXCLUSIVE)


class FakeFmp(FakeServer):
    """Plays Financial Modeling Prep over a little market.

    Parameters
    ----------
    world
        Companies and prices.
    key
        The only key that is accepted.
    plan
        ``free`` refuses quarters, bulk files and more than five rows.
    most_rows
        Days that an answer holds at most; the newest are kept, without a word.

    Examples
    --------
    >>> from hedgerow.settings import Settings
    >>> with FakeFmp() as fake:
    ...     settings = Settings(fmp_url=fake.url, fmp_plan="premium")
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        key: str = "planted-fmp-key",
        plan: str = "ultimate",
        most_rows: int = 5000,
    ) -> None:
        super().__init__()
        self.world = world or World.small()
        self.key, self.plan, self.most_rows = key, plan, most_rows
        self._daily = cache(self.world.daily)

    def answer(self, request: Request) -> Response:
        """What the vendor sends."""
        if request.query.get("apikey") != self.key:
            return Response(_INVALID_KEY.encode(), 401)
        if request.path.startswith("/api/"):
            return Response(_LEGACY.encode(), 403)
        name = request.path.removeprefix("/stable/")
        if name.endswith("-bulk"):
            return self._bulk(name, request)
        answers: dict[str, Callable[[Company, Request], list[dict[str, Any]]]] = {
            "profile": lambda company, _: [self.profile(company)],
            "splits": self._splits,
            "dividends": self._dividends,
            "income-statement": self._reports,
            "ratios": self._ratios,
            "key-metrics": self._key_metrics,
            "ratios-ttm": lambda company, _: self._trailing(company, "ratios"),
            "key-metrics-ttm": lambda company, _: self._trailing(company, "key-metrics"),
        } | {f"historical-price-eod/{kind}": self._prices for kind in _KINDS}
        if name not in answers:
            return Response(b"[]", 404)
        if "symbol" not in request.query:
            return _missing("symbol")
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        company = self._company(request.query["symbol"])
        rows = [] if company is None else answers[name](company, request)
        return Response.json(rows)

    def profile(self, company: Company) -> dict[str, Any]:
        """The row of ``profile``."""
        bars = self._daily(company.symbol, "split")
        year = bars.tail(252)
        price = bars["close"][-1]
        paid = [one.amount for one in self.world.dividends if one.symbol == company.symbol][-4:]
        name, full_name = _EXCHANGES[company.mic]
        return {
            "symbol": sent(company),
            "price": price,
            "marketCap": price * reports.shares_of(company),
            "beta": 1.086,
            "lastDividend": round(sum(paid), 4),
            "range": f"{min(year['low']):.2f}-{max(year['high']):.2f}",
            "volume": 26054077,
            "companyName": company.name,
            "currency": "GBp" if company.currency == "GBX" else company.currency,
            "cik": company.cik or None,
            "exchangeFullName": full_name,
            "exchange": name,
            "industry": "Hedges",
            "description": 'Makes "hedges",\nand keeps them.',
            "sector": "Technology",
            "country": "GB" if company.mic == "XLON" else "US",
            "fullTimeEmployees": "166000",
            "ipoDate": company.listed.isoformat(),
            "isEtf": company.kind == "ETF",
            "isActivelyTrading": company.delisted is None,
            "isAdr": False,
            "isFund": False,
        }

    def _company(self, symbol: str) -> Company | None:
        return next((one for one in self.world.companies if sent(one) == symbol), None)

    def _refuse(self, request: Request) -> Response | None:
        period = request.query.get("period", "annual")
        if len(period) == 2 and period[0] == "Q" and period not in ("Q1", "Q2", "Q3", "Q4"):
            return _missing("period")
        many = int(request.query.get("limit", _DEFAULT_LIMIT)) > _FREE_LIMIT
        if self.plan == "free" and (many or period.startswith(("q", "Q"))):
            return Response(_EXCLUSIVE.encode(), 402)
        return None

    def _prices(self, company: Company, request: Request) -> list[dict[str, Any]]:
        kind = request.path.rpartition("/")[2]
        today = self.world.now.astimezone(NEW_YORK).date()
        start = request.query.get("from", (today - dt.timedelta(days=5 * 365)).isoformat())
        end = request.query.get("to", today.isoformat())
        rows = [
            _day(sent(company), bar, kind)
            for bar in self._daily(company.symbol, _KINDS[kind]).iter_rows(named=True)
            if start <= bar["date"].isoformat() <= end
        ]
        return rows[::-1][: self.most_rows]

    def _splits(self, company: Company, request: Request) -> list[dict[str, Any]]:
        rows = [
            {
                "symbol": sent(company),
                "date": one.ex_date.isoformat(),
                "numerator": one.new,
                "denominator": one.old,
            }
            for one in self.world.splits
            if one.symbol == company.symbol
        ]
        return _limited(rows[::-1], request)

    def _dividends(self, company: Company, request: Request) -> list[dict[str, Any]]:
        rows = []
        for one in self.world.dividends:
            if one.symbol != company.symbol:
                continue
            later = [s for s in self.world.splits if s.symbol == one.symbol]
            restated = one.amount
            for split in later:
                restated /= split.ratio if split.ex_date > one.ex_date else 1
            rows.append(
                {
                    "symbol": sent(company),
                    "date": one.ex_date.isoformat(),
                    "recordDate": one.record.isoformat(),
                    "paymentDate": one.pay.isoformat(),
                    "declarationDate": one.declared.isoformat(),
                    "adjDividend": restated,
                    "dividend": one.amount,
                    "yield": 0.4,
                    "frequency": "Quarterly",
                }
            )
        return _limited(rows[::-1], request)

    def _reports(self, company: Company, request: Request) -> list[dict[str, Any]]:
        period = request.query.get("period", "annual")
        known = period if period in ("quarter", "Q1", "Q2", "Q3", "Q4") else "annual"
        rows = reports.income_statements(self.world, company, sent(company), known)
        return _limited(rows, request)

    def _ratios(self, company: Company, request: Request) -> list[dict[str, Any]]:
        return [
            reports.ratios(self._daily(company.symbol, "split"), company, row)
            for row in self._reports(company, request)
        ]

    def _key_metrics(self, company: Company, request: Request) -> list[dict[str, Any]]:
        return [reports.key_metrics(company, row) for row in self._reports(company, request)]

    def _trailing(self, company: Company, kind: str) -> list[dict[str, Any]]:
        annual = reports.income_statements(self.world, company, sent(company), "annual")
        if not annual:
            return []
        if kind == "ratios":
            return [
                reports.trailing(
                    [reports.ratios(self._daily(company.symbol, "split"), company, annual[0])], ()
                )
            ]
        metrics = reports.key_metrics(company, annual[0])
        return [reports.trailing([metrics], ("marketCap",))]

    def _bulk(self, name: str, request: Request) -> Response:
        if self.plan != "ultimate":
            return Response(_EXCLUSIVE.encode(), 402)
        rows: list[dict[str, Any]] = []
        companies = self.world.companies
        if name == "profile-bulk":
            part = request.query.get("part", "")
            if not part.isdigit() or int(part) >= _PARTS:
                return _missing("part")
            rows = [self.profile(one) for one in companies[int(part) :: _PARTS]]
        elif name == "income-statement-bulk":
            rows = self._income_bulk(request)
        elif name in ("ratios-ttm-bulk", "key-metrics-ttm-bulk"):
            kind = name.removesuffix("-ttm-bulk")
            rows = [row for one in companies for row in self._trailing(one, kind)]
        elif name == "eod-bulk":
            rows = self._eod_bulk(request.query.get("date", ""))
        else:
            return Response(b"[]", 404)
        chunked = name in ("profile-bulk", "eod-bulk")
        return Response.csv(_quoted(rows), chunked=chunked)

    def _income_bulk(self, request: Request) -> list[dict[str, Any]]:
        period, year = request.query.get("period", "annual"), request.query.get("year")
        return [
            row
            for one in self.world.companies
            for row in reports.income_statements(self.world, one, sent(one), period)
            if row["fiscalYear"] == year
        ]

    def _eod_bulk(self, day: str) -> list[dict[str, Any]]:
        names = ("open", "high", "low", "close", "volume")
        return [
            {"symbol": sent(one), "date": day}
            | {name: bar[name] for name in names}
            | {"adjClose": bar["close"]}
            for one in self.world.companies
            for bar in self._daily(one.symbol).iter_rows(named=True)
            if bar["date"].isoformat() == day
        ]


_KINDS = {
    "light": "split",
    "full": "split",
    "non-split-adjusted": "raw",
    "dividend-adjusted": "total",
}


def sent(company: Company) -> str:
    """The vendor's ticker of a company.

    Examples
    --------
    >>> sent(Company("BRK.X", "Briar")), sent(Company("ZQL", "Zed", "XLON"))
    ('BRK-X', 'ZQL.L')
    """
    if company.mic == "XLON":
        return f"{company.symbol}.L"
    return company.symbol.replace(".", "-").replace("p", "-P")


def _day(symbol: str, bar: dict[str, Any], kind: str) -> dict[str, Any]:
    day = {"symbol": symbol, "date": bar["date"].isoformat()}
    if kind == "light":
        return {**day, "price": bar["close"], "volume": bar["volume"]}
    if kind == "full":
        prices = {name: bar[name] for name in ("open", "high", "low", "close", "volume")}
        change = bar["close"] - bar["open"]
        percent = 100 * change / bar["open"]
        return {**day, **prices, "change": change, "changePercent": percent, "vwap": bar["vwap"]}
    prices = {f"adj{name.capitalize()}": bar[name] for name in ("open", "high", "low", "close")}
    return {**day, **prices, "volume": bar["volume"]}


def _limited(rows: list[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
    return rows[: int(request.query.get("limit", _DEFAULT_LIMIT))]


def _missing(name: str) -> Response:
    """Plain text that calls itself JSON."""
    words = f"Query Error: Invalid or missing query parameter - {name}"
    return Response(words.encode(), 400)


def _quoted(rows: list[dict[str, Any]]) -> str:
    """CSV with every value in quotes; null is an empty one."""
    if not rows:
        return ""
    cells = [list(rows[0]), *(list(row.values()) for row in rows)]
    return "".join(",".join(map(_cell, line)) + "\n" for line in cells)


def _cell(value: object) -> str:
    if value is None:
        return '""'
    text = str(value).lower() if isinstance(value, bool) else str(value)
    escaped = text.replace('"', '""')
    return f'"{escaped}"'
