"""Runs and instruments that the catalog's tests share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hedgerow.catalog import Metric, RunRecord

MOMENT = dt.datetime(2024, 11, 29, 18, 0, 0, 123456, tzinfo=dt.UTC)

METRICS = [
    Metric("max_drawdown", -0.123456789012345678, "fraction"),
    Metric("profit_factor", None, "ratio"),
    Metric("sharpe", 0.1 + 0.2, "ratio"),
    Metric("trades", 42.0, "count"),
]


def run_record(run_id: str = "run-1", **changes: Any) -> RunRecord:
    """A run with every field filled."""
    facts: dict[str, Any] = {
        "kind": "backtest",
        "created_at": MOMENT,
        "as_of": MOMENT - dt.timedelta(hours=1),
        "timeframe": "1d",
        "start": dt.date(2014, 1, 3),
        "end": dt.date(2019, 1, 3),
        "symbols": ("MSFT", "AAPL"),
        "parameters": {"slow": 50, "fast": 10, "band": 0.1 + 0.2, "label": "Zürich"},
        "costs": {"bps": 5.0, "minimum": None},
        "sizing": {"name": "equal weight"},
        "fill": {"at": "next open"},
        "table_versions": {"bars": 3, "splits": 0},
        "strategy_source": 'class Hold:\n    """Hält – für immer."""\n' + "# x\n" * 20_000,
        "lock_hash": "a" * 64,
        "seed": 2**63 - 1,
        "notes": {"not run": ["needs high/low"]},
        "output_sha256": "b" * 64,
    }
    return RunRecord(run_id=run_id, **{**facts, **changes})
