"""FRED over HTTP: the API with a key, and the files of its charts without one."""

from __future__ import annotations

import datetime as dt
import json

from hedgerow.errors import (
    AuthError,
    BadPayload,
    HedgerowError,
    NotFound,
    RateLimited,
    Transient,
)
from hedgerow.settings import Settings
from hedgerow.sources._plain_csv import broke_off, has_header
from hedgerow.sources.http import (
    HttpOptions,
    Rate,
    Reply,
    VendorClient,
    by_status,
    retry_after,
)

FIRST_DAY, LAST_DAY = dt.date(1776, 7, 4), dt.date(9999, 12, 31)

# The most that one page may hold.
PAGE = 100_000

# 120 a minute (FRED's terms); beyond it the answer is 429 without a hint.
_RATES = (Rate(120, 60),)
_FILE_RATES = (Rate(30, 60),)
_PAUSE_SECONDS = 20.0
_LOCKED = 423


class FredClient:
    """One method for each endpoint.

    Parameters
    ----------
    key
        Key to the API; None where only the files are asked.
    settings
        ``fred_url`` and ``fred_files_url``.
    options
        Patience, folder and clock.
    """

    def __init__(self, key: str | None, settings: Settings, options: HttpOptions) -> None:
        self._api = None
        if key is not None:
            self._api = VendorClient(
                "fred",
                settings.fred_url,
                secrets=(key,),
                # It knows no header for the key; the client keeps it out of every message.
                params={"api_key": key, "file_type": "json"},
                rates=_RATES,
                classify=classify,
                options=options,
            )
        self._files = VendorClient(
            "fred",
            settings.fred_files_url,
            rates=_FILE_RATES,
            classify=classify_file,
            options=options,
        )

    async def observations(
        self,
        series: str,
        *,
        start: dt.date | None,
        end: dt.date | None,
        published: tuple[dt.date, dt.date] | None = None,
        offset: int = 0,
        refresh: bool = False,
    ) -> Reply:
        """One page of values, oldest first.

        Parameters
        ----------
        series
            Name, such as ``CPIAUCSL``.
        start, end
            First and last day that values are about.
        published
            First and last day of publication, for every version of a value; None for those
            that stand today.
        offset
            Values to pass over.
        refresh
            Whether to ask even where today's answer is kept.
        """
        assert self._api is not None, "observations need a key"
        since, until = published or (None, None)
        params = {
            "series_id": series,
            "observation_start": start,
            "observation_end": end,
            "realtime_start": since,
            "realtime_end": until,
            "sort_order": "asc",
            "limit": PAGE,
            "offset": offset,
        }
        return await self._api.get("/fred/series/observations", params, refresh=refresh)

    async def chart(
        self,
        series: str,
        *,
        start: dt.date | None,
        end: dt.date | None,
        refresh: bool = False,
    ) -> Reply:
        """The values of a series as the file of its chart, without a key."""
        params = {"id": series, "cosd": start, "coed": end}
        return await self._files.get("/graph/fredgraph.csv", params, refresh=refresh)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._api is not None:
            await self._api.aclose()
        await self._files.aclose()


def classify(reply: Reply) -> HedgerowError | None:
    """Error that an answer of the API stands for.

    Most mistakes, a wrong key among them, come as status 400 with ``error_message``.
    """
    if reply.status == 429:
        hint = retry_after(reply)
        return RateLimited(
            f"{reply.where}: more than 120 requests a minute",
            where=reply.where,
            retry_after=_PAUSE_SECONDS if hint is None else hint,
        )
    if reply.status == _LOCKED:
        return Transient(f"{reply.where}: 423, locked for the moment", where=reply.where)
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        return by_status(reply) or BadPayload(
            f"{reply.where}: the answer is not JSON but {reply.excerpt()!r}", where=reply.where
        )
    if isinstance(body, dict) and "error_message" in body:
        return _named(str(body["error_message"]), reply)
    if (error := by_status(reply)) is not None:
        return error
    if not isinstance(body, dict) or not isinstance(body.get("observations"), list):
        return BadPayload(f"{reply.where}: the answer has no observations", where=reply.where)
    return None


def classify_file(reply: Reply) -> HedgerowError | None:
    """Error that a file without a key stands for; a page of HTML may come with 200."""
    if (error := by_status(reply)) is not None:
        return error
    if not has_header(reply.body, "OBSERVATION_DATE", "DATE"):
        return BadPayload(
            f"{reply.where}: the answer is not a table of days but {reply.excerpt()!r}",
            where=reply.where,
        )
    if broke_off(reply.body, reply.headers):
        return Transient(f"{reply.where}: the answer broke off", where=reply.where)
    return None


def _named(message: str, reply: Reply) -> HedgerowError:
    line = " ".join(message.split())
    text = line.lower()
    if "api_key" in text:
        return AuthError(f"{reply.where}: {line} Check FRED_API_KEY", where=reply.where)
    if "does not exist" in text:
        return NotFound(f"{reply.where}: {line}", where=reply.where)
    error = by_status(reply)
    if error is not None and not isinstance(error, BadPayload):
        return error
    too_many = "vintage dates" in text
    return BadPayload(f"{reply.where}: {line}", where=reply.where, too_many_vintages=too_many)
