"""The schema, key and partitioning of every table in the lake."""

from hedgerow.domain.schemas._table import Table
from hedgerow.domain.schemas.actions import DIVIDENDS, SPLITS, Dividends, Splits
from hedgerow.domain.schemas.analysis import ANALYSIS, Analysis
from hedgerow.domain.schemas.bars import BARS, BARS_HISTORY, Bars, BarsHistory
from hedgerow.domain.schemas.fundamentals import FUNDAMENTALS, Fundamentals
from hedgerow.domain.schemas.fx import FX_RATES, FxRates
from hedgerow.domain.schemas.quarantine import QUARANTINE, Quarantine
from hedgerow.domain.schemas.runs import EQUITY, SIGNALS, TRADES, Equity, Signals, Trades
from hedgerow.domain.schemas.symbols import SYMBOL_INTERVALS, SymbolIntervals

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ANALYSIS,
        BARS,
        BARS_HISTORY,
        DIVIDENDS,
        EQUITY,
        FUNDAMENTALS,
        FX_RATES,
        QUARANTINE,
        SIGNALS,
        SPLITS,
        SYMBOL_INTERVALS,
        TRADES,
    )
}

__all__ = [
    "ANALYSIS",
    "BARS",
    "BARS_HISTORY",
    "DIVIDENDS",
    "EQUITY",
    "FUNDAMENTALS",
    "FX_RATES",
    "QUARANTINE",
    "SIGNALS",
    "SPLITS",
    "SYMBOL_INTERVALS",
    "TABLES",
    "TRADES",
    "Analysis",
    "Bars",
    "BarsHistory",
    "Dividends",
    "Equity",
    "Fundamentals",
    "FxRates",
    "Quarantine",
    "Signals",
    "Splits",
    "SymbolIntervals",
    "Table",
    "Trades",
]
