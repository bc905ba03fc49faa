"""Several rows with one key: one stays."""

from __future__ import annotations

import polars as pl

from hedgerow.lake._frames import repeated_keys
from hedgerow.lake.quality._rule import SeriesRule

DUPLICATE_KEY = SeriesRule(
    "duplicate_key", "a later row of the same batch has the same key and is kept instead"
)


def duplicate_keys(frame: pl.DataFrame, key: tuple[str, ...], failed: pl.Series) -> pl.Series:
    """Rows that another row of the same key displaces.

    Parameters
    ----------
    frame
        Rows in the order they were sent.
    key
        Columns that name a row.
    failed
        Which rows failed a rule already.

    Returns
    -------
    pl.Series
        True for every row of a key but one: the last that failed nothing, or the last of
        all where every one failed. Rows with a null in the key are never duplicates.

    Examples
    --------
    >>> frame = pl.DataFrame({"day": [1, 1, 2]})
    >>> duplicate_keys(frame, ("day",), pl.Series([False, True, False])).to_list()
    [False, True, False]
    """
    named = pl.all_horizontal(pl.col(key).is_not_null())
    repeated = repeated_keys(frame, key) & frame.select(named).to_series()
    if not repeated.any():
        return repeated.alias(DUPLICATE_KEY.name)
    groups = frame.select(key).with_row_index("_row").with_columns(failed.alias("_failed"))
    kept = (
        groups.filter(repeated)
        .sort("_failed", "_row", descending=[True, False])
        .unique(key, keep="last")["_row"]
    )
    stays = groups["_row"].is_in(kept.to_list())
    return (repeated & ~stays).alias(DUPLICATE_KEY.name)
