"""From files to files: holdings, VIX and SPX in Parquet, one analysis a symbol out.

1. ``Holdings.open`` finds where each symbol's rows lie, without reading prices.
2. ``_batches`` groups whole symbols into pieces of bounded size.
3. Workers read, check, judge and write a piece each (``_Job.run``), so that one computes while
   another reads or writes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from hedgerow.domain import Timeframe
from hedgerow.pipelines.analysis.checks import unusable
from hedgerow.pipelines.analysis.export import (
    DEFAULT_COMPRESSION,
    EXPORT_COLUMNS,
    Compression,
    arrow_table,
    export_folder,
    file_names,
    of_ticker,
    write_symbol,
)
from hedgerow.pipelines.analysis.formulas import DEFAULT_RULES, judge
from hedgerow.pipelines.analysis.holdings import Holdings, published
from hedgerow.pipelines.analysis.rules import AnalysisRules
from hedgerow.pipelines.analysis.summary import (
    AnalysisSummary,
    SymbolFailure,
    combined,
    summary_row,
    summary_table,
)

# Large enough that planning a query costs little beside running it, small enough that a worker
# needs some 150 MB; so all of them stay far below 3 GB.
_BARS_A_BATCH = 450_000
_MOST_WORKERS = 8

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
    source = Holdings.open(Path(holdings))
    job = _Job(
        holdings=source,
        vix=published(Path(vix), "VIX", around),
        spx=published(Path(spx), "SPX", around),
        timeframe=length,
        rules=rules,
        folder=export_folder(out_dir),
        names=file_names({symbol: symbol for symbol in source.symbols}),
        compression=compression,
    )
    return combined([*_worked_off(job, progress), AnalysisSummary(failed=source.nameless)])


@dataclass(frozen=True)
class _Job:
    """Everything that the batches share."""

    holdings: Holdings
    vix: pl.LazyFrame
    spx: pl.LazyFrame
    timeframe: Timeframe
    rules: AnalysisRules
    folder: Path
    names: dict[str, str]
    compression: Compression

    def run(self, runs: pl.DataFrame) -> AnalysisSummary:
        """Read, check, judge and write some symbols that follow one another."""
        bars = self.holdings.read(runs, self.timeframe)
        faults = unusable(bars)
        if faults:
            usable = ~pl.col("symbol").is_in(list(faults))
            bars, runs = bars.filter(usable), runs.filter(usable)
        judged = self._judge(bars)
        table = arrow_table(judged)
        rows, files, start = [], [], 0
        for symbol, count in runs.select("symbol", "bars").rows():
            rows.append(summary_row(symbol, judged.slice(start, count)))
            files.append(self._write(symbol, table.slice(start, count)))
            start += count
        failed = tuple(SymbolFailure(*fault) for fault in faults.items())
        return AnalysisSummary(summary_table(rows), failed, tuple(files))

    def _write(self, symbol: str, table: pa.Table) -> Path:
        path = self.folder / self.names[symbol]
        return write_symbol(of_ticker(table, symbol), path, self.compression)

    def _judge(self, bars: pl.DataFrame) -> pl.DataFrame:
        judged = judge(bars.lazy(), self.vix, self.spx, timeframe=self.timeframe, rules=self.rules)
        # The batch is in memory and small: streaming it again takes twice the processor time.
        return judged.select(EXPORT_COLUMNS).collect(engine="in-memory")


def _worked_off(job: _Job, progress: Progress | None) -> list[AnalysisSummary]:
    done, parts = 0, []
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(job.run, batch) for batch in _batches(job.holdings.runs, workers)]
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


def _batches(runs: pl.DataFrame, workers: int) -> list[pl.DataFrame]:
    """Whole symbols that follow one another, in equal shares for every worker."""
    bars = int(runs["bars"].sum())
    rounds = math.ceil(bars / (_BARS_A_BATCH * workers))
    piece = pl.col("start") * (rounds * workers) // bars
    shares = runs.with_columns(piece.alias("_piece"))
    return shares.partition_by("_piece", include_key=False, maintain_order=True)
