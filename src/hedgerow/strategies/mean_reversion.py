"""Buy what has fallen unusually far and wait for it to come back."""

from __future__ import annotations

from hedgerow.features import Feature, atr, col, side, zscore
from hedgerow.strategies.base import Strategy
from hedgerow.strategies.exits import Exits
from hedgerow.strategies.param import Param


class MeanReversion(Strategy):
    """Trade against a stretched z-score, leave near the mean, stop by the ATR."""

    lookback: int = Param(20, low=5, high=200, unit="bars", doc="window of the z-score")
    entry_z: float = Param(2.0, low=0.5, high=4.0, unit="standard deviations", doc="entry beyond")
    exit_z: float = Param(0.5, low=0.0, high=2.0, unit="standard deviations", doc="exit within")
    atr_window: int = Param(14, low=2, high=50, unit="bars", doc="window of the ATR")
    stop_atr: float = Param(3.0, low=0.5, high=10.0, unit="ATR", doc="stop distance")

    def features(self) -> dict[str, Feature]:
        """The z-score of the close and the average true range."""
        return {"z": zscore(self.lookback), "atr": atr(self.atr_window)}

    def signal(self) -> Feature:
        """Buy below the lower band, sell above the upper one."""
        return side(buy=col("z") < -self.entry_z, sell=col("z") > self.entry_z)

    def exits(self) -> Exits:
        """Near the mean, or stopped at a multiple of the ATR at entry."""
        return Exits(
            stop=self.stop_atr * col("atr") / col("close"),
            exit_when=col("z").abs() < self.exit_z,
        )
