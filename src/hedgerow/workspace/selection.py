"""Which row a read returns: one source and one adjustment for each instrument."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hedgerow.domain import Adjust, Adjustment

# Raw prices come first: every other basis can be derived from them, and never the reverse.
_PREFERENCE: dict[Adjust, tuple[Adjustment, ...]] = {
    Adjust.NONE: (Adjustment.RAW, Adjustment.SPLIT, Adjustment.TOTAL),
    Adjust.SPLITS: (Adjustment.RAW, Adjustment.SPLIT, Adjustment.TOTAL),
    Adjust.TOTAL: (Adjustment.TOTAL, Adjustment.RAW, Adjustment.SPLIT),
}

SERIES = ("instrument_id", "source", "adjustment")


def preferred(bars: pl.LazyFrame, adjust: Adjust, source_priority: Sequence[str]) -> pl.DataFrame:
    """The one series of each instrument that a read uses.

    Parameters
    ----------
    bars
        Candidate rows.
    adjust
        What the read asks for.
    source_priority
        Sources, best first; others follow in alphabetical order.

    Returns
    -------
    pl.DataFrame
        ``instrument_id, source, adjustment``, one row an instrument.

    Notes
    -----
    A total-return read takes a vendor's total-return series where its source has one, and
    otherwise derives it from raw prices and the dividends known.
    """
    sources = {name: rank for rank, name in enumerate(source_priority)}
    kinds = {str(kind): rank for rank, kind in enumerate(_PREFERENCE[adjust])}
    return (
        bars.select(SERIES)
        .unique()
        .collect()
        .sort(
            "instrument_id",
            pl.col("source").replace_strict(sources, default=len(sources), return_dtype=pl.Int64),
            "source",
            pl.col("adjustment").replace_strict(kinds, default=9, return_dtype=pl.Int64),
        )
        .unique("instrument_id", keep="first", maintain_order=True)
    )
