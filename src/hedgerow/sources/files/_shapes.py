"""What dates look like, and which ones say too little."""

from __future__ import annotations

import polars as pl

from hedgerow.errors import DataError
from hedgerow.sources.files._table import RawTable

_TIME_AND_ZONE = (
    r"(?:[T\s]+(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:\s?[AaPp][Mm])?)"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_WHOLE = rf"^(?P<date>.+?){_TIME_AND_ZONE}$"

DAY_AND_MONTH = "day and month as numbers"
_TWO_DIGIT_YEAR = "a two-digit year"

# Dates that have one reading: the pattern that shows the shape, the format that reads it.
LAYOUTS: dict[str, tuple[str, str]] = {
    "YYYY-MM-DD": (r"^\d{4}-\d{1,2}-\d{1,2}$", "%Y-%m-%d"),
    "YYYY/MM/DD": (r"^\d{4}/\d{1,2}/\d{1,2}$", "%Y/%m/%d"),
    "YYYY.MM.DD": (r"^\d{4}\.\d{1,2}\.\d{1,2}$", "%Y.%m.%d"),
    "YYYYMMDD": (r"^\d{8}$", "%Y%m%d"),
    "DD-Mon-YYYY": (r"^\d{1,2}-[A-Za-z]{3}-\d{4}$", "%d-%b-%Y"),
    "DD Month YYYY": (r"^\d{1,2} [A-Za-z]{3,9} \d{4}$", "%d %B %Y"),
    "Month DD, YYYY": (r"^[A-Za-z]{3,9} \d{1,2}, \d{4}$", "%B %d, %Y"),
}
# Counts since 1970: the pattern, and how many of them make a microsecond.
EPOCHS: dict[str, tuple[str, float]] = {
    "seconds since 1970": (r"^\d{9,10}(\.\d+)?$", 1e-6),
    "milliseconds since 1970": (r"^\d{12,13}$", 1e-3),
    "microseconds since 1970": (r"^\d{15,16}$", 1.0),
    "nanoseconds since 1970": (r"^\d{18,19}$", 1e3),
}
_PATTERNS: dict[str, str] = {
    **{name: pattern for name, (pattern, _) in LAYOUTS.items()},
    **{name: pattern for name, (pattern, _) in EPOCHS.items()},
    DAY_AND_MONTH: r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{4}$",
    _TWO_DIGIT_YEAR: r"^\d{1,2}([/.-]\d{1,2}[/.-]|[ -][A-Za-z]{3}[ -])\d{2}$",
}


def take_apart(texts: pl.Series) -> pl.DataFrame:
    """``date, time, zone`` of each text and the ``shape`` of its date, null where there is none."""
    groups = texts.str.extract_groups(_WHOLE).struct.unnest()
    shape = pl.coalesce(
        pl.when(pl.col("date").str.contains(pattern)).then(pl.lit(name))
        for name, pattern in _PATTERNS.items()
    )
    return groups.with_columns(shape=shape)


def one_shape(raw: RawTable, texts: pl.Series, parts: pl.DataFrame) -> str:
    """The shape that all recognisable dates of a column have.

    Raises
    ------
    DataError
        There are several, none, or one with a two-digit year.
    """
    kind = pl.concat_str(
        pl.col("shape"),
        pl.when(pl.col("time").is_not_null()).then(pl.lit(" with a time")),
        pl.when(pl.col("zone").is_not_null()).then(pl.lit(" and a zone")),
        ignore_nulls=True,
    )
    seen = (
        parts.with_row_index("row")
        .filter(pl.col("shape").is_not_null())
        .group_by(kind.alias("kind"), maintain_order=True)
        .agg(pl.col("row", "shape").first())
    )
    if seen.is_empty():
        raise nothing_read(raw, texts)
    if seen.height > 1:
        raise _mixed(raw, texts, "date formats", (seen["row"][0], seen["row"][1]))
    shape: str = seen["shape"][0]
    if shape == _TWO_DIGIT_YEAR:
        raise _unclear(raw, texts, seen["row"][0], "has a two-digit year")
    return shape


def day_or_month(raw: RawTable, texts: pl.Series, parts: pl.DataFrame) -> str:
    """Format of dates like ``13/01/2024``, from the rows with a number too large for a month.

    Raises
    ------
    DataError
        No row tells, or rows contradict one another.
    """
    numbers = parts["date"].str.extract_groups(r"^(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}$")
    first, second = (numbers.struct[place].cast(pl.Int32) for place in ("1", "2"))
    day_first = ((first > 12) & (second <= 12)).fill_null(value=False)
    month_first = ((second > 12) & (first <= 12)).fill_null(value=False)
    if day_first.any() and month_first.any():
        rows = (day_first.arg_max() or 0, month_first.arg_max() or 0)
        raise _mixed(raw, texts, "day-first and month-first dates", rows)
    if not day_first.any() and not month_first.any():
        row = parts["shape"].is_not_null().arg_max() or 0
        raise _unclear(raw, texts, row, "could be day first or month first")
    return "%d/%m/%Y" if day_first.any() else "%m/%d/%Y"


def nothing_read(raw: RawTable, texts: pl.Series, beyond: pl.Series | None = None) -> DataError:
    """Error for a column without a single date, or with none that can have had a session."""
    if beyond is not None:
        row = beyond.arg_max() or 0
        return DataError(
            f"file {raw.path}, column {texts.name!r} holds no date with a known session: "
            f"{texts[row]!r} on {raw.where(row)} lies beyond the known sessions",
            path=str(raw.path),
            column=texts.name,
        )
    filled = texts.is_not_null()
    row = filled.arg_max() or 0
    found = f"{texts[row]!r} on {raw.where(row)}" if filled.any() else "nothing at all"
    return DataError(
        f"file {raw.path}, column {texts.name!r} holds no date that could be read: found {found}. "
        "Write YYYY-MM-DD, or give --date-format such as %d/%m/%Y (date_format= in Python)",
        path=str(raw.path),
        column=texts.name,
    )


def _mixed(raw: RawTable, texts: pl.Series, what: str, rows: tuple[int, int]) -> DataError:
    first, other = (f"{texts[row]!r} on {raw.where(row)}" for row in rows)
    return DataError(
        f"file {raw.path}, column {texts.name!r} mixes {what}: {first} and {other}. "
        "Write all in one format, best YYYY-MM-DD",
        path=str(raw.path),
        column=texts.name,
    )


def _unclear(raw: RawTable, texts: pl.Series, row: int, why: str) -> DataError:
    return DataError(
        f"file {raw.path}, column {texts.name!r}: {texts[row]!r} on {raw.where(row)} {why}. "
        "Give --date-format, such as %d/%m/%Y or %m/%d/%y (date_format= in Python)",
        path=str(raw.path),
        column=texts.name,
    )
