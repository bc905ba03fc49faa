"""Strategies: the base to derive from, and those that are built in."""

from hedgerow.strategies.base import LONG, LONG_SHORT, Strategy
from hedgerow.strategies.buy_and_hold import BuyAndHold
from hedgerow.strategies.decisions import Decisions, NotRun
from hedgerow.strategies.exits import Exits
from hedgerow.strategies.mean_reversion import MeanReversion
from hedgerow.strategies.momentum import Momentum
from hedgerow.strategies.param import Param, ParamSpec, Value
from hedgerow.strategies.registry import load_strategy, load_strategy_class, strategy_classes
from hedgerow.strategies.rsi_reversion import RsiReversion
from hedgerow.strategies.sma_cross import SmaCross
from hedgerow.strategies.vix_momentum import VixMomentum

__all__ = [
    "LONG",
    "LONG_SHORT",
    "BuyAndHold",
    "Decisions",
    "Exits",
    "MeanReversion",
    "Momentum",
    "NotRun",
    "Param",
    "ParamSpec",
    "RsiReversion",
    "SmaCross",
    "Strategy",
    "Value",
    "VixMomentum",
    "load_strategy",
    "load_strategy_class",
    "strategy_classes",
]
