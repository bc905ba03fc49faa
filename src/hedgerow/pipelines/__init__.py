"""What happens in which order, as plain functions."""

from hedgerow.pipelines.analysis import (
    AnalysisRules,
    AnalysisSummary,
    SymbolFailure,
    analyze,
    analyze_files,
)
from hedgerow.pipelines.demo import Demo, demo_steps, run_demo
from hedgerow.pipelines.ranking import RankedReport, rank_and_report

__all__ = [
    "AnalysisRules",
    "AnalysisSummary",
    "Demo",
    "RankedReport",
    "SymbolFailure",
    "analyze",
    "analyze_files",
    "demo_steps",
    "rank_and_report",
    "run_demo",
]
