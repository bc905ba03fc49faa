"""Massive, once Polygon: prices, tickers, splits and dividends of the United States."""

from hedgerow.sources.massive.files import MassiveFiles
from hedgerow.sources.massive.source import Massive

__all__ = ["Massive", "MassiveFiles"]
