"""Refused rows, kept with the names of the rules they failed."""

from __future__ import annotations

import datetime as dt
import hashlib

import polars as pl

from hedgerow.domain.schemas import QUARANTINE
from hedgerow.lake._frames import INGESTED_AT
from hedgerow.lake._store import Store
from hedgerow.lake.merge import insert_missing
from hedgerow.lake.quality.report import RULES


def quarantine(
    store: Store, bad: pl.DataFrame, *, table: str, source: str, ingested_at: dt.datetime
) -> int:
    """Store refused rows, each once however often it is sent.

    Parameters
    ----------
    store
        Where the tables lie.
    bad
        Refused rows with their ``rules``.
    table
        Where they were meant to go.
    source
        Who sent them.
    ingested_at
        When they were refused.

    Returns
    -------
    int
        Rows that were not in the quarantine yet.
    """
    rows = quarantine_rows(bad, table=table, source=source, ingested_at=ingested_at)
    return insert_missing(store, QUARANTINE, rows)


def keep_unreadable(
    store: Store, rows: pl.DataFrame, *, table: str, source: str, ingested_at: dt.datetime
) -> int:
    """Store rows that could not be read into the table's types; as ``quarantine``.

    Parameters
    ----------
    store
        Where the tables lie.
    rows
        ``rules``, ``symbol`` and ``timestamp`` (null where unknown), ``payload`` (JSON).
    table, source, ingested_at
        As for ``quarantine``.
    """
    kept = _stamped(rows, table=table, source=source, ingested_at=ingested_at)
    return insert_missing(store, QUARANTINE, kept)


def quarantine_rows(
    bad: pl.DataFrame, *, table: str, source: str, ingested_at: dt.datetime
) -> pl.DataFrame:
    """Refused rows in the form of the quarantine table.

    Parameters
    ----------
    bad
        Refused rows with their ``rules``.
    table, source, ingested_at
        As for ``quarantine``.

    Returns
    -------
    pl.DataFrame
        ``row_hash`` is the SHA-256 of table, source, rules, payload and the number of
        equal rows above it in the batch, so that exact duplicates are kept apart and a
        second run meets the same hashes.
    """
    payload = _as_json(bad.drop(RULES))
    rows = pl.DataFrame({RULES: bad[RULES], "payload": payload}).with_columns(
        symbol=_or_null(bad, "symbol", pl.String()),
        timestamp=_or_null(bad, "timestamp", pl.Datetime("us", "UTC")),
    )
    return _stamped(rows, table=table, source=source, ingested_at=ingested_at)


def _stamped(
    rows: pl.DataFrame, *, table: str, source: str, ingested_at: dt.datetime
) -> pl.DataFrame:
    kept = rows.with_columns(
        table=pl.lit(table),
        source=pl.lit(source),
        repetition=pl.int_range(pl.len()).over(RULES, "payload"),
    )
    stamp = pl.lit(ingested_at, dtype=pl.Datetime("us", "UTC")).alias(INGESTED_AT)
    return kept.with_columns(_row_hash(kept), stamp).select(list(QUARANTINE.columns))


def _as_json(rows: pl.DataFrame) -> pl.Series:
    """Each row as a JSON object; where it holds NaN or infinity its numbers are texts."""
    numbers = [name for name, dtype in rows.schema.items() if dtype.is_float()]
    finite = pl.all_horizontal(
        pl.lit(True), *(pl.col(n).is_finite().fill_null(True) for n in numbers)
    )
    as_sent = pl.struct(pl.all()).struct.json_encode()
    as_text = pl.struct(pl.col(n).cast(pl.String) if n in numbers else n for n in rows.columns)
    return rows.select(
        pl.when(finite).then(as_sent).otherwise(as_text.struct.json_encode()).alias("payload")
    ).to_series()


def _row_hash(kept: pl.DataFrame) -> pl.Series:
    parts = kept.select(
        pl.concat_str(["table", "source", RULES, "payload", "repetition"], separator="\x1f")
    ).to_series()
    # Polars' own hashes may differ between its versions; these are stored and must not.
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in parts]
    return pl.Series("row_hash", digests, dtype=pl.String)


def _or_null(rows: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    if rows.schema.get(name) == dtype:
        return rows[name]
    return pl.repeat(None, rows.height, dtype=dtype, eager=True).alias(name)
