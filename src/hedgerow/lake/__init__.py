"""The lake: idempotent, versioned tables in Delta behind a quality gate."""

from hedgerow.lake.copy import copy_lake, fetch_file, file_md5, send_file
from hedgerow.lake.lake import Lake
from hedgerow.lake.quality import QualityReport, check_bars, check_rows
from hedgerow.lake.summaries import (
    CompactSummary,
    CopySummary,
    IngestSummary,
    LeftoverSummary,
    MergeSummary,
    Tally,
)
from hedgerow.lake.user_tables import UserTable

__all__ = [
    "CompactSummary",
    "CopySummary",
    "IngestSummary",
    "Lake",
    "LeftoverSummary",
    "MergeSummary",
    "QualityReport",
    "Tally",
    "UserTable",
    "check_bars",
    "check_rows",
    "copy_lake",
    "fetch_file",
    "file_md5",
    "send_file",
]
