"""Runs strategies side by side on the same bars and orders them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from hedgerow.backtest import Result, backtest
from hedgerow.domain.market import Market
from hedgerow.errors import DefinitionError, did_you_mean
from hedgerow.research.signals import changed_signals
from hedgerow.risk import Costs, Sizing
from hedgerow.strategies import NotRun, Strategy

# Larger is better for each: a drawdown is negative.
RANK_BY = ("calmar", "cagr", "max_drawdown", "sharpe", "sortino", "total_return")


@dataclass(frozen=True)
class Ranked:
    """A strategy's place: its result, or why there is none.

    Parameters
    ----------
    strategy
        What ran.
    result
        Its backtest; None where no instrument could serve it.
    not_run
        Instruments left out, with the reason.
    signals
        Signals that changed its mind, as ``changed_signals`` gives them.
    """

    strategy: Strategy
    result: Result | None
    not_run: tuple[NotRun, ...]
    signals: pl.DataFrame


@dataclass(frozen=True)
class Ranking:
    """Strategies on the same bars, best first.

    Parameters
    ----------
    rows
        Those that ran, best first.
    not_run
        Those that no series could serve, by name.
    by
        Metric that orders them.
    """

    rows: tuple[Ranked, ...]
    not_run: tuple[Ranked, ...]
    by: str

    def frame(self) -> pl.DataFrame:
        """The ranking as a table.

        Returns
        -------
        pl.DataFrame
            ``rank, strategy, total_return, cagr, sharpe, max_drawdown, trades, turnover,
            excess_return``: fractions over the whole period, except CAGR and turnover, which
            are per year, and the Sharpe ratio. ``excess_return`` is the total return less
            that of buy-and-hold of the names that ran. Null where a metric is undefined.
        """
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
                    "excess_return": _excess(row.result),
                }
            )
        return pl.DataFrame(rows, schema=_SCHEMA)


def _excess(result: Result) -> float | None:
    """Total return less that of buy-and-hold of the very names that ran."""
    held = result.benchmark_metrics
    if held is None or held.total_return is None or result.metrics.total_return is None:
        return None
    return result.metrics.total_return - held.total_return


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
            return Ranked(strategy, None, decisions.not_run, changed_signals(decisions.frame))
        result = backtest(
            strategy, market, decisions=decisions, costs=costs, sizing=sizing, capital=capital
        )
        # The decisions of every bar would not fit for large markets; their changes do.
        return Ranked(strategy, result, decisions.not_run, changed_signals(decisions.frame))

    # Read once for all strategies, not once for each.
    market = replace(market, bars=market.bars.collect().lazy())
    done = [run(strategy) for strategy in strategies]
    return Ranking(
        rows=tuple(sorted((row for row in done if row.result), key=lambda row: _order(row, by))),
        not_run=tuple(row for row in done if row.result is None),
        by=by,
    )


def _order(row: Ranked, by: str) -> tuple[bool, float, str]:
    assert row.result is not None
    value = getattr(row.result.metrics, by)
    return (value is None, -(value or 0.0), row.strategy.name)
