"""Runs made up from a seed, for reports to show."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl

SYMBOLS = ("AAPL", "MSFT", "IBM", "KO", "XOM")
REASONS = ("signal", "stop", "target", "time")


@dataclass(frozen=True)
class NotRun:
    symbol: str
    reason: str


@dataclass(frozen=True)
class Metrics:
    total_return: float | None = None
    cagr: float | None = None
    volatility: float | None = None
    sharpe: float | None = None
    sortino: float | None = None
    calmar: float | None = None
    max_drawdown: float | None = None
    max_drawdown_length: int | None = None
    win_rate: float | None = None
    profit_factor: float | None = None
    average_trade: float | None = None
    turnover: float | None = None
    exposure: float | None = None
    time_in_market: float | None = None
    alpha: float | None = None
    beta: float | None = None
    best_session: float | None = None
    worst_session: float | None = None
    skew: float | None = None
    kurtosis: float | None = None
    trades: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Result:
    strategy: str
    parameters: dict[str, Any]
    equity: pl.DataFrame
    trades: pl.DataFrame
    fills: pl.DataFrame
    session_returns: pl.DataFrame
    metrics: Metrics
    benchmark_metrics: Metrics | None
    benchmark_name: str | None
    costs: Any
    sizing: Any
    fill: Any
    capital: float = 100_000.0
    timeframe: str = "1d"
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    not_run: tuple[NotRun, ...] = ()


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
    returns = equity.group_by("session", maintain_order=True).agg(pl.col("equity").last())
    returns = returns.select(
        "session",
        (pl.col("equity") / pl.col("equity").shift(1, fill_value=100_000.0) - 1).alias("return"),
    )
    fields: dict[str, Any] = {
        "strategy": "SmaCross",
        "parameters": {"fast": 20, "slow": 50},
        "equity": equity,
        "trades": book,
        "fills": fills_frame(book),
        "session_returns": returns,
        "metrics": measure(returns["return"], book),
        "benchmark_metrics": measure(benchmark_returns(equity), book.clear())
        if benchmark
        else None,
        "benchmark_name": "equal-weight buy and hold" if benchmark else None,
        "costs": {"commission_bps": 1.0, "half_spread_bps": 2.0},
        "sizing": {"name": "EqualWeight", "gross": 1.0},
        "fill": "next close",
        "timeframe": "1d" if bars_per_session == 1 else "1h",
        "facts": {
            "source": "sample_closes",
            "as_of": dt.datetime(2019, 1, 3, 21, tzinfo=dt.UTC),
            "versions": {"bars": 3, "splits": 1},
        },
        "notes": ("Dividends are in the vendor's adjusted closes.",),
        "not_run": (NotRun("SPX", "needs high/low"), NotRun("VIX", "needs high/low")),
    }
    return Result(**(fields | changes))


def benchmark_returns(equity: pl.DataFrame) -> pl.Series:
    last = equity.group_by("session", maintain_order=True).agg(pl.col("benchmark").last())
    return last["benchmark"] / last["benchmark"].shift(1, fill_value=100_000.0) - 1


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
    strategy = 100_000 * np.cumprod(1 + drift / bars + 0.7 * common + own)
    market = 100_000 * np.cumprod(1 + 0.0003 / bars + common)
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


def measure(returns: pl.Series, trades: pl.DataFrame) -> Metrics:
    values = returns.to_numpy()
    curve = np.cumprod(1 + values)
    total = float(curve[-1] - 1)
    drawdown = float((curve / np.maximum(np.maximum.accumulate(curve), 1) - 1).min())
    spread = float(values.std(ddof=1)) if len(values) > 1 else None
    years = len(values) / 252
    cagr = (1 + total) ** (1 / years) - 1 if total > -1 else -1.0
    pnl = trades["pnl"]
    return Metrics(
        total_return=total,
        cagr=cagr,
        volatility=spread * math.sqrt(252) if spread else None,
        sharpe=float(values.mean()) / spread * math.sqrt(252) if spread else None,
        sortino=float(values.mean()) / spread * 20 if spread else None,
        calmar=cagr / -drawdown if drawdown else None,
        max_drawdown=drawdown,
        max_drawdown_length=88,
        win_rate=float((pnl > 0).mean() or 0) if trades.height else None,
        profit_factor=float(pnl.filter(pnl > 0).sum() / -pnl.filter(pnl < 0).sum())
        if (pnl < 0).any()
        else None,
        average_trade=float(trades["return"].mean() or 0) if trades.height else None,
        turnover=6.42,
        exposure=0.873,
        time_in_market=0.93,
        alpha=0.021,
        beta=0.7,
        best_session=float(values.max()),
        worst_session=float(values.min()),
        skew=-0.21,
        kurtosis=3.4,
        trades=trades.height,
    )
