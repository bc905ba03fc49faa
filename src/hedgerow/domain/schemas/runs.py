"""What a backtest leaves behind: signals, equity and trades."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import date, flag, instant, number, text
from hedgerow.domain.schemas._table import Table


class Signals(dy.Schema):
    """A strategy's opinion of one instrument at the end of one bar."""

    run_id = text("run that produced it", primary_key=True)
    instrument_id = text("stable identity", primary_key=True)
    timestamp = instant("bar start", primary_key=True)
    symbol = text("ticker")
    available_at = instant("first instant the signal could be known")
    signal = dy.Int8(metadata={"doc": "+1 buy, -1 sell, 0 keep; null unknown"}, nullable=True)


class Equity(dy.Schema):
    """The portfolio at the end of one bar."""

    run_id = text("run that produced it", primary_key=True)
    timestamp = instant("bar start", primary_key=True)
    session = date("exchange session date")
    equity = number("cash plus positions at market, in account currency")
    cash = number("cash, in account currency")
    gross = number("long plus short market value")
    net = number("long minus short market value")
    benchmark = number("benchmark on the same capital", nullable=True)


class Trades(dy.Schema):
    """One round trip: from no position (or a reversal) to no position."""

    run_id = text("run that produced it", primary_key=True)
    instrument_id = text("stable identity", primary_key=True)
    entry_at = instant("bar start of the first fill", primary_key=True)
    symbol = text("ticker")
    side = text("long or short")
    exit_at = instant("bar start of the last fill; null while open", nullable=True)
    quantity = number("largest number of shares held, on the basis of the entry")
    entry_price = number("average fill price in, on the basis of the entry")
    exit_price = number("average fill price out; the last close while open")
    pnl = number("profit after costs, dividends and borrow, in account currency")
    return_ = number("pnl over the money put in, fraction", alias="return")
    costs = number("commission, spread, impact and borrow, in account currency")
    bars_held = dy.Int64(metadata={"doc": "bars from first to last fill"})
    exit_reason = text("signal, stop, target, trailing, time, condition, rebalance, ruin or open")
    open = flag("whether the position was still held at the end")


SIGNALS = Table("signals", Signals, cluster_by=("run_id", "instrument_id", "timestamp"))
EQUITY = Table("equity", Equity, cluster_by=("run_id", "timestamp"))
TRADES = Table("trades", Trades, cluster_by=("run_id", "entry_at"))
