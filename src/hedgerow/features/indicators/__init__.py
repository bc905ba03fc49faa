"""Indicators, one file a family; each builds a feature and computes nothing."""

from __future__ import annotations

from hedgerow.features.indicators.beta import rolling_beta
from hedgerow.features.indicators.cross_section import cs_demean, cs_rank, cs_zscore
from hedgerow.features.indicators.momentum import pct_change, roc, rsi
from hedgerow.features.indicators.statistics import (
    lag,
    rolling_max,
    rolling_min,
    rolling_std,
    zscore,
)
from hedgerow.features.indicators.trend import Macd, ema, macd, sma
from hedgerow.features.indicators.volatility import Bollinger, atr, bollinger, realized_vol
from hedgerow.features.indicators.volume import volume_ma, volume_ratio

__all__ = [
    "Bollinger",
    "Macd",
    "atr",
    "bollinger",
    "cs_demean",
    "cs_rank",
    "cs_zscore",
    "ema",
    "lag",
    "macd",
    "pct_change",
    "realized_vol",
    "roc",
    "rolling_beta",
    "rolling_max",
    "rolling_min",
    "rolling_std",
    "rsi",
    "sma",
    "volume_ma",
    "volume_ratio",
    "zscore",
]
