"""Massive's addresses, keys and words for failure."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from enum import StrEnum
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from hedgerow.credentials import credential, require_credential
from hedgerow.errors import (
    AuthError,
    BadPayload,
    HedgerowError,
    NotEntitled,
    NotFound,
    RateLimited,
    Transient,
)
from hedgerow.settings import Settings
from hedgerow.sources.http import HttpOptions, Rate, Reply, VendorClient, by_status, retry_after
from hedgerow.sources.massive.envelope import Envelope, open_envelope

VENDOR = "massive"
GENERAL_KEYS = ("MASSIVE_API_KEY", "POLYGON_API_KEY")

# A cursor names the host that was asked, which for years was the older one.
HOSTS = ("api.massive.com", "api.polygon.io")

# The basic plan; the others are unlimited, with the advice to stay below 100 a second.
RATES: dict[str, tuple[Rate, ...]] = {"free": (Rate(5, 60),), "premium": (Rate(90, 1),)}

# The most that one answer may hold. For bars it counts minutes or days looked through.
BARS_LIMIT, TICKERS_LIMIT = 50_000, 1_000


class Group(StrEnum):
    """Endpoints that people may hold separate keys for."""

    AGGREGATES = "AGGREGATES"
    TICKERS = "TICKERS"
    DIVIDENDS = "DIVIDENDS"
    SPLITS = "SPLITS"


class MassiveClient:
    """One method an endpoint; every answer has been classified.

    Parameters
    ----------
    key
        Key of all endpoints. None looks for ``POLYGON_AGGREGATES_API_KEY``,
        ``POLYGON_TICKERS_API_KEY``, ``POLYGON_DIVIDENDS_API_KEY`` and
        ``POLYGON_SPLITS_API_KEY`` (or ``MASSIVE_…``), and for ``MASSIVE_API_KEY`` or
        ``POLYGON_API_KEY`` where an endpoint has no key of its own.
    settings
        ``massive_url`` and ``massive_plan``.
    options
        Patience, folder and clock.

    Raises
    ------
    AuthError
        No name has a key.
    """

    def __init__(self, key: str | None, settings: Settings, options: HttpOptions) -> None:
        self._keys = {group: key or _key_of(group) for group in Group}
        if not any(self._keys.values()):
            require_credential("Massive", *GENERAL_KEYS)
        self._settings = settings
        self._options = options
        self._clients: dict[str, VendorClient] = {}

    def bars(
        self,
        ticker: str,
        window: tuple[int, str],
        start: dt.date,
        end: dt.date,
        *,
        adjusted: bool,
        refresh: bool = False,
    ) -> AsyncIterator[Reply]:
        """Pages of bars, oldest first; ``window`` is a count and a unit such as ``minute``."""
        count, unit = window
        return self._pages(
            Group.AGGREGATES,
            f"/v2/aggs/ticker/{_segment(ticker)}/range/{count}/{unit}/{start}/{end}",
            {"adjusted": _flag(adjusted), "sort": "asc", "limit": BARS_LIMIT},
            refresh=refresh,
        )

    async def grouped(
        self, day: dt.date, *, adjusted: bool, otc: bool = False, refresh: bool = False
    ) -> Reply:
        """Daily bars of the whole market on one day."""
        path = f"/v2/aggs/grouped/locale/us/market/stocks/{day}"
        params = {"adjusted": _flag(adjusted), "include_otc": _flag(otc)}
        return await self._of(Group.AGGREGATES).get(path, params, refresh=refresh)

    def tickers(self, **params: object) -> AsyncIterator[Reply]:
        """Pages of the ticker list, by ticker."""
        asked = {"sort": "ticker", "order": "asc", "limit": TICKERS_LIMIT, **params}
        return self._pages(Group.TICKERS, "/v3/reference/tickers", asked)

    async def ticker(self, ticker: str) -> Reply:
        """What is known of one ticker in use."""
        return await self._of(Group.TICKERS).get(f"/v3/reference/tickers/{_segment(ticker)}")

    async def ticker_events(self, ticker: str) -> Reply:
        """Changes of one company's ticker."""
        path = f"/vX/reference/tickers/{_segment(ticker)}/events"
        return await self._of(Group.TICKERS).get(path, {"types": "ticker_change"})

    def actions(
        self, group: Group, path: str, params: Mapping[str, object]
    ) -> AsyncIterator[Reply]:
        """Pages of splits or dividends from either generation of endpoints."""
        return self._pages(group, path, params)

    async def aclose(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    async def _pages(
        self, group: Group, path: str, params: Mapping[str, object], *, refresh: bool = False
    ) -> AsyncIterator[Reply]:
        client = self._of(group)
        reply = await client.get(path, params, refresh=refresh)
        seen: set[str] = set()
        while True:
            yield reply
            envelope = opened(reply)
            if envelope.next_url is None:
                return
            cursor = _without_key(client.within(envelope.next_url))
            if cursor in seen:
                raise BadPayload(
                    f"{reply.where}: the next page is one already read; the answer has no end",
                    where=reply.where,
                )
            seen.add(cursor)
            reply = await client.get(cursor, refresh=refresh)
            if not opened(reply).has_results:
                raise BadPayload(
                    f"{reply.where}: page {len(seen) + 1} holds no results, though the page "
                    "before announced it",
                    where=reply.where,
                    cached=reply.cached,
                )

    def _of(self, group: Group) -> VendorClient:
        key = self._keys[group]
        if key is None:
            key = require_credential(f"Massive ({group.lower()})", *_names(group), *GENERAL_KEYS)
        if key not in self._clients:
            self._clients[key] = VendorClient(
                VENDOR,
                self._settings.massive_url,
                secrets=[key],
                headers={"authorization": f"Bearer {key}"},
                rates=RATES[self._settings.massive_plan],
                classify=classify,
                hosts=HOSTS,
                options=self._options,
            )
        return self._clients[key]


def opened(reply: Reply) -> Envelope:
    """Envelope of an answer that has been classified."""
    envelope = open_envelope(reply.body)
    assert envelope is not None
    return envelope


def classify(reply: Reply) -> HedgerowError | None:
    """Error that an answer stands for; None where it holds what was asked, if only nothing.

    Examples
    --------
    >>> body = b'{"status":"DELAYED","results":[]}'
    >>> classify(Reply(200, {}, body, "massive /v2/aggs")) is None
    True
    """
    envelope = open_envelope(reply.body)
    if by_status(reply) is not None:
        return _refusal(reply, envelope)
    if envelope is None:
        return _unreadable(reply)
    status = str(envelope.facts.get("status", "")).upper()
    if status in ("OK", "DELAYED") or (not status and envelope.has_results):
        return _contradiction(reply, envelope)
    if not status:
        return BadPayload(f"{reply.where}: {reply.excerpt()!r} is no answer", where=reply.where)
    return _by_words(reply, _said(envelope), status) or BadPayload(
        f"{reply.where}: {status} {_said(envelope)}".rstrip(), where=reply.where
    )


def _contradiction(reply: Reply, envelope: Envelope) -> HedgerowError | None:
    """Error of an answer that calls itself well and is not; None where it is."""
    said = envelope.facts.get("resultsCount")
    if isinstance(said, int) and said > 0 and not envelope.has_results:
        return BadPayload(
            f"{reply.where}: the answer says {said} results and holds none", where=reply.where
        )
    if not isinstance(envelope.facts.get("results"), list | dict | None):
        return BadPayload(
            f"{reply.where}: the results are not a list of objects", where=reply.where
        )
    return None


def _refusal(reply: Reply, envelope: Envelope | None) -> HedgerowError | None:
    said = _said(envelope) if envelope else ""
    status = str(envelope.facts.get("status", "")).upper() if envelope else ""
    if reply.status == 404 and envelope is None:
        return NotFound(
            f"{reply.where}: 404 {reply.excerpt()}; there is no such address, see the setting "
            "massive_url",
            where=reply.where,
        )
    # Only what a client did wrong is told by words: a failing server may say anything.
    if reply.status in (400, 401, 403, 429):
        return _by_words(reply, said, status) or by_status(reply)
    return by_status(reply)


def _by_words(reply: Reply, said: str, status: str) -> HedgerowError | None:
    """Error by the vendor's own words, for its statuses say less: 403 may be a wrong key."""
    words, where = said.lower(), reply.where
    if "api key" in words and ("unknown" in words or "not provided" in words):
        return AuthError(f"{where}: {said}; check MASSIVE_API_KEY", where=where)
    if "maximum requests" in words:
        return RateLimited(f"{where}: {said}", where=where, retry_after=retry_after(reply))
    if status == "NOT_AUTHORIZED" or "not entitled" in words:
        early = "before end of day" in words
        return NotEntitled(f"{where}: {said}", where=where, too_early=early)
    if status == "NOT_FOUND":
        return NotFound(f"{where}: {said}", where=where)
    return None


def _said(envelope: Envelope) -> str:
    given = envelope.facts.get("error") or envelope.facts.get("message") or ""
    return " ".join(str(given).split())[:300]


def _unreadable(reply: Reply) -> HedgerowError:
    body = reply.body.strip()
    if not body or (body.startswith(b"{") and not body.endswith(b"}")):
        return Transient(f"{reply.where}: the answer breaks off", where=reply.where)
    return BadPayload(
        f"{reply.where}: the answer is no JSON object but {reply.excerpt()!r}", where=reply.where
    )


def _key_of(group: Group) -> str | None:
    return credential(*_names(group)) or credential(*GENERAL_KEYS)


def _names(group: Group) -> tuple[str, str]:
    return f"MASSIVE_{group}_API_KEY", f"POLYGON_{group}_API_KEY"


def _segment(ticker: str) -> str:
    return quote(ticker, safe=":")


def _flag(value: bool) -> str:  # noqa: FBT001 - the value itself, not a switch
    return "true" if value else "false"


def _without_key(cursor: str) -> str:
    """Cursor without a key, should one ever be in it: the header carries it."""
    parts = urlsplit(cursor)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, text) for name, text in pairs if name.lower() != "apikey"]
    return f"{parts.path}?{urlencode(kept)}" if kept else parts.path
