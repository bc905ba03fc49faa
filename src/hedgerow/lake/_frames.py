"""Frames on their way in: exact columns and types, the partition label, one row a key."""

from __future__ import annotations

import polars as pl

from hedgerow.domain.schemas import Table
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DataError, did_you_mean
from hedgerow.lake._delta import PERIOD, derives_period, required_columns

INGESTED_AT = "ingested_at"

# Added by the lake itself, so a frame read from it may carry them back.
_OURS = {PERIOD, INGESTED_AT}


def stamped_by_lake(table: Table) -> bool:
    """Whether the lake sets ``ingested_at``; where it is part of the key it comes with the row."""
    return INGESTED_AT in table.columns and INGESTED_AT not in table.key


def conform(frame: pl.DataFrame | pl.LazyFrame, table: Table) -> pl.DataFrame:
    """Frame with the table's columns, types and order, but without what the lake stamps.

    Parameters
    ----------
    frame
        Rows. Columns that may be null may be absent; ``ingested_at`` and the partition
        label are ignored.
    table
        Where they are meant to go.

    Returns
    -------
    pl.DataFrame
        Rows in their order, values unchanged.

    Raises
    ------
    DataError
        A required column is missing, a column is not known, or a value cannot be read as
        the column's type.
    """
    rows = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    ours = {INGESTED_AT} if stamped_by_lake(table) else set()
    wanted = {name: dtype for name, dtype in table.columns.items() if name not in ours}
    _check_names(rows.columns, wanted, table)
    return rows.select(
        _as_type(rows[name], dtype, table) if name in rows.columns else _nulls(name, dtype)
        for name, dtype in wanted.items()
    )


def require_values(frame: pl.DataFrame, table: Table) -> None:
    """Refuse rows that lack a value where the table needs one.

    Raises
    ------
    DataError
        Names the columns and how many rows lack them.
    """
    required = [name for name in frame.columns if name in required_columns(table)]
    nulls = frame.select(pl.col(required).null_count()).row(0, named=True)
    lacking = [f"{name} ({count})" for name, count in nulls.items() if count]
    if lacking:
        raise DataError(
            f"{table.name}: rows lack a value in {', '.join(lacking)}; fill it, leave the rows "
            "out, or ingest them with the quality rules",
            table=table.name,
        )


def last_of_each_key(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """Rows with the last of each key, in their order; the frame itself where all differ."""
    if not repeated_keys(frame, key).any():
        return frame
    return frame.unique(key, keep="last", maintain_order=True)


def repeated_keys(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.Series:
    """Whether a row's key appears more than once.

    Parameters
    ----------
    frame
        Rows in any order.
    key
        Columns that name a row; two nulls are equal here.

    Returns
    -------
    pl.Series
        Boolean, one value a row.
    """
    varying = varying_columns(frame, key)
    if frame.select(_ascends(varying)).item():
        return pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
    return frame.select(varying).is_duplicated()


def varying_columns(frame: pl.DataFrame, columns: tuple[str, ...]) -> list[str]:
    """The columns that hold more than one value; the last one where none does.

    Joins and comparisons by key are several times faster without the constant columns.
    """
    keys = pl.col(columns)
    varies = frame.select(keys.ne_missing(keys.first()).any()).row(0) if frame.height else ()
    return [name for name, does in zip(columns, varies, strict=False) if does] or [columns[-1]]


def with_period(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Frame with the partition label, where the table has one, derived from the bar's start."""
    if not derives_period(table):
        return frame
    # A day has one label, and there are far fewer days than bars.
    days = frame["timestamp"].dt.truncate("1d").unique()
    day = pl.col("timestamp").dt.truncate("1d")
    label = pl.lit(None, dtype=pl.String)
    for code in frame["timeframe"].unique():
        own = day.replace_strict(days, days.to_frame().select(_label(code)).to_series())
        label = pl.when(pl.col("timeframe") == code).then(own).otherwise(label)
    return frame.with_columns(label.alias(PERIOD))


def _label(timeframe: str) -> pl.Expr:
    return Timeframe.parse(timeframe).period(pl.col("timestamp"))


def in_file_order(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows in the order of the table's files, so that a read of one instrument skips the rest."""
    return in_order(frame, table.cluster_by) if table.cluster_by else frame


def in_order(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Rows sorted by some columns, equal ones as they stood; the frame itself where it is so."""
    varying = varying_columns(frame, columns)
    if frame.select(_ascends(varying, strictly=False)).item():
        return frame
    return frame.sort(varying, maintain_order=True)


def _ascends(columns: list[str], *, strictly: bool = True) -> pl.Expr:
    """Whether every row comes after the one above: strictly, no two are equal either.

    Far cheaper than sorting or hashing; false wherever a value is null.
    """
    after: pl.Expr = pl.lit(not strictly)
    for name in reversed(columns):
        above = pl.col(name).shift()
        after = (pl.col(name) > above) | ((pl.col(name) == above) & after)
    return after.slice(1).fill_null(False).all()


def _check_names(given: list[str], wanted: dict[str, pl.DataType], table: Table) -> None:
    unknown = [name for name in given if name not in wanted and name not in _OURS]
    if unknown:
        raise DataError(
            f"{table.name}: column {unknown[0]!r} is not one of the table's; drop or rename it. "
            f"{did_you_mean(unknown[0], wanted)}",
            table=table.name,
            columns=unknown,
        )
    required = required_columns(table)
    missing = [name for name in wanted if name in required and name not in given]
    if missing:
        raise DataError(
            f"{table.name}: the rows lack the column{'s' * (len(missing) > 1)} "
            f"{', '.join(missing)}; they have {', '.join(given)}",
            table=table.name,
            columns=missing,
        )


def _as_type(values: pl.Series, dtype: pl.DataType, table: Table) -> pl.Series:
    if values.dtype == dtype:
        return values
    naive = isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is None
    if isinstance(dtype, pl.Datetime) and naive:
        raise DataError(
            f"{table.name}: column {values.name!r} has instants without a time zone; "
            "say which with .dt.replace_time_zone(...)",
            table=table.name,
        )
    try:
        return values.cast(dtype, strict=True)
    except pl.exceptions.PolarsError as fault:
        raise DataError(
            f"{table.name}: column {values.name!r} is {values.dtype} and cannot be read as "
            f"{dtype}; convert it before storing",
            table=table.name,
        ) from fault


def _nulls(name: str, dtype: pl.DataType) -> pl.Expr:
    return pl.lit(None, dtype=dtype).alias(name)
