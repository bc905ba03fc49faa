"""Exchange rates."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import date, instant, number, text
from hedgerow.domain.schemas._table import Table


class FxRates(dy.Schema):
    """One daily reference rate: units of `quote` for one `base`."""

    base = text("ISO 4217 code of the unit", primary_key=True, min_length=3, max_length=3)
    quote = text("ISO 4217 code of the price", primary_key=True, min_length=3, max_length=3)
    date = date("fixing date", primary_key=True)
    source = text("who sent it", primary_key=True, min_length=1)
    rate = number("units of quote for one base", min_exclusive=0)
    available_at = instant("publication time")
    ingested_at = instant("when the lake stored this version")


FX_RATES = Table("fx_rates", FxRates, cluster_by=("base", "quote", "date"))
