"""The synthetic market: a seeded source of any size."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.calendar import FIRST_SESSION_BOUND
from hedgerow.domain.clock import PUBLICATION_DELAY
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import BARS, SYMBOL_INTERVALS
from hedgerow.errors import DefinitionError
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.synthetic import _bars
from hedgerow.sources.synthetic._dividends import dividend_batch, pay_dividends
from hedgerow.sources.synthetic._export import Exported, export_market
from hedgerow.sources.synthetic._factor import Factor, make_factor
from hedgerow.sources.synthetic._filings import make_filings
from hedgerow.sources.synthetic._fundamentals import fundamentals_batch, prices_at_filing
from hedgerow.sources.synthetic._grid import Floats, Grid, make_grid
from hedgerow.sources.synthetic._paths import make_paths, sector_moves
from hedgerow.sources.synthetic._splits import split_batch, split_shares
from hedgerow.sources.synthetic._traits import companies, indices, make_traits

NAME = "synthetic"

MOST_SYMBOLS = 9_999

# Companies are simulated together until a batch has about this many bars, which is some 0.5 GB.
_BARS_A_BATCH = 1_200_000
_COMPANIES_A_BATCH = 40


@dataclass(frozen=True)
class SyntheticMarket:
    """Invented companies, an index and a volatility index over real New York sessions.

    Prices move by a common factor with clustered volatility, by sector and on their own, and jump
    after results; the volatility index (``VIX``) is what the factor's process expects of the
    next 21 sessions, and rises when the index (``SPX``) falls. ``SPX`` is the factor itself: the
    capitalisation-weighted market of infinitely many such companies. Bars are raw prices that
    traded; companies split when their price is high, about 60 percent pay quarterly dividends,
    and all report every quarter. Nothing in it is a real company or a real price: the source is
    ``synthetic``, and identities end in ``.SYN``.

    Parameters
    ----------
    symbols
        Number of companies, 1 to 9,999; the two indices come on top.
    bars
        Bars of each instrument.
    timeframe
        Length of a bar, up to ``1d``.
    bars_per_session
        Consecutive bars each session (on half days too), starting with the clock-aligned bar
        that holds the opening: hourly bars start at 09:00 New York, and a number beyond the
        regular hours goes on into the evening. None gives the regular hours, which are
        fewer on a half day.
    start
        The market opens on the first session on or after this date.
    seed
        Every number follows from it. A company is the same whatever the number of companies, and
        more bars continue the same market.

    Raises
    ------
    DefinitionError
        A parameter is out of range, or the bars would reach beyond the last known session.

    Notes
    -----
    The same arguments give the same bytes under the same versions of NumPy and the same CPU
    architecture.

    Examples
    --------
    >>> market = SyntheticMarket(symbols=2, bars=16, bars_per_session=8, seed=7)
    >>> bars = pl.concat(b.frame for b in market.batches() if b.table.name == "bars")
    >>> bars.group_by("symbol").len().sort("symbol").rows()
    [('S0001', 16), ('S0002', 16), ('SPX', 16), ('VIX', 16)]
    """

    symbols: int = 419
    bars: int = 28_048
    timeframe: str = "1h"
    bars_per_session: int | None = None
    start: dt.date = dt.date(2000, 1, 3)
    seed: int = 7

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        if not 1 <= self.symbols <= MOST_SYMBOLS:
            raise DefinitionError(
                f"symbols={self.symbols} is out of range: from 1 to {MOST_SYMBOLS}"
            )
        if self.bars < 1:
            raise DefinitionError(f"bars={self.bars} is out of range: at least 1")
        if self.seed < 0:
            raise DefinitionError(f"seed={self.seed} is out of range: at least 0")
        if self.start < FIRST_SESSION_BOUND:
            raise DefinitionError(
                f"start={self.start} lies before the first known session: from "
                f"{FIRST_SESSION_BOUND} on"
            )
        object.__setattr__(self, "timeframe", self._grid.timeframe.code)

    @property
    def name(self) -> str:
        """``synthetic``."""
        return NAME

    @property
    def sessions(self) -> pl.Series:
        """Session dates that the bars cover."""
        return self._grid.days["session"]

    def instruments(self) -> list[Instrument]:
        """The two indices, then the companies."""
        return [*indices(), *companies(make_traits(self.seed, range(self.symbols)))]

    def batches(self) -> Iterator[SourceBatch]:
        """Rows for the lake, some companies at a time.

        Yields
        ------
        SourceBatch
            ``symbol_intervals`` of all; the indices' ``bars``; then for each group of companies
            ``splits``, ``dividends``, ``fundamentals`` and ``bars``.
        """
        yield self._intervals()
        yield self._index_batch()
        sectors = sector_moves(self._grid, self._factor, self.seed)
        for numbers in self._groups():
            yield from self._company_batches(numbers, sectors)

    def export(self, directory: str | Path) -> Exported:
        """Write the bars as three Parquet files, named after the timeframe.

        ``spx_holdings_hourly.parquet`` has ``symbol, timestamp, open, high, low, close, volume``
        of the companies, sorted by symbol and time; ``vix_hourly.parquet`` and
        ``spx_hourly.parquet`` have ``timestamp, open, high, low, close``. ``hourly`` is ``daily``
        for 1d, ``minute`` for 1m, and the timeframe itself otherwise. Timestamps are bar starts,
        UTC. A file appears under its name only when it is complete.

        Parameters
        ----------
        directory
            Folder, made if absent.

        Returns
        -------
        Exported
            The three paths and the number of rows.

        Raises
        ------
        StoreError
            The folder cannot be written.
        """
        return export_market(self.batches(), Path(directory), self._grid.timeframe)

    @cached_property
    def _grid(self) -> Grid:
        return make_grid(
            self.timeframe,
            bars=self.bars,
            bars_per_session=self.bars_per_session,
            start=self.start,
        )

    @cached_property
    def _factor(self) -> Factor:
        return make_factor(self._grid, self.seed)

    def _groups(self) -> Iterator[range]:
        size = max(1, min(_COMPANIES_A_BATCH, _BARS_A_BATCH // self.bars))
        for first in range(0, self.symbols, size):
            yield range(first, min(first + size, self.symbols))

    def _intervals(self) -> SourceBatch:
        everything = self.instruments()
        rows = pl.DataFrame(
            {
                "symbol": [instrument.symbol for instrument in everything],
                "exchange": [instrument.exchange for instrument in everything],
                "instrument_id": [instrument.instrument_id for instrument in everything],
            }
        )
        return SourceBatch.of(
            SYMBOL_INTERVALS,
            rows.with_columns(valid_from=pl.lit(self.sessions[0]), source=pl.lit(NAME)),
        )

    def _index_batch(self) -> SourceBatch:
        return self._bars_batch(
            _names(indices()), _bars.index_bars(self._grid, self._factor, self.seed)
        )

    def _company_batches(self, numbers: range, sectors: Floats) -> Iterator[SourceBatch]:
        grid, seed = self._grid, self.seed
        traits = make_traits(seed, numbers)
        names = _names(companies(traits))
        filings = make_filings(grid, traits, seed)
        paths = make_paths(grid, self._factor, sectors, traits, filings, seed)
        dividends = pay_dividends(paths.returns, grid, traits)
        closes = np.exp(np.cumsum(paths.returns.sum(axis=2), axis=1)) * traits.price[:, None]
        splits = split_shares(closes, traits)
        known = prices_at_filing(closes, splits.share_count, dividends, traits, filings)
        yield split_batch(splits, grid, names)
        yield dividend_batch(dividends, splits.share_count, grid, names)
        yield fundamentals_batch(grid, traits, filings, known, names)
        yield self._bars_batch(
            names, _bars.company_bars(grid, paths, traits, splits.share_count, seed)
        )

    def _bars_batch(self, names: pl.DataFrame, columns: dict[str, Floats]) -> SourceBatch:
        rows = _bars.bars_frame(self._grid, names, columns).with_columns(
            source=pl.lit(NAME),
            timeframe=pl.lit(self.timeframe),
            adjustment=pl.lit(str(Adjustment.RAW)),
            currency=pl.lit("USD"),
        )
        if not self._grid.timeframe.intraday:
            rows = rows.with_columns(_later_by_publication())
        return SourceBatch.of(BARS, rows)


def _names(instruments: list[Instrument]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "instrument_id": [instrument.instrument_id for instrument in instruments],
            "symbol": [instrument.symbol for instrument in instruments],
        }
    )


def _later_by_publication() -> pl.Expr:
    available_at = pl.col("available_at")
    for symbol, delay in PUBLICATION_DELAY.items():
        late = pl.col("symbol") == symbol
        available_at = pl.when(late).then(available_at + delay).otherwise(available_at)
    return available_at
