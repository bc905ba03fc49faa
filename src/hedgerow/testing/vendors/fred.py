"""FRED's API and the files of its charts, faked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from hedgerow.testing.vendors.cboe import index_days
from hedgerow.testing.vendors.server import FakeServer, Request, Response
from hedgerow.testing.vendors.world import World

OBSERVATIONS = "/fred/series/observations"
CHART = "/graph/fredgraph.csv"

_MOST = 100_000
_MOST_VINTAGES = 2000
_CLOSES = {"VIXCLS": "VIX", "SP500": "SPX"}

# A monthly series that never was. Each month is published on the 12th of the next one, and
# revised a month after that; January 2025 once more in its annual revision.
PRICES = "ZQCPI"
VERSIONS: tuple[tuple[str, str, str], ...] = (
    ("2025-01-01", "2025-02-12", "300.1"),
    ("2025-01-01", "2025-03-12", "300.4"),
    ("2025-01-01", "2026-02-13", "299.9"),
    ("2025-02-01", "2025-03-12", "301.0"),
    ("2025-02-01", "2025-04-12", "301.2"),
    ("2025-03-01", "2025-04-12", "."),
    ("2025-04-01", "2025-05-12", "303.5"),
)
# The same under a name that FRED holds too many versions of for one answer.
CROWDED = "ZQDAILY"


class FakeFred(FakeServer):
    """Serves ``VIXCLS`` and ``SP500`` by day, ``ZQCPI`` and ``ZQDAILY`` with every version.

    Weekdays on which New York was closed are rows with ``.`` for a value. A mistake, a wrong key
    among them, is answered with status 400; without ``file_type=json`` the answer is XML.

    Parameters
    ----------
    world
        Whose sessions and present; the small world by default.
    key
        Key that the API takes; the charts need none.
    most
        Values in one page at most, however many are asked for.
    first
        First day of ``SP500``, which moves forward by FRED's agreement with its owner.
    header, missing
        Name of the charts' first column, and what stands where there is no value.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        key: str = "plantedfredkey00plantedfredkey00",
        most: int = _MOST,
        first: dt.date = dt.date(2024, 6, 3),
        header: str = "observation_date",
        missing: str = ".",
    ) -> None:
        super().__init__()
        self.world = world or World.small()
        self.key = key
        self.most = most
        self.first = first
        self.header = header
        self.missing = missing

    def answer(self, request: Request) -> Response:
        """Values of a series, or the refusal in FRED's words."""
        if request.path == CHART:
            return self._chart(request)
        if request.path != OBSERVATIONS:
            return Response.text("404 Not Found", 404, "text/html")
        if request.query.get("file_type", "xml") != "json":
            return Response(b'<?xml version="1.0"?><observations/>', content_type="text/xml")
        if request.query.get("api_key") != self.key:
            return _refusal("The value for variable api_key is not registered.")
        rows = self._versions(request)
        if isinstance(rows, Response):
            return rows
        limit = min(int(request.query.get("limit", _MOST)), self.most)
        offset = int(request.query.get("offset", 0))
        page = {
            "units": "lin",
            "output_type": 1,
            "file_type": "json",
            "order_by": "observation_date",
            "sort_order": "asc",
            "count": len(rows),
            "offset": offset,
            "limit": limit,
            "observations": rows[offset : offset + limit],
        }
        return Response.json(page)

    def _versions(self, request: Request) -> list[dict[str, Any]] | Response:
        name = request.query.get("series_id", "")
        today = self.world.now.date().isoformat()
        since = request.query.get("realtime_start", today)
        until = request.query.get("realtime_end", today)
        inside = _within(request, "observation_start", "observation_end")
        if name in _CLOSES:
            return [
                {"realtime_start": today, "realtime_end": today, "date": day, "value": value}
                for day, value in self._days(name, missing=".")
                if inside(day)
            ]
        if name not in (PRICES, CROWDED):
            return _refusal("The series does not exist.")
        years = int(min(until, today)[:4]) - max(1927, int(since[:4]))
        if name == CROWDED and years * 250 > _MOST_VINTAGES:
            return _refusal(
                f"There are more than {_MOST_VINTAGES} vintage dates in the real-time period."
            )
        return [row for row in _in_force(since, until) if inside(row["date"])]

    def _days(self, name: str, missing: str) -> list[tuple[str, str]]:
        days = index_days(self.world, _CLOSES[name]).select("date", "close")
        first, last = days["date"][0], days["date"][-1]
        weekdays = pl.date_range(first, last, "1d", eager=True).alias("date").to_frame()
        weekdays = weekdays.filter(pl.col("date").dt.weekday() < 6)
        if name == "SP500":
            weekdays = weekdays.filter(pl.col("date") >= self.first)
        rows = weekdays.join(days, on="date", how="left", maintain_order="left")
        return [
            (day.isoformat(), missing if close is None else f"{close:.2f}")
            for day, close in rows.iter_rows()
        ]

    def _chart(self, request: Request) -> Response:
        name = request.query.get("id", "")
        if name not in _CLOSES:
            return Response.text("<html><title>Error - St. Louis Fed</title>", 404, "text/html")
        inside = _within(request, "cosd", "coed")
        days = self._days(name, self.missing)
        lines = [f"{day},{value}" for day, value in days if inside(day)]
        return Response.csv("\n".join([f"{self.header},{name}", *lines]) + "\n")


def _within(request: Request, first: str, last: str) -> Any:
    start = request.query.get(first, "1776-07-04")
    end = request.query.get(last, "9999-12-31")
    return lambda day: start <= day <= end


def _in_force(since: str, until: str) -> list[dict[str, Any]]:
    """Versions that stood some time within the period, their days cut to it."""
    rows = []
    for n, (date, published, value) in enumerate(VERSIONS):
        later = VERSIONS[n + 1] if n + 1 < len(VERSIONS) else None
        replaced = later[1] if later is not None and later[0] == date else "9999-12-31"
        if published <= until and replaced > since:
            start, end = max(published, since), min(replaced, until)
            row = {"realtime_start": start, "realtime_end": end, "date": date, "value": value}
            rows.append(row)
    return rows


def _refusal(message: str) -> Response:
    return Response.json({"error_code": 400, "error_message": f"Bad Request.  {message}"}, 400)
