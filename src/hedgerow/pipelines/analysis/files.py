"""From files to files: holdings, VIX and SPX in Parquet, one analysis a symbol out.

1. ``_Holdings.open`` finds where each symbol's rows lie, without reading prices.
2. ``_batches`` groups whole symbols into pieces of bounded size.
3. Workers read, check, judge and write a piece each (``_Job.run``), so that one computes while
   another reads or writes.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hedgerow.domain import DEFAULT_CALENDAR, Timeframe, stamp
from hedgerow.domain.clock import NO_DELAY, PUBLICATION_DELAY
from hedgerow.errors import DataError
from hedgerow.pipelines.analysis.checks import unusable
from hedgerow.pipelines.analysis.export import (
    DEFAULT_COMPRESSION,
    EXPORT_COLUMNS,
    Compression,
    export_folder,
    file_names,
    write_symbol,
)
from hedgerow.pipelines.analysis.formulas import DEFAULT_RULES, judge
from hedgerow.pipelines.analysis.rules import AnalysisRules
from hedgerow.pipelines.analysis.summary import (
    AnalysisSummary,
    SymbolFailure,
    combined,
    summary_row,
    summary_table,
)

# Large enough that planning a query costs little beside running it, small enough that a worker
# needs some 100 MB.
_BARS_A_BATCH = 450_000

Progress = Callable[[int, int], None]


def analyze_files(
    holdings: str | Path,
    vix: str | Path,
    spx: str | Path,
    out_dir: str | Path,
    *,
    timeframe: str | Timeframe = "1h",
    context_timeframe: str | Timeframe | None = None,
    rules: AnalysisRules = DEFAULT_RULES,
    compression: Compression = DEFAULT_COMPRESSION,
    progress: Progress | None = None,
) -> AnalysisSummary:
    """Analyse a Parquet file of many symbols and write one Parquet file for each.

    Parameters
    ----------
    holdings
        ``symbol, timestamp, close`` of any number of symbols; other columns are not read.
        Timestamps are bar starts, in UTC where they name no zone. Closes count as they are:
        adjust them for splits before. Fastest where each symbol's rows lie together in time
        order, but any order will do.
    vix, spx
        ``timestamp, close`` of the two indices.
    out_dir
        Local folder for the files; made where it does not exist.
    timeframe
        Length of the holdings' bars.
    context_timeframe
        Length of the VIX and SPX bars; that of the holdings by default. A daily VIX is known
        a quarter of an hour after the close of New York, any other bar at its end.
    rules
        Band, window and age limit.
    compression
        Codec of the files written.
    progress
        Called with the symbols done and the symbols in all.

    Returns
    -------
    AnalysisSummary
        Of the symbols written; a symbol with an impossible or doubled bar is left out and
        named in ``failed``.

    Raises
    ------
    DataError
        A file is missing, cannot be read or lacks a column; no VIX or SPX is in its file.
    StoreError
        A file cannot be written; each file is whole or absent.

    See Also
    --------
    analyze_bars : the columns and their formulas.

    Examples
    --------
    >>> import tempfile
    >>> from hedgerow.sources.synthetic import SyntheticMarket
    >>> folder = Path(tempfile.mkdtemp())
    >>> files = SyntheticMarket(symbols=2, bars=80, bars_per_session=8).export(folder)
    >>> summary = analyze_files(files.holdings, files.vix, files.spx, folder / "out")
    >>> [path.name for path in summary.files]
    ['S0001_analysis.parquet', 'S0002_analysis.parquet']
    """
    length = Timeframe.parse(timeframe)
    around = Timeframe.parse(context_timeframe or length)
    source = _Holdings.open(Path(holdings))
    job = _Job(
        holdings=source,
        vix=_published(Path(vix), "VIX", around),
        spx=_published(Path(spx), "SPX", around),
        timeframe=length,
        rules=rules,
        folder=export_folder(out_dir),
        names=file_names({symbol: symbol for symbol in source.symbols}),
        compression=compression,
    )
    return combined([*_worked_off(job, progress), AnalysisSummary(failed=source.nameless)])


@dataclass(frozen=True)
class _Holdings:
    """Bars with each symbol's rows together, and where they lie.

    ``runs`` has ``symbol, start, bars`` in the order of ``rows``.
    """

    path: Path
    rows: pl.LazyFrame
    runs: pl.DataFrame
    nameless: tuple[SymbolFailure, ...] = ()

    @classmethod
    def open(cls, path: Path) -> _Holdings:
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
        return self.runs["symbol"].to_list()


@dataclass(frozen=True)
class _Job:
    """Everything that the batches share."""

    holdings: _Holdings
    vix: pl.LazyFrame
    spx: pl.LazyFrame
    timeframe: Timeframe
    rules: AnalysisRules
    folder: Path
    names: dict[str, str]
    compression: Compression

    def run(self, runs: pl.DataFrame) -> AnalysisSummary:
        """Read, check, judge and write some symbols that follow one another."""
        bars = self._read(runs)
        faults = unusable(bars)
        if faults:
            usable = ~pl.col("symbol").is_in(list(faults))
            bars, runs = bars.filter(usable), runs.filter(usable)
        rows, files = [], []
        for symbol, judged in _split(self._judge(bars), runs):
            rows.append(summary_row(symbol, judged))
            files.append(write_symbol(judged, self.folder / self.names[symbol], self.compression))
        failed = tuple(SymbolFailure(*fault) for fault in faults.items())
        return AnalysisSummary(summary_table(rows), failed, tuple(files))

    def _read(self, runs: pl.DataFrame) -> pl.DataFrame:
        rows = self.holdings.rows.slice(int(runs["start"][0]), int(runs["bars"].sum()))
        stamped = _stamped(rows.select("timestamp", "close"), self.timeframe, NO_DELAY)
        names = _repeated(runs)
        with _reading(self.holdings.path):
            bars = stamped.collect().with_columns(names, names.alias("instrument_id"))
        symbol, timestamp = pl.col("symbol"), pl.col("timestamp")
        in_order = (timestamp > timestamp.shift(1)) | (symbol != symbol.shift(1))
        if bars.select(in_order.all()).item():
            return bars
        return bars.sort("symbol", "timestamp", maintain_order=True)

    def _judge(self, bars: pl.DataFrame) -> pl.DataFrame:
        judged = judge(bars.lazy(), self.vix, self.spx, timeframe=self.timeframe, rules=self.rules)
        # The batch is in memory and small: streaming it again takes twice the processor time.
        return judged.select(EXPORT_COLUMNS).collect(engine="in-memory")


def _worked_off(job: _Job, progress: Progress | None) -> list[AnalysisSummary]:
    done, parts = 0, []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        futures = [pool.submit(job.run, batch) for batch in _batches(job.holdings.runs)]
        try:
            for future in as_completed(futures):
                part = future.result()
                parts.append(part)
                done += part.symbols.height + len(part.failed)
                if progress is not None:
                    progress(done, len(job.names))
        finally:
            pool.shutdown(cancel_futures=True)
    return parts


def _batches(runs: pl.DataFrame) -> list[pl.DataFrame]:
    """Whole symbols that follow one another, up to a number of bars together."""
    piece = (pl.col("start") // _BARS_A_BATCH).alias("_piece")
    return runs.with_columns(piece).partition_by("_piece", include_key=False, maintain_order=True)


def _repeated(runs: pl.DataFrame) -> pl.Series:
    """Symbol of each bar, enumerated because it is compared at every one."""
    kind = pl.Enum(runs["symbol"])
    names = runs["symbol"].cast(kind)
    parts = [names.new_from_index(place, count) for place, count in enumerate(runs["bars"])]
    return pl.concat(parts, rechunk=True)


def _split(judged: pl.DataFrame, runs: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each symbol with its own bars."""
    start = 0
    for symbol, count in runs.select("symbol", "bars").rows():
        yield symbol, judged.slice(start, count)
        start += count


def _runs(rows: pl.LazyFrame) -> pl.DataFrame:
    """Where each stretch of one symbol begins, and how many bars it has."""
    symbol, start = pl.col("symbol"), pl.col("start")
    begins = (start == 0) | symbol.ne_missing(symbol.shift(1))
    stretches = rows.select("symbol").with_row_index("start").filter(begins).collect()
    count = rows.select(pl.len()).collect().item()
    return stretches.with_columns(bars=start.shift(-1, fill_value=count) - start)


def _published(path: Path, name: str, timeframe: Timeframe) -> pl.LazyFrame:
    """``available_at`` and ``close`` of an index, read once for all batches."""
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
