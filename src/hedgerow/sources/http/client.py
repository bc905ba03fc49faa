"""The one HTTP client behind every vendor."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random,
    wait_random_exponential,
)

from hedgerow.errors import (
    AuthError,
    BadPayload,
    HedgerowError,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from hedgerow.sources.http.cache import AnswerCache
from hedgerow.sources.http.limits import Rate, RateLimiter
from hedgerow.sources.http.options import HttpOptions
from hedgerow.sources.http.reply import Reply, by_status
from hedgerow.sources.http.secrets import Redactor, keep_from_logs

Classify = Callable[[Reply], HedgerowError | None]

# A quota without a stated end renews a day later at the latest.
_DAY = dt.timedelta(days=1)
# Bytes beyond which an answer is not one that any vendor means to send at once.
_LARGEST = 1 << 30


class VendorClient:
    """Asks one vendor, politely and suspiciously.

    Every answer is classified before it is used or kept. Transient faults and rate limits are
    met by waiting with full jitter; what cannot succeed is not tried again. No secret reaches
    an error, a log or a file.

    Parameters
    ----------
    vendor
        Name in messages and folders.
    base_url
        Scheme, host and perhaps port.
    secrets
        Keys to keep out of sight; the first one names the quota.
    headers, params
        Sent with every request; put keys here. A key belongs in a header where the vendor
        takes one.
    rates
        Limits to keep.
    classify
        Gives the error an answer stands for, or None; asked for every status.
    hosts
        Further hosts that a cursor may name.
    options
        Patience, folder and clock.

    Raises
    ------
    AuthError
        A key holds what none can, such as a line break.
    """

    def __init__(
        self,
        vendor: str,
        base_url: str,
        *,
        secrets: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        rates: Sequence[Rate] = (),
        classify: Classify = by_status,
        hosts: Iterable[str] = (),
        options: HttpOptions | None = None,
    ) -> None:
        _refuse_odd(vendor, [*secrets, *(headers or {}).values()])
        self.vendor = vendor
        self.options = options or HttpOptions()
        self.redact = Redactor(secrets)
        self._secrets = frozenset(secrets)
        self.limiter = RateLimiter(vendor, secrets[0] if secrets else "", rates, self.options)
        keep_from_logs(self.redact)
        self._base = base_url.rstrip("/")
        self._hosts = {urlsplit(self._base).netloc, *hosts}
        self._headers = {"user-agent": "hedgerow", **(headers or {})}
        self._params = dict(params or {})
        self._classify = classify
        cache = self.options.cache
        self._cache = None if cache is None else AnswerCache(cache, vendor, self._base)
        self._http: httpx.AsyncClient | None = None

    async def get(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        refresh: bool = False,
        cached: bool = True,
        kept_for: str = "",
    ) -> Reply:
        """Answer to one request.

        Parameters
        ----------
        path
            Path, perhaps with a query, such as a cursor that ``within`` has checked.
        params
            Further query parameters; those that are None are left out.
        refresh
            Whether to ask the vendor even where an answer of today is kept.
        cached
            Whether the answer may be read from and kept on disk at all.
        kept_for
            What a kept answer is good for beside its day, such as the last closed session:
            one that was kept for something else is not read.

        Returns
        -------
        Reply
            One that ``classify`` finds nothing wrong with.

        Raises
        ------
        VendorError
            What the answer stands for; Transient where no whole answer came.
        AuthError
            The vendor refuses the key.
        """
        bare, asked = self._request(path, params)
        where = f"{self.vendor} {bare}"
        kept = self._cache if cached else None
        name = asked | ({"kept_for": kept_for} if kept_for else {})
        if kept is not None and not refresh:
            found = kept.read(bare, name, self.options.clock().date(), where)
            if found is not None and self._classify(found) is None:
                return found
        reply = await self._repeated(bare, asked, where)
        if kept is not None:
            await asyncio.to_thread(kept.write, bare, name, reply)
        return reply

    def within(self, url: str) -> str:
        """Path and query of a cursor, which must lead to the vendor itself.

        Raises
        ------
        BadPayload
            It leads elsewhere, where the key must not go.
        """
        try:
            parts = urlsplit(url)
        except ValueError:  # such as half an address of IPv6
            parts = urlsplit("")
        own = parts.netloc in self._hosts and parts.scheme in ("http", "https")
        if not own and (parts.netloc or parts.scheme or not parts.path.startswith("/")):
            raise BadPayload(
                f"{self.vendor}: the next page lies at {self.redact(url)[:80]!r}, not at the "
                "vendor; not followed",
                vendor=self.vendor,
            )
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    async def aclose(self) -> None:
        """Close the connections."""
        self.limiter.close()
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def _repeated(self, path: str, params: dict[str, str], where: str) -> Reply:
        trying = AsyncRetrying(
            sleep=self.options.sleep,
            stop=stop_after_attempt(self.options.attempts),
            wait=self._pause,
            retry=retry_if_exception(self._worth_repeating),
            reraise=True,
        )
        async for attempt in trying:
            with attempt:
                return await self._once(path, params, where)
        raise AssertionError("unreachable: the last attempt raises")  # pragma: no cover

    async def _once(self, path: str, params: dict[str, str], where: str) -> Reply:
        await self.limiter.take()
        reply = await self._send(path, params, where)
        error = self._classify(reply)
        if error is None:
            return reply
        if isinstance(error, QuotaExhausted):
            until = error.facts.get("until")
            known = until if isinstance(until, dt.datetime) else self.options.clock() + _DAY
            self.limiter.close_until(known)
        raise self._without_secrets(error)

    async def _send(self, path: str, params: dict[str, str], where: str) -> Reply:
        query = urlencode({**params, **self._params})
        url = f"{self._base}{path}" + (f"?{query}" if query else "")
        try:
            async with (
                asyncio.timeout(self.options.deadline),
                self._connected().stream("GET", url) as answer,
            ):
                body = await _whole(answer, where)
        except (TimeoutError, httpx.TimeoutException):
            raise Transient(f"{where}: no answer in time", where=where) from None
        except (httpx.DecodingError, httpx.RemoteProtocolError) as error:
            what = self.redact(str(error)) or type(error).__name__
            raise Transient(f"{where}: the answer broke off ({what})", where=where) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            what = self.redact(str(error)) or type(error).__name__
            host = urlsplit(self._base).netloc.rpartition("@")[2]
            told = f"{where}: not reached, check the network ({host}: {what})"
            raise Transient(told, where=where) from None
        headers = {name.lower(): self.redact(text) for name, text in answer.headers.items()}
        # Some vendors repeat the key in what they say, and what they say is shown.
        safe, now = self.redact.bytes(body), self.options.clock()
        return Reply(answer.status_code, headers, safe, where, fetched_at=now)

    def _request(
        self, path: str, params: Mapping[str, object] | None
    ) -> tuple[str, dict[str, str]]:
        """Path alone, and every parameter but the key, which some cursors repeat."""
        parts = urlsplit(path)
        cursor = parse_qsl(parts.query, keep_blank_values=True)
        asked = {name: text for name, text in cursor if not self._is_key(name, text)}
        asked |= {name: str(value) for name, value in (params or {}).items() if value is not None}
        return parts.path, asked

    def _is_key(self, name: str, text: str) -> bool:
        return name in self._params or (text in self._secrets and "key" in name.lower())

    def _connected(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = httpx.AsyncClient(
                headers=self._headers,
                timeout=self.options.timeout,
                follow_redirects=False,
                verify=_trusted(),
            )
        return self._http

    def _worth_repeating(self, error: BaseException) -> bool:
        if not isinstance(error, Transient | RateLimited):
            return False
        hint = _hint(error)
        return hint is None or hint <= self.options.patience

    def _pause(self, state: RetryCallState) -> float:
        assert state.outcome is not None
        error = state.outcome.exception()
        hint = _hint(error)
        if hint is not None:
            return hint + wait_random(0, 1)(state)
        base = self.options.backoff
        if isinstance(error, RateLimited):
            # A bucket that is full is empty again after its window, not sooner.
            base = max(base, self.limiter.window / 5)
        return wait_random_exponential(multiplier=base, max=self.options.backoff_cap)(state)

    def _without_secrets(self, error: HedgerowError) -> HedgerowError:
        facts = {
            name: self.redact(value) if isinstance(value, str) else value
            for name, value in error.facts.items()
        }
        return type(error)(self.redact(error.message), **facts)


@cache
def _trusted() -> ssl.SSLContext:
    """Certificates to trust, read once: that takes a tenth of a second."""
    return httpx.create_ssl_context()


async def _whole(answer: httpx.Response, where: str) -> bytes:
    """Body of an answer, unless it is larger than any vendor means to send at once."""
    zipped = answer.headers.get("content-encoding", "").strip().lower() in ("gzip", "x-gzip")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if zipped else None
    parts, size = [], 0
    async for part in answer.aiter_raw() if unpack else answer.aiter_bytes():
        try:
            parts.append(unpack.decompress(part, _LARGEST) if unpack else part)
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from None
        size += len(parts[-1])
        if size > _LARGEST or (unpack and unpack.unconsumed_tail):
            raise BadPayload(f"{where}: the answer is larger than 1 GiB", where=where)
    if unpack and parts and not unpack.eof:
        # Cut where no length was stated; httpx would give out what came.
        raise httpx.DecodingError("the compressed body has no end")
    return b"".join(parts)


def _refuse_odd(vendor: str, texts: Iterable[str]) -> None:
    """Tell of a key that was copied wrongly, which no header could carry, without showing it."""
    if not all(text.isascii() and text.isprintable() for text in texts):
        raise AuthError(
            f"{vendor}: the key holds a line break or a letter that no key has; copy it anew",
            vendor=vendor,
        )


def _hint(error: BaseException | None) -> float | None:
    hint = error.facts.get("retry_after") if isinstance(error, HedgerowError) else None
    return float(hint) if isinstance(hint, int | float) else None
