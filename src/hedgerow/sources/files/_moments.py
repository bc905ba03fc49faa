"""Dates and times as files write them, read only where their meaning is certain.

1. Each text is taken apart into date, time of day and zone (``_shapes.take_apart``).
2. The shape of the dates is recognised; two shapes in one column are refused (``one_shape``).
3. ``01/02/2024`` is read only if other rows show which number is the day (``day_or_month``).
4. The parts are put together again as a wall time and, with a zone, an instant (``_combined``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from hedgerow.errors import DataError, DefinitionError
from hedgerow.sources.files._shapes import (
    DAY_AND_MONTH,
    EPOCHS,
    LAYOUTS,
    day_or_month,
    nothing_read,
    one_shape,
    take_apart,
)
from hedgerow.sources.files._table import RawTable

_FIRST_YEAR, _LAST_YEAR = 1700, 2200

MIDNIGHT = dt.time(0)

# Directives of `date_format` that give a time of day.
_TIME_DIRECTIVES = ("%H", "%I", "%k", "%l", "%T", "%R", "%r", "%s", "%X", "%c", "%+")


@dataclass(frozen=True)
class Moments:
    """Dates and times of a column, row by row.

    Parameters
    ----------
    wall
        Date and time as written (midnight where only a date is), Datetime without a zone; null
        where it could not be read, or is before 1700 or after 2200.
    instant
        The same as a UTC instant where the file gives a zone or counts from 1970; else null.
    timed
        Whether a time of day is given.
    beyond
        Rows whose date could be read, but is before 1700 or after 2200; None where nobody looked.
    """

    wall: pl.Series
    instant: pl.Series
    timed: bool
    beyond: pl.Series | None = None

    @property
    def unreadable(self) -> pl.Series:
        """Rows that could not be read."""
        return self.wall.is_null()


def read_moments(raw: RawTable, column: str, date_format: str | None) -> Moments:
    """Read a column of dates or times.

    Parameters
    ----------
    raw
        The file.
    column
        Which column.
    date_format
        Format in strftime's letters where the caller knows it.

    Raises
    ------
    DataError
        The formats are mixed or ambiguous, or no row can be read.
    DefinitionError
        ``date_format`` is not a format.
    """
    values = raw.frame[column]
    if values.dtype == pl.Date:
        return _plausible(_dates(values))
    if isinstance(values.dtype, pl.Datetime):
        return _plausible(_instants(values.cast(pl.Datetime("us", values.dtype.time_zone))))
    if not (values.dtype.is_integer() or values.dtype in (pl.String, pl.Null)):
        raise DataError(
            f"file {raw.path}, column {column!r} holds {values.dtype}: give dates, times or text",
            path=str(raw.path),
            column=column,
        )
    texts = values.cast(pl.String)
    found = _plausible(_by_format(texts, date_format) if date_format else _by_shape(raw, texts))
    if found.unreadable.all():
        beyond = found.beyond is not None and bool(found.beyond.any())
        raise nothing_read(raw, texts, found.beyond if beyond else None)
    return found


def _plausible(found: Moments) -> Moments:
    """Without years that nobody has prices of, which are numbers read as dates."""
    known = found.wall.dt.year().is_between(_FIRST_YEAR, _LAST_YEAR)
    kept = pl.DataFrame({"wall": found.wall, "instant": found.instant}).select(
        pl.when(known).then(pl.all())
    )
    return Moments(kept["wall"], kept["instant"], found.timed, (~known).fill_null(value=False))


def _dates(values: pl.Series) -> Moments:
    none = pl.repeat(None, len(values), dtype=pl.Datetime("us", "UTC"), eager=True)
    return Moments(values.cast(pl.Datetime("us")), none, timed=False)


def _instants(values: pl.Series) -> Moments:
    wall = values.dt.replace_time_zone(None)
    if getattr(values.dtype, "time_zone", None) is not None:
        return Moments(wall, values.dt.convert_time_zone("UTC"), timed=True)
    timed = bool((wall.dt.time() != MIDNIGHT).any())
    return Moments(wall, _dates(wall.dt.date()).instant, timed=timed)


def _by_format(texts: pl.Series, date_format: str) -> Moments:
    try:
        if any(directive in date_format for directive in _TIME_DIRECTIVES):
            return _instants(texts.str.to_datetime(date_format, time_unit="us", strict=False))
        return _dates(texts.str.to_date(date_format, strict=False))
    except pl.exceptions.PolarsError as fault:
        raise DefinitionError(
            f"date_format {date_format!r} cannot be used: {str(fault).splitlines()[0]}. "
            "Write it like %d/%m/%Y or %Y-%m-%d %H:%M",
            date_format=date_format,
        ) from None


def _by_shape(raw: RawTable, texts: pl.Series) -> Moments:
    parts = take_apart(texts)
    shape = one_shape(raw, texts, parts)
    alike = pl.when(pl.col("shape") == shape).then(pl.col("date"))
    dates, layout = parts.select(alike).to_series(), LAYOUTS.get(shape, ("", ""))[1]
    if shape in EPOCHS:
        return _since_1970(dates, EPOCHS[shape][1])
    if shape == DAY_AND_MONTH:
        layout = day_or_month(raw, texts, parts)
        dates = dates.str.replace_all("[.-]", "/")
    return _combined(parts, dates.str.to_date(layout, strict=False))


def _since_1970(texts: pl.Series, in_a_microsecond: float) -> Moments:
    # Whole numbers stay whole: as doubles, nanoseconds of today lose their last digits.
    whole = texts.cast(pl.Int64, strict=False)
    counted = (
        (whole // int(in_a_microsecond))
        if in_a_microsecond > 1
        else (texts.cast(pl.Float64, strict=False) / in_a_microsecond).round().cast(pl.Int64)
    )
    return _instants(counted.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))


def _combined(parts: pl.DataFrame, days: pl.Series) -> Moments:
    time = pl.when(pl.col("time").is_null()).then(pl.time(0)).otherwise(_time_of_day())
    ahead = pl.duration(minutes=_minutes_ahead())
    read = (
        parts.with_columns(days.alias("day"))
        .with_columns(wall=pl.col("day").dt.combine(time))
        .with_columns(instant=(pl.col("wall") - ahead).dt.replace_time_zone("UTC"))
    )
    return Moments(
        wall=read["wall"].cast(pl.Datetime("us")),
        instant=read["instant"].cast(pl.Datetime("us", "UTC")),
        timed=bool(parts["time"].is_not_null().any()),
    )


def _time_of_day() -> pl.Expr:
    clock = pl.col("time").str.replace(",", ".", literal=True).str.to_uppercase()
    full = clock.str.replace(r"^(\d{1,2}:\d{2})(\s?[AP]M)?$", "${1}:00${2}")
    halves = full.str.replace(r"\s?([AP]M)$", " $1").str.to_time("%I:%M:%S%.f %p", strict=False)
    return (
        pl.when(full.str.ends_with("M"))
        .then(halves)
        .otherwise(full.str.to_time("%H:%M:%S%.f", strict=False))
    )


def _minutes_ahead() -> pl.Expr:
    """Minutes that the written zone is ahead of UTC; null without a zone."""
    zone = pl.col("zone").str.replace(":", "", literal=True)
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    hours = zone.str.slice(1, 2).cast(pl.Int64, strict=False)
    minutes = zone.str.slice(3, 2).cast(pl.Int64, strict=False)
    return pl.when(zone.is_in(["Z", "UTC", "GMT"])).then(0).otherwise(sign * (60 * hours + minutes))
