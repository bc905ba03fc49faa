"""Buy once and hold: what every other strategy must beat."""

from __future__ import annotations

from hedgerow.features import Feature, col, side
from hedgerow.strategies.base import Strategy


class BuyAndHold(Strategy):
    """Buy every name at its first bar and keep it."""

    def signal(self) -> Feature:
        """Buy wherever there is a price."""
        price = col("close")
        return side(buy=price > 0, sell=price < 0)
