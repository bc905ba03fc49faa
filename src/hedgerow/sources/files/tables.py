"""Tables of a user's own, from a CSV or Parquet file: alternative data to join as a feature."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from hedgerow.errors import DataError, DefinitionError, did_you_mean
from hedgerow.sources.files._moments import Moments, read_moments
from hedgerow.sources.files._options import check_zone
from hedgerow.sources.files._table import RawTable, read_raw
from hedgerow.sources.files._types import shown_type

_DAY_END = dt.timedelta(days=1) - dt.timedelta(microseconds=1)


def read_table(
    path: str | Path,
    *,
    key: str | Sequence[str],
    time: str,
    available_at: str,
    time_zone: str = "UTC",
    date_format: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> pl.DataFrame:
    r"""Read a table of facts that became known at stated instants.

    A table is taken as a whole or not at all: one row that cannot be read refuses the file.

    Parameters
    ----------
    path
        The file; a CSV file may be compressed with gzip or Zstandard.
    key
        Column or columns that, with ``time``, name a fact, such as ``symbol``.
    time
        Column of the time that a row is about.
    available_at
        Column of the first instant anyone could know the row; a date stands for the end of
        that day in UTC. It may be the same column as ``time``.
    time_zone
        Zone of times written without one.
    date_format
        Format of both times in strftime's letters, where ``01/02/2024`` could be either.
    encoding, separator
        Of a CSV file; found out unless given.

    Returns
    -------
    pl.DataFrame
        The file's columns in its order. Keys are String; ``time`` is Date, or Datetime in UTC
        where the file gives a time of day; ``available_at`` is Datetime in UTC; the others have
        the type their values show. Empty cells and NaN are null.

    Raises
    ------
    DataError
        The file cannot be read, lacks a column, has a key, time or availability that is empty
        or unreadable, or has two rows for one key, time and availability.
    DefinitionError
        The options contradict one another.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "mood.csv"
    >>> _ = file.write_text("symbol,day,known,mood\nAAPL,2024-01-02,2024-01-03T08:00Z,0.4\n")
    >>> read_table(file, key="symbol", time="day", available_at="known").row(0)[:2]
    ('AAPL', datetime.date(2024, 1, 2))
    """
    keys = [key] if isinstance(key, str) else list(key)
    _check_roles(keys, time, available_at)
    check_zone(time_zone)
    raw = read_raw(Path(path), encoding=encoding, separator=separator)
    for name in (*keys, time, available_at):
        _check_column(raw, name)
    about = read_moments(raw, time, date_format)
    known = about if available_at == time else read_moments(raw, available_at, date_format)
    rows = _typed(raw, keys).with_columns(_about(about, time_zone).alias(time))
    rows = rows.with_columns(_known(known, time_zone).alias(available_at))
    _refuse_gaps(raw, rows, [*keys, time, available_at])
    _refuse_repeats(raw, rows, keys, time, available_at)
    return rows


def _check_roles(keys: Sequence[str], time: str, available_at: str) -> None:
    if not keys:
        raise DefinitionError("key is empty: name the column that says what a row is about")
    clash = {time, available_at} & set(keys)
    if clash:
        raise DefinitionError(f"column {clash.pop()!r} cannot be both a key and a time")


def _check_column(raw: RawTable, name: str) -> None:
    if name not in raw.frame.columns:
        raise DataError(
            f"file {raw.path} has no column {name!r}. {did_you_mean(name, raw.frame.columns)}",
            path=str(raw.path),
        )
    kind = raw.frame.schema[name]
    if kind.is_nested() or kind in (pl.Binary, pl.Duration, pl.Object):
        raise DataError(
            f"file {raw.path}, column {name!r} holds {kind}: give text, numbers, dates or times",
            path=str(raw.path),
            column=name,
        )
    if raw.ragged.height:
        raise DataError(
            f"file {raw.path} has another number of fields on line {raw.ragged['line'][0]} than "
            "in its header: give every line the same number",
            path=str(raw.path),
        )


def _typed(raw: RawTable, keys: Sequence[str]) -> pl.DataFrame:
    """Cells in the types that they show; keys stay text, so that 0005 is not 5."""
    shown = [
        cells.cast(pl.String) if cells.name in keys else shown_type(cells) for cells in raw.frame
    ]
    frame = pl.DataFrame(shown)
    floats = [name for name, kind in frame.schema.items() if kind.is_float()]
    return frame.with_columns(pl.col(floats).fill_nan(None))


def _about(moments: Moments, zone: str) -> pl.Series:
    return _instants(moments, zone) if moments.timed else moments.wall.dt.date()


def _known(moments: Moments, zone: str) -> pl.Series:
    if moments.timed:
        return _instants(moments, zone)
    return moments.wall.dt.replace_time_zone("UTC") + _DAY_END


def _instants(moments: Moments, zone: str) -> pl.Series:
    local = moments.wall.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    return pl.select(pl.coalesce(moments.instant, local.dt.convert_time_zone("UTC"))).to_series()


def _refuse_gaps(raw: RawTable, rows: pl.DataFrame, needed: Sequence[str]) -> None:
    for name in needed:
        gap = rows[name].is_null().arg_max()
        if gap is not None and rows[name].is_null().any():
            found = raw.frame[name][gap]
            unread = f"{found!r} cannot be read, or lies beyond the years 1700 to 2200"
            raise DataError(
                f"file {raw.path}, column {name!r} on {raw.where(gap)}: "
                f"{'the cell is empty' if found is None else unread}. "
                "Every row needs its key, time and availability",
                path=str(raw.path),
                column=name,
            )


def _refuse_repeats(
    raw: RawTable, rows: pl.DataFrame, keys: Sequence[str], time: str, available_at: str
) -> None:
    repeated = rows.select(
        pl.struct(list(dict.fromkeys([*keys, time, available_at]))).is_duplicated()
    ).to_series()
    if repeated.any():
        row = repeated.arg_max() or 0
        what = ", ".join(str(rows[name][row]) for name in (*keys, time))
        raise DataError(
            f"file {raw.path} has several rows for {what}, first on {raw.where(row)}: "
            "keep one row for each key, time and availability",
            path=str(raw.path),
        )
