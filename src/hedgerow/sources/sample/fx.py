"""Euro reference rates of the European Central Bank, 1999..2026."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl

from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import FX_RATES
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.sample.passports import ECB_RATES

# The bank publishes at about 16:00 in Frankfurt. Until mid-2016 it did so earlier in the
# afternoon; the later hour is kept throughout, so that no rate is known too soon.
PUBLISHED_AT = dt.time(16, 0)
FRANKFURT = "Europe/Berlin"


class SampleFx:
    """Units of ten currencies for one euro, one rate a TARGET working day.

    ``base`` is EUR, ``quote`` the other currency. A rate is available at 16:00 Frankfurt time of
    its date. Days on which the bank published no rate for a currency have no row.

    Examples
    --------
    >>> rates = next(SampleFx().batches()).frame
    >>> rates.filter(pl.col("quote") == "USD").select("date", "rate", "available_at").row(0)[:2]
    (datetime.date(1999, 1, 4), 1.1789)
    """

    @property
    def name(self) -> str:
        """``sample_fx``."""
        return "sample_fx"

    def instruments(self) -> list[Instrument]:
        """None: exchange rates are not instruments here."""
        return []

    def batches(self) -> Iterator[SourceBatch]:
        """All rates in one batch, sorted by currency and date."""
        published = (
            pl.col("date")
            .dt.combine(PUBLISHED_AT)
            .dt.replace_time_zone(FRANKFURT)
            .dt.convert_time_zone("UTC")
        )
        rows = (
            ECB_RATES.read()
            .unpivot(index="date", variable_name="quote", value_name="rate")
            .drop_nulls("rate")
            .with_columns(base=pl.lit("EUR"), source=pl.lit(self.name), available_at=published)
            .sort("quote", "date")
        )
        yield SourceBatch.of(FX_RATES, rows)
