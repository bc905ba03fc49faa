"""Financial Modeling Prep over HTTP: one method for each endpoint, and what its answers mean."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from hedgerow.domain.adjustment import Adjustment
from hedgerow.errors import (
    AuthError,
    BadPayload,
    HedgerowError,
    NotEntitled,
    NotFound,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from hedgerow.sources.fmp.table import breaks_off, is_table
from hedgerow.sources.http import HttpOptions, Rate, Reply, VendorClient, by_status, retry_after

_MINUTE, _DAY = 60, 86_400

#: Requests that each plan allows.
PLANS: dict[str, tuple[Rate, ...]] = {
    "free": (Rate(250, _DAY),),
    "starter": (Rate(300, _MINUTE),),
    "premium": (Rate(750, _MINUTE),),
    "ultimate": (Rate(3000, _MINUTE),),
}

# Files of the whole market are throttled by themselves, and abuse costs the key.
_BULK_RATES = (Rate(2, _MINUTE),)

_EOD = {
    Adjustment.RAW: "non-split-adjusted",
    Adjustment.SPLIT: "full",
    Adjustment.TOTAL: "dividend-adjusted",
}

# Without a limit the vendor sends five rows; no company has filed so often as this.
_EVERY_ROW = 1000
# The free plan refuses to send more.
_FREE_ROWS = 5


class FmpClient:
    """Stable endpoints; the older ones are closed to keys made after August 2025.

    Parameters
    ----------
    key
        API key; it travels in the query, which nobody gets to see.
    url
        Host.
    plan
        Key of ``PLANS``.
    options
        Patience, folder and clock.
    """

    def __init__(self, key: str, url: str, plan: str, options: HttpOptions) -> None:
        self._rows = _FREE_ROWS if plan == "free" else _EVERY_ROW
        quota = plan == "free"
        self._http = VendorClient(
            "fmp",
            url,
            secrets=(key,),
            params={"apikey": key},
            rates=PLANS[plan],
            classify=lambda reply: classify(reply, quota=quota),
            options=options,
        )
        self._bulk = VendorClient(
            "fmp-bulk",
            url,
            secrets=(key,),
            params={"apikey": key},
            rates=_BULK_RATES,
            classify=classify_csv,
            options=options,
        )

    async def profile(self, symbol: str, *, refresh: bool = False) -> Reply:
        """Description and snapshot of a company."""
        return await self._http.get("/stable/profile", {"symbol": symbol}, refresh=refresh)

    async def prices(
        self,
        symbol: str,
        start: dt.date,
        end: dt.date,
        adjustment: Adjustment,
        *,
        refresh: bool = False,
    ) -> Reply:
        """Daily bars of a span; the vendor sends no more than the newest 5,000."""
        params = {"symbol": symbol, "from": start.isoformat(), "to": end.isoformat()}
        path = f"/stable/historical-price-eod/{_EOD[adjustment]}"
        return await self._http.get(path, params, refresh=refresh)

    async def reports(
        self, endpoint: str, symbol: str, period: str, *, refresh: bool = False
    ) -> Reply:
        """``income-statement``, ``ratios`` or ``key-metrics`` by ``annual`` or ``quarter``."""
        params = {"symbol": symbol, "period": period, "limit": self._rows}
        return await self._http.get(f"/stable/{endpoint}", params, refresh=refresh)

    async def trailing(self, endpoint: str, symbol: str, *, refresh: bool = False) -> Reply:
        """``ratios-ttm`` or ``key-metrics-ttm``."""
        return await self._http.get(f"/stable/{endpoint}", {"symbol": symbol}, refresh=refresh)

    async def actions(self, endpoint: str, symbol: str, *, refresh: bool = False) -> Reply:
        """``splits`` or ``dividends`` of a company."""
        params = {"symbol": symbol, "limit": self._rows}
        return await self._http.get(f"/stable/{endpoint}", params, refresh=refresh)

    async def bulk(self, name: str, *, refresh: bool = False, **params: object) -> Reply:
        """A CSV file of the whole market, such as ``ratios-ttm-bulk``.

        Raises
        ------
        NotFound
            There is no such part.
        """
        return await self._bulk.get(f"/stable/{name}", params, refresh=refresh)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        await self._bulk.aclose()


def classify(reply: Reply, *, quota: bool = False) -> HedgerowError | None:
    """Error that an answer stands for, where a list in JSON was asked for.

    Parameters
    ----------
    reply
        Any answer.
    quota
        Whether the plan's limit is one of the day rather than of the minute.
    """
    error = _refusal(reply, quota=quota) or by_status(reply)
    if error is not None:
        return error
    body = reply.body.strip()
    if not body.startswith(b"["):
        return _not_the_answer(reply, "a list in JSON")
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        return _broken_off(reply)
    if not all(isinstance(row, dict) for row in rows):
        return _not_the_answer(reply, "a list of objects")
    return None


def classify_csv(reply: Reply) -> HedgerowError | None:
    """Error that an answer stands for, where a CSV file was asked for.

    The throttle answers with status 200 and JSON; a part beyond the last one with 400.
    """
    if reply.status == 400 and reply.text.rstrip().endswith("part"):
        return NotFound(f"{reply.where}: there is no such part", where=reply.where, part=True)
    error = _refusal(reply, quota=False) or by_status(reply)
    if error is not None:
        return error
    if not is_table(reply.body):
        return _not_the_answer(reply, "a table")
    return _broken_off(reply) if breaks_off(reply.body) else None


def _refusal(reply: Reply, *, quota: bool) -> HedgerowError | None:
    """What the vendor's own words mean; None where it has none."""
    facts = _object(reply)
    words = str(facts.get("Error Message", "")) if facts else ""
    if not words and reply.status != 402:
        return None
    said, low = f"{reply.where}: {reply.excerpt()}", words.lower()
    if "api key" in low and "invalid" in low:
        return AuthError(f"{said}; check FMP_API_KEY", where=reply.where)
    if "legacy endpoint" in low:
        return NotEntitled(
            f"{reply.where}: the vendor closed this endpoint to newer keys; use /stable/",
            where=reply.where,
        )
    if reply.status == 402 or "subscription" in low or "premium" in low:
        return NotEntitled(f"{said}; set HEDGEROW_FMP_PLAN, or use another source")
    if "bandwidth" in low or (quota and "limit reach" in low):
        return QuotaExhausted(f"{said}; go on when it renews, or use another source")
    if "limit reach" in low or "too many requests" in low:
        hint = retry_after(reply)
        return RateLimited(said, where=reply.where, retry_after=hint or _hint(facts))
    return None if reply.status >= 400 else BadPayload(said, where=reply.where)


def _hint(facts: dict[str, Any]) -> float | None:
    """Seconds to wait, as the body has them."""
    whole = facts.get("X-Rate-Limit-Retry-After-Seconds")
    rest = facts.get("X-Rate-Limit-Retry-After-Milliseconds")
    if not isinstance(whole, int | float) or not isinstance(rest, int | float):
        return None
    return whole + rest / 1000


def _object(reply: Reply) -> dict[str, Any]:
    if not reply.body.lstrip().startswith(b"{"):
        return {}
    try:
        value = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _not_the_answer(reply: Reply, wanted: str) -> HedgerowError:
    if reply.body.lstrip()[:1] == b"<":  # a page of a server in between, gone in a while
        return Transient(f"{reply.where}: a page for people came instead", where=reply.where)
    return BadPayload(
        f"{reply.where}: the answer is not {wanted} but {reply.excerpt()!r}", where=reply.where
    )


def _broken_off(reply: Reply) -> HedgerowError:
    return Transient(f"{reply.where}: the answer broke off", where=reply.where)
