"""The vendor, in a process of its own: pages of minute bars rendered once and sent many times.

It prints its address and serves until its input closes. Every ticker has the same bars under its
own name, so that the server does next to nothing while clients are measured.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import sys
from bisect import bisect_left
from itertools import pairwise

import numpy as np

from hedgerow.domain import sessions
from hedgerow.testing.vendors import FakeServer, Request, Response

PAGE = 50_000
FIRST = dt.date(2024, 1, 2)


class Backfill(FakeServer):
    """Massive's aggregates, as many minute bars a ticker as asked."""

    def __init__(self, bars: int) -> None:
        super().__init__()
        self.starts = minute_starts(bars)
        bounds = [*range(0, bars, PAGE), bars]
        self.pages = [render(self.starts, first, last) for first, last in pairwise(bounds)]

    def answer(self, request: Request) -> Response:
        """A page of bars; nothing for whatever else is asked."""
        parts = request.path.split("/")
        if not request.path.startswith("/v2/aggs/ticker/"):
            return Response.json({"status": "OK", "results": [], "request_id": "r"})
        ticker = parts[4]
        page = int(base64.b64decode(request.query["cursor"])) if "cursor" in request.query else 0
        if page == 0 and not self._from_the_start(parts[8]):
            return Response.json({"ticker": ticker, "status": "OK", "resultsCount": 0})
        head = {"ticker": ticker, "adjusted": False, "status": "OK", "request_id": "r"}
        if page + 1 < len(self.pages):
            cursor = base64.b64encode(str(page + 1).encode()).decode()
            head["next_url"] = f"{self.url}{request.path}?cursor={cursor}"
        body = json.dumps(head)[:-1].encode() + b',"results":' + self.pages[page] + b"}"
        return Response(body)

    def _from_the_start(self, start: str) -> bool:
        milliseconds = (
            int(start)
            if start.isdigit()
            else int(dt.datetime.fromisoformat(start).replace(tzinfo=dt.UTC).timestamp() * 1000)
        )
        return bisect_left(self.starts, milliseconds) == 0


def minute_starts(count: int) -> list[int]:
    """Starts of the first minutes of trading since 2024, in milliseconds."""
    held = sessions("XNYS").filter(sessions("XNYS")["session"] >= FIRST)
    starts: list[int] = []
    for opens, closes in held.select("open", "close").iter_rows():
        first, last = int(opens.timestamp()) * 1000, int(closes.timestamp()) * 1000
        starts += range(first, last, 60_000)
        if len(starts) >= count:
            break
    return starts[:count]


def render(starts: list[int], first: int, last: int) -> bytes:
    """Bars ``first`` to ``last`` as the vendor writes them."""
    random = np.random.default_rng([7, first])
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.0005, last - first)))
    open_ = close * np.exp(random.normal(0, 0.0002, last - first))
    spread = np.abs(random.normal(0, 0.02, (2, last - first)))
    rows = zip(
        starts[first:last],
        np.round(open_, 4).tolist(),
        np.round(np.maximum(open_, close) + spread[0], 4).tolist(),
        np.round(np.minimum(open_, close) - spread[1], 4).tolist(),
        np.round(close, 4).tolist(),
        random.integers(100, 90_000, last - first).tolist(),
        random.integers(1, 900, last - first).tolist(),
        strict=True,
    )
    return json.dumps(
        [
            {
                "v": v,
                "vw": round((h + lo + c) / 3, 4),
                "o": o,
                "c": c,
                "h": h,
                "l": lo,
                "t": t,
                "n": n,
            }
            for t, o, h, lo, c, v, n in rows
        ],
        separators=(",", ":"),
    ).encode()


def serve() -> None:
    """Print the address, then wait."""
    with Backfill(int(sys.argv[1])) as fake:
        print(fake.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve()
