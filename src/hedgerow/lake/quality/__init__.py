"""The quality gate: named rules that every row passes before it is stored."""

from hedgerow.lake.quality._bars import BAR_RULES
from hedgerow.lake.quality._check import check_bars, check_rows
from hedgerow.lake.quality._duplicates import DUPLICATE_KEY
from hedgerow.lake.quality._jump import JUMP, jumps
from hedgerow.lake.quality._rule import RowRule, SeriesRule
from hedgerow.lake.quality._series import SERIES
from hedgerow.lake.quality._stale import STALE_RUN, stale_repeats
from hedgerow.lake.quality.report import QualityReport

__all__ = [
    "BAR_RULES",
    "DUPLICATE_KEY",
    "JUMP",
    "SERIES",
    "STALE_RUN",
    "QualityReport",
    "RowRule",
    "SeriesRule",
    "check_bars",
    "check_rows",
    "jumps",
    "stale_repeats",
]
