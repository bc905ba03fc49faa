"""One answer of a vendor, and what its status means."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from hedgerow.errors import (
    AuthError,
    BadPayload,
    HedgerowError,
    NotEntitled,
    NotFound,
    RateLimited,
    Transient,
)

_SHOWN = 200


@dataclass(frozen=True)
class Reply:
    """An answer whose body has arrived whole.

    Parameters
    ----------
    status
        HTTP status.
    headers
        By lower-case name.
    body
        Decoded of any transfer and content encoding.
    where
        Vendor and path, without the query: safe to show.
    cached
        Whether it comes from the disk.
    fetched_at
        When the vendor sent it, UTC; None where that is not known.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    where: str
    cached: bool = False
    fetched_at: dt.datetime | None = None

    @property
    def text(self) -> str:
        """Body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", errors="replace").removeprefix("\ufeff")

    def json(self) -> Any:
        """Body as a value of JSON.

        Raises
        ------
        BadPayload
            It is not JSON.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):  # the latter for what is nested without an end
            raise BadPayload(
                f"{self.where}: the answer is not JSON but {self.excerpt()!r}", where=self.where
            ) from None

    def excerpt(self) -> str:
        """Beginning of the body on one line."""
        line = " ".join(self.text[: 4 * _SHOWN].split())
        return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def by_status(reply: Reply) -> HedgerowError | None:
    """Error that a status stands for where a vendor has no words of its own.

    Returns
    -------
    HedgerowError or None
        AuthError for 401, NotEntitled for 402 and 403, NotFound for 404 and 410, RateLimited
        for 429 (``facts["retry_after"]`` in seconds where the vendor hints), Transient for
        206 (a part of an answer), 408 and from 500 on, BadPayload for what else is not 200;
        None for the others up to 299.

    Examples
    --------
    >>> type(by_status(Reply(503, {}, b"", "vendor /path"))).__name__
    'Transient'
    """
    status, what = reply.status, f"{reply.where}: {reply.status} {reply.excerpt()}".rstrip()
    if status == 206:  # nobody asked for a part
        return Transient(f"{reply.where}: 206, only a part of the answer came", where=reply.where)
    if 200 <= status < 300:
        return None
    if status == 401:
        return AuthError(f"{what}; check the key", where=reply.where)
    if status in (402, 403):
        return NotEntitled(f"{what}; the plan does not include this", where=reply.where)
    if status in (404, 410):
        return NotFound(what, where=reply.where)
    if status == 429:
        return RateLimited(what, where=reply.where, retry_after=retry_after(reply))
    if status == 408 or status >= 500:
        return Transient(what, where=reply.where, retry_after=retry_after(reply))
    return BadPayload(f"{what}; the vendor refused the request", where=reply.where)


def retry_after(reply: Reply, now: dt.datetime | None = None) -> float | None:
    """Seconds that ``Retry-After`` asks to wait; None where it is absent or not readable.

    Both forms are read: seconds, and a date, which is compared with ``now`` or, without it,
    with the answer's own ``Date``.

    Examples
    --------
    >>> retry_after(Reply(429, {"retry-after": "7"}, b"", "vendor /path"))
    7.0
    """
    given = reply.headers.get("retry-after", "").strip()
    if not given:
        return None
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(given)
        dated = reply.headers.get("date")
        start = now or (parsedate_to_datetime(dated) if dated else dt.datetime.now(dt.UTC))
        return max(0.0, (until - start).total_seconds())
    except (TypeError, ValueError):
        return None
