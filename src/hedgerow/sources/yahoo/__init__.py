"""Yahoo Finance, reached through yfinance (``pip install 'hedgerow[yahoo]'``)."""

from hedgerow.sources.yahoo.source import Yahoo

__all__ = ["Yahoo"]
