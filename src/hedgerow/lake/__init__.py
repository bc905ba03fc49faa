"""The lake: idempotent, versioned tables in Delta behind a quality gate."""

from hedgerow.lake.lake import Lake
from hedgerow.lake.quality import QualityReport, check_bars, check_rows
from hedgerow.lake.summaries import (
    CompactSummary,
    IngestSummary,
    LeftoverSummary,
    MergeSummary,
)
from hedgerow.lake.user_tables import UserTable

__all__ = [
    "CompactSummary",
    "IngestSummary",
    "Lake",
    "LeftoverSummary",
    "MergeSummary",
    "QualityReport",
    "UserTable",
    "check_bars",
    "check_rows",
]
