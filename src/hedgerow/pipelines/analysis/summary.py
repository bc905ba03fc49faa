"""What came of an analysis, symbol by symbol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

SUMMARY_COLUMNS: dict[str, pl.DataType] = {
    "symbol": pl.String(),
    "bars": pl.Int64(),
    "trades": pl.Int64(),
    "good": pl.Int64(),
    "bad": pl.Int64(),
    "win_rate": pl.Float64(),
    "mean_beta": pl.Float64(),
    "median_beta": pl.Float64(),
}

SummaryRow = tuple[str, int, int, int, int, float | None, float | None, float | None]


@dataclass(frozen=True, order=True)
class SymbolFailure:
    """A symbol that could not be analysed, and why in one line."""

    symbol: str
    reason: str


@dataclass(frozen=True)
class AnalysisSummary:
    """What came of an analysis.

    Parameters
    ----------
    symbols
        One row a symbol that was analysed, sorted: ``bars``; ``trades``, the buy and sell
        signals; ``good`` and ``bad``, those that the next bar proved right or wrong;
        ``win_rate = good / (good + bad)``, a fraction, null without either; ``mean_beta`` and
        ``median_beta`` of the single-bar betas, null without any. A single-bar beta explodes
        where SPX hardly moved and a few such bars decide the mean: read the median.
    failed
        Symbols that were not, sorted.
    files
        What was written to the export folder, sorted.
    inserted, corrected, unchanged
        Rows that the lake took as new, took as a correction, and held already.
    not_run
        Symbols that nobody named and that have no bars in the span, sorted: no failure.
    """

    symbols: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SUMMARY_COLUMNS))
    failed: tuple[SymbolFailure, ...] = ()
    files: tuple[Path, ...] = ()
    inserted: int = 0
    corrected: int = 0
    unchanged: int = 0
    not_run: tuple[SymbolFailure, ...] = ()

    @property
    def bars(self) -> int:
        """Bars analysed."""
        return int(self.symbols["bars"].sum())

    @property
    def ok(self) -> bool:
        """Whether every symbol was analysed that was named or has bars in the span."""
        return not self.failed

    @property
    def exit_status(self) -> int:
        """What a command returns: 0, or 1 where a symbol failed."""
        return 0 if self.ok else 1


def summary_row(symbol: str, judged: pl.DataFrame) -> SummaryRow:
    """Trades, win rate and beta of one symbol.

    Parameters
    ----------
    symbol
        Its ticker.
    judged
        ``signal, trade_quality, beta`` of its bars.

    Returns
    -------
    tuple
        In the order of ``SUMMARY_COLUMNS``.

    Examples
    --------
    >>> bars = pl.DataFrame({
    ...     "signal": ["buy", "sell", "hold"], "trade_quality": ["good", "neutral", "neutral"],
    ...     "beta": [None, 1.0, 2.0],
    ... })
    >>> summary_row("X", bars)
    ('X', 3, 2, 1, 0, 1.0, 1.5, 1.5)
    """
    quality = judged["trade_quality"]
    good, bad = int((quality == "good").sum()), int((quality == "bad").sum())
    # Without its nulls, a median takes a fifth of the time.
    betas = judged["beta"].drop_nulls()
    return (
        symbol,
        judged.height,
        int((judged["signal"] != "hold").sum()),
        good,
        bad,
        good / (good + bad) if good + bad else None,
        _number(betas.mean()),
        _number(betas.median()),
    )


def summary_table(rows: Iterable[SummaryRow]) -> pl.DataFrame:
    """Table of summary rows, as ``AnalysisSummary.symbols`` describes."""
    return pl.DataFrame(list(rows), schema=SUMMARY_COLUMNS, orient="row")


def combined(parts: Iterable[AnalysisSummary]) -> AnalysisSummary:
    """One summary of several, sorted by symbol."""
    pieces = list(parts)
    if not pieces:
        return AnalysisSummary()
    return AnalysisSummary(
        symbols=pl.concat(piece.symbols for piece in pieces).sort("symbol"),
        failed=tuple(sorted(failure for piece in pieces for failure in piece.failed)),
        not_run=tuple(sorted(left for piece in pieces for left in piece.not_run)),
        files=tuple(sorted(file for piece in pieces for file in piece.files)),
        inserted=sum(piece.inserted for piece in pieces),
        corrected=sum(piece.corrected for piece in pieces),
        unchanged=sum(piece.unchanged for piece in pieces),
    )


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None
