"""Alpha Vantage: daily prices with splits and dividends, listings, symbol search and FX."""

from hedgerow.sources.alphavantage.client import AlphaVantageClient
from hedgerow.sources.alphavantage.source import AlphaVantage

__all__ = ["AlphaVantage", "AlphaVantageClient"]
