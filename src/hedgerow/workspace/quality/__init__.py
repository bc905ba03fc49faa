"""How complete and how plausible the stored bars are, series by series."""

from hedgerow.workspace.quality.coverage import gap_ranges, presence
from hedgerow.workspace.quality.report import PATIENCE, PROBLEMS, assess

__all__ = ["PATIENCE", "PROBLEMS", "assess", "gap_ranges", "presence"]
