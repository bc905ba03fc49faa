"""Costs, sizing and the one event ledger."""

from hedgerow.risk.costs import (
    Costs,
    affordable,
    borrow_charge,
    commission,
    fill_price,
    impact_fraction,
)
from hedgerow.risk.events import Borrow, Deposit, Dividend, Event, Fill, Split, exact
from hedgerow.risk.ledger import Ledger, Position
from hedgerow.risk.rounding import decimal_lots, decimal_tick, floor_to_lot, round_to_tick
from hedgerow.risk.sizing import (
    EqualWeight,
    FixedAmount,
    FixedFraction,
    Sizing,
    VolatilityTarget,
)
from hedgerow.risk.trades import RoundTrip, round_trips

__all__ = [
    "Borrow",
    "Costs",
    "Deposit",
    "Dividend",
    "EqualWeight",
    "Event",
    "Fill",
    "FixedAmount",
    "FixedFraction",
    "Ledger",
    "Position",
    "RoundTrip",
    "Sizing",
    "Split",
    "VolatilityTarget",
    "affordable",
    "borrow_charge",
    "commission",
    "decimal_lots",
    "decimal_tick",
    "exact",
    "fill_price",
    "floor_to_lot",
    "impact_fraction",
    "round_to_tick",
    "round_trips",
]
