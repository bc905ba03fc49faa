"""Massive's flat files: one day of the whole market in one compressed file on S3.

1. ``MassiveFiles.fetch`` asks for a file unless the one at hand still bears its ETag, and takes
   it only when it unpacks to its end.
2. ``read_file`` turns it into rows by the names in its header: the order of columns is not the
   usual one.
3. ``MassiveFiles.bars`` gives the rows their instruments and clock, half a million at a time.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
import os
import tempfile
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from hedgerow.credentials import require_credential
from hedgerow.domain.calendar import DEFAULT_CALENDAR, sessions
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import (
    AuthError,
    BadPayload,
    DefinitionError,
    HedgerowError,
    Incomplete,
    NotEntitled,
    RateLimited,
    Transient,
)
from hedgerow.settings import Settings, load_settings
from hedgerow.sources.base import no_refusals
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.massive.bars import session_before
from hedgerow.sources.massive.client import VENDOR
from hedgerow.sources.massive.file_rows import bars_batch, read_file, with_owners
from hedgerow.sources.massive.grouped import owners_among, owners_on
from hedgerow.sources.vendor import Chunk, Listing

BUCKET = "flatfiles"
FOLDERS = {"1d": "us_stocks_sip/day_aggs_v1", "1m": "us_stocks_sip/minute_aggs_v1"}

ACCESS_KEYS = ("MASSIVE_S3_ACCESS_KEY_ID", "POLYGON_S3_ACCESS_KEY_ID")
SECRET_KEYS = ("MASSIVE_S3_SECRET_ACCESS_KEY", "POLYGON_S3_SECRET_ACCESS_KEY")

_ROWS_AT_ONCE = 500_000
_PIECE = 1 << 20
_WRONG_KEY = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed"}


class MassiveFiles:
    """Raw daily and minute bars of the whole market, a file a day.

    Files come with the larger plans, under keys of their own. One is ready at about eleven in
    the morning of the next day in New York, and may be replaced later: asking again costs
    little, because a file whose ETag is the one remembered is not sent.

    Parameters
    ----------
    keys
        Access key and secret key; by default ``MASSIVE_S3_ACCESS_KEY_ID`` and
        ``MASSIVE_S3_SECRET_ACCESS_KEY``, or the same names with ``POLYGON``.
    settings
        ``massive_files_url`` and ``cache``; read from the environment by default.
    options
        Patience, folder and clock.

    Raises
    ------
    AuthError
        No keys are given or configured.
    """

    def __init__(
        self,
        keys: tuple[str, str] | None = None,
        *,
        settings: Settings | None = None,
        options: HttpOptions | None = None,
    ) -> None:
        self._settings = settings or load_settings()
        self._options = options or HttpOptions(cache=self._settings.cache)
        self._keys = keys or (
            require_credential("Massive's flat files", *ACCESS_KEYS),
            require_credential("Massive's flat files", *SECRET_KEYS),
        )
        self._s3: Any = None

    async def bars(
        self,
        day: dt.date,
        timeframe: str | Timeframe,
        owners: Sequence[Instrument] | Listing,
    ) -> AsyncIterator[Chunk]:
        """Raw bars of one day.

        Parameters
        ----------
        day
            Session; nothing is asked about another day.
        timeframe
            ``1d`` or ``1m``.
        owners
            Whose bars are wanted. With a listing these are all that had a ticker on that day,
            and rows of no one are refused as ``unknown_symbol``.

        Yields
        ------
        Chunk
            At most half a million bars; the last one answers for the day.

        Raises
        ------
        Incomplete
            There is no file, though the exchange held a session, or not yet.
        VendorError
            As the error tree says.
        """
        length = Timeframe.parse(timeframe)
        path = _path(length, day)
        if not (sessions(DEFAULT_CALENDAR)["session"] == day).any():
            yield Chunk((), day)
            return
        with self._folder() as folder:
            file = await self.fetch(path, folder)
            if file is None:
                raise Incomplete(
                    f"massive has no file {path}: it is ready at about 11:00 in New York on the "
                    "day after; later than that, see whether the exchange was closed",
                    day=day,
                )
            rows, refused = await asyncio.to_thread(read_file, file, path, day)
        everything = isinstance(owners, Listing)
        named = owners_on(owners, day) if isinstance(owners, Listing) else owners_among(owners)
        rows, unknown = with_owners(rows, named, everything=everything)
        refused = pl.concat([refused, unknown])
        for begin in range(0, max(rows.height, 1), _ROWS_AT_ONCE):
            part = rows.slice(begin, _ROWS_AT_ONCE)
            last = begin + _ROWS_AT_ONCE >= rows.height
            batch = bars_batch(part, length, day, refused if last else no_refusals())
            yield Chunk((batch,), day if last else session_before(DEFAULT_CALENDAR, day))

    async def fetch(self, path: str, folder: Path) -> Path | None:
        """Bring a file up to date on disk; None where there is none.

        Parameters
        ----------
        path
            Key in the bucket.
        folder
            Where files are kept, with their ETags beside them.
        """
        for attempt in range(self._options.attempts):
            try:
                return await asyncio.to_thread(self._download, path, folder)
            except (Transient, RateLimited):
                if attempt + 1 == self._options.attempts:
                    raise
                pause = self._options.backoff * 2**attempt
                await self._options.sleep(min(pause, self._options.backoff_cap))
        raise AssertionError("unreachable: the last attempt raises")  # pragma: no cover

    def __repr__(self) -> str:
        return f"MassiveFiles({self._settings.massive_files_url!r})"

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        if self._options.cache is not None:
            yield self._options.cache / "files" / VENDOR
            return
        with tempfile.TemporaryDirectory(prefix="hedgerow-") as folder:
            yield Path(folder)

    def _download(self, path: str, folder: Path) -> Path | None:
        place = folder / path
        tag = place.with_name(f"{place.name}.etag")
        known = _remembered(tag) if place.exists() else None
        condition = {"IfNoneMatch": known} if known else {}
        client = self._client()
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{place.name}.{os.getpid()}.part")
        try:
            answer = client.get_object(Bucket=BUCKET, Key=path, **condition)
            with part.open("wb") as file:
                for piece in iter(lambda: answer["Body"].read(_PIECE), b""):
                    file.write(piece)
            _check_whole(part, answer["ContentLength"], path)
            # The tag goes first and comes last: one that is there belongs to the file.
            tag.unlink(missing_ok=True)
            part.replace(place)
        except HedgerowError:
            raise
        except Exception as error:  # botocore's own tree, which is known only once it is loaded
            found = _told(error, path)
            if found is None:
                raise
            if isinstance(found, HedgerowError):
                raise found from None
            return place if found == "unchanged" else None
        finally:
            part.unlink(missing_ok=True)
        if "ETag" in answer:
            tag.write_text(json.dumps(answer["ETag"]))
        return place

    def _client(self) -> Any:
        if self._s3 is None:
            try:
                import boto3
                from botocore.config import Config
            except ImportError:
                raise DefinitionError(
                    "flat files need boto3: pip install 'hedgerow[aws]'"
                ) from None
            self._s3 = boto3.client(
                "s3",
                endpoint_url=self._settings.massive_files_url,
                aws_access_key_id=self._keys[0],
                aws_secret_access_key=self._keys[1],
                region_name="us-east-1",
                config=Config(
                    signature_version="s3v4",
                    s3={"addressing_style": "path"},
                    connect_timeout=self._options.timeout,
                    read_timeout=self._options.timeout,
                    retries={"total_max_attempts": 1},  # repeated here, with the options' sleep
                    # The vendor's server need not know the checksums that S3 now adds.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )
        return self._s3


def _path(length: Timeframe, day: dt.date) -> str:
    if length.code not in FOLDERS:
        raise DefinitionError(
            f"timeframe {length} has no flat files: ask for {' or '.join(FOLDERS)}",
            timeframe=length.code,
        )
    return f"{FOLDERS[length.code]}/{day:%Y/%m}/{day}.csv.gz"


def _check_whole(file: Path, length: int, path: str) -> None:
    """Refuse a file that is shorter than stated or does not unpack to its checksum."""
    try:
        if file.stat().st_size == length > 0:
            with gzip.open(file) as unpacked:
                while unpacked.read(_PIECE):
                    pass
            return
    except (EOFError, gzip.BadGzipFile, zlib.error):
        pass
    raise Transient(f"massive file {path}: it came broken or only in part", path=path)


def _remembered(tag: Path) -> str | None:
    """Tag of the file at hand; None where none is kept, or what is kept is damaged."""
    try:
        known = json.loads(tag.read_text())
    except (OSError, ValueError, RecursionError):
        return None
    return known if isinstance(known, str) else None


def _told(error: Exception, path: str) -> HedgerowError | str | None:
    """What an error of botocore means: ours, ``unchanged`` or ``absent``; None for others."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, BotoCoreError):
        return Transient(f"massive file {path}: {type(error).__name__}", path=path)
    if not isinstance(error, ClientError):
        return None
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    what = f"massive file {path}: {status} {code}".rstrip()
    if status in (304, 404):
        return "unchanged" if status == 304 else "absent"
    if code in _WRONG_KEY or status == 401:
        return AuthError(f"{what}; check {ACCESS_KEYS[0]} and {SECRET_KEYS[0]}", path=path)
    if status in (402, 403):
        return NotEntitled(f"{what}; the plan does not include flat files", path=path)
    if status == 429 or code == "SlowDown":
        return RateLimited(what, path=path)
    return Transient(what, path=path) if status >= 500 else BadPayload(what, path=path)
