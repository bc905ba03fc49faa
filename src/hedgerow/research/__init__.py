"""Asks how good a strategy is, and keeps the answer."""

from hedgerow.research.lookahead import check_lookahead
from hedgerow.research.rank import RANK_BY, Ranked, Ranking, rank
from hedgerow.research.runs import (
    pinned_versions,
    run_record,
    save_run,
    stored_runs,
)
from hedgerow.research.signals import changed_signals

__all__ = [
    "RANK_BY",
    "Ranked",
    "Ranking",
    "changed_signals",
    "check_lookahead",
    "pinned_versions",
    "rank",
    "run_record",
    "save_run",
    "stored_runs",
]
