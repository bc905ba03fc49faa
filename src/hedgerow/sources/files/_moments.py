"""Dates and times as files write them, read only where their meaning is certain.

1. Each text is taken apart into date, time of day and zone (``_parts``).
2. The shape of the date is recognised; two shapes in one column are refused (``_one_shape``).
3. ``01/02/2024`` is read only if other rows show which number is the day (``_day_or_month``).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from hedgerow.errors import DataError, DefinitionError
from hedgerow.sources.files._table import RawTable

_TIME_AND_ZONE = (
    r"(?:[T\s]+(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:\s?[AaPp][Mm])?)"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_WHOLE = rf"^(?P<date>.+?){_TIME_AND_ZONE}$"

_DAY_MONTH = "day and month as numbers"
_TWO_DIGIT_YEAR = "a two-digit year"

# Shape of a date, by name: the pattern that shows it and the format that reads it.
_SHAPES: dict[str, tuple[str, str | None]] = {
    "YYYY-MM-DD": (r"^\d{4}-\d{1,2}-\d{1,2}$", "%Y-%m-%d"),
    "YYYY/MM/DD": (r"^\d{4}/\d{1,2}/\d{1,2}$", "%Y/%m/%d"),
    "YYYY.MM.DD": (r"^\d{4}\.\d{1,2}\.\d{1,2}$", "%Y.%m.%d"),
    "YYYYMMDD": (r"^\d{8}$", "%Y%m%d"),
    "DD-Mon-YYYY": (r"^\d{1,2}-[A-Za-z]{3}-\d{4}$", "%d-%b-%Y"),
    "DD Mon YYYY": (r"^\d{1,2} [A-Za-z]{3} \d{4}$", "%d %b %Y"),
    "DD Month YYYY": (r"^\d{1,2} [A-Za-z]{4,9} \d{4}$", "%d %B %Y"),
    "Mon DD, YYYY": (r"^[A-Za-z]{3} \d{1,2}, \d{4}$", "%b %d, %Y"),
    "Month DD, YYYY": (r"^[A-Za-z]{4,9} \d{1,2}, \d{4}$", "%B %d, %Y"),
    "seconds since 1970": (r"^\d{9,10}(\.\d+)?$", None),
    "milliseconds since 1970": (r"^\d{12,13}$", None),
    "microseconds since 1970": (r"^\d{15,16}$", None),
    "nanoseconds since 1970": (r"^\d{18,19}$", None),
    _DAY_MONTH: (r"^\d{1,2}([/.-])\d{1,2}([/.-])\d{4}$", None),
    _TWO_DIGIT_YEAR: (r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{2}$", None),
}
_EPOCH_UNITS = {
    "seconds since 1970": 1_000_000.0,
    "milliseconds since 1970": 1_000.0,
    "microseconds since 1970": 1.0,
    "nanoseconds since 1970": 0.001,
}

# Directives of `date_format` that give a time of day.
_TIME_DIRECTIVES = ("%H", "%I", "%k", "%l", "%T", "%R", "%r", "%s", "%X", "%c", "%+")


@dataclass(frozen=True)
class Moments:
    """Dates and times of a column, row by row.

    Parameters
    ----------
    wall
        Date and time as written (midnight where only a date is), Datetime without a zone; null
        where it could not be read.
    instant
        The same as a UTC instant where the file gives a zone or counts from 1970; else null.
    timed
        Whether a time of day is given.
    """

    wall: pl.Series
    instant: pl.Series
    timed: bool

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
        wall = values.cast(pl.Datetime("us"))
        return Moments(wall, _no_instants(values), timed=False)
    if isinstance(values.dtype, pl.Datetime):
        return _from_instants(values.cast(pl.Datetime("us", values.dtype.time_zone)))
    if values.dtype.is_integer() or values.dtype == pl.String:
        texts = values.cast(pl.String).alias(column)
        found = _by_format(raw, texts, date_format) if date_format else _by_shape(raw, texts)
        _refuse_nothing_read(raw, column, texts, found)
        return found
    raise DataError(
        f"file {raw.path}, column {column!r} holds {values.dtype}: give dates, times or text",
        path=str(raw.path),
        column=column,
    )


def _from_instants(values: pl.Series) -> Moments:
    zoned = isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is not None
    wall = values.dt.replace_time_zone(None)
    instant = values.dt.convert_time_zone("UTC") if zoned else _no_instants(values)
    return Moments(wall, instant, timed=bool((wall.dt.time() != pl.time(0)).any()) or zoned)


def _no_instants(like: pl.Series) -> pl.Series:
    return pl.Series("instant", [None] * len(like), dtype=pl.Datetime("us", "UTC"))


def _by_format(raw: RawTable, texts: pl.Series, date_format: str) -> Moments:
    timed = any(directive in date_format for directive in _TIME_DIRECTIVES)
    try:
        if not timed:
            wall = texts.str.to_date(date_format, strict=False).cast(pl.Datetime("us"))
            return Moments(wall, _no_instants(texts), timed=False)
        return _from_instants(texts.str.to_datetime(date_format, time_unit="us", strict=False))
    except pl.exceptions.PolarsError as fault:
        raise DefinitionError(
            f"date_format {date_format!r} cannot be used: {str(fault).splitlines()[0]}. "
            "Write it like %d/%m/%Y or %Y-%m-%d %H:%M",
            path=str(raw.path),
        ) from None


def _by_shape(raw: RawTable, texts: pl.Series) -> Moments:
    parts = _parts(texts)
    shape = _one_shape(raw, texts, parts)
    if shape in _EPOCH_UNITS:
        counted = parts["date"].cast(pl.Float64, strict=False) * _EPOCH_UNITS[shape]
        if shape == "nanoseconds since 1970":
            counted = (parts["date"].cast(pl.Int64, strict=False) // 1_000).cast(pl.Float64)
        counted = counted.round().cast(pl.Int64, strict=False)
        return _from_instants(counted.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    layout = _day_or_month(raw, texts, parts) if shape == _DAY_MONTH else _SHAPES[shape][1]
    assert layout is not None
    dates = parts["date"]
    if shape == _DAY_MONTH:
        dates = dates.str.replace_all(r"[.-]", "/")
    return _combined(raw, texts, parts, dates.str.to_date(layout, strict=False))


def _parts(texts: pl.Series) -> pl.DataFrame:
    """``date, time, zone`` and the ``shape`` of the date, null where there is none."""
    parts = pl.DataFrame(
        texts.str.extract_groups(_WHOLE).struct.rename_fields(["date", "time", "zone"])
    ).unnest(texts.name)
    shape = pl.coalesce(
        pl.when(pl.col("date").str.contains(pattern)).then(pl.lit(name))
        for name, (pattern, _) in _SHAPES.items()
    )
    return parts.with_columns(shape=shape)


def _one_shape(raw: RawTable, texts: pl.Series, parts: pl.DataFrame) -> str:
    kinds = parts.with_row_index("row").filter(pl.col("shape").is_not_null())
    kinds = kinds.with_columns(
        kind=pl.concat_str(
            pl.col("shape"),
            pl.when(pl.col("time").is_not_null()).then(pl.lit(" with a time")),
            pl.when(pl.col("zone").is_not_null()).then(pl.lit(" and a zone")),
            ignore_nulls=True,
        )
    )
    seen = kinds.group_by("kind", maintain_order=True).agg(pl.col("row", "shape").first())
    if seen.is_empty():
        raise _nothing_read(raw, texts)
    if seen.height > 1:
        first, second = seen["row"][0], seen["row"][1]
        raise DataError(
            f"file {raw.path}, column {texts.name!r} mixes date formats: "
            f"{texts[first]!r} on {raw.where(first)} and {texts[second]!r} on {raw.where(second)}. "
            "Write all in one format, best YYYY-MM-DD",
            path=str(raw.path),
            column=texts.name,
        )
    shape: str = seen["shape"][0]
    if shape == _TWO_DIGIT_YEAR:
        raise _unclear(raw, texts, seen["row"][0], "has a two-digit year")
    return shape


def _day_or_month(raw: RawTable, texts: pl.Series, parts: pl.DataFrame) -> str:
    """Format of numeric dates, where some row has a number too large for a month."""
    numbers = parts["date"].str.extract_groups(r"^(?<a>\d{1,2})[/.-](?<b>\d{1,2})[/.-]\d{4}$")
    first = numbers.struct["a"].cast(pl.Int32)
    second = numbers.struct["b"].cast(pl.Int32)
    day_first = ((first > 12) & (second <= 12)).fill_null(value=False)
    month_first = ((second > 12) & (first <= 12)).fill_null(value=False)
    if day_first.any() and month_first.any():
        one, other = day_first.arg_max() or 0, month_first.arg_max() or 0
        raise DataError(
            f"file {raw.path}, column {texts.name!r} mixes day-first and month-first dates: "
            f"{texts[one]!r} on {raw.where(one)} and {texts[other]!r} on {raw.where(other)}. "
            "Write all in one format, best YYYY-MM-DD",
            path=str(raw.path),
            column=texts.name,
        )
    if not day_first.any() and not month_first.any():
        row = parts["shape"].is_not_null().arg_max() or 0
        raise _unclear(raw, texts, row, "could be day first or month first")
    return "%d/%m/%Y" if day_first.any() else "%m/%d/%Y"


def _combined(raw: RawTable, texts: pl.Series, parts: pl.DataFrame, dates: pl.Series) -> Moments:
    timed = parts["time"].is_not_null().any()
    clock = pl.col("time").str.replace(",", ".", literal=True).str.to_uppercase()
    seconds = clock.str.replace(r"^(\d{1,2}:\d{2})( ?[AP]M)?$", "$1:00$2")
    half_day = seconds.str.contains("M", literal=True)
    time = (
        pl.when(half_day)
        .then(
            seconds.str.replace(r"\s?([AP]M)$", " $1").str.to_time("%I:%M:%S%.f %p", strict=False)
        )
        .otherwise(seconds.str.to_time("%H:%M:%S%.f", strict=False))
    )
    midnight = pl.when(pl.col("time").is_null()).then(pl.time(0)).otherwise(time)
    offset = pl.col("zone").str.replace_all(":", "", literal=True)
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    hours = offset.str.slice(1, 2).cast(pl.Int64, strict=False)
    minutes = offset.str.slice(3, 2).cast(pl.Int64, strict=False)
    behind = (
        pl.when(offset.is_in(["Z", "UTC", "GMT"])).then(0).otherwise(sign * (hours * 60 + minutes))
    )
    read = (
        parts.with_columns(dates.alias("day"))
        .with_columns(wall=pl.col("day").dt.combine(midnight), behind=behind)
        .with_columns(
            instant=(pl.col("wall") - pl.duration(minutes=pl.col("behind"))).dt.replace_time_zone(
                "UTC"
            )
        )
    )
    return Moments(read["wall"], read["instant"], timed=bool(timed))


def _refuse_nothing_read(raw: RawTable, column: str, texts: pl.Series, found: Moments) -> None:
    if found.unreadable.all():
        raise _nothing_read(raw, texts.alias(column))


def _nothing_read(raw: RawTable, texts: pl.Series) -> DataError:
    filled = texts.is_not_null()
    row = filled.arg_max() or 0
    found = f"{texts[row]!r} on {raw.where(row)}" if filled.any() else "nothing at all"
    return DataError(
        f"file {raw.path}, column {texts.name!r} holds no date that could be read: found {found}. "
        "Write YYYY-MM-DD, or give date_format such as %d/%m/%Y",
        path=str(raw.path),
        column=texts.name,
    )


def _unclear(raw: RawTable, texts: pl.Series, row: int, why: str) -> DataError:
    return DataError(
        f"file {raw.path}, column {texts.name!r}: {texts[row]!r} on {raw.where(row)} {why}. "
        "Give date_format, such as %d/%m/%Y or %m/%d/%Y",
        path=str(raw.path),
        column=texts.name,
    )
