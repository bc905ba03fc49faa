"""The schema, key and partitioning of every table in the lake."""

from hedgerow.domain.schemas._table import Table
from hedgerow.domain.schemas.actions import (
    DIVIDENDS,
    DIVIDENDS_HISTORY,
    SPLITS,
    SPLITS_HISTORY,
    Dividends,
    DividendsHistory,
    Splits,
    SplitsHistory,
)
from hedgerow.domain.schemas.analysis import ANALYSIS, Analysis
from hedgerow.domain.schemas.bars import BARS, BARS_HISTORY, Bars, BarsHistory
from hedgerow.domain.schemas.fundamentals import FUNDAMENTALS, Fundamentals
from hedgerow.domain.schemas.fx import FX_RATES, FxRates
from hedgerow.domain.schemas.macro import MACRO, Macro
from hedgerow.domain.schemas.membership import MEMBERSHIP, Membership
from hedgerow.domain.schemas.quality import QUALITY, Quality
from hedgerow.domain.schemas.quarantine import QUARANTINE, Quarantine
from hedgerow.domain.schemas.runs import EQUITY, SIGNALS, TRADES, Equity, Signals, Trades
from hedgerow.domain.schemas.starts import SERIES_STARTS, SeriesStarts
from hedgerow.domain.schemas.symbols import SYMBOL_INTERVALS, SymbolIntervals

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ANALYSIS,
        BARS,
        BARS_HISTORY,
        DIVIDENDS,
        DIVIDENDS_HISTORY,
        EQUITY,
        FUNDAMENTALS,
        FX_RATES,
        MACRO,
        MEMBERSHIP,
        QUALITY,
        QUARANTINE,
        SERIES_STARTS,
        SIGNALS,
        SPLITS,
        SPLITS_HISTORY,
        SYMBOL_INTERVALS,
        TRADES,
    )
}

__all__ = [
    "ANALYSIS",
    "BARS",
    "BARS_HISTORY",
    "DIVIDENDS",
    "DIVIDENDS_HISTORY",
    "EQUITY",
    "FUNDAMENTALS",
    "FX_RATES",
    "MACRO",
    "MEMBERSHIP",
    "QUALITY",
    "QUARANTINE",
    "SERIES_STARTS",
    "SIGNALS",
    "SPLITS",
    "SPLITS_HISTORY",
    "SYMBOL_INTERVALS",
    "TABLES",
    "TRADES",
    "Analysis",
    "Bars",
    "BarsHistory",
    "Dividends",
    "DividendsHistory",
    "Equity",
    "Fundamentals",
    "FxRates",
    "Macro",
    "Membership",
    "Quality",
    "Quarantine",
    "SeriesStarts",
    "Signals",
    "Splits",
    "SplitsHistory",
    "SymbolIntervals",
    "Table",
    "Trades",
]
