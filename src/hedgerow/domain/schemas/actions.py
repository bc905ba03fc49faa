"""Corporate actions: splits and cash dividends, and the versions of them later corrected."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import date, instant, number, text
from hedgerow.domain.schemas._table import Table


class Splits(dy.Schema):
    """One share split or consolidation."""

    instrument_id = text("stable identity", primary_key=True, min_length=1)
    ex_date = date("first session on the new basis", primary_key=True)
    source = text("who sent it", primary_key=True, min_length=1)
    symbol = text("ticker at that time", min_length=1)
    ratio = number("new shares for one old share: 2.0 for 2-for-1", min_exclusive=0)
    available_at = instant("first instant anyone could know it")
    ingested_at = instant("when the lake stored this version")


class Dividends(dy.Schema):
    """One cash dividend."""

    instrument_id = text("stable identity", primary_key=True, min_length=1)
    ex_date = date("first session without the right to it", primary_key=True)
    source = text("who sent it", primary_key=True, min_length=1)
    kind = text("cash or special", primary_key=True)
    symbol = text("ticker at that time", min_length=1)
    amount = number("cash per share on the basis of the ex-date, in `currency`", min_exclusive=0)
    currency = text("ISO 4217 code", min_length=3, max_length=3)
    declared_date = date("announcement", nullable=True)
    record_date = date("holders of record", nullable=True)
    pay_date = date("payment", nullable=True)
    available_at = instant("first instant anyone could know it")
    ingested_at = instant("when the lake stored this version")


class SplitsHistory(Splits):
    """An older version of a split, kept when a correction replaced it."""

    ingested_at = instant("when the lake stored this version", primary_key=True)
    superseded_at = instant("when a correction replaced it")


class DividendsHistory(Dividends):
    """An older version of a dividend, kept when a correction replaced it."""

    ingested_at = instant("when the lake stored this version", primary_key=True)
    superseded_at = instant("when a correction replaced it")


_ORDER = ("instrument_id", "ex_date")

SPLITS = Table("splits", Splits, cluster_by=_ORDER, history="splits_history")
SPLITS_HISTORY = Table("splits_history", SplitsHistory, cluster_by=_ORDER)
DIVIDENDS = Table("dividends", Dividends, cluster_by=_ORDER, history="dividends_history")
DIVIDENDS_HISTORY = Table("dividends_history", DividendsHistory, cluster_by=_ORDER)
