"""Tables of the plain simulation, from its ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

import numpy as np
import polars as pl

from hedgerow.backtest.panel import Panel
from hedgerow.backtest.rules import Simulation
from hedgerow.risk import Ledger, RoundTrip, exact

# Bar, instrument, signed shares, price, price that traded, commission, reason.
FillRow: TypeAlias = tuple[int, int, Decimal, Decimal, Decimal, Decimal, str]

_FILL_SCHEMA = {
    "bar": pl.Int64,
    "instrument": pl.Int64,
    "quantity": pl.Float64,
    "price": pl.Float64,
    "reference": pl.Float64,
    "commission": pl.Float64,
    "reason": pl.String,
}
_TRADE_SCHEMA = {
    "instrument": pl.Int64,
    "side": pl.Int8,
    "entry_bar": pl.Int64,
    "exit_bar": pl.Int64,
    "quantity": pl.Float64,
    "entry_price": pl.Float64,
    "exit_price": pl.Float64,
    "pnl": pl.Float64,
    "costs": pl.Float64,
    "bars_held": pl.Int64,
    "reason": pl.String,
}


def simulation_of(
    panel: Panel,
    ledger: Ledger,
    fills: list[FillRow],
    curve: list[tuple[Decimal, ...]],
    *,
    cuts: int,
    ruined: bool,
) -> Simulation:
    """What the ledger holds at the end, as floats."""
    equity, cash, gross, net = (np.array([float(row[k]) for row in curve]) for k in range(4))
    rows = [(*row[:2], *map(float, row[2:6]), row[6]) for row in fills]
    return Simulation(
        equity=equity,
        cash=cash,
        gross=gross,
        net=net,
        fills=pl.DataFrame(rows, schema=_FILL_SCHEMA, orient="row"),
        trades=_trades(panel, ledger),
        commission=float(ledger.commission),
        slippage=float(ledger.slippage),
        borrow=float(ledger.borrow),
        dividends=float(ledger.dividends),
        cuts=cuts,
        ruined=ruined,
    )


def _trades(panel: Panel, ledger: Ledger) -> pl.DataFrame:
    known = ~np.isnan(panel.close)
    closes = {
        name: exact(panel.close[known[:, i], i][-1])
        for i, name in enumerate(panel.instrument_ids)
        if known[:, i].any()
    }
    place = {time: bar for bar, time in enumerate(panel.clock["timestamp"].to_list())}
    rows = [_trade(panel, place, trip) for trip in ledger.round_trips(closes)]
    return pl.DataFrame(rows, schema=_TRADE_SCHEMA, orient="row")


def _trade(panel: Panel, place: Mapping[dt.datetime, int], trip: RoundTrip) -> tuple[object, ...]:
    column = panel.instrument_ids.index(trip.instrument_id)
    entry = place[trip.entry_at]
    exit_ = place[trip.exit_at] if trip.exit_at else None
    last = len(place) - 1 if exit_ is None else exit_
    own = ~np.isnan(panel.close[entry + 1 : last + 1, column])
    return (
        column,
        1 if trip.side == "long" else -1,
        entry,
        exit_,
        *map(float, (trip.quantity, trip.entry_price, trip.exit_price, trip.pnl, trip.costs)),
        int(own.sum()),
        trip.exit_reason,
    )
