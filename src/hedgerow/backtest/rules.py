"""The rules of a simulation, and what it gives back, for kernel and reference alike."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from hedgerow.backtest.layout import Floats
from hedgerow.risk import Costs, EqualWeight, Sizing

NEXT_OPEN = "next_open"
NEXT_CLOSE = "next_close"
FILLS = (NEXT_OPEN, NEXT_CLOSE)

# An order worth less than this fraction of the capital is not worth placing: it comes from
# rounding, not from a decision.
DUST_FRACTION = 1e-9


@dataclass(frozen=True)
class Rules:
    """How orders are sized, filled and charged.

    Parameters
    ----------
    costs
        What an order pays.
    sizing
        How much of each name.
    fill
        ``next_open`` or ``next_close``.
    capital
        Money at the start.
    lot, tick
        Shares in a lot and smallest price step; 0 for none.
    both_sides
        Whether a sell reverses a position rather than closing it.
    max_bars
        Bars after the entry at whose close a position is given up; None for never.
    """

    costs: Costs = field(default_factory=Costs)
    sizing: Sizing = field(default_factory=EqualWeight)
    fill: str = NEXT_OPEN
    capital: float = 100_000.0
    lot: float = 0.0
    tick: float = 0.0
    both_sides: bool = False
    max_bars: int | None = None

    @property
    def dust(self) -> float:
        """Money below which an order is not placed."""
        return self.capital * DUST_FRACTION


@dataclass(frozen=True)
class Simulation:
    """What a simulation gives back.

    Parameters
    ----------
    equity, cash, gross, net
        One value a bar of the panel's clock, after the bar's close.
    fills
        In order: ``bar, instrument`` (places in the panel), ``quantity`` (signed shares),
        ``price, reference`` (the price that traded), ``commission, reason``.
    trades
        In order of their exits, those still open last: ``instrument, side`` (+1 or -1),
        ``entry_bar, exit_bar`` (null while open), ``quantity, entry_price, exit_price, pnl,
        costs, bars_held, reason``.
    commission, slippage, borrow, dividends
        Sums of money; dividends are negative where short positions paid them.
    cuts
        Buy orders that cash left short by more than 1 % of the position they led to.
    ruined
        Whether equity fell to zero, after which everything was closed.
    """

    equity: Floats
    cash: Floats
    gross: Floats
    net: Floats
    fills: pl.DataFrame
    trades: pl.DataFrame
    commission: float
    slippage: float
    borrow: float
    dividends: float
    cuts: int
    ruined: bool
