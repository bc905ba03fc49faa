"""Ranks strategies on one or more markets, keeps every run and writes one report."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hedgerow.backtest.report import RankedResult, RankingSection, ranking_report
from hedgerow.domain.files import write_text
from hedgerow.domain.market import Market
from hedgerow.research import Ranking, rank, save_run, stored_runs
from hedgerow.risk import Costs
from hedgerow.strategies import NotRun, Strategy
from hedgerow.workspace import Workspace


@dataclass(frozen=True)
class RankedReport:
    """What a ranking left behind.

    Parameters
    ----------
    rankings
        Ranking of each market by its title.
    runs
        Names of the stored runs.
    new_runs
        How many of them were not stored before.
    report
        The HTML file.
    """

    rankings: Mapping[str, Ranking]
    runs: tuple[str, ...]
    new_runs: int
    report: Path


def rank_and_report(
    ws: Workspace,
    strategies: Sequence[Strategy],
    markets: Mapping[str, Market],
    *,
    title: str,
    by: str = "sharpe",
    costs: Costs | None = None,
    capital: float = 100_000.0,
    facts: Mapping[str, object] | None = None,
    progress: Callable[[str], None] | None = None,
) -> RankedReport:
    """Rank strategies on each market, store the runs and write the report.

    Parameters
    ----------
    ws
        Where runs and report are kept.
    strategies
        What to run.
    markets
        Bars to run on, by the title of their section.
    title
        Heading of the report; its file is named after it.
    by, costs, capital
        As for ``rank``.
    facts
        What else the report should show, such as ``ingest`` summaries. What ``ws.quality``
        last found of the instruments is shown in any case.
    progress
        Called with each strategy's name before it runs.

    Returns
    -------
    RankedReport
        Running it again on the same data stores nothing new.

    Raises
    ------
    HedgerowError
        A market is empty, or the workspace cannot be written.
    """
    rankings = {
        heading: rank(strategies, market, by=by, costs=costs, capital=capital, progress=progress)
        for heading, market in markets.items()
    }
    before = stored_runs(ws)
    runs = [
        save_run(ws, row.result, row.strategy, row.signals)
        for ranking in rankings.values()
        for row in ranking.rows
        if row.result is not None
    ]
    report = ws.reports / _file_name(title, runs)
    sections = [_section(heading, ranking) for heading, ranking in rankings.items()]
    shown = {"quality": _quality(ws, rankings), **(facts or {})}
    write_text(report, ranking_report(title, sections, shown))
    for run_id in runs:
        ws.catalog.save_report(ws.stored_path(report), kind="ranking", run_id=run_id)
    return RankedReport(rankings, tuple(runs), len(set(runs) - before), report)


def _quality(ws: Workspace, rankings: Mapping[str, Ranking]) -> pl.DataFrame:
    """What the last check of the bars found of those that were ranked."""
    results = [r.result for one in rankings.values() for r in one.rows if r.result is not None]
    symbols = {symbol for result in results for symbol in result.symbols}
    lengths = {result.timeframe for result in results}
    found = ws.last_quality()
    return found.filter(found["symbol"].is_in(symbols) & found["timeframe"].is_in(lengths))


def _file_name(title: str, runs: Sequence[str]) -> str:
    """Name of the report of some runs: other runs never write over it."""
    which = hashlib.sha256(" ".join(sorted(runs)).encode()).hexdigest()[:8]
    return f"{title.lower().replace(' ', '-')}-{which}.html"


def _section(title: str, ranking: Ranking) -> RankingSection:
    ran = tuple(
        RankedResult(row.strategy.name, row.result)
        for row in ranking.rows
        if row.result is not None
    )
    return RankingSection(title, ran, "buy and hold of the same names", _not_run(ranking))


def _not_run(ranking: Ranking) -> tuple[NotRun, ...]:
    partly = [
        NotRun(f"{row.strategy.name} on {entry.symbol}", entry.reason)
        for row in ranking.rows
        for entry in row.not_run
    ]
    wholly = {
        NotRun(row.strategy.name, entry.reason) for row in ranking.not_run for entry in row.not_run
    }
    return (*sorted(wholly, key=lambda entry: entry.symbol), *partly)
