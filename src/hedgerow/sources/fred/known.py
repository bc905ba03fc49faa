"""From when on a value of FRED may be used."""

from __future__ import annotations

import polars as pl

from hedgerow.domain.calendar import sessions

# Prices and yields of each day, which are not revised once they are out. FRED shows them about
# one business day later; it keeps too many versions of them for one answer.
UNREVISED = frozenset(
    {
        "BAMLC0A0CM",
        "BAMLH0A0HYM2",
        "DFF",
        "DGS1",
        "DGS10",
        "DGS1MO",
        "DGS2",
        "DGS20",
        "DGS3",
        "DGS30",
        "DGS3MO",
        "DGS5",
        "DGS6MO",
        "DGS7",
        "DJIA",
        "GVZCLS",
        "NASDAQ100",
        "NASDAQCOM",
        "OVXCLS",
        "RVXCLS",
        "SOFR",
        "SP500",
        "T10Y2Y",
        "T10Y3M",
        "T10YIE",
        "VIXCLS",
        "VXNCLS",
    }
)

# FRED's days are those of St. Louis.
_TIME_ZONE = "America/Chicago"


def known_next_session(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``available_at``: the close of the New York session after ``date``.

    Parameters
    ----------
    rows
        With ``date``, sorted by it.
    """
    following = sessions().select("session", available_at="close").sort("session")
    return rows.sort("date").join_asof(
        following,
        left_on="date",
        right_on="session",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )


def known_after_publication(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``available_at``: the end of the day ``published``, for FRED keeps no hour.

    Versions that repeat the value before them are left out, the first stays.
    """
    midnight = (
        (pl.col("published") + pl.duration(days=1))
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone(_TIME_ZONE)
        .dt.convert_time_zone("UTC")
    )
    ordered = rows.sort("date", "published")
    repeats = (pl.col("value") == pl.col("value").shift(1)).over("date").fill_null(False)
    return ordered.filter(~repeats).with_columns(available_at=midnight)
