"""Keeps within a vendor's rate limits and quotas, across tasks, processes and runs."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import logging
import os
import sqlite3
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyrate_limiter import (
    AbstractBucket,
    InMemoryBucket,
    Rate as BucketRate,
    RateItem,
    SQLiteBucket,
)

from hedgerow.errors import QuotaExhausted
from hedgerow.sources.http.options import HttpOptions

_LOG = logging.getLogger(__name__)

# A limit over so long a time is a quota: nobody waits for it inside a run.
_QUOTA_SECONDS = 3600.0


@dataclass(frozen=True)
class Rate:
    """So many requests in any span of so many seconds."""

    count: int
    seconds: float


class RateLimiter:
    """Lets requests through no faster than a vendor allows.

    Used requests are counted on disk, so that two programs, or two runs on one day, share one
    quota. A vendor's word that its quota is used up is remembered until it renews.

    Parameters
    ----------
    vendor
        Whose limits.
    key
        Key that the limits belong to; only its digest names the files.
    rates
        Limits, all of which hold.
    options
        Folder, clock and sleep.

    Notes
    -----
    Files that are damaged or cannot be written cost a warning, and the count of this process is
    all there is then: the vendor's own refusals still hold. A count from a future that the
    clock has been set back from is forgotten.
    """

    def __init__(self, vendor: str, key: str, rates: Sequence[Rate], options: HttpOptions) -> None:
        self.vendor = vendor
        self._options = options
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        self._folder = None if options.cache is None else options.cache / "quotas"
        self._name = f"{vendor}-{digest}"
        self._until: dt.datetime | None = self._read_until()
        self._rates = () if options.unlimited else tuple(rates)
        self._bucket: AbstractBucket | None = None
        self._turn = asyncio.Lock()

    @property
    def window(self) -> float:
        """Seconds of the longest limit that is waited for; zero where there is none."""
        spans = [rate.seconds for rate in self._rates]
        return max((span for span in spans if span < _QUOTA_SECONDS), default=0.0)

    async def take(self) -> None:
        """Wait for one request's turn.

        Raises
        ------
        QuotaExhausted
            The quota of the day is used up.
        """
        if not self._rates:
            self._check_open()
            return
        async with self._turn:
            self._check_open()
            while (wait := self._try()) > 0:
                await self._options.sleep(wait)
                # The vendor may meanwhile have said to another task that there is no more.
                self._check_open()

    def close_until(self, instant: dt.datetime) -> None:
        """Refuse further requests until the vendor's quota renews."""
        self._until = instant
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            place = self._folder / f"{self._name}.json"
            part = place.with_suffix(f".{os.getpid()}.part")
            part.write_text(json.dumps({"until": instant.isoformat()}))
            part.replace(place)
        except OSError as error:
            self._warn(error.strerror)

    def close(self) -> None:
        """Let go of the files."""
        if isinstance(self._bucket, SQLiteBucket):
            self._bucket.close()  # type: ignore[no-untyped-call]
        self._bucket = None

    def _check_open(self) -> None:
        if self._until is not None and self._options.clock() < self._until:
            raise self._exhausted(self._until)

    def _try(self) -> float:
        """Count one request, or tell the seconds until there is room for it."""
        try:
            return self._counted()
        except sqlite3.Error as error:
            self._warn(str(error))
            self.close()
            if not isinstance(error, sqlite3.OperationalError):
                self._remove_counts()  # the next run begins with a whole file
            self._bucket = InMemoryBucket(_ordered(self._rates))
            return self._counted()

    def _counted(self) -> float:
        if self._bucket is None:
            self._bucket = self._open(self._rates)
        bucket = self._bucket
        now = int(self._options.clock().timestamp() * 1000)
        item = RateItem(self.vendor, now)
        # Taken together: another process must not come between the two.
        together: Any = bucket.limiter_lock() or nullcontext()
        with together:
            bucket.leak(now)
            if bucket.put(item):
                return 0.0
            wait = bucket.waiting(item)
            failing = bucket.failing_rate
            assert isinstance(wait, int)
            assert failing is not None
            if wait > int(failing.interval) + 1:  # counted later than now
                bucket.flush()
                bucket.put(item)
                return 0.0
        seconds = max(wait, 1) / 1000
        if int(failing.interval) / 1000 >= _QUOTA_SECONDS:
            raise self._exhausted(self._options.clock() + dt.timedelta(seconds=seconds))
        return seconds

    def _exhausted(self, until: dt.datetime) -> QuotaExhausted:
        return QuotaExhausted(
            f"{self.vendor}: the quota is used up until {until:%Y-%m-%d %H:%M}Z; go on then, or "
            "use another source",
            vendor=self.vendor,
            until=until,
        )

    def _open(self, rates: Sequence[Rate]) -> AbstractBucket:
        if self._folder is None:
            return InMemoryBucket(_ordered(rates))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return SQLiteBucket.init_from_file(
                _ordered(rates),
                db_path=str(self._folder / f"{self._name}.sqlite"),
                use_file_lock=True,
            )
        except OSError as error:  # of the folder, or of the lock beside the file
            self._warn(error.strerror)
            return InMemoryBucket(_ordered(rates))

    def _remove_counts(self) -> None:
        assert self._folder is not None
        for suffix in ("sqlite", "sqlite-wal", "sqlite-shm"):
            with suppress(OSError):
                (self._folder / f"{self._name}.{suffix}").unlink(missing_ok=True)

    def _warn(self, reason: str | None) -> None:
        _LOG.warning(
            "requests to %s cannot be counted in %s: %s", self.vendor, self._folder, reason
        )

    def _read_until(self) -> dt.datetime | None:
        place: Path | None = None if self._folder is None else self._folder / f"{self._name}.json"
        if place is None or not place.exists():
            return None
        try:
            until = dt.datetime.fromisoformat(json.loads(place.read_text())["until"])
        # A file that was meddled with may hold any value of JSON.
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return None if until.tzinfo is None else until


def _ordered(rates: Sequence[Rate]) -> list[BucketRate]:
    """Limits as the library takes them, the shortest span first."""
    return [
        BucketRate(rate.count, int(rate.seconds * 1000))
        for rate in sorted(rates, key=lambda rate: rate.seconds)
    ]
