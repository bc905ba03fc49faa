"""A fake Alpha Vantage: one path, errors with status 200, a counter of the day.

Every value is made up; the shapes and the words of the errors are the vendor's.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Mapping
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from hedgerow.domain.calendar import sessions
from hedgerow.testing.vendors.faults import body
from hedgerow.testing.vendors.server import FakeServer, Fault, Request, Response
from hedgerow.testing.vendors.world import NEW_YORK, Company, World

Plan = Literal["free", "premium"]

COMPACT_ROWS = 100
FX_ROWS = 5000
REQUESTS_A_DAY = 25

_PLANS = "https://www.alphavantage.co/premium/"

#: Words of the vendor's errors by what they mean; ``{key}`` and ``{function}`` are filled in.
WORDS: dict[str, str] = {
    "burst": (
        "Thank you for using Alpha Vantage! Please consider spreading out your free API requests "
        "more sparingly (1 request per second). You may subscribe to any of the premium plans at "
        f"{_PLANS} to lift the free key rate limit (25 requests per day), raise the per-second "
        "burst limit, and instantly unlock all premium endpoints"
    ),
    "burst_pattern": (
        "Burst pattern detected. Please consider spreading out your API requests more evenly "
        "across a 1-minute window and query no more than 5 requests per second."
    ),
    "daily": (
        "We have detected your API key as {key} and our standard API rate limit is 25 requests "
        f"per day. Please subscribe to any of the premium plans at {_PLANS} to instantly remove "
        "all daily rate limits."
    ),
    "volume": (
        "Thank you for using Alpha Vantage! Please contact premium@alphavantage.co if you are "
        "targeting a higher API call volume."
    ),
    "premium_value": (
        "Thank you for using Alpha Vantage! The outputsize=full parameter value is a premium "
        "feature for the {function} endpoint. You may subscribe to any of the premium plans at "
        f"{_PLANS} to instantly unlock all premium features"
    ),
    "premium_endpoint": (
        "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any "
        f"of the premium plans at {_PLANS} to instantly unlock all premium endpoints"
    ),
    "note": (
        "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute "
        f"and 500 calls per day. Please visit {_PLANS} if you would like to target a higher API "
        "call frequency."
    ),
    "invalid_call": (
        "Invalid API call. Please retry or visit the documentation "
        "(https://www.alphavantage.co/documentation/) for {function}."
    ),
    "key_refused": (
        "the parameter apikey is invalid or missing. Please claim your free API key on "
        "(https://www.alphavantage.co/support/#api-key). It should take less than 20 seconds."
    ),
}
_KEY_OF = {"note": "Note", "invalid_call": "Error Message", "key_refused": "Error Message"}

_SUFFIX = {"XLON": ".LON"}
_REGION = {"XLON": ("United Kingdom", "08:00", "16:30", "UTC+01")}
_NEW_YORK_REGION = ("United States", "09:30", "16:00", "UTC-04")
_EXCHANGE = {"XNAS": "NASDAQ", "XNYS": "NYSE"}


def said(kind: str, key: str = "XXXXXXXX") -> Fault:
    """Status 200 with one of ``WORDS`` instead of the answer.

    Parameters
    ----------
    kind
        Such as ``burst`` or ``daily``.
    key
        What the text repeats as the key.
    """

    def fault(request: Request, _healthy: Callable[[], Response]) -> Response:
        return _words(kind, key, request.query.get("function", ""))

    return fault


def unknown_object() -> Fault:
    """An object of JSON with a key that nobody has seen."""
    return body('{"message":"scheduled maintenance"}')


class FakeAlphaVantage(FakeServer):
    """Alpha Vantage over the small world.

    Parameters
    ----------
    world
        Companies and prices; the small one by default.
    key
        The only key that it takes.
    plan
        ``free``: 25 requests a day, no ``outputsize=full`` of prices, no adjusted prices.
    clock
        The present; the world's by default. While New York trades, today's row is there and
        shows only a part of the day.

    Examples
    --------
    >>> import json, urllib.request
    >>> with FakeAlphaVantage() as fake:
    ...     asked = f"{fake.url}/query?function=SPLITS&symbol=ZQX&apikey=planted-alphavantage-key"
    ...     json.load(urllib.request.urlopen(asked))["data"]
    [{'effective_date': '2025-04-14', 'split_factor': '4.0000'}]
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        key: str = "planted-alphavantage-key",
        plan: Plan = "premium",
        clock: Callable[[], dt.datetime] | None = None,
    ) -> None:
        super().__init__()
        self.world = world or World.small()
        self.key = key
        self.plan = plan
        self.clock = clock or self.world.clock
        self.counted: dict[dt.date, int] = {}
        self._functions: Mapping[str, Callable[[Mapping[str, str]], Response]] = {
            "TIME_SERIES_DAILY": self._daily,
            "TIME_SERIES_DAILY_ADJUSTED": self._daily_adjusted,
            "SPLITS": self._splits,
            "DIVIDENDS": self._dividends,
            "SYMBOL_SEARCH": self._search,
            "LISTING_STATUS": self._listing,
            "FX_DAILY": self._fx,
            "GLOBAL_QUOTE": self._quote,
            "OVERVIEW": self._overview,
        }

    def answer(self, request: Request) -> Response:
        """What the vendor answers while it is well."""
        query = request.query
        function = query.get("function", "")
        if request.path != "/query":
            return Response.text("<html>404</html>", 404, "text/html")
        if query.get("apikey") != self.key:
            return _words("key_refused", self.key, function)
        today = self.clock().astimezone(NEW_YORK).date()
        self.counted[today] = self.counted.get(today, 0) + 1
        if self.plan == "free" and self.counted[today] > REQUESTS_A_DAY:
            return _words("daily", self.key, function)
        if function not in self._functions:
            return _words("invalid_call", self.key, function)
        return self._functions[function](query)

    def rates(self, base: str, quote: str) -> list[tuple[dt.date, float]]:
        """Closing rates of a pair, one a weekday since 2003, today's unfinished one included."""
        today = self.clock().astimezone(dt.UTC).date()
        count = int(np.busday_count("2003-01-01", today + dt.timedelta(days=1)))
        days = np.busday_offset("2003-01-01", np.arange(count), roll="forward").tolist()
        random = np.random.default_rng([ord(letter) for letter in base + quote])
        start = 110.0 if quote == "JPY" else 1.1
        walk = start * np.exp(np.cumsum(random.normal(0, 0.004, count)))
        return list(zip(days, np.round(walk, 5).tolist(), strict=True))

    def _daily(self, query: Mapping[str, str]) -> Response:
        full = query.get("outputsize") == "full"
        if full and self.plan == "free":
            return _words("premium_value", self.key, "TIME_SERIES_DAILY")
        company = self._company(query)
        if company is None:
            return _words("invalid_call", self.key, "TIME_SERIES_DAILY")
        rows = {
            str(row["date"]): {
                **{name: f"{row[name]:.4f}" for name in ("open", "high", "low", "close")},
                "volume": f"{row['volume']:.0f}",
            }
            for row in self._rows(company, full=full)
        }
        title = "Daily Prices (open, high, low, close) and Volumes"
        return _series(query, title, rows, full=full)

    def _daily_adjusted(self, query: Mapping[str, str]) -> Response:
        if self.plan == "free":
            return _words("premium_endpoint", self.key, "TIME_SERIES_DAILY_ADJUSTED")
        company = self._company(query)
        if company is None:
            return _words("invalid_call", self.key, "TIME_SERIES_DAILY_ADJUSTED")
        full = query.get("outputsize") == "full"
        paid = {one.ex_date: one.amount for one in self._of(self.world.dividends, company)}
        split = {one.ex_date: one.ratio for one in self._of(self.world.splits, company)}
        adjusted = _adjusted(self._rows(company, full=True), paid, split)
        rows = {
            str(row["date"]): {
                **{name: f"{row[name]}" for name in ("open", "high", "low", "close")},
                "adjusted close": f"{adjusted[row['date']]:.12g}",
                "volume": f"{row['volume']:.0f}",
                "dividend amount": f"{paid.get(row['date'], 0):.4f}",
                "split coefficient": f"{split.get(row['date'], 1.0)}",
            }
            for row in self._rows(company, full=full)
        }
        return _series(query, "Daily Time Series with Splits and Dividend Events", rows, full=full)

    def _rows(self, company: Company, *, full: bool) -> list[dict[str, Any]]:
        """Rows newest first; today's while the exchange is open is a part of the day."""
        now = self.clock()
        local = now.astimezone(ZoneInfo("Europe/London") if company.mic == "XLON" else NEW_YORK)
        bars = self.world.bars.filter(
            pl.col("symbol") == company.symbol, pl.col("date") <= local.date()
        )
        today = sessions(company.mic).filter(pl.col("session") == local.date())
        if today.height and now < today["open"][0]:
            bars = bars.filter(pl.col("date") < local.date())
        elif today.height and now < today["close"][0]:
            unfinished = pl.col("date") == local.date()
            bars = bars.with_columns(
                close=pl.when(unfinished).then(pl.col("open")).otherwise("close"),
                volume=pl.when(unfinished).then(pl.col("volume") // 3).otherwise("volume"),
            )
        newest_first = bars.sort("date", descending=True)
        return (newest_first if full else newest_first.head(COMPACT_ROWS)).to_dicts()

    def _splits(self, query: Mapping[str, str]) -> Response:
        company = self._company(query)
        events = [] if company is None else self._of(self.world.splits, company)
        rows = [
            {"effective_date": str(one.ex_date), "split_factor": f"{one.ratio:.4f}"}
            for one in reversed(events)
        ]
        return Response.json({"symbol": query.get("symbol"), "data": rows})

    def _dividends(self, query: Mapping[str, str]) -> Response:
        company = self._company(query)
        events = [] if company is None else self._of(self.world.dividends, company)
        rows = [
            {
                "ex_dividend_date": str(one.ex_date),
                "declaration_date": str(one.declared),
                "record_date": str(one.record),
                "payment_date": str(one.pay),
                "amount": f"{one.amount}",
            }
            for one in reversed(events)
        ]
        return Response.json({"symbol": query.get("symbol"), "data": rows})

    def _search(self, query: Mapping[str, str]) -> Response:
        words = query.get("keywords", "").casefold()
        matches = [
            self._match(one, words)
            for one in self.world.companies
            if words and words in f"{_spelt(one)} {one.symbol} {one.name}".casefold()
        ]
        best = sorted(matches, key=lambda match: match["9. matchScore"], reverse=True)
        return Response.json({"bestMatches": best[:10]})

    def _match(self, company: Company, words: str) -> dict[str, str]:
        region, opens, closes, zone = _REGION.get(company.mic, _NEW_YORK_REGION)
        score = 1.0 if _spelt(company).casefold() == words else 0.6
        return {
            "1. symbol": _spelt(company),
            "2. name": company.name,
            "3. type": "ETF" if company.kind == "ETF" else "Equity",
            "4. region": region,
            "5. marketOpen": opens,
            "6. marketClose": closes,
            "7. timezone": zone,
            "8. currency": company.currency,
            "9. matchScore": f"{score:.4f}",
        }

    def _listing(self, query: Mapping[str, str]) -> Response:
        given = query.get("date")
        on = dt.date.fromisoformat(given) if given else self.clock().astimezone(NEW_YORK).date()
        if on < dt.date(2010, 1, 1):
            return _words("invalid_call", self.key, "LISTING_STATUS")
        wanted = query.get("state", "active")
        out = io.StringIO()
        table = csv.writer(out, lineterminator="\r\n")
        table.writerow(
            ("symbol", "name", "exchange", "assetType", "ipoDate", "delistingDate", "status")
        )
        for one in sorted(self.world.companies, key=_spelt):
            gone = one.delisted is not None and one.delisted < on
            if one.mic not in _EXCHANGE or one.listed > on or gone != (wanted == "delisted"):
                continue
            kind = "ETF" if one.kind == "ETF" else "Stock"
            status = ("Delisted", one.delisted) if gone else ("Active", "null")
            table.writerow(
                (_spelt(one), one.name, _EXCHANGE[one.mic], kind, one.listed, status[1], status[0])
            )
        return Response.csv(out.getvalue())

    def _fx(self, query: Mapping[str, str]) -> Response:
        base, quote = query.get("from_symbol", ""), query.get("to_symbol", "")
        if len(base) != 3 or len(quote) != 3:
            return _words("invalid_call", self.key, "FX_DAILY")
        full = query.get("outputsize") == "full"
        newest_first = self.rates(base, quote)[::-1][: FX_ROWS if full else COMPACT_ROWS]
        rows = {
            str(day): _numbered(
                {
                    "open": f"{rate:.5f}",
                    "high": f"{rate * 1.002:.5f}",
                    "low": f"{rate * 0.998:.5f}",
                    "close": f"{rate:.5f}",
                }
            )
            for day, rate in newest_first
        }
        meta = {
            "1. Information": "Forex Daily Prices (open, high, low, close)",
            "2. From Symbol": base,
            "3. To Symbol": quote,
            "4. Output Size": "Full size" if full else "Compact",
            "5. Last Refreshed": f"{self.clock().astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}",
            "6. Time Zone": "UTC",
        }
        return Response.json({"Meta Data": meta, "Time Series FX (Daily)": rows})

    def _quote(self, query: Mapping[str, str]) -> Response:
        company = self._company(query)
        rows = [] if company is None else self._rows(company, full=False)[:2]
        if len(rows) < 2:
            return Response.json({"Global Quote": {}})
        now, before = rows
        change = now["close"] - before["close"]
        return Response.json(
            {
                "Global Quote": {
                    "01. symbol": query["symbol"],
                    "02. open": f"{now['open']:.4f}",
                    "03. high": f"{now['high']:.4f}",
                    "04. low": f"{now['low']:.4f}",
                    "05. price": f"{now['close']:.4f}",
                    "06. volume": f"{now['volume']:.0f}",
                    "07. latest trading day": str(now["date"]),
                    "08. previous close": f"{before['close']:.4f}",
                    "09. change": f"{change:.4f}",
                    "10. change percent": f"{100 * change / before['close']:.4f}%",
                }
            }
        )

    def _overview(self, query: Mapping[str, str]) -> Response:
        company = self._company(query)
        if company is None or company.kind != "CS" or company.mic not in _EXCHANGE:
            return Response.json({})
        return Response.json(
            {
                "Symbol": query["symbol"],
                "AssetType": "Common Stock",
                "Name": company.name,
                "CIK": company.cik.lstrip("0"),
                "Exchange": _EXCHANGE[company.mic],
                "Currency": "USD",
                "Sector": "TECHNOLOGY",
                "LatestQuarter": "2025-12-31",
                "MarketCapitalization": "206116848000",
                "PERatio": "19.42",
                "BookValue": "35.08",
                "DividendYield": "0.0308",
                "ProfitMargin": "0.156",
                "ReturnOnEquityTTM": "0.358",
                "PriceToBookRatio": "None",
                "Beta": "0.581",
                "52WeekHigh": "320.7",
                "52WeekLow": "212.34",
            }
        )

    def _company(self, query: Mapping[str, str]) -> Company | None:
        asked = query.get("symbol", "")
        return next((one for one in self.world.companies if _spelt(one) == asked), None)

    @staticmethod
    def _of(events: Any, company: Company) -> list[Any]:
        return [one for one in events if one.symbol == company.symbol]


def _adjusted(
    newest_first: list[dict[str, Any]],
    paid: Mapping[dt.date, float],
    split: Mapping[dt.date, float],
) -> dict[dt.date, float]:
    """Closes restated for what came after them, from the newest back."""
    closes, factor = {}, 1.0
    for row in newest_first:
        day, close = row["date"], row["close"]
        closes[day] = close * factor
        factor *= close / (close + paid.get(day, 0.0)) / split.get(day, 1.0)
    return closes


def _spelt(company: Company) -> str:
    """Ticker as the vendor writes it: ``ZQX-P-A``, ``BRK-X``, ``ZQL.LON``."""
    if company.kind == "PFD":
        stem, _, series = company.symbol.partition("p")
        return f"{stem}-P-{series}"
    return company.symbol.replace(".", "-") + _SUFFIX.get(company.mic, "")


def _words(kind: str, key: str, function: str) -> Response:
    text = WORDS[kind].format(key=key, function=function)
    return Response.json({_KEY_OF.get(kind, "Information"): text})


def _numbered(row: Mapping[str, str]) -> dict[str, str]:
    return {f"{place}. {name}": text for place, (name, text) in enumerate(row.items(), 1)}


def _series(
    query: Mapping[str, str], title: str, rows: Mapping[str, Mapping[str, str]], *, full: bool
) -> Response:
    if query.get("datatype") == "csv":
        names = list(next(iter(rows.values()), {}))
        header = ",".join(["timestamp", *(name.replace(" ", "_") for name in names)])
        lines = [",".join([day, *row.values()]) for day, row in rows.items()]
        return Response.csv("\r\n".join([header, *lines, ""]))
    meta = {
        "1. Information": title,
        "2. Symbol": query["symbol"],
        "3. Last Refreshed": next(iter(rows), ""),
        "4. Output Size": "Full size" if full else "Compact",
        "5. Time Zone": "US/Eastern",
    }
    series = {day: _numbered(row) for day, row in rows.items()}
    return Response.json({"Meta Data": meta, "Time Series (Daily)": series})
