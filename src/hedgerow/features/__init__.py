"""Features: what a strategy looks at, declared as an expression and computed once.

Build one from bar fields, indicators and arithmetic, such as ``close / sma(20) - 1``; nothing is
computed until ``compute`` meets the bars of a market.
"""

from __future__ import annotations

from hedgerow.features._preview import preview
from hedgerow.features.batches import compute_in_batches
from hedgerow.features.custom import indicator
from hedgerow.features.engine import compute
from hedgerow.features.expression import Feature, Field, as_feature, walk
from hedgerow.features.indicators import (
    Bollinger,
    Macd,
    atr,
    bollinger,
    cs_demean,
    cs_rank,
    cs_zscore,
    ema,
    lag,
    macd,
    pct_change,
    realized_vol,
    roc,
    rolling_beta,
    rolling_max,
    rolling_min,
    rolling_std,
    rsi,
    sma,
    volume_ma,
    volume_ratio,
    zscore,
)
from hedgerow.features.joins import DEFAULT_MAX_AGE, Context, context, table
from hedgerow.features.lookahead import Leak, check_features, draw_instants, find_leaks
from hedgerow.features.registry import (
    FeatureEntry,
    feature_entries,
    feature_entry,
    lookback_of,
    registered,
)
from hedgerow.features.words import (
    close,
    col,
    high,
    low,
    maximum,
    minimum,
    open_,
    raw,
    side,
    volume,
    where,
)

__all__ = [
    "DEFAULT_MAX_AGE",
    "Bollinger",
    "Context",
    "Feature",
    "FeatureEntry",
    "Field",
    "Leak",
    "Macd",
    "as_feature",
    "atr",
    "bollinger",
    "check_features",
    "close",
    "col",
    "compute",
    "compute_in_batches",
    "context",
    "cs_demean",
    "cs_rank",
    "cs_zscore",
    "draw_instants",
    "ema",
    "feature_entries",
    "feature_entry",
    "find_leaks",
    "high",
    "indicator",
    "lag",
    "lookback_of",
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
    "walk",
    "where",
    "zscore",
]
