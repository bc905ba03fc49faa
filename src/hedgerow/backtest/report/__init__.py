"""Reports as single HTML files: the tear sheet of a run, strategies ranked, data quality."""

from __future__ import annotations

from hedgerow.backtest.report.quality import quality_report
from hedgerow.backtest.report.ranking import RankedResult, RankingSection, ranking_report
from hedgerow.backtest.report.sheet import tear_sheet

__all__ = ["RankedResult", "RankingSection", "quality_report", "ranking_report", "tear_sheet"]
