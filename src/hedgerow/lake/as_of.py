"""Which version of a corrected row was held at an instant."""

from __future__ import annotations

import datetime as dt

import polars as pl

from hedgerow.domain.schemas import Table
from hedgerow.lake._frames import INGESTED_AT
from hedgerow.lake.merge import SUPERSEDED_AT

_HELD = "_held"
_NEARNESS = "_nearness"


def held_at(
    current: pl.LazyFrame, history: pl.LazyFrame, table: Table, as_of: dt.datetime
) -> pl.LazyFrame:
    """Rows as they were held at an instant, and only those that anyone could know by then.

    Parameters
    ----------
    current
        The table's newest rows, read no later than ``history``: a writer stores history
        first, so a row may be in both but is never in neither.
    history
        Replaced versions of the same rows.
    table
        Schema of ``current``.
    as_of
        Instant, UTC.

    Returns
    -------
    pl.LazyFrame
        One row a key: the newest version with ``ingested_at <= as_of``; where none was
        held yet, the first version ever stored, so that history loaded later can be used.
        Of those, the rows with ``available_at <= as_of``.
    """
    key = list(table.key)
    replaced = history.drop(SUPERSEDED_AT)
    touched = replaced.select(key).unique()
    versions = pl.concat([current.join(touched, on=key, how="semi"), replaced], how="vertical")
    ingested = pl.col(INGESTED_AT)
    distance = (ingested - pl.lit(as_of, dtype=pl.Datetime("us", "UTC"))).abs()
    # Before the instant the nearest version is the newest, after it the nearest is the first.
    chosen = (
        versions.with_columns((ingested <= as_of).alias(_HELD), distance.alias(_NEARNESS))
        .sort(_HELD, _NEARNESS, descending=[True, False])
        .unique(key, keep="first", maintain_order=True)
        .drop(_HELD, _NEARNESS)
    )
    untouched = current.join(touched, on=key, how="anti")
    return pl.concat([untouched, chosen]).filter(pl.col("available_at") <= as_of)
