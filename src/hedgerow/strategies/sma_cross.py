"""Follow the trend that two moving averages show."""

from __future__ import annotations

from hedgerow.errors import DefinitionError
from hedgerow.features import Feature, col, side, sma
from hedgerow.strategies.base import Strategy
from hedgerow.strategies.param import Param


class SmaCross(Strategy):
    """Hold while the fast simple moving average is above the slow one."""

    fast: int = Param(20, low=2, high=100, unit="bars", doc="window of the fast average")
    slow: int = Param(100, low=5, high=400, unit="bars", doc="window of the slow average")

    def __init__(self, **parameters: object) -> None:
        super().__init__(**parameters)
        if self.fast >= self.slow:
            raise DefinitionError(
                f"SmaCross: fast={self.fast} must be below slow={self.slow}", strategy=self.name
            )

    def features(self) -> dict[str, Feature]:
        """Both averages of the close."""
        return {"fast": sma(self.fast), "slow": sma(self.slow)}

    def signal(self) -> Feature:
        """Buy while the fast average is above, sell while it is below."""
        return side(buy=col("fast") > col("slow"), sell=col("fast") < col("slow"))
