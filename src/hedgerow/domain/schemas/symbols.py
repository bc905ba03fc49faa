"""Which company a ticker stood for, and when."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import date, instant, text
from hedgerow.domain.schemas._table import Table


class SymbolIntervals(dy.Schema):
    """A span of dates in which a ticker on an exchange meant one instrument."""

    symbol = text("ticker", primary_key=True, min_length=1)
    exchange = text("market identifier code", primary_key=True, min_length=1)
    valid_from = date("first session; 1960-01-01 where that is not known", primary_key=True)
    instrument_id = text("stable identity", min_length=1)
    valid_to = date("last session; null while in use", nullable=True)
    source = text("who sent it", min_length=1)
    ingested_at = instant("when the lake stored this version")


SYMBOL_INTERVALS = Table("symbol_intervals", SymbolIntervals, cluster_by=("symbol", "valid_from"))
