"""Parquet files of bars: columns checked, instants in UTC, each symbol's rows together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hedgerow.domain import DEFAULT_CALENDAR, Timeframe, stamp
from hedgerow.domain.clock import NO_DELAY, PUBLICATION_DELAY
from hedgerow.errors import DataError
from hedgerow.pipelines.analysis.summary import SymbolFailure


@dataclass(frozen=True)
class Holdings:
    """Bars with each symbol's rows together, and where they lie.

    Parameters
    ----------
    path
        File they are in.
    rows
        ``symbol, timestamp, close``.
    runs
        ``symbol, start, bars``: first row and number of rows of each symbol, in the order of
        ``rows``.
    nameless
        What is to be said of rows without a symbol.
    """

    path: Path
    rows: pl.LazyFrame
    runs: pl.DataFrame
    nameless: tuple[SymbolFailure, ...] = ()

    @classmethod
    def open(cls, path: Path) -> Holdings:
        """Holdings of a file, whose prices are read later where its order allows.

        Raises
        ------
        DataError
            The file is missing, cannot be read, lacks a column or holds no bars.
        """
        rows = _scan(path, "symbol", "timestamp", "close").with_columns(
            pl.col("symbol").cast(pl.String)
        )
        with _reading(path):
            runs = _runs(rows)
            nameless = runs.filter(pl.col("symbol").is_null())["bars"].sum()
            if nameless or runs["symbol"].is_duplicated().any():
                named = rows.drop_nulls("symbol")
                rows = named.sort("symbol", "timestamp", maintain_order=True).collect().lazy()
                runs = _runs(rows)
        if runs.is_empty():
            raise DataError(f"{path} holds no bars of any symbol", path=path)
        failures = (SymbolFailure("", f"{nameless} bars have no symbol"),) if nameless else ()
        return cls(path, rows, runs, failures)

    @property
    def symbols(self) -> list[str]:
        """Symbols in the order of the rows."""
        return self.runs["symbol"].to_list()

    def read(self, runs: pl.DataFrame, timeframe: Timeframe) -> pl.DataFrame:
        """Bars of some symbols that follow one another.

        Parameters
        ----------
        runs
            Rows of ``self.runs``.
        timeframe
            Length of the bars.

        Returns
        -------
        pl.DataFrame
            ``symbol, instrument_id, timestamp, close, available_at``, sorted by time within
            each symbol. ``available_at`` is null on days without a session.
        """
        rows = self.rows.slice(int(runs["start"][0]), int(runs["bars"].sum()))
        stamped = _stamped(rows.select("timestamp", "close"), timeframe, NO_DELAY)
        names = _repeated(runs)
        with _reading(self.path):
            bars = stamped.collect().with_columns(names, names.alias("instrument_id"))
        symbol, timestamp = pl.col("symbol"), pl.col("timestamp")
        in_order = (timestamp > timestamp.shift(1)) | (symbol != symbol.shift(1))
        if bars.select(in_order.all()).item():
            return bars
        return bars.sort("symbol", "timestamp", maintain_order=True)


def published(path: Path, name: str, timeframe: Timeframe) -> pl.LazyFrame:
    """Values of an index by the instant they became known, read once for all batches.

    Parameters
    ----------
    path
        Parquet file with ``timestamp`` and ``close``.
    name
        ``VIX`` or ``SPX``.
    timeframe
        Length of its bars.

    Returns
    -------
    pl.LazyFrame
        ``available_at`` and ``close``, without nulls.

    Raises
    ------
    DataError
        The file is missing, cannot be read, lacks a column or holds no value.
    """
    rows = _scan(path, "timestamp", "close")
    stamped = _stamped(rows, timeframe, PUBLICATION_DELAY.get(name, NO_DELAY))
    with _reading(path):
        known = stamped.select("available_at", "close").drop_nulls().collect()
    if known.is_empty():
        raise DataError(f"{path} has no close of the {name}: give a file with its bars", path=path)
    return known.lazy()


def _stamped(rows: pl.LazyFrame, timeframe: Timeframe, delay: dt.timedelta) -> pl.LazyFrame:
    if timeframe.intraday:
        # The end of the bar; a calendar would add only whether the session existed.
        return rows.with_columns(available_at=pl.col("timestamp") + timeframe.duration)
    return stamp(rows, timeframe, calendar=DEFAULT_CALENDAR, delay=delay)


def _scan(path: Path, *columns: str) -> pl.LazyFrame:
    """Some columns of a Parquet file, with closes as numbers and timestamps in UTC."""
    if not path.exists():
        raise DataError(f"{path} does not exist: give a Parquet file", path=path)
    with _reading(path):
        rows = pl.scan_parquet(path)
        schema = rows.collect_schema()
    absent = [name for name in columns if name not in schema]
    if absent:
        raise DataError(
            f"{path} lacks {', '.join(absent)}: it needs {', '.join(columns)} "
            f"and has {', '.join(schema)}",
            path=path,
        )
    if not schema["close"].is_numeric():
        raise DataError(f"close of {path} is {schema['close']}, not a number", path=path)
    return rows.select(columns).with_columns(
        _utc(schema["timestamp"], path), pl.col("close").cast(pl.Float64)
    )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Says in one line which file cannot be read."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        first_line = str(error).splitlines()[0]
        raise DataError(f"{path} cannot be read as Parquet: {first_line}", path=path) from None


def _utc(kind: pl.DataType, path: Path) -> pl.Expr:
    timestamp = pl.col("timestamp")
    if kind == pl.Date:
        return timestamp.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if not isinstance(kind, pl.Datetime):
        raise DataError(f"timestamp of {path} is {kind}, not an instant", path=path)
    if kind.time_zone is None:
        return timestamp.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return timestamp.dt.convert_time_zone("UTC").dt.cast_time_unit("us")


def _repeated(runs: pl.DataFrame) -> pl.Series:
    """Symbol of each bar, enumerated because it is compared at every one."""
    kind = pl.Enum(runs["symbol"])
    names = runs["symbol"].cast(kind)
    parts = [names.new_from_index(place, count) for place, count in enumerate(runs["bars"])]
    return pl.concat(parts, rechunk=True)


def _runs(rows: pl.LazyFrame) -> pl.DataFrame:
    """Where each stretch of one symbol begins, and how many bars it has."""
    symbol, start = pl.col("symbol"), pl.col("start")
    begins = (start == 0) | symbol.ne_missing(symbol.shift(1))
    stretches = rows.select("symbol").with_row_index("start").filter(begins).collect()
    count = rows.select(pl.len()).collect().item()
    return stretches.with_columns(bars=start.shift(-1, fill_value=count) - start)
