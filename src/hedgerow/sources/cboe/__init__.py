"""Cboe: the published histories of the VIX, the S&P 500 and their relatives."""

from hedgerow.sources.cboe.source import Cboe

__all__ = ["Cboe"]
