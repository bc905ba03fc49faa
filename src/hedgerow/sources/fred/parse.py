"""FRED's answers: bytes to values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from hedgerow.errors import BadPayload
from hedgerow.sources._plain_csv import NO_VALUE, UNREADABLE_DATE, UNREADABLE_NUMBER, PlainCsv
from hedgerow.sources.base import REFUSED_COLUMNS

_TEXT = {"realtime_start": pl.String, "date": pl.String, "value": pl.String}


@dataclass(frozen=True)
class Observations:
    """Values of a series.

    Parameters
    ----------
    rows
        ``date``, ``value`` and ``published`` (the first day of the version; null where the
        answer does not tell), sorted by date and publication; days without a value left out.
    refused
        Values that could not be read, for the quarantine.
    """

    rows: pl.DataFrame
    refused: pl.DataFrame


@dataclass(frozen=True)
class Page:
    """One page of the API, and where it stands among them."""

    rows: list[dict[str, Any]]
    count: int
    offset: int

    @property
    def following(self) -> int | None:
        """Offset of the next page; None after the last."""
        reached = self.offset + len(self.rows)
        return reached if reached < self.count else None


def parse_page(body: bytes, offset: int, where: str) -> Page:
    """Read one page of JSON.

    Raises
    ------
    BadPayload
        It is no page of observations, another one than was asked for, or empty before the end.
    """
    try:
        answer = json.loads(body)
        page = Page(answer["observations"], int(answer["count"]), int(answer["offset"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadPayload(f"{where}: the answer is no page of observations", where=where) from None
    if page.offset != offset or (not page.rows and page.offset < page.count):
        raise BadPayload(
            f"{where}: of {page.count} values those from {offset} were asked for, but "
            f"{len(page.rows)} from {page.offset} came",
            where=where,
        )
    return page


def parse_observations(pages: list[Page], series: str, where: str) -> Observations:
    """Values of all pages.

    Raises
    ------
    BadPayload
        The pages do not hold what they announced.

    Examples
    --------
    >>> row = {"realtime_start": "2026-03-10", "date": "2026-03-06", "value": "18.43"}
    >>> holiday = {**row, "date": "2026-03-09", "value": "."}
    >>> parse_observations([Page([row, holiday], 2, 0)], "VIXCLS", "fred").rows.row(0)
    (datetime.date(2026, 3, 6), 18.43, datetime.date(2026, 3, 10))
    """
    rows = [row for page in pages for row in page.rows]
    if len(rows) != pages[-1].count:
        raise BadPayload(
            f"{where}: {len(rows)} of {pages[-1].count} values came; ask again", where=where
        )
    try:
        text = pl.DataFrame([{n: row[n] for n in _TEXT} for row in rows], schema=_TEXT)
    except (KeyError, TypeError, pl.exceptions.PolarsError):
        raise BadPayload(f"{where}: a value lacks its date", where=where) from None
    return _read(
        text.select(
            pl.col("date").str.to_date(strict=False),
            pl.col("value"),
            published=pl.col("realtime_start").str.to_date(strict=False),
            payload=pl.struct(pl.all()).struct.json_encode(),
        ),
        series,
    )


def parse_chart(body: bytes, series: str, where: str) -> Observations:
    r"""Read the file of a chart: ``observation_date,<series>``, formerly ``DATE,<series>``.

    Raises
    ------
    BadPayload
        It is no such file, is about another series, or broke off in its last line.

    Examples
    --------
    >>> csv = b"observation_date,VIXCLS\n2026-03-06,18.43\n2026-03-09,\n"
    >>> parse_chart(csv, "VIXCLS", "fred").rows.rows()
    [(datetime.date(2026, 3, 6), 18.43, None)]
    """
    table = PlainCsv.read(body, where, first=("OBSERVATION_DATE", "DATE"))
    names = table.cells.columns
    day = "OBSERVATION_DATE" if "OBSERVATION_DATE" in names else "DATE"
    if series.upper() not in names:
        raise BadPayload(
            f"{where}: the file is about {', '.join(n for n in names if n != day)}, not {series}",
            where=where,
        )
    read = pl.DataFrame(
        [
            table.dates(day).alias("date"),
            table.cells[series.upper()].alias("value"),
            table.lines.alias("text"),
        ]
    )
    found = _read(
        read.select(
            "date",
            "value",
            published=pl.lit(None, dtype=pl.Date),
            payload=pl.struct("text").struct.json_encode(),
        ),
        series,
    )
    nothing = pl.Series("rules", [""]).new_from_index(0, read.height)
    ragged = table.refusals(nothing, series, read["date"])
    return Observations(found.rows, pl.concat([found.refused, ragged]))


def _read(text: pl.DataFrame, series: str) -> Observations:
    claims = ~pl.col("value").fill_null("").is_in(NO_VALUE)
    read = text.with_columns(
        number=pl.col("value").cast(pl.Float64, strict=False),
        rules=pl.when(pl.col("date").is_null())
        .then(pl.lit(UNREADABLE_DATE))
        .when(claims & pl.col("value").cast(pl.Float64, strict=False).is_null())
        .then(pl.lit(UNREADABLE_NUMBER)),
    )
    refused = read.drop_nulls("rules").select(
        "rules",
        symbol=pl.lit(series),
        timestamp=pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        payload="payload",
    )
    rows = read.filter(pl.col("rules").is_null()).drop_nulls("number")
    return Observations(
        rows.select("date", value="number", published="published").sort("date", "published"),
        refused.select(pl.col(name).cast(kind) for name, kind in REFUSED_COLUMNS.items()),
    )
