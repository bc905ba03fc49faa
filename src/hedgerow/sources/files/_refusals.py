"""Rows of a file that could not be read, with what they held."""

from __future__ import annotations

import polars as pl

from hedgerow.sources.base import REFUSED_COLUMNS
from hedgerow.sources.files._table import RawTable

WRONG_FIELD_COUNT = "wrong_field_count"


def refusals(raw: RawTable, rows: pl.DataFrame) -> pl.DataFrame:
    """Refused rows for the quarantine.

    Parameters
    ----------
    raw
        The file.
    rows
        ``rules`` (empty for a row that was read), ``symbol`` and ``timestamp``, in its order.

    Returns
    -------
    pl.DataFrame
        ``rules, symbol, timestamp, payload``: unreadable rows with their cells as JSON, then
        lines with the wrong number of fields with their text.
    """
    faulty = pl.Series((rows["rules"] != "").arg_true())
    cells = raw.frame[faulty].select(pl.all().cast(pl.String, strict=False))
    payload = (
        cells.select(pl.struct(pl.all()).struct.json_encode()).to_series().alias("payload")
        if len(faulty)
        else pl.Series("payload", [], dtype=pl.String)
    )
    unread = rows[faulty].select("rules", "symbol", "timestamp").hstack([payload])
    ragged = raw.ragged.select(
        rules=pl.lit(WRONG_FIELD_COUNT),
        payload=pl.struct("text").struct.json_encode(),
    )
    parts = [unread.select(pl.col(n).cast(k) for n, k in REFUSED_COLUMNS.items())]
    if ragged.height:
        parts.append(ragged)
    return pl.concat(parts, how="diagonal").select(list(REFUSED_COLUMNS))
