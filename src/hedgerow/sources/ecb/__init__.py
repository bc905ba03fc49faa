"""European Central Bank: euro reference rates since 1999."""

from hedgerow.sources.ecb.source import Ecb

__all__ = ["Ecb"]
