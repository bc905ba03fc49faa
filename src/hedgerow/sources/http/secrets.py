"""Takes secrets out of everything that people or files may get to see."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

HIDDEN = "***"

# Shorter ones would blacken ordinary words; no vendor gives out keys of that length.
_SHORTEST = 4


class Redactor:
    """Replaces some secrets by three stars.

    Parameters
    ----------
    secrets
        Keys, in any spelling that a URL, JSON, a page or a log may give them.

    Examples
    --------
    >>> Redactor(["planted/key"])("GET /query?apikey=planted%2Fkey")
    'GET /query?apikey=***'
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        spelt = {
            form for secret in secrets if len(secret) >= _SHORTEST for form in _spellings(secret)
        }
        self.forms = tuple(sorted(spelt, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """Text without the secrets."""
        for form in self.forms:
            text = text.replace(form, HIDDEN)
        return text

    def bytes(self, body: bytes) -> bytes:
        """Body without the secrets; the same object where it holds none."""
        for form in self.forms:
            if form.encode() in body:
                body = body.replace(form.encode(), HIDDEN.encode())
        return body

    def __repr__(self) -> str:
        return f"Redactor({len(self.forms)} spellings)"


def _spellings(secret: str) -> Iterator[str]:
    """A secret as it is, and as others write what not every text can hold."""
    yield secret
    for encoded in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), encoded)
    for escaped in (json.dumps(secret), json.dumps(secret, ensure_ascii=False)):
        yield escaped[1:-1]
        yield escaped[1:-1].replace("/", "\\/")
    yield html.escape(secret)
    yield repr(secret)[1:-1]
    yield repr(secret.encode())[2:-1]


class _Filter(logging.Filter):
    """Log filter over every secret of the process."""

    def __init__(self) -> None:
        super().__init__()
        self.redactors: dict[tuple[str, ...], Redactor] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        for redactor in list(self.redactors.values()):
            message = redactor(message)
        record.msg, record.args = message, ()
        return True


_LOGS = _Filter()


def keep_from_logs(redactor: Redactor) -> None:
    """Redact what the HTTP libraries log, which is every URL with its query."""
    _LOGS.redactors[redactor.forms] = redactor
    for name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
        logger = logging.getLogger(name)
        if _LOGS not in logger.filters:
            logger.addFilter(_LOGS)
