"""The relational store: instruments, universes, models, runs, performance and reports."""

from hedgerow.catalog.catalog import Catalog
from hedgerow.catalog.records import Metric, RunRecord

__all__ = ["Catalog", "Metric", "RunRecord"]
