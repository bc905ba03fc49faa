"""Bars and tables from CSV and Parquet files."""

from hedgerow.sources.files.bars import FileBars, read_bars
from hedgerow.sources.files.tables import read_table

__all__ = ["FileBars", "read_bars", "read_table"]
