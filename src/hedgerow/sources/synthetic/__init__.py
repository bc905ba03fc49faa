"""A seeded market generator: invented companies of any number over real sessions."""

from hedgerow.sources.synthetic._export import Exported
from hedgerow.sources.synthetic.market import SyntheticMarket

__all__ = ["Exported", "SyntheticMarket"]
