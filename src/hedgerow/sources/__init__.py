"""Where rows come from: bundled samples, a market generator, files and vendors."""

from hedgerow.sources.base import Source, SourceBatch
from hedgerow.sources.files import FileBars, read_bars, read_table
from hedgerow.sources.sample import SampleCloses, SampleFx, SampleOhlcv
from hedgerow.sources.synthetic import SyntheticMarket

__all__ = [
    "FileBars",
    "SampleCloses",
    "SampleFx",
    "SampleOhlcv",
    "Source",
    "SourceBatch",
    "SyntheticMarket",
    "read_bars",
    "read_table",
]
