"""The endpoints of Alpha Vantage, all of which are one path with a ``function``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from hedgerow.errors import HedgerowError
from hedgerow.sources.alphavantage.classify import Classifier
from hedgerow.sources.alphavantage.symbols import VENDOR
from hedgerow.sources.http import HttpOptions, Rate, Reply, VendorClient

PATH = "/query"
_WHERE = f"{VENDOR} {PATH}"
_SIZE = {False: "compact", True: "full"}

# A free key: 25 requests a day and one a second, which is counted strictly, hence the margin.
# A paid key: 75 a minute in the smallest plan, and the vendor refuses bursts within the minute.
RATES: dict[str, tuple[Rate, ...]] = {
    "free": (Rate(1, 1.2), Rate(25, 86_400)),
    "premium": (Rate(1, 0.8), Rate(75, 60)),
}


class AlphaVantageClient:
    """One method for each endpoint.

    Parameters
    ----------
    key
        The key; it goes into the query, for the vendor takes it nowhere else.
    url
        Host.
    plan
        ``free`` or ``premium``, which says how fast to ask.
    options
        Patience, folder and clock.
    """

    def __init__(self, key: str, url: str, plan: str, options: HttpOptions) -> None:
        self._http = VendorClient(
            VENDOR,
            url,
            secrets=(key,),
            params={"apikey": key},
            rates=RATES[plan],
            classify=Classifier(key, options.clock),
            options=options,
        )

    async def daily(
        self, symbol: str, *, full: bool, through: dt.date, refresh: bool = False
    ) -> Reply:
        """Prices as traded, newest first: the last 100 rows, or ``full`` (premium) all.

        ``through``, here and below, is the last session that has closed: an answer kept from
        before it closed holds at most a part of it, and is not read again after.
        """
        params = {"function": "TIME_SERIES_DAILY", "symbol": symbol, "outputsize": _SIZE[full]}
        return await self._dated(params, symbol, through, refresh=refresh)

    async def daily_adjusted(
        self, symbol: str, *, full: bool, through: dt.date, refresh: bool = False
    ) -> Reply:
        """The same with splits, dividends and adjusted closes (premium)."""
        function = "TIME_SERIES_DAILY_ADJUSTED"
        params = {"function": function, "symbol": symbol, "outputsize": _SIZE[full]}
        return await self._dated(params, symbol, through, refresh=refresh)

    async def splits(self, symbol: str, *, through: dt.date, refresh: bool = False) -> Reply:
        """Splits of a company: ``effective_date, split_factor``."""
        params = {"function": "SPLITS", "symbol": symbol}
        return await self._dated(params, symbol, through, refresh=refresh)

    async def dividends(self, symbol: str, *, through: dt.date, refresh: bool = False) -> Reply:
        """Dividends of a company: ``ex_dividend_date``, three further dates, ``amount``."""
        params = {"function": "DIVIDENDS", "symbol": symbol}
        return await self._dated(params, symbol, through, refresh=refresh)

    async def search(self, keywords: str) -> Reply:
        """Instruments whose symbol or name is like some words, best first."""
        params = {"function": "SYMBOL_SEARCH", "keywords": keywords}
        return await self._ask(params, keywords, refresh=False)

    async def listing(self, state: str, on: dt.date | None = None) -> Reply:
        """Everything ``active`` or ``delisted`` in the United States on a day, as CSV."""
        params: dict[str, object] = {"function": "LISTING_STATUS", "state": state, "date": on}
        return await self._ask(params, state, refresh=False)

    async def fx_daily(
        self, base: str, quote: str, *, full: bool, through: dt.date, refresh: bool = False
    ) -> Reply:
        """Rates of a pair of currencies, newest first: the last 100 rows, or ``full`` all."""
        params = {
            "function": "FX_DAILY",
            "from_symbol": base,
            "to_symbol": quote,
            "outputsize": _SIZE[full],
        }
        return await self._dated(params, f"{base}/{quote}", through, refresh=refresh)

    async def overview(self, symbol: str, *, refresh: bool = False) -> Reply:
        """Description and current figures of a company."""
        return await self._ask({"function": "OVERVIEW", "symbol": symbol}, symbol, refresh=refresh)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _dated(
        self, params: dict[str, str], what: str, through: dt.date, *, refresh: bool
    ) -> Reply:
        """Answer of today, unless it was kept before the last session closed."""
        return await self._ask(params, what, refresh=refresh, kept_for=through.isoformat())

    async def _ask(
        self, params: Mapping[str, object], what: str, *, refresh: bool, kept_for: str = ""
    ) -> Reply:
        # The path is the same for all: errors say what was asked for.
        asked = _asked(params, what)
        try:
            reply = await self._http.get(PATH, params, refresh=refresh, kept_for=kept_for)
            return replace(reply, where=asked)
        except HedgerowError as error:
            message = error.message.replace(_WHERE, asked, 1)
            raise type(error)(message, **{**error.facts, "where": asked}) from None


def _asked(params: Mapping[str, object], what: str) -> str:
    return f"{VENDOR} {params['function']} {what}"
