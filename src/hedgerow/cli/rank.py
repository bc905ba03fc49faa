"""``hedgerow rank``: strategies side by side on the same bars."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli._options import (
    AsOfOption,
    CapitalOption,
    CostOption,
    EndOption,
    SourceOption,
    SpreadOption,
    StartOption,
    SymbolsArgument,
    TimeframeOption,
    WorkspaceOption,
    open_workspace,
)


def rank(
    symbols: SymbolsArgument = None,
    strategies: Annotated[
        str | None,
        typer.Option(help="Names, module:Class or file.py:Class, with commas; all by default."),
    ] = None,
    start: StartOption = None,
    end: EndOption = None,
    timeframe: TimeframeOption = "1d",
    source: SourceOption = None,
    as_of: AsOfOption = None,
    by: Annotated[str, typer.Option(help="Metric to order by.")] = "sharpe",
    commission_bps: CostOption = 1.0,
    half_spread_bps: SpreadOption = 2.0,
    capital: CapitalOption = 100_000.0,
    workspace: WorkspaceOption = None,
) -> None:
    """Backtest strategies on the same bars with the same costs, and rank them."""
    from hedgerow.cli._console import advance, progress_bar, say, shown_path
    from hedgerow.cli._results import show_ranking
    from hedgerow.pipelines import rank_and_report
    from hedgerow.risk import Costs
    from hedgerow.strategies import load_strategy, strategy_classes

    names = strategies.split(",") if strategies else list(strategy_classes())
    chosen = [load_strategy(name.strip()) for name in names if name.strip()]
    ws = open_workspace(workspace)
    market = ws.market(symbols, start, end, timeframe, source=source, as_of=as_of)
    with progress_bar("Backtesting", len(chosen)) as bar:
        done = rank_and_report(
            ws,
            chosen,
            {"Ranking": market},
            title="Ranking",
            by=by,
            costs=Costs(commission_bps=commission_bps, half_spread_bps=half_spread_bps),
            capital=capital,
            progress=lambda name: advance(bar, words=f"Backtesting {name}"),
        )
    for title, ranking in done.rankings.items():
        show_ranking(ranking, title)
    say(f"Report: {shown_path(done.report)}")
