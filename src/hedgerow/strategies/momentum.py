"""Follow the trend, but do not chase what has already run."""

from __future__ import annotations

from hedgerow.errors import DefinitionError
from hedgerow.features import Feature, col, rsi, side, sma
from hedgerow.strategies.base import Strategy
from hedgerow.strategies.param import Param


class Momentum(Strategy):
    """Buy an up-trend of two averages unless the RSI is stretched; sell when it turns."""

    fast: int = Param(10, low=2, high=100, unit="bars", doc="window of the fast average")
    slow: int = Param(50, low=5, high=400, unit="bars", doc="window of the slow average")
    rsi_window: int = Param(14, low=2, high=50, unit="bars", doc="window of the RSI")
    overbought: float = Param(70.0, low=50.0, high=95.0, unit="RSI points", doc="no buy above")

    def __init__(self, **parameters: object) -> None:
        super().__init__(**parameters)
        if self.fast >= self.slow:
            raise DefinitionError(
                f"Momentum: fast={self.fast} must be below slow={self.slow}", strategy=self.name
            )

    def features(self) -> dict[str, Feature]:
        """Both averages and the RSI of the close."""
        return {"fast": sma(self.fast), "slow": sma(self.slow), "rsi": rsi(self.rsi_window)}

    def signal(self) -> Feature:
        """Buy an up-trend that is not overbought, sell a down-trend."""
        up = col("fast") > col("slow")
        return side(buy=up & (col("rsi") < self.overbought), sell=col("fast") < col("slow"))
