"""Cboe as a vendor of index bars."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import ClassVar

import polars as pl

from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.domain.schemas import BARS
from hedgerow.errors import DefinitionError, NotFound
from hedgerow.settings import Settings, load_settings
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.cboe.client import CboeClient
from hedgerow.sources.cboe.parse import History, parse_history
from hedgerow.sources.daily import daily_bars
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest, Chunk, Vendor

# Files that Cboe has published for years; others are looked for when they are asked for.
INDICES: dict[str, str] = {
    "OVX": "Cboe Crude Oil ETF Volatility Index",
    "GVZ": "Cboe Gold ETF Volatility Index",
    "RVX": "Cboe Russell 2000 Volatility Index",
    "SKEW": "Cboe SKEW Index",
    "SPX": "S&P 500",
    "VIX": "Cboe Volatility Index",
    "VIX3M": "Cboe 3-Month Volatility Index",
    "VIX6M": "Cboe 6-Month Volatility Index",
    "VIX9D": "Cboe 9-Day Volatility Index",
    "VVIX": "Cboe VIX of VIX Index",
    "VXN": "Cboe Nasdaq-100 Volatility Index",
}


class Cboe(Vendor):
    """Daily histories of the VIX, the S&P 500 and other indices, from Cboe's public files.

    Bars are raw: an index has no splits. There is no volume, and for some indices (SPX, SKEW)
    only a close. Rows on days without a session stay, without ``available_at``, for the lake's
    gate to name them. A VIX bar is known a quarter of an hour after the session's close.

    Parameters
    ----------
    settings
        ``cboe_url`` and ``cache``; read from the environment by default.
    options
        Patience, folder and clock of the requests.
    """

    name: ClassVar[str] = "cboe"

    def __init__(
        self, *, settings: Settings | None = None, options: HttpOptions | None = None
    ) -> None:
        chosen = settings or load_settings()
        self._options = options or HttpOptions(cache=chosen.cache)
        self._client = CboeClient(chosen.cboe_url, self._options)

    def timeframes(self) -> frozenset[str]:
        """Days only."""
        return frozenset({"1d"})

    async def bars(self, request: BarsRequest) -> AsyncIterator[Chunk]:
        """Bars of an index in one chunk.

        The chunk answers for sessions up to the last row that Cboe has published, if that is
        before the end asked for.

        Raises
        ------
        NotFound
            The instrument is no index, or Cboe has no file of it.
        VendorError
            As the error tree says.
        """
        if request.timeframe.code != "1d":
            raise DefinitionError(
                f"cboe sends bars of 1d only, not of {request.timeframe}",
                timeframe=request.timeframe.code,
            )
        symbol = _file_name(request.instrument)
        history = await self._history(symbol, request)
        last = history.rows["date"].max()
        through = min(request.end, last) if isinstance(last, dt.date) else None
        if through is None or through < request.start:
            return
        asked = history.rows.filter(pl.col("date").is_between(request.start, request.end))
        bars = daily_bars(asked, request.instrument, self.name, now=self._options.clock())
        yield Chunk((SourceBatch.of(BARS, bars, refused=history.refused),), through)

    async def describe(self, symbol: str) -> Instrument:
        """The index of a ticker such as ``VIX`` or ``^VIX``.

        Raises
        ------
        NotFound
            Cboe has no file of it.
        """
        ticker = symbol.strip().lstrip("^").upper()
        if ticker not in INDICES:
            reply = await self._client.history(ticker)
            parse_history(reply.body, ticker, reply.where)
        name = INDICES.get(ticker, "")
        return Instrument.of(ticker, kind=InstrumentKind.INDEX, name=name, region="US")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _history(self, symbol: str, request: BarsRequest) -> History:
        reply = await self._client.history(symbol, refresh=request.refresh)
        history = parse_history(reply.body, symbol, reply.where)
        if reply.cached and _ends_before(history, request.end):
            # Kept this morning, before the session that is now asked for.
            reply = await self._client.history(symbol, refresh=True)
            history = parse_history(reply.body, symbol, reply.where)
        return history


def _ends_before(history: History, end: dt.date) -> bool:
    last = history.rows["date"].max()
    return not isinstance(last, dt.date) or last < end


def _file_name(instrument: Instrument) -> str:
    ticker = instrument.symbol.lstrip("^").upper()
    if instrument.kind is not InstrumentKind.INDEX and ticker not in INDICES:
        raise NotFound(
            f"cboe sends indices; {instrument.symbol} is of kind {instrument.kind}",
            symbol=instrument.symbol,
        )
    return ticker
