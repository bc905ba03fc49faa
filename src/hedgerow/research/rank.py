"""Runs strategies side by side on the same bars and orders them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from hedgerow.backtest import Result, backtest
from hedgerow.domain.market import Market
from hedgerow.errors import DefinitionError, did_you_mean
from hedgerow.risk import Costs, Sizing
from hedgerow.strategies import BuyAndHold, Decisions, NotRun, Strategy

# Larger is better for each: a drawdown is negative.
RANK_BY = ("calmar", "cagr", "max_drawdown", "sharpe", "sortino", "total_return")


@dataclass(frozen=True)
class Ranked:
    """A strategy's place: its result, or why there is none."""

    strategy: Strategy
    result: Result | None
    not_run: tuple[NotRun, ...]
    decisions: Decisions


@dataclass(frozen=True)
class Ranking:
    """Strategies on the same bars, best first.

    Parameters
    ----------
    rows
        Those that ran, best first.
    not_run
        Those that no series could serve, by name.
    benchmark
        Buy-and-hold of the same names at the same costs.
    by
        Metric that orders them.
    """

    rows: tuple[Ranked, ...]
    not_run: tuple[Ranked, ...]
    benchmark: Result
    by: str

    def frame(self) -> pl.DataFrame:
        """The ranking as a table.

        Returns
        -------
        pl.DataFrame
            ``rank, strategy, total_return, cagr, sharpe, max_drawdown, trades, turnover,
            excess_return``: fractions over the whole period, except CAGR and turnover, which
            are per year, and the Sharpe ratio. ``excess_return`` is the total return less
            that of buy-and-hold. Null where a metric is undefined.
        """
        held = self.benchmark.metrics.total_return or 0.0
        rows = []
        for place, row in enumerate(self.rows, start=1):
            assert row.result is not None
            metrics = row.result.metrics
            total = metrics.total_return
            rows.append(
                {
                    "rank": place,
                    "strategy": row.strategy.name,
                    "total_return": total,
                    "cagr": metrics.cagr,
                    "sharpe": metrics.sharpe,
                    "max_drawdown": metrics.max_drawdown,
                    "trades": metrics.trades,
                    "turnover": metrics.turnover,
                    "excess_return": None if total is None else total - held,
                }
            )
        return pl.DataFrame(rows, schema=_SCHEMA)


_SCHEMA = {
    "rank": pl.Int64,
    "strategy": pl.String,
    "total_return": pl.Float64,
    "cagr": pl.Float64,
    "sharpe": pl.Float64,
    "max_drawdown": pl.Float64,
    "trades": pl.Int64,
    "turnover": pl.Float64,
    "excess_return": pl.Float64,
}


def rank(
    strategies: Sequence[Strategy],
    market: Market,
    *,
    by: str = "sharpe",
    costs: Costs | None = None,
    sizing: Sizing | None = None,
    capital: float = 100_000.0,
    progress: Callable[[str], None] | None = None,
) -> Ranking:
    """Backtest strategies on the same bars with the same costs and order them.

    Parameters
    ----------
    strategies
        What to run.
    market
        Bars to run on.
    by
        Metric to order by, best first; undefined ones last.
    costs, sizing, capital
        As for ``backtest``.
    progress
        Called with each strategy's name before it runs.

    Returns
    -------
    Ranking
        Strategies that no instrument could serve are listed with the reasons.

    Raises
    ------
    DefinitionError
        ``by`` is not a metric to rank by, or there are no strategies.
    """
    if by not in RANK_BY:
        raise DefinitionError(f"rank by {by!r} is not possible. {did_you_mean(by, RANK_BY)}")
    if not strategies:
        raise DefinitionError("there are no strategies to rank: name at least one")

    def run(strategy: Strategy) -> Ranked:
        if progress is not None:
            progress(strategy.name)
        decisions = strategy.decide(market)
        if decisions.frame.is_empty():
            return Ranked(strategy, None, decisions.not_run, decisions)
        result = backtest(
            strategy, market, decisions=decisions, costs=costs, sizing=sizing, capital=capital
        )
        return Ranked(strategy, result, decisions.not_run, decisions)

    # Read once for all strategies, not once for each.
    market = replace(market, bars=market.bars.collect().lazy())
    done = [run(strategy) for strategy in strategies]
    held = next((row.result for row in done if isinstance(row.strategy, BuyAndHold)), None)
    benchmark = held or backtest(BuyAndHold(), market, costs=costs, sizing=sizing, capital=capital)
    return Ranking(
        rows=tuple(sorted((row for row in done if row.result), key=lambda row: _order(row, by))),
        not_run=tuple(row for row in done if row.result is None),
        benchmark=benchmark,
        by=by,
    )


def _order(row: Ranked, by: str) -> tuple[bool, float, str]:
    assert row.result is not None
    value = getattr(row.result.metrics, by)
    return (value is None, -(value or 0.0), row.strategy.name)
