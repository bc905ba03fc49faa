"""Ways in which a vendor fails, to script into a fake one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from hedgerow.testing.vendors.server import Fault, Request, Response

Healthy = Callable[[], Response]


def status(
    code: int,
    text: bytes | str = b"",
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """Answer with a status and a body instead."""
    content = text.encode() if isinstance(text, str) else text
    return lambda _request, _healthy: Response(content, code, content_type, headers or {})


def too_many(
    retry_after: str | None = None, text: bytes | str = b"", content_type: str = "application/json"
) -> Fault:
    """Status 429, with or without a hint (seconds, or a date as HTTP writes it)."""
    return status(429, text, content_type, {"Retry-After": retry_after} if retry_after else {})


def body(content: bytes | str, content_type: str = "application/json") -> Fault:
    """Status 200 with another body."""
    return status(200, content, content_type)


def html() -> Fault:
    """Status 200 with a page for people, as a proxy or an edge server sends it."""
    return body("<!doctype html><html><title>Please wait</title></html>", "text/html")


def empty() -> Fault:
    """Status 200 without a body."""
    return body(b"")


def truncated(fraction: float = 0.5) -> Fault:
    """The true answer with its full length stated, cut off on the way."""

    def cut(_request: Request, healthy: Healthy) -> Response:
        answer = healthy()
        return replace(answer, sent=int(len(answer.body) * fraction))

    return cut


def cut_short(fraction: float = 0.5) -> Fault:
    """The true answer cut off where no length was stated, so that it looks whole."""

    def cut(_request: Request, healthy: Healthy) -> Response:
        answer = healthy()
        kept = answer.body[: int(len(answer.body) * fraction)]
        return replace(answer, body=kept, chunked=True)

    return cut


def dropped() -> Fault:
    """The connection is reset without an answer."""
    return lambda _request, _healthy: Response(drop=True)


def lost() -> Fault:
    """The vendor does what was asked, and its answer is lost."""

    def lose(_request: Request, healthy: Healthy) -> Response:
        return replace(healthy(), drop=True)

    return lose


def hang(seconds: float = 60.0) -> Fault:
    """The vendor accepts and says nothing for some time."""

    def late(_request: Request, healthy: Healthy) -> Response:
        return replace(healthy(), wait=seconds)

    return late


def gzipped() -> Fault:
    """The true answer, compressed on the way: no fault, but not every client reads it."""
    return lambda _request, healthy: healthy().gzipped()


def changed(change: Callable[[Response], Response]) -> Fault:
    """The true answer after a change."""
    return lambda _request, healthy: change(healthy())
