"""Yahoo's chart endpoint, asked by way of yfinance.

Of yfinance only that part is used which changes with Yahoo's defences: the session that looks
like a browser, the cookie and the crumb. Its frames are not: they fill holes with NaN, drop rows
and remember past answers for as long as the process lives.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from importlib import import_module
from typing import Any
from urllib.parse import quote, urlsplit

from hedgerow.errors import (
    BadPayload,
    DefinitionError,
    HedgerowError,
    NotFound,
    RateLimited,
    Transient,
)
from hedgerow.sources.http import (
    HttpOptions,
    Rate,
    Reply,
    VendorClient,
    by_status,
    retry_after,
)
from hedgerow.sources.yahoo.parse import NO_PRICES, chart_error

_HOST = "https://query2.finance.yahoo.com"
_CHART = "/v8/finance/chart/"
_CRUMB = "getcrumb"

# Yahoo publishes no limit; this keeps well below what people report to be met with 429.
_RATES = (Rate(60, 60),)

# Whoever asks again soon after a 429 stays locked out for longer.
_COOL_DOWN_SECONDS = 120.0

# yfinance keeps cookies and crumbs in places that threads would share.
_ONE_AT_A_TIME = threading.Lock()


class YahooClient(VendorClient):
    """Asks for charts.

    Parameters
    ----------
    url
        Host to ask in place of Yahoo's own; empty for those.
    options
        Patience, folder and clock.

    Raises
    ------
    DefinitionError
        yfinance is not installed.
    """

    def __init__(self, url: str, options: HttpOptions) -> None:
        try:
            import yfinance.data  # noqa: F401  0.9 s
        except ImportError as error:
            raise DefinitionError(
                f"source yahoo needs yfinance: pip install 'hedgerow[yahoo]' ({error})",
                source="yahoo",
            ) from None
        super().__init__("yahoo", _HOST, rates=_RATES, classify=self._judge, options=options)
        self._url = url
        self._yahoo: Any = None
        self._session: Any = None
        self._spoilt = False
        self._closed_until = 0.0
        self._turn = asyncio.Lock()

    async def chart(
        self,
        symbol: str,
        *,
        interval: str,
        first: int | None = None,
        last: int | None = None,
        refresh: bool = False,
    ) -> Reply:
        """Prices and events of one ticker.

        Parameters
        ----------
        symbol
            Yahoo's ticker.
        interval
            Yahoo's word for the length of the bars.
        first, last
            Seconds since 1970, the last one excluded; the last five days without them.
        refresh
            Whether to ask even where today's answer is kept.
        """
        span: dict[str, object] = (
            {"range": "5d"} if first is None else {"period1": first, "period2": last}
        )
        params = {
            **span,
            "interval": interval,
            "includePrePost": "false",
            "events": "div,splits,capitalGains",
        }
        return await self.get(f"{_CHART}{quote(symbol, safe='')}", params, refresh=refresh)

    async def aclose(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._forget)
        await super().aclose()

    async def _send(self, path: str, params: dict[str, str], where: str) -> Reply:
        # Waiting here and not in threads, which others need.
        async with self._turn:
            if (rest := self._closed_until - time.monotonic()) > 0:
                await self.options.sleep(rest)
            try:
                return await asyncio.to_thread(self._ask, path, params, where)
            except RateLimited as error:
                hint = error.facts["retry_after"]
                assert isinstance(hint, float)
                self._closed_until = time.monotonic() + hint
                raise

    def _ask(self, path: str, params: dict[str, str], where: str) -> Reply:
        with _ONE_AT_A_TIME:
            if self._spoilt:
                self._begin_anew()
            # A session that met a fault is not used again; only success makes it good.
            self._spoilt = True
            try:
                answer = self._opened(where).get(
                    f"{_HOST}{path}", params=params, timeout=self.options.timeout
                )
            except HedgerowError:
                raise
            except OSError as error:  # also what curl and requests raise
                what = " ".join(str(error).split())[:200] or type(error).__name__
                raise Transient(f"{where}: not reached ({what})", where=where) from None
            except Exception as error:  # noqa: BLE001  whatever else yfinance meets inside
                if "RateLimit" in type(error).__name__:
                    raise _too_many(where) from None
                what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
                raise Transient(f"{where}: yfinance failed ({what})", where=where) from None
            # The words of a refusal would be kept as the crumb, and sent with later requests.
            self._spoilt = self._session.crumb_refused
        headers = {name.lower(): str(text) for name, text in answer.headers.items()}
        now = self.options.clock()
        return Reply(answer.status_code, headers, answer.content, where, fetched_at=now)

    def _opened(self, where: str) -> Any:
        if self._yahoo is None:
            from yfinance.data import YfData

            self._session = _session_class()(self._url, self.options.timeout, where)
            # One of our own: the shared one keeps a crumb for the whole process.
            self._yahoo = type.__call__(YfData, session=self._session)
        return self._yahoo

    def _forget(self) -> None:
        with _ONE_AT_A_TIME:
            self._begin_anew()

    def _begin_anew(self) -> None:
        """Give up the session; the next one has another cookie and crumb."""
        session, self._yahoo, self._session = self._session, None, None
        self._spoilt = False
        if session is not None:
            session.close()

    def _judge(self, reply: Reply) -> HedgerowError | None:
        error = classify(reply)
        # Closed before the next request, not here: another thread may be asking with it now.
        self._spoilt |= isinstance(error, Transient)
        return error


def classify(reply: Reply) -> HedgerowError | None:
    """Error that an answer stands for.

    A ticker is only said not to be there where Yahoo says so in its own words: any other page,
    of whatever status, says nothing about the ticker.
    """
    if reply.status == 429 or b"Too Many Requests" in reply.body[:1000]:
        return _too_many(reply.where, retry_after(reply))
    try:
        said = chart_error(reply.body)
    except (ValueError, RecursionError):
        return _no_chart(reply)
    if said is not None:
        return _in_its_words(*said, reply)
    if by_status(reply) is None and b'"chart"' in reply.body and b'"result"' in reply.body:
        return None
    return _no_chart(reply)


def _in_its_words(code: str, description: str, reply: Reply) -> HedgerowError | None:
    what = f"{reply.where}: {description or code}"
    if NO_PRICES in description:
        return None
    if code == "Not Found" or "No data found" in description:
        return NotFound(what, where=reply.where)
    crumb = "Crumb" in description or "Cookie" in description or code == "Unauthorized"
    if crumb or isinstance(by_status(reply), Transient):
        return Transient(what, where=reply.where)
    return BadPayload(f"{reply.where}: {code}: {description}", where=reply.where)


def _no_chart(reply: Reply) -> HedgerowError:
    error = by_status(reply)
    if isinstance(error, Transient) or b"Will be right back" in reply.body:
        return Transient(f"{reply.where}: {reply.status} {reply.excerpt()}", where=reply.where)
    return BadPayload(
        f"{reply.where}: {reply.status}, the answer is no chart but {reply.excerpt()!r}",
        where=reply.where,
    )


def _too_many(where: str, hint: float | None = None) -> RateLimited:
    # Jitter, so that many programs do not come back in the same second.
    rest = _COOL_DOWN_SECONDS * random.uniform(1.0, 1.5)
    return RateLimited(
        f"{where}: too many requests; Yahoo wants minutes of rest",
        where=where,
        retry_after=rest if hint is None else max(hint, rest),
    )


def _session_class() -> Any:
    """A browser-like session that keeps its time, its host, and an eye on the crumb."""
    try:
        backend, how = import_module("curl_cffi.requests"), {"impersonate": "chrome"}
    except ImportError:  # yfinance does without it, too
        backend, how = import_module("requests"), {}

    class PatientSession(backend.Session):  # type: ignore[misc, name-defined]
        def __init__(self, url: str, timeout: float, where: str) -> None:
            super().__init__(**how)
            self.crumb_refused = False
            self._url, self._patience, self._where = url, timeout, where

        def request(self, method: str, url: str, **options: Any) -> Any:
            options["timeout"] = self._patience
            parts = urlsplit(url)
            if self._url:
                headers = {**(options.get("headers") or {}), "X-Orig-Host": parts.hostname}
                options["headers"] = headers
                url = f"{self._url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
            answer = super().request(method, url, **options)
            if _CRUMB in parts.path and answer.status_code != 200:
                self.crumb_refused = True
            if _CHART in parts.path and answer.status_code == 429:
                # yfinance would ask again at once; whoever does stays locked out.
                headers = {name.lower(): str(text) for name, text in answer.headers.items()}
                reply = Reply(429, headers, b"", self._where)
                raise _too_many(self._where, retry_after(reply))
            return answer

    return PatientSession
