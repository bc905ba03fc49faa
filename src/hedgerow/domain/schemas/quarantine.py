"""Rows that a quality rule refused, kept with the rule's name."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import instant, text
from hedgerow.domain.schemas._table import Table


class Quarantine(dy.Schema):
    """One refused row."""

    row_hash = text("SHA-256 of table, source, rules, payload and repetition", primary_key=True)
    table = text("where it was meant to go", min_length=1)
    source = text("who sent it", min_length=1)
    rules = text("names of the rules it failed, joined by commas", min_length=1)
    symbol = text("ticker, where it had one", nullable=True)
    timestamp = instant("bar start, where it had one", nullable=True)
    payload = text("the row as JSON")
    ingested_at = instant("when it was refused")


QUARANTINE = Table("quarantine", Quarantine, cluster_by=("table", "source"))
