"""What surrounds the results of an answer, read without reading the results themselves."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from hedgerow.errors import BadPayload

_ARRAY = re.compile(rb'"results"\s*:\s*\[')


@dataclass(frozen=True)
class Envelope:
    """One answer, opened.

    Parameters
    ----------
    facts
        Everything but the results: ``status``, ``next_url``, ``resultsCount`` and so on.
    array
        The results as bytes of JSON, brackets included; None where they were not cut out.
    """

    facts: dict[str, Any]
    array: bytes | None = None

    @property
    def has_results(self) -> bool:
        """Whether there is a key ``results``, which an answer about nothing lacks."""
        return self.array is not None or self.facts.get("results") is not None

    @property
    def next_url(self) -> str | None:
        """Address of the next page; None on the last one."""
        given = self.facts.get("next_url")
        return given if isinstance(given, str) and given.strip() else None

    def rows(self, where: str) -> list[dict[str, Any]]:
        """Results as objects; empty where there are none.

        Raises
        ------
        BadPayload
            The results are not a list of objects.
        """
        found = self.facts.get("results") if self.array is None else _value(self.array)
        if found is None and self.array is None:
            return []
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise BadPayload(f"{where}: the results are not a list of objects", where=where)
        return found


def open_envelope(body: bytes) -> Envelope | None:
    """Open an answer; None where it is not an object of JSON.

    A page of bars is megabytes of flat objects: its array is cut out by its brackets, and only
    what is left is read here. An array that holds brackets of its own cannot be cut so; then
    the whole is read.

    Examples
    --------
    >>> open_envelope(b'{"status":"OK","results":[{"t":1}]}')
    Envelope(facts={'status': 'OK'}, array=b'[{"t":1}]')
    >>> open_envelope(b"<html>") is None
    True
    """
    found = _ARRAY.search(body)
    if found:
        start = found.end() - 1
        end = body.find(b"]", start) + 1
        bare = _object(body[: found.start()] + b'"results":null' + body[end:]) if end else None
        if bare is not None:
            del bare["results"]
            return Envelope(bare, body[start:end])
    whole = _object(body)
    return None if whole is None else Envelope(whole)


def _object(text: bytes) -> dict[str, Any] | None:
    value = _value(text)
    return value if isinstance(value, dict) else None


def _value(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
