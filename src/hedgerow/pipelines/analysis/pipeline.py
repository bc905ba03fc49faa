"""The analysis of a workspace: some symbols at a time, stored in its lake, exported on demand.

1. ``asked`` finds the instruments behind the words; a word that means nothing is a failure.
2. ``_Run.batch`` reads a market of some instruments; where that fails, one at a time.
3. ``judge_market`` computes, leaving out symbols with impossible bars.
4. ``_Run.deliver`` stores, exports and sums up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from hedgerow.domain import Timeframe
from hedgerow.domain.market import Market
from hedgerow.domain.schemas import ANALYSIS
from hedgerow.errors import DataError, DefinitionError, StoreError
from hedgerow.lake import Lake
from hedgerow.pipelines.analysis.checks import unusable
from hedgerow.pipelines.analysis.export import (
    DEFAULT_COMPRESSION,
    arrow_table,
    export_folder,
    file_names,
    write_symbol,
)
from hedgerow.pipelines.analysis.formulas import DEFAULT_RULES, judge
from hedgerow.pipelines.analysis.rules import AnalysisRules
from hedgerow.pipelines.analysis.selection import Day, asked, last_day
from hedgerow.pipelines.analysis.summary import (
    AnalysisSummary,
    SymbolFailure,
    combined,
    summary_row,
    summary_table,
)
from hedgerow.workspace import Workspace

Progress = Callable[[int, int], None]
ReadMarket = Callable[[list[str]], Market]
Around = tuple[pl.LazyFrame, pl.LazyFrame]

_NEEDED = (
    "instrument_id",
    "symbol",
    "source",
    "timestamp",
    "session",
    "available_at",
    "close",
    "raw_close",
)

_NO_BARS = "no bars between start and end"

# Some 400,000 bars of 14 years together, whatever their length.
_SECONDS_A_SYMBOL = 200
_MOST_SYMBOLS = 64


def analyze(  # noqa: PLR0913 - a read names its options; all but the first two are keywords
    ws: Workspace,
    symbols: str | Sequence[str] | None = None,
    *,
    start: Day = None,
    end: Day = None,
    timeframe: str | Timeframe = "1d",
    source: str | None = None,
    as_of: dt.date | dt.datetime | str | None = None,
    limit: int | None = None,
    rules: AnalysisRules = DEFAULT_RULES,
    export_dir: str | Path | None = None,
    progress: Progress | None = None,
) -> AnalysisSummary:
    """Judge each bar of some symbols against the VIX and the S&P 500, and store the result.

    Parameters
    ----------
    ws
        Where the bars are, with the series ``VIX`` and ``SPX``; the result goes into its table
        ``analysis``, where rows of the same bars are replaced.
    symbols
        Tickers or universes, in one text or a list; None for all but indices.
    start, end
        First and last session, both included; a year stands for all of it.
    timeframe
        Length of the bars.
    source
        Source to read; the preferred one by default.
    as_of
        Session or instant whose knowledge counts; the present by default.
    limit
        Only so many, the first by symbol.
    rules
        Band, window and age limit.
    export_dir
        Local folder for one ``<SYMBOL>_analysis.parquet`` each; none by default.
    progress
        Called with the symbols done and the symbols in all.

    Returns
    -------
    AnalysisSummary
        Of the symbols that could be analysed; ``failed`` names the others. Where none was
        named, those without bars in the span are ``not_run`` instead. A second run of the same
        bars stores nothing.

    Raises
    ------
    DataError
        No symbol could be analysed, for one and the same reason; or the workspace has no VIX
        or no SPX.
    DefinitionError
        The timeframe is not known, the limit is below 1, or the folder is not local.
    StoreError
        The lake or the folder cannot be written.

    See Also
    --------
    analyze_bars : the columns and their formulas.

    Examples
    --------
    >>> import tempfile
    >>> from hedgerow.sources import SampleCloses
    >>> ws = Workspace(tempfile.mkdtemp())
    >>> loaded = ws.ingest(SampleCloses())
    >>> summary = analyze(ws, "AAPL NOPE", start="2018", end="2018")
    >>> summary.symbols["symbol"].to_list(), [failure.symbol for failure in summary.failed]
    (['AAPL'], ['NOPE'])
    """
    length, last = Timeframe.parse(timeframe), last_day(end)
    if limit is not None and limit < 1:
        raise DefinitionError(f"limit {limit} must be 1 or more")
    instruments, unknown = asked(ws, symbols, last, length)
    chosen = sorted(instruments, key=lambda one: (one.symbol, one.instrument_id))[:limit]
    run = _Run(
        read=lambda ids: ws.market(ids, start, None, length, source=source, as_of=as_of),
        named=symbols is not None,
        end=last,
        rules=rules,
        symbols={one.instrument_id: one.symbol for one in chosen},
        lake=ws.lake,
        folder=None if export_dir is None else export_folder(export_dir),
    )
    size = max(1, min(_MOST_SYMBOLS, length.seconds // _SECONDS_A_SYMBOL))
    parts = [AnalysisSummary(failed=tuple(unknown))]
    for first in range(0, len(chosen), size):
        parts.append(run.batch([one.instrument_id for one in chosen[first : first + size]]))
        if progress is not None:
            progress(min(first + size, len(chosen)), len(chosen))
    return _unless_hopeless(combined(parts))


def judge_market(
    market: Market, vix: pl.LazyFrame, spx: pl.LazyFrame, rules: AnalysisRules = DEFAULT_RULES
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Analysis of every bar of a market between its first and last session.

    Parameters
    ----------
    market
        Adjusted closes to compare and raw closes to show.
    vix, spx
        As for ``analyze_bars``.
    rules
        Band, window and age limit.

    Returns
    -------
    tuple
        Columns of :class:`hedgerow.domain.schemas.Analysis`, and the reason by instrument for
        those left out because of impossible bars.
    """
    bars = market.bars.select(_NEEDED).collect()
    faults = unusable(bars)
    usable = bars.lazy().filter(~pl.col("instrument_id").is_in(list(faults)))
    judged = judge(usable, vix, spx, timeframe=market.timeframe, rules=rules)
    if market.start is not None:
        judged = judged.filter(pl.col("session") >= market.start)
    if market.end is not None:
        judged = judged.filter(pl.col("session") <= market.end)
    columns = (pl.col(name).cast(kind) for name, kind in ANALYSIS.columns.items())
    return judged.select(columns).collect(), faults


