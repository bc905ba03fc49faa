"""Where each source's series begins, so that what came before is not asked for again."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import date, instant, text
from hedgerow.domain.schemas._table import Table


class SeriesStarts(dy.Schema):
    """The first session of a series, and how far back its source was asked."""

    source = text("who was asked", primary_key=True, min_length=1)
    timeframe = text("length of the bars", primary_key=True, min_length=2)
    instrument_id = text("stable identity", primary_key=True, min_length=1)
    adjustment = text("raw, split or total", primary_key=True)
    asked_from = date("first session that was asked for")
    first_session = date("first session that was sent")
    ingested_at = instant("when the lake stored this version")


SERIES_STARTS = Table("series_starts", SeriesStarts, cluster_by=("instrument_id",))
