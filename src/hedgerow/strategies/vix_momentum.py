"""Trade moves that are large for the fear in the market."""

from __future__ import annotations

from hedgerow.features import Feature, col, context, pct_change, side
from hedgerow.strategies.base import Strategy
from hedgerow.strategies.param import Param

# The band is stated at this level of the VIX, its long-run median being near it.
REFERENCE_VIX = 15


class VixMomentum(Strategy):
    """Trade moves that exceed a band which widens with the VIX."""

    band: float = Param(0.5, low=0.1, high=3.0, unit="percent at VIX 15", doc="width of the band")

    def features(self) -> dict[str, Feature]:
        """The bar's change in percent, and the last VIX known."""
        return {"change": pct_change() * 100, "vix": context("VIX")}

    def signal(self) -> Feature:
        """Buy a rise beyond the band, sell a fall beyond it."""
        band = self.band * col("vix") / REFERENCE_VIX
        return side(buy=col("change") > band, sell=col("change") < -band)
