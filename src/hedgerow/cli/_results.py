"""Results of backtests, rankings and loads as people read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hedgerow.cli._console import percent, points, ratio, say, share, show_table

if TYPE_CHECKING:
    from hedgerow.backtest import Result
    from hedgerow.lake import IngestSummary
    from hedgerow.research import Ranking
    from hedgerow.strategies import NotRun


def show_result(result: Result) -> None:
    """Headline figures of a backtest beside its benchmark."""
    rows = []
    benchmark = result.benchmark_metrics
    for label, name, form in _HEADLINES:
        other = None if benchmark is None else getattr(benchmark, name)
        rows.append((label, form(getattr(result.metrics, name)), form(other)))
    sessions = f"{result.start} to {result.end}"
    show_table(
        ["", result.strategy, result.benchmark_name or "no benchmark"],
        rows,
        title=f"{result.strategy} on {len(result.symbols)} symbols, {sessions}",
    )
    if result.facts.get("synthetic"):
        say("SYNTHETIC prices: generated, not observed")
    for note in _notes(result):
        say(f"note: {note}")


def show_ranking(ranking: Ranking, title: str) -> None:
    """Ranked table of strategies beside buy-and-hold of the same names."""
    rows = [
        (
            row["rank"],
            row["strategy"],
            percent(row["total_return"]),
            ratio(row["sharpe"]),
            percent(row["max_drawdown"]),
            f"{row['trades']:,}",
            f"{ratio(row['turnover'])}×",
            points(row["excess_return"]),
        )
        for row in ranking.frame().to_dicts()
    ]
    columns = ["#", "strategy", "return", "Sharpe", "max drawdown", "trades", "turnover/yr"]
    show_table([*columns, "vs buy-and-hold"], rows, title=title)
    results = [row.result for row in ranking.rows if row.result is not None]
    if any(result.facts.get("synthetic") for result in results):
        say("  SYNTHETIC prices: generated, not observed")
    # What concerns one strategy only stands in its tear sheet.
    told = [_notes(result) for result in results]
    for note in told[0] if told else []:
        if all(note in notes for notes in told):
            say(f"  note: {note}")
    for left in ranking.not_run:
        for reason, symbols in _by_reason(left.not_run).items():
            say(f"  not run: {left.strategy.name} {reason} ({_names(symbols)})")
    for row in ranking.rows:
        for reason, symbols in _by_reason(row.not_run).items():
            say(f"  {row.strategy.name} not run on {_names(symbols)}: {reason}")


def show_not_run(entries: Iterable[NotRun]) -> None:
    """Instruments that were left out, by reason."""
    for reason, symbols in _by_reason(entries).items():
        say(f"not run: {_names(symbols)}: {reason}")


def show_ingest(summaries: Sequence[IngestSummary]) -> None:
    """What was loaded and refused, by source and table."""
    totals: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    rules: dict[str, int] = defaultdict(int)
    warnings: dict[str, int] = defaultdict(int)
    for summary in summaries:
        counts = (
            summary.rows,
            summary.loaded,
            summary.corrected,
            summary.unchanged,
            summary.refused,
        )
        for place, count in enumerate(counts):
            totals[summary.source, summary.table][place] += count
        for rule, count in summary.quarantined.items():
            rules[rule] += count
        for rule, count in summary.warnings.items():
            warnings[rule] += count
    columns = ["source", "table", "rows", "loaded", "corrected", "unchanged", "quarantined"]
    show_table(columns, [(*key, *(f"{n:,}" for n in counts)) for key, counts in totals.items()])
    for rule, count in sorted(rules.items()):
        say(f"  quarantined by {rule}: {count:,}")
    for rule, count in sorted(warnings.items()):
        say(f"  warning {rule}: {count:,} (loaded; look at them)")


def _notes(result: Result) -> list[str]:
    of_market = result.facts.get("notes", ())
    return [*(of_market if isinstance(of_market, list) else ()), *result.notes]


def _by_reason(entries: Iterable[NotRun]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        found[entry.reason].append(entry.symbol)
    return dict(found)


def _names(symbols: Sequence[str]) -> str:
    return ", ".join(symbols) if len(symbols) <= 5 else f"{len(symbols)} symbols"


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


_HEADLINES = (
    ("total return", "total_return", percent),
    ("return a year (CAGR)", "cagr", percent),
    ("volatility a year", "volatility", share),
    ("Sharpe ratio", "sharpe", ratio),
    ("Sortino ratio", "sortino", ratio),
    ("Calmar ratio", "calmar", ratio),
    ("max drawdown", "max_drawdown", percent),
    ("its length, sessions", "max_drawdown_length", _count),
    ("trades", "trades", _count),
    ("win rate", "win_rate", share),
    ("profit factor", "profit_factor", ratio),
    ("turnover a year", "turnover", ratio),
    ("exposure", "exposure", share),
)
