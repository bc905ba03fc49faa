"""Rows of Massive's flat files."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import polars as pl

from hedgerow.domain.clock import stamp
from hedgerow.domain.schemas import BARS
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import BadPayload
from hedgerow.sources.base import REFUSED_COLUMNS, SourceBatch, no_refusals
from hedgerow.sources.massive.client import VENDOR
from hedgerow.sources.massive.labels import NEW_YORK

_SCHEMA = {
    "ticker": pl.String(),
    "volume": pl.Float64(),
    "open": pl.Float64(),
    "close": pl.Float64(),
    "high": pl.Float64(),
    "low": pl.Float64(),
    "window_start": pl.Int64(),
    "transactions": pl.Int64(),
}


def read_file(file: Path, path: str, day: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of a file, and those that could not be read.

    Parameters
    ----------
    file
        Compressed CSV.
    path
        Its name, for messages.
    day
        Day that every row must belong to, by the date in New York.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame]
        ``ticker, timestamp, open, high, low, close, volume, trade_count``; refused rows.

    Raises
    ------
    BadPayload
        It is not such a file.
    """
    content = gzip.decompress(file.read_bytes())
    header = content[: content.find(b"\n")].decode("utf-8", "replace").strip().split(",")
    if not set(_SCHEMA) <= set(header):
        raise BadPayload(
            f"massive file {path}: its columns are {', '.join(header)[:200]}, not "
            f"{', '.join(_SCHEMA)}",
            path=path,
        )
    try:
        rows, refused = pl.read_csv(content, schema_overrides=_SCHEMA), no_refusals()
    except pl.exceptions.PolarsError:
        rows, refused = _read_texts(content, path)
    rows = rows.select(
        "ticker",
        "open",
        "high",
        "low",
        "close",
        "volume",
        trade_count="transactions",
        timestamp=pl.from_epoch("window_start", time_unit="ns")
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC"),
    )
    here = pl.col("timestamp").dt.convert_time_zone(NEW_YORK).dt.date() == day
    placed = (here & pl.col("ticker").is_not_null()).fill_null(False)
    strays = _refused(rows.filter(~placed), "unclear_time")
    return rows.filter(placed), pl.concat([refused, strays])


def _read_texts(content: bytes, path: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of a file in which some value is not of its type."""
    try:
        texts = pl.read_csv(content, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        first_line = str(error).splitlines()[0]
        raise BadPayload(f"massive file {path}: {first_line}", path=path) from None
    read = texts.select(pl.col(name).cast(kind, strict=False) for name, kind in _SCHEMA.items())
    lost = pl.any_horizontal(
        pl.Series(texts[name].is_not_null() & read[name].is_null()) for name in _SCHEMA
    )
    marked = texts.with_columns(lost=lost)
    refused = _refused(marked.filter("lost").drop("lost"), "unreadable_number")
    return read.filter(~marked["lost"]), refused


def with_owners(
    rows: pl.DataFrame, owners: pl.DataFrame, *, everything: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with their instruments, and refused ones: of no owner, where ``everything`` is wanted.

    Parameters
    ----------
    rows
        As ``read_file`` gives them.
    owners
        ``ticker, instrument_id``.
    everything
        Whether rows of no owner are refused rather than left out.
    """
    named = rows.join(owners, on="ticker", how="left", maintain_order="left")
    known = pl.col("instrument_id").is_not_null()
    unknown = no_refusals()
    if everything:
        unknown = _refused(named.filter(~known).drop("instrument_id"), "unknown_symbol")
    return named.filter(known), unknown


def bars_batch(
    rows: pl.DataFrame, length: Timeframe, day: dt.date, refused: pl.DataFrame
) -> SourceBatch:
    """Batch for ``bars`` of rows with their instruments; a bar that came twice counts once."""
    if not length.intraday:
        label = dt.datetime.combine(day, dt.time(), dt.UTC)
        rows = rows.with_columns(timestamp=pl.lit(label).cast(pl.Datetime("us", "UTC")))
    once = rows.unique(["instrument_id", "timestamp"], keep="last").sort(
        "instrument_id", "timestamp"
    )
    stamped = stamp(once.rename({"ticker": "symbol"}).lazy(), length).collect()
    sent = stamped.with_columns(
        source=pl.lit(VENDOR),
        timeframe=pl.lit(length.code),
        adjustment=pl.lit("raw"),
        currency=pl.lit("USD"),
    )
    return SourceBatch.of(BARS, sent, refused=refused)


def _refused(rows: pl.DataFrame, rule: str) -> pl.DataFrame:
    return rows.select(
        rules=pl.lit(rule),
        symbol="ticker",
        timestamp=pl.lit(None, REFUSED_COLUMNS["timestamp"]),
        payload=pl.struct(pl.all()).struct.json_encode(),
    )
