"""Financial Modeling Prep: company figures known from their acceptance, and daily prices."""

from hedgerow.sources.fmp.source import Fmp

__all__ = ["Fmp"]
