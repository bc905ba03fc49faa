"""Per-symbol market analysis: each bar against the VIX and the S&P 500."""

from hedgerow.pipelines.analysis.files import analyze_files
from hedgerow.pipelines.analysis.formulas import analyze_bars
from hedgerow.pipelines.analysis.pipeline import analyze, judge_market
from hedgerow.pipelines.analysis.rules import AnalysisRules
from hedgerow.pipelines.analysis.summary import AnalysisSummary, SymbolFailure

__all__ = [
    "AnalysisRules",
    "AnalysisSummary",
    "SymbolFailure",
    "analyze",
    "analyze_bars",
    "analyze_files",
    "judge_market",
]
