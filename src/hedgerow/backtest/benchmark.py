"""What a run is compared with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import polars as pl

from hedgerow.backtest.layout import Floats
from hedgerow.backtest.panel import Panel, always_buy
from hedgerow.backtest.rules import Rules, Simulation
from hedgerow.backtest.simulate import simulate
from hedgerow.domain.market import Market, complete_bars, series_length
from hedgerow.errors import DataError, did_you_mean
from hedgerow.risk import EqualWeight

BUY_AND_HOLD = "buy_and_hold"

# A benchmark's close older than this is not known any more.
MAX_AGE = dt.timedelta(days=7)

BenchmarkLike: TypeAlias = str | pl.DataFrame | pl.LazyFrame | None


@dataclass(frozen=True)
class Benchmark:
    """A benchmark on the run's clock and capital.

    Parameters
    ----------
    name
        For tables and charts.
    equity
        Worth of the capital at each bar; NaN before the first value is known.
    simulation
        Where it was traded; None for a series that was only watched.
    """

    name: str
    equity: Floats
    simulation: Simulation | None = None


def run_benchmark(
    benchmark: BenchmarkLike, market: Market, panel: Panel, rules: Rules
) -> Benchmark | None:
    """Benchmark of a run.

    Parameters
    ----------
    benchmark
        ``buy_and_hold``: what the strategy ``BuyAndHold`` makes of the same names at the same
        costs, equally weighted whenever one of them joins, and held between. Another name: the
        close of that series of the market. A frame: ``timestamp`` or ``date``, and ``close``.
        None: none.
    market
        Where a named series comes from.
    panel, rules
        Of the run.

    Returns
    -------
    Benchmark or None
        A series starts at the capital with the first close known, and is not known where its
        last close is more than seven days old.

    Raises
    ------
    DataError
        The market has no such series, or it has no value during the run.
    """
    if benchmark is None:
        return None
    if isinstance(benchmark, str) and benchmark == BUY_AND_HOLD:
        held = simulate(panel, always_buy(panel), _holding(rules))
        return Benchmark("Buy and hold", held.equity, held)
    if isinstance(benchmark, str):
        return Benchmark(benchmark, _watched(benchmark, _series(benchmark, market), panel, rules))
    length = series_length("benchmark", benchmark, market.timeframe)
    closes = complete_bars(benchmark, length, symbol="benchmark").drop_nulls("available_at")
    return Benchmark("Benchmark", _watched("benchmark", closes, panel, rules))


def _holding(rules: Rules) -> Rules:
    return replace(rules, sizing=EqualWeight(), both_sides=False, max_bars=None)


def _series(name: str, market: Market) -> pl.LazyFrame:
    try:
        return market.context(name)
    except DataError as error:
        hint = did_you_mean(name, [BUY_AND_HOLD])
        raise DataError(
            f"benchmark {name!r} is not available: {error.message}. {hint}", benchmark=name
        ) from error


def _watched(name: str, closes: pl.LazyFrame, panel: Panel, rules: Rules) -> Floats:
    known = closes.select("available_at", "close").drop_nulls().sort("available_at").collect()
    at = panel.clock.select(
        pl.coalesce("available_at", "timestamp").dt.cast_time_unit("us").alias("available_at")
    )
    ordered = at.with_row_index("_row").sort("available_at")
    joined = ordered.join_asof(
        known.with_columns(pl.col("available_at").dt.cast_time_unit("us")),
        on="available_at",
        strategy="backward",
        tolerance=MAX_AGE,
    ).sort("_row")
    values: Floats = joined["close"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    first = values[~np.isnan(values)]
    if len(first) == 0:
        raise DataError(f"benchmark {name!r} has no close known during the run")
    return np.asarray(values / first[0] * rules.capital)
