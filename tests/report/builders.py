"""Runs made up from a seed, for reports to show."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from hedgerow.backtest.metrics import measure, position_measures, trade_measures
from hedgerow.backtest.result import Result
from hedgerow.risk import Costs, EqualWeight
from hedgerow.strategies import NotRun

SYMBOLS = ("AAPL", "MSFT", "IBM", "KO", "XOM")
CAPITAL = 100_000.0
REASONS = ("signal", "stop", "target", "time")


def result(
    sessions: int = 300,
    trades: int = 80,
    *,
    seed: int = 7,
    bars_per_session: int = 1,
    benchmark: bool = True,
    drift: float = 0.0004,
    **changes: Any,
) -> Result:
    rng = np.random.default_rng(seed)
    equity = equity_frame(rng, sessions, bars_per_session, benchmark, drift)
    book = trades_frame(rng, equity, trades)
    fills = fills_frame(book)
    returns = returns_frame(equity)
    own, other = returns["return"].to_numpy(), returns["benchmark"].to_numpy()
    measured = measure(own, benchmark=other if benchmark else None)
    positions = position_measures(
        equity["equity"].to_numpy(),
        equity["gross"].to_numpy(),
        traded=float(fills["value"].sum()),
        sessions=sessions,
        sessions_per_year=252,
    )
    fields: dict[str, Any] = {
        "strategy": "SmaCross",
        "parameters": {"fast": 20, "slow": 50},
        "equity": equity,
        "trades": book,
        "fills": fills,
        "session_returns": returns,
        "metrics": replace(measured, **trade_measures(book), **positions),
        "benchmark_metrics": replace(measure(other), trades=5, turnover=0.2) if benchmark else None,
        "benchmark_name": "Buy and hold" if benchmark else None,
        "costs": Costs(),
        "sizing": EqualWeight(),
        "fill": "next_close",
        "capital": CAPITAL,
        "lot": 0.0,
        "tick": 0.0,
        "symbols": SYMBOLS,
        "timeframe": "1d" if bars_per_session == 1 else "1h",
        "facts": {
            "sources": ["sample_closes"],
            "as_of": dt.datetime(2019, 1, 3, 21, tzinfo=dt.UTC),
            "versions": {"bars": 3, "splits": 1},
        },
        "notes": ("Dividends are in the vendor's adjusted closes.",),
        "not_run": (NotRun("SPX", "needs high/low"), NotRun("VIX", "needs high/low")),
    }
    return Result(**(fields | changes))


def returns_frame(equity: pl.DataFrame) -> pl.DataFrame:
    last = equity.group_by("session", maintain_order=True).agg(pl.col("equity", "benchmark").last())
    return last.select(
        "session",
        (pl.col("equity") / pl.col("equity").shift(1, fill_value=CAPITAL) - 1).alias("return"),
        pl.col("benchmark") / pl.col("benchmark").shift(1, fill_value=CAPITAL) - 1,
    )


def equity_frame(
    rng: np.random.Generator, sessions: int, bars: int, benchmark: bool, drift: float
) -> pl.DataFrame:
    rows = sessions * bars
    days = pl.date_range(
        dt.date(2014, 1, 3), dt.date(2014, 1, 3) + dt.timedelta(days=2 * sessions), eager=True
    )
    days = days.filter(days.dt.weekday() <= 5).head(sessions)
    session = pl.Series("session", np.repeat(days.to_numpy(), bars)).cast(pl.Date)
    hour = pl.Series("hour", np.tile(np.arange(bars), sessions))
    hours = hour + 14 if bars > 1 else hour
    common = rng.standard_t(4, rows) * 0.007 / math.sqrt(bars)
    own = rng.standard_t(4, rows) * 0.004 / math.sqrt(bars)
    strategy = CAPITAL * np.cumprod(1 + drift / bars + 0.7 * common + own)
    market = CAPITAL * np.cumprod(1 + 0.0003 / bars + common)
    return pl.DataFrame(
        {
            "timestamp": session.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
            "session": session,
            "equity": strategy,
            "cash": strategy * 0.1,
            "gross": strategy * 0.9,
            "net": strategy * 0.9,
            "benchmark": market if benchmark else [None] * rows,
        },
        schema_overrides={"benchmark": pl.Float64},
    ).with_columns(pl.col("timestamp") + pl.duration(hours=hours))


def trades_frame(rng: np.random.Generator, equity: pl.DataFrame, trades: int) -> pl.DataFrame:
    rows = equity.height
    entry = np.sort(rng.integers(0, max(rows - 1, 1), trades))
    held = np.minimum(rng.integers(1, 25, trades), rows - 1 - entry)
    symbol = [SYMBOLS[at % len(SYMBOLS)] for at in range(trades)]
    price = rng.uniform(20, 200, trades)
    move = rng.normal(0.006, 0.04, trades)
    quantity = np.floor(20_000 / price)
    open_ = np.arange(trades) >= trades - min(2, trades)
    instants = equity["timestamp"]
    frame = pl.DataFrame(
        {
            "instrument_id": [f"{name}.US" for name in symbol],
            "symbol": symbol,
            "side": ["long" if at % 4 else "short" for at in range(trades)],
            "entry_at": instants.gather(entry),
            "exit_at": instants.gather(entry + held),
            "quantity": quantity,
            "entry_price": price,
            "exit_price": price * (1 + move),
            "pnl": quantity * price * move - 12,
            "return": move - 12 / (quantity * price),
            "costs": np.full(trades, 12.0),
            "bars_held": held,
            "exit_reason": [REASONS[at % len(REASONS)] for at in range(trades)],
            "open": open_,
        },
        schema_overrides={
            "bars_held": pl.Int64,
            "open": pl.Boolean,
            "symbol": pl.String,
            "instrument_id": pl.String,
            "side": pl.String,
            "exit_reason": pl.String,
        },
    )
    return frame.with_columns(
        pl.when("open").then(None).otherwise("exit_at").alias("exit_at"),
        pl.when("open").then(pl.lit("open")).otherwise("exit_reason").alias("exit_reason"),
    )


def fills_frame(trades: pl.DataFrame) -> pl.DataFrame:
    ins = trades.select(
        pl.col("entry_at").alias("timestamp"),
        "instrument_id",
        "symbol",
        pl.lit("buy").alias("side"),
        "quantity",
        pl.col("entry_price").alias("price"),
    )
    outs = trades.filter(~pl.col("open")).select(
        pl.col("exit_at").alias("timestamp"),
        "instrument_id",
        "symbol",
        pl.lit("sell").alias("side"),
        "quantity",
        pl.col("exit_price").alias("price"),
    )
    return (
        pl.concat([ins, outs])
        .sort("timestamp", "symbol")
        .with_columns(
            (pl.col("quantity") * pl.col("price")).alias("value"),
            pl.lit(2.0).alias("commission"),
            pl.lit(4.0).alias("slippage"),
            pl.lit("signal").alias("reason"),
        )
    )
