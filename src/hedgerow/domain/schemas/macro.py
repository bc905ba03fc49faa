"""Macroeconomic series, with every revision."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import date, instant, number, text
from hedgerow.domain.schemas._table import Table


class Macro(dy.Schema):
    """One value of one series as it was published; revisions are further rows."""

    series = text("name the source gives it: VIXCLS, CPIAUCSL, …", primary_key=True, min_length=1)
    source = text("who sent it", primary_key=True, min_length=1)
    date = date("day or first day of the period it is about", primary_key=True)
    available_at = instant("publication time of this version", primary_key=True)
    value = number("in the unit of the series")
    ingested_at = instant("when the lake stored this version")


MACRO = Table("macro", Macro, cluster_by=("series", "date"))
