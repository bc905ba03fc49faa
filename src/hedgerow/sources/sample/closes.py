"""Real daily closes: twenty stocks and SPX 1990..2022, VIX 2014..2019."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import BARS
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.sample.listing import identities, intervals, listed
from hedgerow.sources.sample.passports import CLOSES
from hedgerow.sources.sample.stamping import stamped


class SampleCloses:
    """Twenty S&P 500 names with SPX and VIX: closes only.

    The stocks' closes are adjusted for splits and dividends (``total``), so no events come with
    them; the indices are as published (``raw``). Open, high, low and volume are null. A VIX close
    is available a quarter of an hour after the session's close.

    Examples
    --------
    >>> bars = [b.frame for b in SampleCloses().batches() if b.table.name == "bars"]
    >>> bars[0].height, bars[0]["symbol"].n_unique()
    (175832, 22)
    """

    @property
    def name(self) -> str:
        """``sample_closes``."""
        return "sample_closes"

    def instruments(self) -> list[Instrument]:
        """The twenty stocks and two indices."""
        return [entry.instrument for entry in listed(CLOSES.read()["symbol"])]

    def batches(self) -> Iterator[SourceBatch]:
        """Symbol intervals, then the bars in one batch."""
        sent = CLOSES.read().rename({"symbol": "vendor_symbol", "close_adj": "close"})
        entries = listed(sent["vendor_symbol"])
        prices = sent.join(identities(entries), on="vendor_symbol", maintain_order="left")
        adjustment = (
            pl.when(pl.col("kind") == "index")
            .then(pl.lit(str(Adjustment.RAW)))
            .otherwise(pl.lit(str(Adjustment.TOTAL)))
        )
        yield intervals(entries)
        yield SourceBatch.of(BARS, stamped(prices, self.name, adjustment=adjustment))