@dataclass
class _Run:
    """What the batches share: where bars come from, by what they are judged, where they go."""

    read: ReadMarket
    named: bool
    end: dt.date | None
    rules: AnalysisRules
    symbols: dict[str, str]
    lake: Lake
    folder: Path | None
    around: dict[object, Around] = field(default_factory=dict, init=False)

    def batch(self, instruments: list[str]) -> AnalysisSummary:
        """Analyse instruments together, or one at a time where together fails."""
        try:
            market = self.read(instruments)
            # Read beyond the end, so that the last bar is judged by the next one all the same.
            bars = market.bars.select(_NEEDED).collect()
            market = replace(market, bars=bars.lazy(), end=self.end)
        except (DataError, StoreError, pl.exceptions.PolarsError) as error:
            if len(instruments) > 1:
                return combined(self.batch([one]) for one in instruments)
            reason = str(error).splitlines()[0]
            left = (SymbolFailure(self.symbols[instruments[0]], reason),)
            if isinstance(error, DataError) and not self.named:
                return AnalysisSummary(not_run=left)
            return AnalysisSummary(failed=left)
        by_source = bars.group_by("source").agg(pl.col("instrument_id").unique().sort())
        if by_source.height > 1:
            # Invented companies are judged by their own VIX, real ones by the real one.
            return combined(self.batch(ids) for _, ids in by_source.sort("source").rows())
        analysis, faults = judge_market(market, *self._around(market, bars), self.rules)
        judged = set(analysis["instrument_id"].unique())
        silent = dict.fromkeys({*instruments} - judged - faults.keys(), _NO_BARS)
        failed = faults | silent if self.named else faults
        return replace(
            self.deliver(analysis),
            failed=self._failures(failed),
            not_run=self._failures({} if self.named else silent),
        )

    def _failures(self, reasons: dict[str, str]) -> tuple[SymbolFailure, ...]:
        return tuple(SymbolFailure(self.symbols[one], reason) for one, reason in reasons.items())

    def deliver(self, analysis: pl.DataFrame) -> AnalysisSummary:
        """Store and export some instruments, and sum them up."""
        now = dt.datetime.now(dt.UTC)
        merged = self.lake.merge(ANALYSIS, analysis, ingested_at=now)
        rows, files = [], []
        for (instrument,), judged in analysis.group_by("instrument_id", maintain_order=True):
            name = str(instrument)
            rows.append(summary_row(self.symbols[name], judged))
            if self.folder is not None:
                path = self.folder / self.file_names[name]
                files.append(write_symbol(arrow_table(judged), path, DEFAULT_COMPRESSION))
        return AnalysisSummary(
            symbols=summary_table(rows),
            files=tuple(files),
            inserted=merged.inserted,
            corrected=merged.corrected,
            unchanged=merged.unchanged,
        )

    @cached_property
    def file_names(self) -> dict[str, str]:
        """File name by instrument."""
        return file_names(self.symbols)

    def _around(self, market: Market, bars: pl.DataFrame) -> Around:
        """VIX and SPX beside bars of one source, read once for all batches of it."""
        source = bars["source"].first()
        if source not in self.around:
            self.around[source] = (_published(market, "VIX"), _published(market, "SPX"))
        return self.around[source]


def _published(market: Market, name: str) -> pl.LazyFrame:
    rows = market.context(name).select("available_at", "close").collect()
    if rows.is_empty():
        raise DataError(f"the workspace has no bars of {name}: load the series first")
    return rows.lazy()


def _unless_hopeless(summary: AnalysisSummary) -> AnalysisSummary:
    """The summary, unless everything failed alike: then the request is wrong, not a symbol."""
    reasons = {failure.reason for failure in (*summary.failed, *summary.not_run)}
    if summary.symbols.is_empty() and reasons and not (summary.failed and len(reasons) > 1):
        raise DataError(reasons.pop() if len(reasons) == 1 else f"{_NO_BARS} of any symbol")
    return replace(
        summary, not_run=tuple(SymbolFailure(left.symbol, _NO_BARS) for left in summary.not_run)
    )
