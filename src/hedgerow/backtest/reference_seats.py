"""What the plain simulation remembers of each name."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from hedgerow.backtest.layout import Bytes, Floats

_ZERO = Decimal(0)
_TOUCH = Decimal("1e-9")

# Protective price with its reason, and target price.
Lines: TypeAlias = tuple[Decimal | None, str, Decimal | None]


@dataclass
class Order:
    """Shares that a waiting order leads to, why, and whether cash has left it well short."""

    goal: Decimal
    reason: str
    cut: bool = False


@dataclass
class Levels:
    """Exit levels, as fractions of the entry price or of the best price since."""

    stop: Decimal | None = None
    target: Decimal | None = None
    trailing: Decimal | None = None


@dataclass
class Seat:
    """What is remembered of one name."""

    name: str
    column: int
    last: Decimal = _ZERO
    bars: int = 0
    wanted: int = 0
    confidence: float = 0.0
    entering: bool = False
    member: int = 0
    order: Order | None = None
    next_levels: Levels | None = None
    levels: Levels | None = None
    best: Decimal = _ZERO
    entry_bars: int = 0
    entered_at_close_of: int = -1
    forced_out: tuple[int, int] = (-1, 0)
    sigma: float = math.nan
    volume: float = math.nan
    volatility: float = math.nan


def cell(table: Floats | Bytes, bar: int, column: int) -> float:
    """Value of a table that may have one row or one column where that says it all."""
    rows, columns = table.shape
    return float(table[bar if rows > 1 else 0, column if columns > 1 else 0])


def sign(quantity: Decimal) -> int:
    """+1, 0 or -1."""
    return (quantity > 0) - (quantity < 0)


def beyond(price: Decimal, line: Decimal, side: int) -> bool:
    """Whether a price has reached a line from below (side +1) or above (-1), within 1e-9."""
    return side * (price - line) >= -abs(line) * _TOUCH


def broken(
    lines: Lines, side: int, opened: Decimal, high: Decimal, low: Decimal
) -> tuple[Decimal, str] | None:
    """Price and reason of an exit inside a bar; None where it reaches no line."""
    guard, reason, target = lines
    if guard is not None and beyond(opened, guard, -side):
        return opened, reason
    if target is not None and beyond(opened, target, side):
        return opened, "target"
    if guard is not None and beyond(low if side > 0 else high, guard, -side):
        return guard, reason
    if target is not None and beyond(high if side > 0 else low, target, side):
        return target, "target"
    return None


def to_trade(held: Decimal, goal: Decimal, lots: Callable[[Decimal], Decimal]) -> Decimal:
    """Signed shares from what is held to a goal, in whole lots; out of a position in full."""
    if goal == 0:
        return -held
    if goal * held < 0:
        return lots(abs(goal)).copy_sign(goal) - held
    return lots(abs(goal - held)).copy_sign(goal - held)
