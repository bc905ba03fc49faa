"""The bank's files: bytes to rates. An archive is known by its first bytes, not by its name."""

from __future__ import annotations

import io
import zipfile
import zlib
from xml.etree import ElementTree as ET

import polars as pl

from hedgerow.errors import BadPayload
from hedgerow.sources._plain_csv import (
    NO_VALUE,
    UNREADABLE_DATE,
    UNREADABLE_NUMBER as WRONG,
    PlainCsv,
    has_header,
)
from hedgerow.sources.base import REFUSED_COLUMNS, no_refusals

_ZIP = b"PK\x03\x04"
_XML = b"<?xml"
# The whole history is about 2 MB; an archive that claims far more is not it.
_LARGEST = 64 << 20


def parse_rates(body: bytes, where: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    r"""Read a file of rates.

    Parameters
    ----------
    body
        The history or the latest day as CSV (``Date,USD,JPY,…,`` with a comma at the end of
        each line, ``N/A`` where there is no rate), zipped or not, or the 90 days as XML.
    where
        Vendor and path, for messages.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame]
        ``date, quote, rate`` (units of ``quote`` for one euro), sorted by currency and date,
        without rows where there is no rate; and the cells that could not be read, for the
        quarantine.

    Raises
    ------
    BadPayload
        It is no such file, holds no rate, or broke off.

    Examples
    --------
    >>> csv = b"Date,USD,JPY,HRK,\n2026-03-09,1.1034,163.21,N/A,\n"
    >>> parse_rates(csv, "ecb")[0].rows()
    [(datetime.date(2026, 3, 9), 'JPY', 163.21), (datetime.date(2026, 3, 9), 'USD', 1.1034)]
    """
    content = _unpacked(body, where)
    rates, refused = (
        (_from_xml(content, where), no_refusals())
        if content.lstrip().startswith(_XML)
        else _from_csv(content, where)
    )
    if rates.is_empty():
        raise BadPayload(f"{where}: the file holds no rate that can be read", where=where)
    return rates.sort("quote", "date", maintain_order=True), refused


def archive_fault(body: bytes) -> str | None:
    """What is wrong with an archive; None for a whole one, and for what is none."""
    if not body.startswith(_ZIP):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        return f"the archive broke off ({error})"
    return None if broken is None else f"{broken} in the archive is damaged"


def has_rates(body: bytes) -> bool:
    """Whether an answer begins, and ends, like a file of rates."""
    if body.startswith(_ZIP):
        return True
    text = body.strip(b"\xef\xbb\xbf \r\n")
    whole_xml = text.startswith(_XML) and b"Cube" in text and text.endswith(b"Envelope>")
    return has_header(body, "DATE") or whole_xml


def _unpacked(body: bytes, where: str) -> bytes:
    if not body.startswith(_ZIP):
        return body
    if (fault := archive_fault(body)) is not None:
        raise BadPayload(f"{where}: {fault}", where=where)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        tables = [one for one in archive.infolist() if one.filename.lower().endswith(".csv")]
        if not tables or tables[0].file_size > _LARGEST:
            raise BadPayload(f"{where}: the archive holds no table of rates", where=where)
        return archive.read(tables[0])


def _from_csv(content: bytes, where: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    table = PlainCsv.read(content, where, first=("DATE",))
    days = table.dates("DATE")
    sound = days.is_not_null()
    undated = pl.select(
        pl.when(pl.Series(sound)).then(pl.lit("")).otherwise(pl.lit(UNREADABLE_DATE))
    ).to_series()
    long = (
        table.cells.drop("DATE")
        .with_columns(days.alias("date"))
        .filter(sound)
        .unpivot(index="date", variable_name="quote", value_name="text")
        .filter(~pl.col("text").fill_null("").is_in(NO_VALUE))
        .with_columns(rate=pl.col("text").cast(pl.Float64, strict=False))
    )
    unread = long.filter(pl.col("rate").is_null()).select(
        rules=pl.lit(WRONG),
        symbol=pl.lit("EUR") + pl.col("quote"),
        timestamp=pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        payload=pl.struct("date", "quote", "text").struct.json_encode(),
    )
    refused = pl.concat([table.refusals(undated, "EUR", days), unread]).select(
        list(REFUSED_COLUMNS)
    )
    return long.drop_nulls("rate").select("date", "quote", "rate"), refused


def _from_xml(content: bytes, where: str) -> pl.DataFrame:
    broken = BadPayload(f"{where}: the XML of the rates cannot be read", where=where)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise broken
    try:
        # Without entities there is nothing in it that a parser could be led to expand.
        root = ET.fromstring(content)  # noqa: S314
    except ET.ParseError:
        raise broken from None
    cells = [
        (day.get("time"), cell.get("currency"), cell.get("rate"))
        for day in root.iterfind(".//{*}Cube[@time]")
        for cell in day.iterfind("{*}Cube[@currency]")
    ]
    text = pl.DataFrame(
        cells, schema={"date": pl.String, "quote": pl.String, "rate": pl.String}, orient="row"
    )
    try:
        return text.with_columns(pl.col("date").str.to_date(), pl.col("rate").cast(pl.Float64))
    except (pl.exceptions.ComputeError, pl.exceptions.InvalidOperationError):
        raise broken from None
