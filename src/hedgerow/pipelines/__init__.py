"""What happens in which order, as plain functions."""

from hedgerow.pipelines.demo import Demo, demo_steps, run_demo
from hedgerow.pipelines.ranking import RankedReport, rank_and_report

__all__ = ["Demo", "RankedReport", "demo_steps", "rank_and_report", "run_demo"]
