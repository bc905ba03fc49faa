"""Turns a simulation into a result: names for places, measures, and notes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from hedgerow.backtest.benchmark import Benchmark
from hedgerow.backtest.metrics import Metrics, measure, position_measures, trade_measures
from hedgerow.backtest.notes import notes_of
from hedgerow.backtest.panel import Panel, SignalTables
from hedgerow.backtest.result import Result
from hedgerow.backtest.rules import Rules, Simulation
from hedgerow.domain.market import Market
from hedgerow.strategies import Decisions


@dataclass(frozen=True)
class Run:
    """Everything of a run before it is put into words.

    Parameters
    ----------
    market, decisions, rules
        What was asked for.
    panel, signals
        What it was run on.
    simulation, benchmark
        What came out.
    """

    market: Market
    decisions: Decisions
    rules: Rules
    panel: Panel
    signals: SignalTables
    simulation: Simulation
    benchmark: Benchmark | None


def assemble(run: Run) -> Result:
    """Result of a run."""
    rules, benchmark = run.rules, run.benchmark
    equity = _equity(run.panel, run.simulation, benchmark)
    returns = session_returns(equity, rules.capital)
    trades = trade_frame(run.panel, run.simulation.trades)
    metrics = _metrics(run.panel, run.simulation, trades, returns["return"], returns["benchmark"])
    return Result(
        strategy=run.decisions.strategy,
        parameters=dict(run.decisions.parameters),
        equity=equity,
        trades=trades,
        fills=fill_frame(run.panel, run.simulation.fills),
        session_returns=returns,
        metrics=metrics,
        benchmark_metrics=_benchmark_metrics(run.panel, benchmark, returns),
        benchmark_name=benchmark.name if benchmark else None,
        costs=rules.costs,
        sizing=rules.sizing,
        fill=rules.fill,
        capital=rules.capital,
        lot=rules.lot,
        tick=rules.tick,
        timeframe=run.market.timeframe.code,
        symbols=tuple(sorted(run.panel.symbols)),
        facts=dict(run.market.facts),
        notes=notes_of(rules, run.panel, run.signals, run.simulation),
        not_run=run.decisions.not_run,
    )


def session_returns(equity: pl.DataFrame, capital: float) -> pl.DataFrame:
    """Returns from one session's last bar to the next's.

    Parameters
    ----------
    equity
        ``session, equity, benchmark`` of each bar, in order.
    capital
        What the first session is measured against.

    Returns
    -------
    pl.DataFrame
        ``session, return, benchmark``: fractions. A return is 0.0 where nothing was left to
        earn it (equity at or below zero before); ``benchmark`` is null where not known.

    Examples
    --------
    >>> rows = {"session": [1, 1, 2], "equity": [101.0, 110.0, 99.0], "benchmark": [None] * 3}
    >>> session_returns(pl.DataFrame(rows), 100.0)["return"].round(6).to_list()
    [0.1, -0.1]
    """
    last = equity.group_by("session", maintain_order=True).agg(
        pl.col("equity").last(), pl.col("benchmark").cast(pl.Float64).last()
    )
    before = pl.col("equity").shift(1, fill_value=capital)
    other = pl.col("benchmark").shift(1, fill_value=capital)
    return last.select(
        "session",
        pl.when(before > 0).then(pl.col("equity") / before - 1.0).otherwise(0.0).alias("return"),
        pl.when(other > 0).then(pl.col("benchmark") / other - 1.0).alias("benchmark"),
    )


def trade_frame(panel: Panel, trades: pl.DataFrame) -> pl.DataFrame:
    """Trades with names for places: the ``trades`` table without ``run_id``."""
    times = panel.clock["timestamp"]
    worth = pl.col("quantity") * pl.col("entry_price")
    return trades.select(
        _named(panel.instrument_ids, "instrument", "instrument_id"),
        _at(times, "entry_bar", "entry_at"),
        _named(panel.symbols, "instrument", "symbol"),
        pl.when(pl.col("side") > 0).then(pl.lit("long")).otherwise(pl.lit("short")).alias("side"),
        _at(times, "exit_bar", "exit_at"),
        "quantity",
        "entry_price",
        "exit_price",
        "pnl",
        (pl.col("pnl") / worth).alias("return"),
        "costs",
        "bars_held",
        pl.col("reason").alias("exit_reason"),
        pl.col("exit_bar").is_null().alias("open"),
    ).sort("entry_at", "instrument_id")


def fill_frame(panel: Panel, fills: pl.DataFrame) -> pl.DataFrame:
    """Fills with names for places, as ``Result.fills``."""
    quantity = pl.col("quantity")
    return fills.select(
        _at(panel.clock["timestamp"], "bar", "timestamp"),
        _named(panel.instrument_ids, "instrument", "instrument_id"),
        _named(panel.symbols, "instrument", "symbol"),
        pl.when(quantity > 0).then(pl.lit("buy")).otherwise(pl.lit("sell")).alias("side"),
        quantity.abs(),
        "price",
        (quantity.abs() * pl.col("price")).alias("value"),
        "commission",
        (quantity * (pl.col("price") - pl.col("reference")) + 0.0).alias("slippage"),
        "reason",
    )


def _named(names: tuple[str, ...], place: str, name: str) -> pl.Expr:
    return pl.lit(pl.Series(names, dtype=pl.String)).gather(pl.col(place)).alias(name)


def _at(times: pl.Series, place: str, name: str) -> pl.Expr:
    return pl.lit(times).gather(pl.col(place)).alias(name)


def _equity(panel: Panel, simulation: Simulation, benchmark: Benchmark | None) -> pl.DataFrame:
    compared = benchmark.equity if benchmark else np.full(len(panel.clock), np.nan)
    return panel.clock.select(
        "timestamp",
        "session",
        equity=pl.lit(pl.Series(simulation.equity)),
        cash=pl.lit(pl.Series(simulation.cash)),
        gross=pl.lit(pl.Series(simulation.gross)),
        net=pl.lit(pl.Series(simulation.net)),
        benchmark=pl.lit(pl.Series(compared)).fill_nan(None),
    )


def _metrics(
    panel: Panel,
    simulation: Simulation,
    trades: pl.DataFrame,
    returns: pl.Series,
    benchmark: pl.Series | None,
) -> Metrics:
    known = benchmark is not None and benchmark.null_count() < len(benchmark)
    compared = benchmark.fill_null(np.nan).to_numpy() if benchmark is not None and known else None
    yearly = panel.sessions_per_year
    fills = simulation.fills
    held = position_measures(
        simulation.equity,
        simulation.gross,
        traded=float((fills["quantity"].abs() * fills["price"]).sum()),
        sessions=len(returns),
        sessions_per_year=yearly,
    )
    own = measure(returns.to_numpy(), benchmark=compared, sessions_per_year=yearly)
    return replace(own, **trade_measures(trades), **held)  # type: ignore[arg-type]


def _benchmark_metrics(
    panel: Panel, benchmark: Benchmark | None, returns: pl.DataFrame
) -> Metrics | None:
    if benchmark is None:
        return None
    values = returns["benchmark"].drop_nulls()
    if benchmark.simulation is None:
        return measure(values.to_numpy(), sessions_per_year=panel.sessions_per_year)
    trades = trade_frame(panel, benchmark.simulation.trades)
    return _metrics(panel, benchmark.simulation, trades, values, None)
