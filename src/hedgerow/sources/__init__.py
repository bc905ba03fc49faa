"""Where rows come from: bundled samples, a market generator, files and vendors."""

from hedgerow.sources.base import Source, SourceBatch
from hedgerow.sources.sample import SampleCloses, SampleFx, SampleOhlcv
from hedgerow.sources.synthetic import SyntheticMarket

__all__ = [
    "SampleCloses",
    "SampleFx",
    "SampleOhlcv",
    "Source",
    "SourceBatch",
    "SyntheticMarket",
]
