"""Panels and signals made by hand or by chance, and the comparison of both simulations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from hedgerow.backtest.panel import Panel, SignalTables
from hedgerow.backtest.reference import simulate_plainly
from hedgerow.backtest.rules import Rules, Simulation
from hedgerow.backtest.simulate import simulate
from hedgerow.risk import (
    Costs,
    EqualWeight,
    FixedAmount,
    FixedFraction,
    Sizing,
    VolatilityTarget,
)

NAN = float("nan")
FREE = Costs.none()
FIRST = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
COUNTS = ("bar", "instrument", "reason")
AMOUNTS = ("quantity", "price", "reference", "commission")
PLACES = ("instrument", "side", "entry_bar", "exit_bar", "bars_held", "reason")
MONEY = ("quantity", "entry_price", "exit_price", "pnl", "costs")


def clock(bars: int) -> pl.DataFrame:
    times = [FIRST + dt.timedelta(days=bar) for bar in range(bars)]
    return pl.DataFrame({"timestamp": times}).with_columns(
        pl.col("timestamp").cast(pl.Datetime("us", "UTC")),
        session=pl.col("timestamp").dt.date(),
        available_at=pl.col("timestamp").cast(pl.Datetime("us", "UTC")),
    )


def table(rows: object, bars: int, instruments: int) -> np.ndarray:
    """Rows of bars as a table; one cell for None; a vector is the one instrument's."""
    if rows is None:
        return np.full((1, 1), NAN)
    values = np.array(
        [
            [NAN if v is None else v for v in np.atleast_1d(np.array(row, dtype=object))]
            for row in rows
        ],
        dtype=float,
    )
    assert values.shape == (bars, instruments), values.shape
    return values


def panel(
    close: Sequence[object],
    *,
    open: Sequence[object] | None = None,
    high: Sequence[object] | None = None,
    low: Sequence[object] | None = None,
    events: Mapping[tuple[int, int], tuple[float, float]] | None = None,
    days: Sequence[float] | None = None,
    **estimates: object,
) -> Panel:
    """Panel of rows of closes; events by (bar, instrument): split ratio and dividend."""
    bars = len(close)
    count = len(np.atleast_1d(np.array(close[0], dtype=object)))
    happenings = sorted((events or {}).items())
    start = np.zeros(bars + 1, dtype=np.int64)
    places = np.array([bar for (bar, _), _ in happenings], dtype=np.int64)
    np.cumsum(np.bincount(places, minlength=bars), out=start[1:])
    return Panel(
        instrument_ids=tuple(f"I{i}" for i in range(count)),
        symbols=tuple(f"S{i}" for i in range(count)),
        clock=clock(bars),
        open=table(open, bars, count),
        high=table(high, bars, count),
        low=table(low, bars, count),
        close=table(close, bars, count),
        event_start=start,
        event_instrument=np.array([i for (_, i), _ in happenings], dtype=np.int64),
        split_ratio=np.array([ratio for _, (ratio, _) in happenings], dtype=float),
        dividend=np.array([cash for _, (_, cash) in happenings], dtype=float),
        days=np.array([0.0] + [1.0] * (bars - 1) if days is None else days, dtype=float),
        sigma=_estimate(estimates.get("sigma"), bars, count),
        volume=_estimate(estimates.get("volume"), bars, count),
        volatility=_estimate(estimates.get("volatility"), bars, count),
        bars_per_year=252.0,
        sessions_per_year=252.0,
    )


def _estimate(rows: object, bars: int, count: int) -> np.ndarray:
    return (
        np.full((1, 1), float(rows)) if isinstance(rows, int | float) else table(rows, bars, count)
    )


