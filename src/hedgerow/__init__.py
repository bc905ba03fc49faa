"""Hedgerow: vendor prices in, ranked and reproducible strategies out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hedgerow.backtest import Result, backtest
    from hedgerow.domain.market import Market
    from hedgerow.features import (
        Feature,
        atr,
        bollinger,
        close,
        col,
        compute,
        context,
        cs_demean,
        cs_rank,
        cs_zscore,
        ema,
        high,
        indicator,
        lag,
        low,
        macd,
        maximum,
        minimum,
        open_,
        pct_change,
        preview,
        raw,
        realized_vol,
        registered,
        roc,
        rolling_beta,
        rolling_max,
        rolling_min,
        rolling_std,
        rsi,
        side,
        sma,
        table,
        volume,
        volume_ma,
        volume_ratio,
        where,
        zscore,
    )
    from hedgerow.research import check_lookahead, rank
    from hedgerow.risk import Costs, EqualWeight, FixedFraction, VolatilityTarget
    from hedgerow.strategies import Exits, Param, Strategy, load_strategy
    from hedgerow.workspace import Workspace

__version__ = "0.1.0"

# Loaded when first used: a command that only prints its help must not pay for numba.
_HOMES = {
    "hedgerow.backtest": ("Result", "backtest"),
    "hedgerow.domain.market": ("Market",),
    "hedgerow.features": (
        "Feature",
        "atr",
        "bollinger",
        "close",
        "col",
        "compute",
        "context",
        "cs_demean",
        "cs_rank",
        "cs_zscore",
        "ema",
        "high",
        "indicator",
        "lag",
        "low",
        "macd",
        "maximum",
        "minimum",
        "open_",
        "pct_change",
        "preview",
        "raw",
        "realized_vol",
        "registered",
        "roc",
        "rolling_beta",
        "rolling_max",
        "rolling_min",
        "rolling_std",
        "rsi",
        "side",
        "sma",
        "table",
        "volume",
        "volume_ma",
        "volume_ratio",
        "where",
        "zscore",
    ),
    "hedgerow.research": ("check_lookahead", "rank"),
    "hedgerow.risk": ("Costs", "EqualWeight", "FixedFraction", "VolatilityTarget"),
    "hedgerow.strategies": ("Exits", "Param", "Strategy", "load_strategy"),
    "hedgerow.workspace": ("Workspace",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Costs",
    "EqualWeight",
    "Exits",
    "Feature",
    "FixedFraction",
    "Market",
    "Param",
    "Result",
    "Strategy",
    "VolatilityTarget",
    "Workspace",
    "atr",
    "backtest",
    "bollinger",
    "check_lookahead",
    "close",
    "col",
    "compute",
    "context",
    "cs_demean",
    "cs_rank",
    "cs_zscore",
    "ema",
    "high",
    "indicator",
    "lag",
    "load_strategy",
    "low",
    "macd",
    "maximum",
    "minimum",
    "open_",
    "pct_change",
    "preview",
    "rank",
    "raw",
    "realized_vol",
    "registered",
    "roc",
    "rolling_beta",
    "rolling_max",
    "rolling_min",
    "rolling_std",
    "rsi",
    "side",
    "sma",
    "table",
    "volume",
    "volume_ma",
    "volume_ratio",
    "where",
    "zscore",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'hedgerow' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
