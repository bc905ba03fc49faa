"""Share lots and price ticks, in floats for the kernel and in decimals for the ledger.

A quantity is cut toward zero to whole lots; a price is rounded to the nearest tick, half to
even. Both forgive a relative dust of 1e-9 of a lot or tick, so that 0.1 + 0.2 shares are 0.3
and a price that is a tie on paper is a tie in binary.
"""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal

TOLERANCE = 1e-9
_TOLERANCE = Decimal("1e-9")
_HALF = Decimal("0.5")


def floor_to_lot(quantity: float, lot: float) -> float:
    """Largest number of whole lots not above a quantity.

    Parameters
    ----------
    quantity
        Shares, not negative.
    lot
        Shares in a lot; 0 where fractions of a share may be traded.

    Returns
    -------
    float
        Shares.

    Examples
    --------
    >>> floor_to_lot(299.5, 100.0), floor_to_lot(299.5, 0.0)
    (200.0, 299.5)
    """
    if lot <= 0.0:
        return quantity
    return math.floor(quantity / lot + TOLERANCE) * lot


def round_to_tick(price: float, tick: float) -> float:
    """Nearest price on the tick grid, half to even, at least one tick.

    Parameters
    ----------
    price
        Money per share, positive.
    tick
        Smallest price step; 0 where any price may be traded.

    Examples
    --------
    >>> round_to_tick(10.125, 0.25), round_to_tick(10.375, 0.25)
    (10.0, 10.5)
    """
    if tick <= 0.0:
        return price
    steps = price / tick
    below = math.floor(steps + TOLERANCE)
    rest = steps - below
    if abs(rest - 0.5) <= TOLERANCE:
        below += below % 2
    elif rest > 0.5:
        below += 1
    return max(below, 1) * tick


def decimal_lots(quantity: Decimal, lot: Decimal) -> Decimal:
    """``floor_to_lot`` in decimal arithmetic.

    Examples
    --------
    >>> decimal_lots(Decimal("299.5"), Decimal(100))
    Decimal('200')
    """
    if lot <= 0:
        return quantity
    return (quantity / lot + _TOLERANCE).to_integral_value(ROUND_FLOOR) * lot


def decimal_tick(price: Decimal, tick: Decimal) -> Decimal:
    """``round_to_tick`` in decimal arithmetic.

    Examples
    --------
    >>> decimal_tick(Decimal("10.125"), Decimal("0.25"))
    Decimal('10.00')
    """
    if tick <= 0:
        return price
    steps = price / tick
    below = (steps + _TOLERANCE).to_integral_value(ROUND_FLOOR)
    rest = steps - below
    if abs(rest - _HALF) <= _TOLERANCE:
        below += below % 2
    elif rest > _HALF:
        below += 1
    return max(below, Decimal(1)) * tick
