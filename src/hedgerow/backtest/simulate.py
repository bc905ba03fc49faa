"""Runs the compiled simulation: rules in, tables out."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import polars as pl

from hedgerow.backtest._codes import (
    CURVE_COLUMNS,
    EQUAL_WEIGHT,
    FILL_COLUMNS,
    FIXED_AMOUNT,
    FIXED_FRACTION,
    REASONS,
    TRADE_COLUMNS,
    VOLATILITY_TARGET,
)
from hedgerow.backtest.layout import Floats
from hedgerow.backtest.panel import Panel, SignalTables
from hedgerow.backtest.rules import NEXT_OPEN, Rules, Simulation
from hedgerow.risk import EqualWeight, FixedAmount, FixedFraction, Sizing, VolatilityTarget

_PLACES = {"bar": pl.Int64, "instrument": pl.Int64, "entry_bar": pl.Int64, "exit_bar": pl.Int64}
_WHOLE = {**_PLACES, "side": pl.Int8, "bars_held": pl.Int64}


def simulate(panel: Panel, signals: SignalTables, rules: Rules) -> Simulation:
    """Simulation of signals over a panel.

    Parameters
    ----------
    panel, signals
        From ``build_panel``.
    rules
        How orders are sized, filled and charged.

    Returns
    -------
    Simulation
        Equal to ``simulate_plainly`` of ``hedgerow.backtest.reference``: the same fills, money
        to 1e-6.
    """
    from hedgerow.backtest._kernels import columns, simulate as run  # numba is slow to import

    bars, count = panel.shape
    state = np.zeros((count, columns.STATE_WIDTH))
    state[:, [columns.SIGMA, columns.VOLUME, columns.VOLATILITY]] = np.nan
    state[:, columns.BLOCKED_BAR] = -1.0
    account = np.zeros(columns.ACCOUNT_WIDTH)
    account[columns.CASH] = rules.capital
    curve = np.empty((bars, len(CURVE_COLUMNS)))
    fills = np.empty((1024 + 2 * count, len(FILL_COLUMNS)))
    trades = np.empty((1024 + 3 * count, len(TRADE_COLUMNS)))
    inputs = (
        panel.open,
        panel.high,
        panel.low,
        panel.close,
        panel.event_start,
        panel.event_instrument,
        panel.split_ratio,
        panel.dividend,
        panel.days,
        panel.sigma,
        panel.volume,
        panel.volatility,
        signals.signal,
        signals.confidence,
        signals.stop,
        signals.target,
        signals.trailing,
        signals.exit_when,
        _setup(rules),
    )
    bar = 0
    while bar < bars:
        bar = run(bar, *inputs, state, account, curve, fills, trades)
        if bar < bars:
            fills, trades = _larger(fills, 2 * count), _larger(trades, 3 * count)
    equity, cash, gross, net = (curve[:, column].copy() for column in range(curve.shape[1]))
    return Simulation(
        equity=equity,
        cash=cash,
        gross=gross,
        net=net,
        fills=_frame(fills[: int(account[columns.FILLS])], FILL_COLUMNS, "none"),
        trades=_open_last(_frame(trades[: int(account[columns.TRADES])], TRADE_COLUMNS, "open")),
        commission=float(account[columns.COMMISSION]),
        slippage=float(account[columns.SLIPPAGE]),
        borrow=float(account[columns.BORROW]),
        dividends=float(account[columns.DIVIDENDS]),
        cuts=int(account[columns.CUTS]),
        ruined=bool(account[columns.RUINED] > 0.0),
    )


def _larger(table: Floats, room: int) -> Floats:
    return np.concatenate([table, np.empty((len(table) + room, table.shape[1]))])


def warm_up() -> None:
    """Compile the simulation, or load it where it was compiled before.

    Takes some seconds the first time after an installation; worth doing while installing.
    """
    import_module("hedgerow.backtest._kernels")


def _setup(rules: Rules) -> Floats:
    from hedgerow.backtest._kernels import columns as k

    kind, share, gross, most = _sizing(rules.sizing)
    setup = np.zeros(k.SETUP_WIDTH)
    setup[k.COMMISSION_BPS] = rules.costs.commission_bps
    setup[k.PER_SHARE] = rules.costs.per_share
    setup[k.MINIMUM] = rules.costs.minimum
    setup[k.HALF_SPREAD] = rules.costs.half_spread_bps
    setup[k.IMPACT] = rules.costs.impact
    setup[k.BORROW_ANNUAL] = rules.costs.borrow_annual
    setup[k.LOT], setup[k.TICK], setup[k.DUST] = rules.lot, rules.tick, rules.dust
    setup[k.CAPITAL] = rules.capital
    setup[k.SIZING], setup[k.SHARE], setup[k.GROSS], setup[k.MAX_WEIGHT] = kind, share, gross, most
    setup[k.BOTH_SIDES] = rules.both_sides
    setup[k.AT_OPEN] = rules.fill == NEXT_OPEN
    setup[k.MAX_BARS] = rules.max_bars or 0
    return setup


def _sizing(sizing: Sizing) -> tuple[float, float, float, float]:
    match sizing:
        case EqualWeight():
            return EQUAL_WEIGHT, 0.0, sizing.gross, 0.0
        case VolatilityTarget():
            return VOLATILITY_TARGET, sizing.annual, sizing.gross, sizing.max_weight
        case FixedFraction():
            return FIXED_FRACTION, sizing.fraction, sizing.gross, 0.0
        case FixedAmount():
            return FIXED_AMOUNT, sizing.amount, sizing.gross, 0.0


def _open_last(trades: pl.DataFrame) -> pl.DataFrame:
    held = pl.col("exit_bar").is_null()
    still = trades.filter(held).sort("entry_bar", "instrument")
    return pl.concat([trades.filter(~held), still])


def _frame(rows: Floats, columns: tuple[str, ...], unnamed: str) -> pl.DataFrame:
    frame = pl.DataFrame({name: rows[:, place] for place, name in enumerate(columns)})
    words = pl.Series([unnamed, *REASONS[1:]])
    code = frame["reason"].cast(pl.Int64)
    exits = [name for name in ("exit_bar",) if name in columns]
    return (
        frame.with_columns(pl.col(name).cast(_WHOLE[name]) for name in columns if name in _WHOLE)
        .with_columns(words.gather(code).alias("reason"))
        .with_columns(pl.when(pl.col(name) >= 0).then(name).alias(name) for name in exits)
    )
