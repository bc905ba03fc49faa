"""Real daily bars with volume: five stocks 2000..2013 and two indices 1999..2018."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import BARS
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.sample.adjusted import dividend_batch, split_batch
from hedgerow.sources.sample.listing import identities, intervals, listed
from hedgerow.sources.sample.passports import OHLCV
from hedgerow.sources.sample.stamping import stamped


class SampleOhlcv:
    """AAPL, IBM, MSFT, GOOG and FB with SPX and IXIC: prices that traded, volume as sent.

    Bars are daily and raw; their splits and dividends come as events. Index volume is what the
    vendor sent (zero where it had none).

    Examples
    --------
    >>> bars = [b.frame for b in SampleOhlcv().batches() if b.table.name == "bars"]
    >>> bars[0].height, sorted(bars[0]["symbol"].unique())
    (22216, ['AAPL', 'FB', 'GOOG', 'IBM', 'IXIC', 'MSFT', 'SPX'])
    """

    @property
    def name(self) -> str:
        """``sample_ohlcv``."""
        return "sample_ohlcv"

    def instruments(self) -> list[Instrument]:
        """The five stocks and two indices."""
        return [entry.instrument for entry in listed(OHLCV.read()["symbol"])]

    def batches(self) -> Iterator[SourceBatch]:
        """Symbol intervals, splits, dividends, then the bars in one batch."""
        sent = OHLCV.read().drop("kind").rename({"symbol": "vendor_symbol"})
        entries = listed(sent["vendor_symbol"])
        prices = sent.join(identities(entries), on="vendor_symbol", maintain_order="left")
        stocks = prices.filter(pl.col("kind") == "equity")
        splits = split_batch(stocks, self.name)
        yield intervals(entries)
        yield splits
        yield dividend_batch(stocks, splits.frame, self.name)
        yield SourceBatch.of(
            BARS, stamped(prices, self.name, adjustment=pl.lit(str(Adjustment.RAW)))
        )
