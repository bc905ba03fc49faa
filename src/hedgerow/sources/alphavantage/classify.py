"""What an answer of Alpha Vantage means: nearly every error comes with status 200.

An error is an object of JSON with one key, also where a table of CSV was asked for. ``Error
Message`` tells of a wrong key, symbol or parameter. ``Note`` is an older rate limit.
``Information`` is one of several things, told apart by words alone, in this order:

1. ``is a premium feature`` or ``is a premium endpoint``: the plan does not include the request.
2. ``per second``, ``per minute``, ``burst``, ``sparingly``: too fast. The usual text of it also
   names the limit of a day and *all premium endpoints*, so it must come before 3 and 4.
3. ``per day``: the day's quota is used up. This text repeats the key.
4. ``premium feature``, ``premium endpoint`` in other words than those of 1.
5. Anything else: too fast. The word *premium* alone says nothing, for every text advertises it.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from hedgerow.errors import (
    AuthError,
    BadPayload,
    HedgerowError,
    NotEntitled,
    NotFound,
    QuotaExhausted,
    RateLimited,
)
from hedgerow.sources.http import Reply, by_status
from hedgerow.sources.http.secrets import HIDDEN, Redactor
from hedgerow.sources.vendor import Clock

# Header of the one table that is asked for as CSV.
LISTING_HEADER = b"symbol,name,exchange,assetType,ipoDate,delistingDate,status"

# Keys that hold data: whole ones, and beginnings of those that go on, as "(Daily)".
_DATA = ("Time Series", "Global Quote", "bestMatches", "data", "Symbol")

_PREMIUM = re.compile(r"is a premium (feature|endpoint)")
_TOO_FAST = re.compile(r"per second|per minute|per-second|minute-level|burst|sparingly")
_PREMIUM_OTHERWISE = re.compile(r"premium (feature|endpoint)")
_ECHOED_KEY = re.compile(r"(api key as )\S+", re.IGNORECASE)

# Seconds to wait: a second must pass after a burst; an old Note speaks of five a minute.
_AFTER_BURST = 2.0
_AFTER_NOTE = 15.0
_SHOWN = 160

NEW_YORK = ZoneInfo("America/New_York")


class Classifier:
    """Gives the error that an answer stands for, or None.

    Parameters
    ----------
    key
        Key to keep out of messages.
    clock
        The present, from which a used-up quota is said to last.
    """

    def __init__(self, key: str, clock: Clock) -> None:
        self._redact = Redactor([key])
        self._clock = clock

    def __call__(self, reply: Reply) -> HedgerowError | None:
        """Error that an answer stands for."""
        # Before anything is cut off, lest half a key remain.
        reply = replace(reply, body=self._redact.bytes(reply.body))
        if (error := by_status(reply)) is not None:
            return error
        body = reply.body.removeprefix(b"\xef\xbb\xbf").strip()
        if body.startswith(b"{"):
            return self._of_object(reply)
        if body.startswith(LISTING_HEADER):
            return _of_table(reply)
        return self._unreadable(reply, "the answer is neither an object of JSON nor a listing")

    def _of_object(self, reply: Reply) -> HedgerowError | None:
        try:
            value = json.loads(reply.text)
        except (ValueError, RecursionError):
            return self._unreadable(reply, "the answer is broken JSON")
        for name, meaning in (
            ("Error Message", self._mistake),
            ("Information", self._information),
            ("Note", self._note),
        ):
            if isinstance(value.get(name), str):
                return meaning(reply, value[name])
        if not value:
            return BadPayload(f"{reply.where}: the answer is empty", where=reply.where, empty=True)
        if not any(_holds(value, name) for name in _DATA):
            return self._unreadable(reply, "the answer has none of the known keys")
        return None

    def _mistake(self, reply: Reply, text: str) -> HedgerowError:
        if "apikey" in text.lower():
            return AuthError(
                f"{reply.where}: the key is refused; check ALPHA_VANTAGE_API_KEY",
                where=reply.where,
            )
        return NotFound(f"{reply.where}: {self._said(text)}", where=reply.where)

    def _information(self, reply: Reply, text: str) -> HedgerowError:
        plain = text.lower()
        if _PREMIUM.search(plain):
            return self._not_entitled(reply, text)
        if _TOO_FAST.search(plain):
            return self._too_fast(reply, text, _AFTER_BURST)
        if "per day" in plain:
            until = renewal(self._clock())
            return QuotaExhausted(
                f"{reply.where}: the key's requests of this day are used up until "
                f"{until:%Y-%m-%d %H:%M}Z; go on then, or use another source",
                where=reply.where,
                until=until,
            )
        if _PREMIUM_OTHERWISE.search(plain):
            return self._not_entitled(reply, text)
        if "invalid api call" in plain:
            return NotFound(f"{reply.where}: {self._said(text)}", where=reply.where)
        return self._too_fast(reply, text, None)

    def _note(self, reply: Reply, text: str) -> HedgerowError:
        return self._too_fast(reply, text, _AFTER_NOTE)

    def _not_entitled(self, reply: Reply, text: str) -> HedgerowError:
        return NotEntitled(
            f"{reply.where}: the key's plan does not include this: {self._said(text)}",
            where=reply.where,
        )

    def _too_fast(self, reply: Reply, text: str, wait: float | None) -> HedgerowError:
        return RateLimited(
            f"{reply.where}: asked too fast: {self._said(text)}",
            where=reply.where,
            retry_after=wait,
        )

    def _unreadable(self, reply: Reply, what: str) -> HedgerowError:
        begins = self._said(reply.text)
        return BadPayload(f"{reply.where}: {what} but {begins!r}", where=reply.where)

    def _said(self, text: str) -> str:
        """Beginning of a text on one line, without a key that it repeats."""
        line = " ".join(_ECHOED_KEY.sub(rf"\g<1>{HIDDEN}", text).split())
        return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def renewal(now: dt.datetime) -> dt.datetime:
    """Instant by which a quota that is used up now has surely renewed.

    The vendor says *per day* and not whose. Midnight in New York, where its markets are, is the
    later of the two that it may mean.

    Examples
    --------
    >>> renewal(dt.datetime(2026, 3, 31, 20, tzinfo=dt.UTC)).isoformat()
    '2026-04-01T04:00:00+00:00'
    """
    tomorrow = now.astimezone(NEW_YORK).date() + dt.timedelta(days=1)
    return dt.datetime.combine(tomorrow, dt.time(), NEW_YORK).astimezone(dt.UTC)


def _holds(value: dict[str, Any], name: str) -> bool:
    """Whether a known key is there with what it should hold."""
    if name == "Symbol":
        return isinstance(value.get(name), str)
    kind = list if name in ("bestMatches", "data") else dict
    return any(key.startswith(name) and isinstance(held, kind) for key, held in value.items())


def _of_table(reply: Reply) -> HedgerowError | None:
    """The vendor ends its last line too; a table cut short does not."""
    if reply.body.endswith(b"\n"):
        return None
    return BadPayload(f"{reply.where}: the table broke off in its last line", where=reply.where)
