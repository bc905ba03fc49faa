"""An HTTP server on the loopback that plays a vendor, well or badly as it is told."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What a client asked.

    Parameters
    ----------
    method, path
        Such as ``GET`` and ``/v2/aggs``.
    query
        Parameters by name; of a repeated one the last.
    headers
        By lower-case name.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Response:
    """What the server answers.

    Parameters
    ----------
    body
        Bytes as the client is to see them.
    status
        HTTP status.
    content_type
        Of the body.
    headers
        Further headers.
    sent
        Bytes of the body that really leave; None for all. The stated length stays.
    wait
        Seconds before anything is sent.
    drop
        Whether the connection is reset instead.
    chunked
        Whether the length is left out, and the end marked by closing.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: int | None = None
    wait: float = 0.0
    drop: bool = False
    chunked: bool = False

    @classmethod
    def json(cls, value: Any, status: int = 200, **options: Any) -> Self:
        """Answer of a value as JSON."""
        return cls(json.dumps(value).encode(), status, **options)

    @classmethod
    def text(cls, text: str, status: int = 200, content_type: str = "text/plain") -> Self:
        """Answer of plain text."""
        return cls(text.encode(), status, content_type)

    @classmethod
    def csv(cls, text: str, **options: Any) -> Self:
        """Answer of comma-separated values."""
        return cls(text.encode(), content_type="text/csv", **options)

    def gzipped(self) -> Response:
        """The same with its body compressed on the way."""
        headers = {**self.headers, "Content-Encoding": "gzip"}
        return replace(self, body=gzip.compress(self.body), headers=headers)


Fault = Callable[[Request, Callable[[], Response]], Response]


class FakeServer:
    """Base of every fake vendor; a subclass gives ``answer``.

    Attributes
    ----------
    requests
        What was asked, in order; faults included.

    Examples
    --------
    >>> class Hello(FakeServer):
    ...     def answer(self, request):
    ...         return Response.json({"path": request.path})
    >>> import urllib.request
    >>> with Hello() as fake, urllib.request.urlopen(fake.url + "/there") as reply:
    ...     reply.read()
    b'{"path": "/there"}'
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._script: list[tuple[str, Fault]] = []
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._server: _Server | None = None

    def answer(self, request: Request) -> Response:
        """What the vendor answers while it is well."""
        raise NotImplementedError("a fake vendor gives its answers")

    def script(self, *faults: Fault, path: str = "", times: int = 1) -> None:
        """Let the next requests meet faults, one each, before the vendor is well again.

        Parameters
        ----------
        faults
            From ``hedgerow.testing.vendors.faults``.
        path
            Only requests whose path holds this text.
        times
            How often the faults are gone through.
        """
        with self._guard:
            self._script += [(path, fault) for _ in range(times) for fault in faults]

    def heal(self) -> None:
        """Forget the faults still to come."""
        with self._guard:
            self._script.clear()

    def count(self, path: str = "") -> int:
        """Number of requests so far whose path holds a text."""
        return sum(path in request.path for request in self.requests)

    @property
    def url(self) -> str:
        """Where it listens, on the loopback only."""
        assert self._server is not None, "start the fake with `with`"
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def host(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")

    def __enter__(self) -> Self:
        self._server = _Server(self)
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def respond(self, request: Request) -> Response:
        """Answer, or the next fault that is meant for the request."""
        with self._guard:
            self.requests.append(request)
            place = next(
                (n for n, (path, _) in enumerate(self._script) if path in request.path), None
            )
            fault = None if place is None else self._script.pop(place)[1]
        if fault is None:
            return self.answer(request)
        return fault(request, lambda: self.answer(request))

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than the server lives."""
        self._closing.wait(seconds)


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the fake that its server belongs to."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # small answers must not wait for each other's receipt
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): text for name, text in self.headers.items()}
        response = self.server.fake.respond(Request(self.command, parts.path, query, headers))
        if response.wait:
            self.server.fake.pause(response.wait)
        if response.drop:
            self._reset()
        else:
            self._send(response)

    do_HEAD = do_GET  # noqa: N815  the base class looks for this name

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        for name, text in response.headers.items():
            self.send_header(name, text)
        if response.chunked:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body[: response.sent])
        if response.sent is not None or response.chunked:
            self.close_connection = True

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: tests read ``requests``."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, fake: FakeServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that hangs up is what some tests are about."""


def wait_until(done: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether something became true within some seconds."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
