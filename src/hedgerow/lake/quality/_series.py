"""Bars in the order of their series, for rules that look at the bar before."""

from __future__ import annotations

import polars as pl

SERIES = ("source", "timeframe", "instrument_id", "adjustment")


def same_series() -> pl.Expr:
    """Whether a bar belongs to the series of the bar above it."""
    return pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in SERIES)
