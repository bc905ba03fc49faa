"""From Yahoo's restated prices back to those that traded.

Yahoo sends open, high, low, close and volume restated for every split up to today. The price of
session *s* that traded is what it sends, times the new shares and divided by the old ones of
every split with an ex-date after *s*; the volume is the other way about. The splits are those
of the same answer, so both are of one moment. Dividends are restated in the same way.
"""

from __future__ import annotations

import polars as pl

from hedgerow.domain.adjustment import Adjustment

_PRICES = ("open", "high", "low", "close")


def one_row_a_day(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The row of each day that counts, and the others.

    The last two rows of a live answer may be of one day: the bar, then the latest quote. The
    later one counts, unless it has no close.

    Parameters
    ----------
    rows
        With ``session`` and ``close``, in the order they came.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame]
        Sorted by session.
    """
    ranked = rows.with_row_index("_row").sort(
        "session", pl.col("close").is_not_null(), "_row", maintain_order=True
    )
    last = pl.col("_row") == pl.col("_row").last().over("session")
    return ranked.filter(last).drop("_row"), ranked.filter(~last).drop("_row")


def later_splits(rows: pl.DataFrame, splits: pl.DataFrame, day: str) -> pl.DataFrame:
    """Add ``_new`` and ``_old``: the products over the splits after each row's day.

    Parameters
    ----------
    rows
        With a column of dates.
    splits
        ``ex_date, new, old``.
    day
        Name of the column of dates.
    """
    if splits.is_empty():
        return rows.with_columns(_new=pl.lit(1.0), _old=pl.lit(1.0))
    after = (
        splits.group_by("ex_date")
        .agg(pl.col("new", "old").product())
        .sort("ex_date")
        .select(
            "ex_date",
            pl.col("new", "old").cum_prod(reverse=True).name.prefix("_"),
        )
    )
    return (
        rows.sort(day, maintain_order=True)
        .join_asof(
            after,
            left_on=day,
            right_on="ex_date",
            strategy="forward",
            allow_exact_matches=False,
            check_sortedness=False,
            suffix="_split",
        )
        .with_columns(pl.col("_new", "_old").fill_null(1.0))
    )


def as_asked(rows: pl.DataFrame, splits: pl.DataFrame, adjustment: Adjustment) -> pl.DataFrame:
    """Prices and volume with the adjustment that was asked for.

    Parameters
    ----------
    rows
        ``session``, prices, ``volume`` and ``adj_close`` as Yahoo sends them.
    splits
        ``ex_date, new, old``, up to today.
    adjustment
        ``RAW`` undoes the splits, ``SPLIT`` is what Yahoo sends, ``TOTAL`` multiplies every
        price by ``adj_close / close``.
    """
    if adjustment is Adjustment.SPLIT:
        return rows
    if adjustment is Adjustment.TOTAL:
        return rows.with_columns(pl.col(*_PRICES) * pl.col("adj_close") / pl.col("close"))
    return (
        later_splits(rows, splits, "session")
        .with_columns(
            pl.col(*_PRICES) * pl.col("_new") / pl.col("_old"),
            volume=pl.col("volume") * pl.col("_old") / pl.col("_new"),
        )
        .drop("_new", "_old", "ex_date", strict=False)
    )


def cash_as_paid(cash: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """Dividends per share of their own ex-date.

    Parameters
    ----------
    cash
        ``ex_date, amount`` and more, restated for later splits.
    splits
        ``ex_date, new, old``, up to today.
    """
    return (
        later_splits(cash.with_columns(_day=pl.col("ex_date")), splits, "_day")
        .with_columns(amount=pl.col("amount") * pl.col("_new") / pl.col("_old"))
        .drop("_new", "_old", "_day", "ex_date_split", strict=False)
    )
