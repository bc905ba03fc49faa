"""Reports as single HTML files: the tear sheet of a run, and strategies ranked."""

from __future__ import annotations

from hedgerow.backtest.report.ranking import RankedResult, RankingSection, ranking_report
from hedgerow.backtest.report.sheet import tear_sheet

__all__ = ["RankedResult", "RankingSection", "ranking_report", "tear_sheet"]
