"""Buy oversold, sell overbought."""

from __future__ import annotations

from hedgerow.errors import DefinitionError
from hedgerow.features import Feature, col, rsi, side
from hedgerow.strategies.base import Strategy
from hedgerow.strategies.param import Param


class RsiReversion(Strategy):
    """Buy when Wilder's RSI is oversold, sell when it is overbought."""

    window: int = Param(14, low=2, high=50, unit="bars", doc="window of the RSI")
    oversold: float = Param(30.0, low=5.0, high=50.0, unit="RSI points", doc="buy below")
    overbought: float = Param(70.0, low=50.0, high=95.0, unit="RSI points", doc="sell above")

    def __init__(self, **parameters: object) -> None:
        super().__init__(**parameters)
        if self.oversold >= self.overbought:
            raise DefinitionError(
                f"RsiReversion: oversold={self.oversold:g} must be below "
                f"overbought={self.overbought:g}",
                strategy=self.name,
            )

    def features(self) -> dict[str, Feature]:
        """The RSI of the close."""
        return {"rsi": rsi(self.window)}

    def signal(self) -> Feature:
        """Buy below ``oversold``, sell above ``overbought``."""
        return side(buy=col("rsi") < self.oversold, sell=col("rsi") > self.overbought)
