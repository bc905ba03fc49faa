"""Answers kept on disk, one folder a day, so that what a vendor said on a day can be read again."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import logging
import uuid
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from hedgerow.sources.http.reply import Reply

_LOG = logging.getLogger(__name__)


class AnswerCache:
    """Answers by vendor, UTC day and request.

    Parameters
    ----------
    folder
        Where to keep them: ``<folder>/answers/<vendor>/<YYYY-MM-DD>/<digest>.gz``, a line of JSON
        that describes the request (without its key), then the body.
    vendor
        Whose answers.
    base_url
        Host that is asked: a fake's answers are not the vendor's.

    Notes
    -----
    A file is written beside its place and renamed, so none is ever half there; one that cannot
    be read counts as absent. A folder that cannot be written costs a warning, not the answer.
    """

    def __init__(self, folder: Path, vendor: str, base_url: str) -> None:
        self._folder = folder / "answers" / vendor
        self._base_url = base_url
        self._told = False

    def read(self, path: str, params: Mapping[str, str], day: dt.date, where: str) -> Reply | None:
        """Answer of a day; None where there is none."""
        place = self._place(path, params, day)
        try:
            stored = gzip.decompress(place.read_bytes())
            line, _, body = stored.partition(b"\n")
            facts = json.loads(line)
            fetched_at = dt.datetime.fromisoformat(facts["fetched_at"])
            headers = {name: str(text) for name, text in facts["headers"].items()}
        except (OSError, EOFError, zlib.error):
            return None
        # A file that was meddled with may hold any value of JSON.
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        if fetched_at.tzinfo is None:
            return None
        return Reply(200, headers, body, where, cached=True, fetched_at=fetched_at)

    def write(self, path: str, params: Mapping[str, str], reply: Reply) -> None:
        """Keep an answer; an earlier one of the same day and request is replaced."""
        assert reply.fetched_at is not None
        place = self._place(path, params, reply.fetched_at.date())
        kept = {"content-type", "etag", "last-modified"}
        facts = {
            "path": path,
            "params": dict(params),
            "fetched_at": reply.fetched_at.isoformat(),
            "headers": {name: text for name, text in reply.headers.items() if name in kept},
        }
        stored = gzip.compress(json.dumps(facts).encode() + b"\n" + reply.body, 1, mtime=0)
        part = place.with_suffix(f".{uuid.uuid4().hex}.part")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(stored)
            part.replace(place)
        except OSError as error:
            if not self._told:  # once is enough for a disk that is full
                _LOG.warning("answers cannot be kept in %s: %s", self._folder, error.strerror)
            self._told = True
            # On a full disk half a file is in the way of everything else.
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _place(self, path: str, params: Mapping[str, str], day: dt.date) -> Path:
        request = json.dumps([self._base_url, path, sorted(params.items())])
        digest = hashlib.sha256(request.encode()).hexdigest()[:40]
        return self._folder / day.isoformat() / f"{digest}.gz"
