"""The European Central Bank's files of reference rates, faked."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from hedgerow.testing.vendors.server import FakeServer, Request, Response
from hedgerow.testing.vendors.world import World

FOLDER = "/stats/eurofxref/"

_FIRST = dt.date(1999, 1, 4)
# Units for one euro on the first day; HRK is of a currency that has ended.
_LEVELS = {"USD": 1.1789, "JPY": 133.73, "GBP": 0.7111, "HRK": 7.4}
_ENDED = {"HRK": dt.date(2022, 12, 30)}
_FRANKFURT = ZoneInfo("Europe/Berlin")
# Weekdays without rates in the years that tests look at, beside Christmas and New Year.
_CLOSED = (
    dt.date(2024, 3, 29),
    dt.date(2024, 4, 1),
    dt.date(2025, 4, 18),
    dt.date(2025, 4, 21),
    dt.date(2026, 4, 3),
    dt.date(2026, 4, 6),
)


def reference_rates(world: World) -> pl.DataFrame:
    """Rates that never were: ``date`` and a column for each currency, null where it has ended."""
    local = world.now.astimezone(_FRANKFURT)
    last = local.date() - dt.timedelta(days=local.time() < dt.time(16))
    days = pl.date_range(_FIRST, last, "1d", eager=True).alias("date")
    month, day = days.dt.month(), days.dt.day()
    feast = ((month == 12) & day.is_in([25, 26])) | ((month == 1) & (day == 1))
    feast |= ((month == 5) & (day == 1)) | days.is_in(list(_CLOSED))
    days = days.filter((days.dt.weekday() < 6) & ~feast)
    columns = []
    for n, (code, level) in enumerate(_LEVELS.items()):
        steps = np.random.default_rng([n, 1999]).normal(0, 0.004, len(days))
        columns.append(pl.Series(code, np.round(level * np.exp(np.cumsum(steps) / 8), 4)))
    table = pl.DataFrame([days, *columns])
    return table.with_columns(
        pl.when(pl.col("date") <= end).then(pl.col(code)).alias(code)
        for code, end in _ENDED.items()
    )


def rezipped(change: Callable[[Response], Response]) -> Callable[[Response], Response]:
    """The same change of a table inside an archive."""

    def changed(answer: Response) -> Response:
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            name = archive.namelist()[0]
            table = change(replace(answer, body=archive.read(name)))
        return replace(answer, body=_zipped(name, table.body))

    return changed


class FakeEcb(FakeServer):
    """Serves the history and the latest day as zipped CSV, and the last 90 days as XML.

    Parameters
    ----------
    world
        Whose present; the small world by default.
    """

    def __init__(self, world: World | None = None) -> None:
        super().__init__()
        self.world = world or World.small()
        self._rates = reference_rates(self.world)

    def answer(self, request: Request) -> Response:
        """One of the three files."""
        name = request.path.removeprefix(FOLDER)
        if name == "eurofxref-hist.zip":
            table = _table(self._rates, "%Y-%m-%d")
            return _archive(_zipped("eurofxref-hist.csv", table))
        if name == "eurofxref.zip":
            table = _table(self._rates.tail(1), "%d %B %Y")
            return _archive(_zipped("eurofxref.csv", table))
        if name == "eurofxref-hist-90d.xml":
            since = self._rates["date"][-1] - dt.timedelta(days=89)
            days = self._rates.filter(pl.col("date") >= since)
            return Response(_xml(days), content_type="text/xml")
        return Response.text("404 Not Found", 404, "text/html")


def _table(rates: pl.DataFrame, dates: str) -> bytes:
    """The table newest first, with ``N/A`` and a comma at the end of each line."""
    csv = rates.reverse().write_csv(date_format=dates, null_value="N/A")
    csv = "Date" + csv.removeprefix("date")
    return csv.replace("\n", ",\n").encode()


def _zipped(name: str, table: bytes) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 3, 31, 16, 0, 0)), table)
    return memory.getvalue()


def _archive(body: bytes) -> Response:
    return Response(body, content_type="application/zip")


def _xml(rates: pl.DataFrame) -> bytes:
    days = []
    for row in rates.reverse().iter_rows(named=True):
        cells = "".join(
            f'<Cube currency="{code}" rate="{row[code]}"/>'
            for code in _LEVELS
            if row[code] is not None
        )
        days.append(f'<Cube time="{row["date"]}">{cells}</Cube>')
    return (
        '<?xml version="1.0" encoding="UTF-8"?><gesmes:Envelope '
        'xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
        'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">'
        f"<gesmes:subject>Reference rates</gesmes:subject><Cube>{''.join(days)}</Cube>"
        "</gesmes:Envelope>\n"
    ).encode()
