"""Answers kept on disk, one folder a day, so that what a vendor said on a day can be read again."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path

from hedgerow.sources.http.reply import Reply


class AnswerCache:
    """Answers by vendor, UTC day and request.

    Parameters
    ----------
    folder
        Where to keep them: ``<folder>/answers/<vendor>/<YYYY-MM-DD>/<digest>.gz``, a line of JSON
        that describes the request (without its key), then the body.
    vendor
        Whose answers.

    Notes
    -----
    A file is written beside its place and renamed, so none is ever half there; one that cannot
    be read counts as absent.
    """

    def __init__(self, folder: Path, vendor: str) -> None:
        self._folder = folder / "answers" / vendor

    def read(self, path: str, params: Mapping[str, str], day: dt.date, where: str) -> Reply | None:
        """Answer of a day; None where there is none."""
        place = self._place(path, params, day)
        try:
            stored = gzip.decompress(place.read_bytes())
            line, _, body = stored.partition(b"\n")
            return Reply(200, json.loads(line)["headers"], body, where, cached=True)
        except (OSError, EOFError, ValueError, KeyError, zlib.error):
            return None

    def write(
        self, path: str, params: Mapping[str, str], reply: Reply, body: bytes, now: dt.datetime
    ) -> None:
        """Keep an answer; an earlier one of the same day and request is replaced."""
        place = self._place(path, params, now.date())
        place.parent.mkdir(parents=True, exist_ok=True)
        kept = {"content-type", "etag", "last-modified"}
        facts = {
            "path": path,
            "params": dict(params),
            "fetched_at": now.isoformat(),
            "headers": {name: text for name, text in reply.headers.items() if name in kept},
        }
        stored = gzip.compress(json.dumps(facts).encode() + b"\n" + body, 1, mtime=0)
        part = place.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(stored)
        part.replace(place)

    def _place(self, path: str, params: Mapping[str, str], day: dt.date) -> Path:
        request = json.dumps([path, sorted(params.items())])
        digest = hashlib.sha256(request.encode()).hexdigest()[:40]
        return self._folder / day.isoformat() / f"{digest}.gz"
