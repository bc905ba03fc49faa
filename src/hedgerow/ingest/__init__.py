"""Loading of vendor data: incremental, complete, resumable, from the first source that can."""

from hedgerow.ingest.bars import BarsWish, ingest_bars, load_bars
from hedgerow.ingest.facts import (
    USUAL_SERIES,
    FactLoad,
    FactsLoad,
    ingest_fundamentals,
    ingest_fx,
    ingest_macro,
)
from hedgerow.ingest.resolve import Asked, asked_for
from hedgerow.ingest.stores import Stores
from hedgerow.ingest.summary import BarsLoad, SeriesLoad
from hedgerow.ingest.vendors import usual_sources

__all__ = [
    "USUAL_SERIES",
    "Asked",
    "BarsLoad",
    "BarsWish",
    "FactLoad",
    "FactsLoad",
    "SeriesLoad",
    "Stores",
    "asked_for",
    "ingest_bars",
    "ingest_fundamentals",
    "ingest_fx",
    "ingest_macro",
    "load_bars",
    "usual_sources",
]
