"""Price bars, and the versions of them that were later corrected."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import date, instant, number, text, whole
from hedgerow.domain.schemas._table import Table


class Bars(dy.Schema):
    """One price bar of one instrument from one source."""

    source = text("who sent it", primary_key=True, min_length=1)
    timeframe = text("length: 1m, 1h, 1d, …", primary_key=True, min_length=2)
    instrument_id = text("stable identity", primary_key=True, min_length=1)
    timestamp = instant("bar start; a daily bar's session date at 00:00", primary_key=True)
    adjustment = text("raw, split or total", primary_key=True)
    symbol = text("the vendor's ticker at that time", min_length=1)
    session = date("exchange session date")
    available_at = instant("first instant anyone could know the bar")
    open = number("first price; null for close-only series", nullable=True, min_exclusive=0)
    high = number("highest price", nullable=True, min_exclusive=0)
    low = number("lowest price", nullable=True, min_exclusive=0)
    close = number("last price, in `currency`", min_exclusive=0)
    volume = number("shares traded, as sent", nullable=True, min=0)
    vwap = number("volume-weighted average price", nullable=True, min_exclusive=0)
    trade_count = whole("trades in the bar", nullable=True, min=0)
    currency = text("ISO 4217 code", min_length=3, max_length=3)
    ingested_at = instant("when the lake stored this version")


class BarsHistory(Bars):
    """An older version of a bar, kept when a correction replaced it."""

    ingested_at = instant("when the lake stored this version", primary_key=True)
    superseded_at = instant("when a correction replaced it")


BARS = Table(
    "bars",
    Bars,
    partition_by=("timeframe", "period"),
    cluster_by=("instrument_id", "timestamp"),
    history="bars_history",
)
BARS_HISTORY = Table(
    "bars_history",
    BarsHistory,
    partition_by=("timeframe", "period"),
    cluster_by=("instrument_id", "timestamp"),
)
