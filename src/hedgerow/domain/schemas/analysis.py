"""Per-symbol market analysis."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import instant, number, text
from hedgerow.domain.schemas._table import Table


class Analysis(dy.Schema):
    """One bar judged against the VIX and the S&P 500.

    ``trade_quality`` looks at the next bar: it is an outcome, and no feature may read it.
    """

    timeframe = text("length of the bar", primary_key=True)
    instrument_id = text("stable identity", primary_key=True, min_length=1)
    timestamp = instant("bar start", primary_key=True)
    source = text("who sent the bar", primary_key=True)
    contract = text("ticker", min_length=1)
    available_at = instant("first instant anyone could know the row, but for the outcome")
    price = number("close, in the instrument's currency", min_exclusive=0)
    price_change_pct = number(
        "change from the bar before, percent; null on the first", nullable=True
    )
    VIX = number(
        "last VIX known at the bar's end; null when older than the stated age", nullable=True
    )
    SPX = number("last S&P 500 known at the bar's end; null likewise", nullable=True)
    spx_change_pct = number("its change from the instrument's bar before, percent", nullable=True)
    beta = number("price_change_pct / spx_change_pct; null where SPX did not move", nullable=True)
    rolling_beta = number("OLS slope of returns on SPX returns over the window", nullable=True)
    signal = text("buy, sell or hold")
    buy_threshold = number("0.5 · VIX / 15, percent", nullable=True)
    sell_threshold = number("minus buy_threshold, percent", nullable=True)
    trade_quality = text("OUTCOME: good, bad or neutral, from the next bar")


ANALYSIS = Table(
    "analysis",
    Analysis,
    partition_by=("timeframe", "period"),
    cluster_by=("instrument_id", "timestamp"),
    ignore_changes=(),
)
