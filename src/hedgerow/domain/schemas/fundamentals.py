"""Point-in-time company figures."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import date, instant, number, text
from hedgerow.domain.schemas._table import Table


class Fundamentals(dy.Schema):
    """One reported figure of one company; restatements are further rows."""

    instrument_id = text("stable identity", primary_key=True, min_length=1)
    source = text("who sent it", primary_key=True, min_length=1)
    item = text("pe_ratio, book_value, revenue, …", primary_key=True, min_length=1)
    period_end = date("end of the fiscal period, or the day of a snapshot", primary_key=True)
    available_at = instant("acceptance time of the filing", primary_key=True)
    symbol = text("ticker at that time", min_length=1)
    period = text("FY, Q1 … Q4, TTM, or DAY for a snapshot", primary_key=True, min_length=2)
    value = number("in `unit`")
    unit = text("USD, ratio, fraction, shares, …", min_length=1)
    ingested_at = instant("when the lake stored this version")


FUNDAMENTALS = Table(
    "fundamentals", Fundamentals, cluster_by=("instrument_id", "item", "available_at")
)
