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

#: Common sessions by which two sources are compared.
COMPARABLE = 20


def ranked(source_priority: Sequence[str]) -> pl.Expr:
    """Place of the column ``source`` in the priority; sources not named share the last place."""
    places = {name: place for place, name in enumerate(source_priority)}
    return pl.col("source").replace_strict(places, default=len(places), return_dtype=pl.Int64)


def held_series(bars: pl.LazyFrame) -> pl.DataFrame:
    """Every series among some bars: ``SERIES``, ``bars``, ``sessions`` and ``currency``."""
    counts = {"bars": pl.len(), "sessions": pl.col("session").n_unique()}
    return bars.group_by(SERIES).agg(**counts, currency=pl.col("currency").first()).collect()


def preferred(held: pl.DataFrame, adjust: Adjust, source_priority: Sequence[str]) -> pl.DataFrame:
    """The one series of each instrument that a read uses.

    Parameters
    ----------
    held
        Candidates, as ``held_series`` gives them.
    adjust
        What the read asks for.
    source_priority
        Sources, best first; others follow in alphabetical order.

    Returns
    -------
    pl.DataFrame
        Rows of ``held``, one an instrument.

    Notes
    -----
    A total-return read takes a vendor's total-return series where its source has one of no
    fewer bars than its raw one, and otherwise derives it from raw prices and the dividends
    known.

    A raw series too short to be compared with another, as a failed loading leaves one behind,
    comes after one of twice its length: it must not hide a complete series.
    """
    is_raw = pl.col("adjustment") == Adjustment.RAW
    raw = pl.col("bars").filter(is_raw)
    stub = (
        is_raw
        & (pl.col("sessions") < COMPARABLE)
        & (2 * pl.col("bars") < raw.max().over("instrument_id"))
    )
    kinds = {str(kind): rank for rank, kind in enumerate(_PREFERENCE[adjust])}
    kind = pl.col("adjustment").replace_strict(kinds, default=9, return_dtype=pl.Int64)
    if adjust is Adjust.TOTAL:
        kind = (
            pl.when(
                pl.col("adjustment") == Adjustment.TOTAL,
                pl.col("bars") < raw.max().over("instrument_id", "source"),
            )
            .then(pl.lit(len(kinds), dtype=pl.Int64))
            .otherwise(kind)
        )
    return held.sort(
        "instrument_id",
        stub.fill_null(False),
        ranked(source_priority),
        "source",
        kind,
        maintain_order=True,
    ).unique("instrument_id", keep="first", maintain_order=True)


def longer_elsewhere(held: pl.DataFrame, chosen: pl.DataFrame) -> list[str]:
    """Notes on instruments of which another source has twice the bars of the chosen one.

    Examples
    --------
    >>> held = pl.DataFrame(
    ...     {
    ...         "instrument_id": ["A.XNYS"] * 2,
    ...         "source": ["one", "two"],
    ...         "adjustment": ["raw"] * 2,
    ...         "bars": [10, 90],
    ...     }
    ... )
    >>> longer_elsewhere(held, held.head(1))
    ['A.XNYS: source one has 10 bars here, two has 90; name a source to read the other']
    """
    others = held.join(chosen, on=list(SERIES), how="anti").sort("bars", descending=True)
    best = others.unique("instrument_id", keep="first", maintain_order=True)
    pairs = chosen.join(best, on="instrument_id", suffix="_other").sort("instrument_id")
    short = pairs.filter(pl.col("bars_other") >= 2 * pl.col("bars"))
    return [
        f"{row['instrument_id']}: source {row['source']} has {row['bars']:,} bars here, "
        f"{row['source_other']} has {row['bars_other']:,}; name a source to read the other"
        for row in short.to_dicts()
    ]
