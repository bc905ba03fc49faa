"""When the bars of a file start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from hedgerow.errors import DataError
from hedgerow.sources.files._moments import MIDNIGHT, Moments, read_moments
from hedgerow.sources.files._options import BarOptions
from hedgerow.sources.files._table import RawTable

_TIME_OF_DAY = r"^\d{1,2}:\d{2}"


def bar_starts(
    raw: RawTable, columns: Mapping[str, str], options: BarOptions, zone: str
) -> pl.DataFrame:
    """Start of each bar, by the rules of the clock.

    Parameters
    ----------
    raw
        The file.
    columns
        Field to column.
    options
        Timeframe, and whether bars are stamped at their start or end.
    zone
        Zone of times that are written without one.

    Returns
    -------
    pl.DataFrame
        ``timestamp`` (Datetime, UTC; for daily bars the date at 00:00) and ``time_rule``: null,
        ``unreadable_date``, ``beyond_sessions`` for a date that no calendar reaches, or
        ``unclear_time`` for a local time that the change to or from summer time makes
        impossible or double.

    Raises
    ------
    DataError
        Formats are mixed, ambiguous or unreadable, or do not fit the timeframe.
    """
    raw, column = _time_column(raw, columns)
    moments = read_moments(raw, column, options.date_format)
    starts = (
        _local_instants(raw, column, moments, options, zone)
        if options.timeframe.intraday
        else _labels(moments, zone)
    )
    if not options.timeframe.intraday and moments.timed:
        _refuse_intraday(raw, columns, starts, moments, options)
    read = ~moments.unreadable
    rule = (
        pl.when(pl.lit(False) if moments.beyond is None else moments.beyond)
        .then(pl.lit("beyond_sessions"))
        .when(~read)
        .then(pl.lit("unreadable_date"))
        .when(starts.is_null())
        .then(pl.lit("unclear_time"))
    )
    return pl.select(starts.alias("timestamp"), rule.alias("time_rule"))


def _time_column(raw: RawTable, columns: Mapping[str, str]) -> tuple[RawTable, str]:
    """The column to read, after joining a date column with a time-of-day column."""
    if "timestamp" in columns:
        return raw, columns["timestamp"]
    if "date" in columns and "time" in columns:
        time = raw.frame[columns["time"]].cast(pl.String, strict=False).drop_nulls().head(1)
        if len(time) and time.str.contains(_TIME_OF_DAY).item():
            name = f"{columns['date']} {columns['time']}"
            parts = [pl.col(columns[part]).cast(pl.String) for part in ("date", "time")]
            joined = pl.concat_str(parts, separator=" ").alias(name)
            return replace(raw, frame=raw.frame.with_columns(joined)), name
    return raw, columns.get("date") or columns["time"]


def _labels(moments: Moments, zone: str) -> pl.Series:
    """Dates of daily bars: midnight as written is a label, another instant a local day."""
    local = moments.instant.dt.convert_time_zone(zone).dt.date()
    is_label = moments.instant.is_null() | (moments.wall.dt.time() == MIDNIGHT)
    day = pl.select(pl.when(is_label).then(moments.wall.dt.date()).otherwise(local)).to_series()
    return day.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _local_instants(
    raw: RawTable, column: str, moments: Moments, options: BarOptions, zone: str
) -> pl.Series:
    if not moments.timed:
        raise DataError(
            f"file {raw.path}, column {column!r} has dates without a time of day, but "
            f"timeframe is {options.timeframe}: say --timeframe 1d (timeframe='1d' in Python) for "
            "daily bars",
            path=str(raw.path),
        )
    local = moments.wall.dt.replace_time_zone(
        zone, ambiguous="null", non_existent="null"
    ).dt.convert_time_zone("UTC")
    starts = pl.select(pl.coalesce(moments.instant, local)).to_series()
    return starts - options.timeframe.duration if options.stamped == "end" else starts


def _refuse_intraday(
    raw: RawTable,
    columns: Mapping[str, str],
    labels: pl.Series,
    moments: Moments,
    options: BarOptions,
) -> None:
    """Refuse a file whose days mostly have several rows at different times."""
    symbol = raw.frame[columns["symbol"]] if "symbol" in columns else pl.lit("")
    days = (
        pl.DataFrame({"label": labels, "wall": moments.wall})
        .with_columns(symbol=symbol)
        .drop_nulls("wall")
        .group_by("symbol", "label")
        .agg(pl.col("wall").n_unique())
    )
    if (days["wall"] > 1).sum() * 2 > days.height:
        most = days.get_column("wall").to_list()
        raise DataError(
            f"file {raw.path} has {max(most)} rows at different times of one day, but "
            f"timeframe is {options.timeframe}: give the length of its bars, such as "
            "--timeframe 1h (timeframe='1h' in Python)",
            path=str(raw.path),
        )