def signals(
    of: Panel,
    signal: Sequence[object],
    *,
    confidence: object = 1.0,
    stop: object = None,
    target: object = None,
    trailing: object = None,
    exit_when: Sequence[object] | None = None,
) -> SignalTables:
    bars, count = of.shape
    leave = np.zeros((1, 1)) if exit_when is None else table(exit_when, bars, count)
    return SignalTables(
        signal=table(signal, bars, count).astype(np.int8),
        confidence=_estimate(confidence, bars, count),
        stop=_estimate(stop, bars, count),
        target=_estimate(target, bars, count),
        trailing=_estimate(trailing, bars, count),
        exit_when=leave.astype(np.int8),
    )


def run(of: Panel, given: SignalTables, **options: object) -> Simulation:
    """Both simulations, found equal; free of costs and on 1,000 unless said otherwise."""
    rules = Rules(**({"costs": FREE, "capital": 1_000.0} | options))
    fast, plain = simulate(of, given, rules), simulate_plainly(of, given, rules)
    assert_same(fast, plain)
    return fast


def assert_same(fast: Simulation, plain: Simulation) -> None:
    for name in COUNTS:
        assert fast.fills[name].to_list() == plain.fills[name].to_list(), name
    for name in AMOUNTS:
        np.testing.assert_allclose(fast.fills[name], plain.fills[name], rtol=1e-9, atol=1e-9)
    for name in ("equity", "cash", "gross", "net"):
        np.testing.assert_allclose(getattr(fast, name), getattr(plain, name), rtol=0, atol=1e-6)
    for name in PLACES:
        assert fast.trades[name].to_list() == plain.trades[name].to_list(), name
    for name in MONEY:
        np.testing.assert_allclose(fast.trades[name], plain.trades[name], rtol=1e-9, atol=1e-6)
    for name in ("commission", "slippage", "borrow", "dividends"):
        np.testing.assert_allclose(getattr(fast, name), getattr(plain, name), rtol=0, atol=1e-6)
    assert (fast.cuts, fast.ruined) == (plain.cuts, plain.ruined)


def fills(simulation: Simulation) -> list[tuple[int, int, float, float, str]]:
    """Bar, instrument, signed shares, price and reason of each fill, rounded."""
    rows = simulation.fills.select(
        "bar", "instrument", pl.col("quantity", "price").round(6), "reason"
    )
    return rows.rows()


@dataclass(frozen=True)
class Scene:
    """A random market, random signals and rules."""

    panel: Panel
    signals: SignalTables
    rules: Rules
    knobs: Mapping[str, object] = field(default_factory=dict)


def scene(seed: int, sizing: Sizing, **knobs: float) -> Scene:
    """Random scene; knobs say how often things happen, as fractions."""
    rng = np.random.default_rng(seed)
    bars, count = int(rng.integers(2, 40)), int(rng.integers(1, 6))
    shape = (bars, count)
    close, opened, high, low = _prices(rng, shape, whole=bool(knobs["whole_prices"]))
    missing = rng.random(shape) < knobs["missing"]
    for prices in (close, opened, high, low):
        prices[missing] = NAN
    no_range = rng.random(shape) < knobs["no_range"]
    high[no_range] = low[no_range] = NAN
    opened[rng.random(shape) < knobs["no_open"]] = NAN
    if knobs["close_only"]:
        opened = high = low = np.full((1, 1), NAN)
    happens = (rng.random(shape) < knobs["events"]) & ~missing
    rows, columns = np.nonzero(happens)
    start = np.zeros(bars + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=bars), out=start[1:])
    ratio = np.where(rng.random(shape) < 0.5, rng.choice([2, 0.1, 1.5, 3], shape), 1.0)
    cash = np.where(rng.random(shape) < 0.6, rng.choice([0.5, 1.25], shape), 0.0)
    days = rng.choice([0.0, 1.0, 3.0], bars)
    days[0] = 0.0
    made = Panel(
        instrument_ids=tuple(f"I{i}" for i in range(count)),
        symbols=tuple(f"S{i}" for i in range(count)),
        clock=clock(bars),
        open=opened,
        high=high,
        low=low,
        close=close,
        event_start=start,
        event_instrument=columns.astype(np.int64),
        split_ratio=ratio[happens],
        dividend=cash[happens],
        days=days,
        sigma=_sometimes(rng, rng.uniform(0.005, 0.05, shape), 0.9),
        volume=_sometimes(rng, rng.uniform(100, 1e5, shape), 0.9),
        volatility=_sometimes(rng, rng.uniform(0.05, 0.6, shape), 0.8),
        bars_per_year=252.0,
        sessions_per_year=252.0,
    )
    side = np.where(rng.random(shape) < knobs["busy"], rng.choice([-1, 1, 1], shape), 0)
    side[missing] = 0
    given = SignalTables(
        signal=side.astype(np.int8),
        confidence=np.round(rng.random(shape), 1) if knobs["unsure"] else np.ones((1, 1)),
        stop=_levels(rng, shape),
        target=_levels(rng, shape),
        trailing=_levels(rng, shape),
        exit_when=(rng.random(shape) < knobs["leaves"]).astype(np.int8),
    )
    return Scene(made, given, _rules(rng, sizing), knobs)


