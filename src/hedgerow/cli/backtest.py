"""``hedgerow backtest``: one strategy over some symbols."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli._options import (
    AsOfOption,
    CapitalOption,
    CostOption,
    EndOption,
    ParamOption,
    SourceOption,
    SpreadOption,
    StartOption,
    SymbolsArgument,
    TimeframeOption,
    WorkspaceOption,
    open_workspace,
    pairs,
)

if TYPE_CHECKING:
    from hedgerow.risk import Sizing


class SizingRule(StrEnum):
    """How much of the money a position gets."""

    EQUAL_WEIGHT = "equal-weight"
    FIXED_FRACTION = "fixed-fraction"
    VOLATILITY_TARGET = "volatility-target"


def backtest(
    strategy: Annotated[str, typer.Argument(help="NAME, module:Class or file.py:Class.")],
    symbols: SymbolsArgument = None,
    param: ParamOption = None,
    start: StartOption = None,
    end: EndOption = None,
    timeframe: TimeframeOption = "1d",
    source: SourceOption = None,
    as_of: AsOfOption = None,
    commission_bps: CostOption = 1.0,
    half_spread_bps: SpreadOption = 2.0,
    sizing: Annotated[SizingRule, typer.Option(help="Sizing rule.")] = SizingRule.EQUAL_WEIGHT,
    fill: Annotated[str, typer.Option(help="next_open or next_close.")] = "next_open",
    capital: CapitalOption = 100_000.0,
    benchmark: Annotated[
        str, typer.Option(help="buy_and_hold, or a series such as SPX.")
    ] = "buy_and_hold",
    report: Annotated[Path | None, typer.Option(help="Where to write the HTML tear sheet.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Backtest one strategy, store the run and write its tear sheet."""
    from hedgerow.backtest import backtest as run
    from hedgerow.cli._console import say, shown_path
    from hedgerow.cli._results import show_not_run, show_result
    from hedgerow.research import changed_signals, save_run
    from hedgerow.risk import Costs
    from hedgerow.strategies import load_strategy

    chosen = load_strategy(strategy, **pairs(param, "--param"))
    ws = open_workspace(workspace)
    market = ws.market(symbols, start, end, timeframe, source=source, as_of=as_of)
    decisions = chosen.decide(market)
    result = run(
        chosen,
        market,
        decisions=decisions,
        costs=Costs(commission_bps=commission_bps, half_spread_bps=half_spread_bps),
        sizing=sizing_of(sizing),
        fill=fill,
        capital=capital,
        benchmark=benchmark,
    )
    run_id = save_run(ws, result, chosen, changed_signals(decisions.frame))
    place = report or ws.reports / f"{run_id}.html"
    result.report(place)
    ws.catalog.save_report(ws.stored_path(place), kind="tear sheet", run_id=run_id)
    show_result(result)
    show_not_run(result.not_run)
    say(f"Run {run_id}. Report: {shown_path(place)}")


def sizing_of(rule: SizingRule) -> Sizing:
    """Sizing rule behind its name on the command line."""
    from hedgerow.risk import EqualWeight, FixedFraction, VolatilityTarget

    match rule:
        case SizingRule.EQUAL_WEIGHT:
            return EqualWeight()
        case SizingRule.FIXED_FRACTION:
            return FixedFraction()
        case SizingRule.VOLATILITY_TARGET:
            return VolatilityTarget()
