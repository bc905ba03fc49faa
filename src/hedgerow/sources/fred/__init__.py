"""FRED, the economic data of the Federal Reserve Bank of St. Louis."""

from hedgerow.sources.fred.source import Fred

__all__ = ["Fred"]
