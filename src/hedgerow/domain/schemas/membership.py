"""Which instruments belonged to an index, and when."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import date, instant, text
from hedgerow.domain.schemas._table import Table


class Membership(dy.Schema):
    """A span of dates in which an instrument belonged to an index: [from, to)."""

    universe = text("name of the index: sp500, …", primary_key=True, min_length=1)
    instrument_id = text("stable identity", primary_key=True, min_length=1)
    valid_from = date("first session as a member", primary_key=True)
    source = text("who sent it", primary_key=True, min_length=1)
    symbol = text("ticker at that time", min_length=1)
    valid_to = date("first session no longer a member; null while one", nullable=True)
    available_at = instant("first instant anyone could know it")
    ingested_at = instant("when the lake stored this version")


MEMBERSHIP = Table("membership", Membership, cluster_by=("universe", "valid_from"))