def _prices(
    rng: np.random.Generator, shape: tuple[int, int], *, whole: bool
) -> tuple[np.ndarray, ...]:
    close = np.maximum(np.exp(np.cumsum(rng.normal(0, 0.05, shape), axis=0)) * 50, 1)
    opened = close * np.exp(rng.normal(0, 0.03, shape))
    high = np.maximum(opened, close) + np.abs(rng.normal(0, 1, shape))
    low = np.minimum(opened, close) * (1 - np.abs(rng.normal(0, 0.02, shape)))
    if whole:  # so that levels are met exactly, and orders come out even
        close, opened = np.maximum(np.round(close), 1), np.maximum(np.round(opened), 1)
        high = np.ceil(np.maximum(high, np.maximum(opened, close)))
        low = np.maximum(np.floor(np.minimum(low, np.minimum(opened, close))), 1)
    return close, opened, high, low


def _sometimes(rng: np.random.Generator, values: np.ndarray, how_often: float) -> np.ndarray:
    return np.where(rng.random(values.shape) < how_often, values, NAN)


def _levels(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    kind = rng.integers(0, 3)
    if kind == 0:
        return np.full((1, 1), NAN)
    if kind == 1:
        return np.full((1, 1), float(rng.choice([0.02, 0.05, 0.1])))
    return _sometimes(rng, rng.uniform(0.01, 0.15, shape), 0.7)


def _rules(rng: np.random.Generator, sizing: Sizing) -> Rules:
    def pick(*values: float) -> float:
        return float(rng.choice(values))

    costs = Costs(
        commission_bps=pick(0, 1, 10),
        per_share=pick(0, 0.005),
        minimum=pick(0, 1, 20),
        half_spread_bps=pick(0, 2, 50),
        impact=pick(0, 1),
        borrow_annual=pick(0, 0.05, 0.5),
    )
    return Rules(
        costs=FREE if rng.random() < 0.3 else costs,
        sizing=sizing,
        fill=str(rng.choice(["next_open", "next_close"])),
        capital=pick(1_000, 100_000),
        lot=pick(0, 1, 10, 0.01),
        tick=pick(0, 0.01, 0.5),
        both_sides=bool(rng.integers(0, 2)),
        max_bars=None if rng.random() < 0.6 else int(rng.integers(1, 6)),
    )


SIZINGS: tuple[Sizing, ...] = (
    EqualWeight(),
    EqualWeight(gross=2.0),
    EqualWeight(gross=0.5),
    VolatilityTarget(annual=0.1),
    VolatilityTarget(annual=0.5, gross=1.5, max_weight=0.3),
    FixedFraction(0.1),
    FixedFraction(0.9, gross=1.5),
    FixedAmount(1_000.0),
    FixedAmount(20_000.0),
)
