"""FRED as a vendor of macroeconomic series and of the closes of some indices."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

import polars as pl

from hedgerow.credentials import credential
from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.domain.schemas import BARS, MACRO
from hedgerow.errors import AuthError, BadPayload, DefinitionError, Incomplete, NotFound
from hedgerow.settings import Settings, load_settings
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.fred.client import FIRST_DAY, LAST_DAY, FredClient
from hedgerow.sources.fred.known import UNREVISED, known_after_publication, known_next_session
from hedgerow.sources.fred.parse import (
    Observations,
    parse_chart,
    parse_observations,
    parse_page,
)
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest, Chunk, Vendor

# Our name of an index: the series that holds its closes, its exchange and its full name.
INDEX_SERIES: dict[str, tuple[str, str, str]] = {
    "DJI": ("DJIA", "XNYS", "Dow Jones Industrial Average"),
    "GVZ": ("GVZCLS", "XNYS", "Cboe Gold ETF Volatility Index"),
    "IXIC": ("NASDAQCOM", "XNAS", "Nasdaq Composite"),
    "NDX": ("NASDAQ100", "XNAS", "Nasdaq-100"),
    "OVX": ("OVXCLS", "XNYS", "Cboe Crude Oil ETF Volatility Index"),
    "RVX": ("RVXCLS", "XNYS", "Cboe Russell 2000 Volatility Index"),
    "SPX": ("SP500", "XNYS", "S&P 500"),
    "VIX": ("VIXCLS", "XNYS", "Cboe Volatility Index"),
    "VXN": ("VXNCLS", "XNYS", "Cboe Nasdaq-100 Volatility Index"),
}

# The oldest version that FRED keeps of anything is of the 1920s.
_FIRST_VERSION = dt.date(1927, 1, 1)
# A daily series that is this far behind has stopped, or the answer is old.
_STALE = dt.timedelta(days=10)


class Fred(Vendor):
    """Macroeconomic series with every revision, and daily closes of the VIX and other indices.

    With a key, every version of a revised series comes with the day it was published: it is
    known from the end of that day in St. Louis. Daily market series (``UNREVISED``) are known
    from the close of the New York session after the day they are about. Without a key only
    those can be had, for the files without a key do not tell when a value was published.

    ``SP500`` reaches back ten years only, by FRED's agreement with its owner: what the lake
    holds from earlier stays there, and a later beginning is no fault.

    Parameters
    ----------
    key
        Key to the API; by default that of ``FRED_API_KEY``, if there is one.
    settings
        ``fred_url``, ``fred_files_url`` and ``cache``; read from the environment by default.
    options
        Patience, folder and clock of the requests.
    """

    name: ClassVar[str] = "fred"

    def __init__(
        self,
        key: str | None = None,
        *,
        settings: Settings | None = None,
        options: HttpOptions | None = None,
    ) -> None:
        chosen = settings or load_settings()
        key = key or credential("FRED_API_KEY")
        self._has_key = key is not None
        self._options = options or HttpOptions(cache=chosen.cache)
        self._client = FredClient(key, chosen, self._options)

    async def macro(
        self,
        series: Sequence[str],
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        refresh: bool = False,
    ) -> SourceBatch:
        """Values of series with the instants from which they were known.

        Parameters
        ----------
        series
            FRED's names, such as ``CPIAUCSL``.
        start, end
            First and last day that values are about; all by default. A revision of an earlier
            value is only seen where ``start`` is before it.
        refresh
            Whether to ask even where today's answer is kept.

        Returns
        -------
        SourceBatch
            For ``macro``; a revision is a further row of the same date.

        Raises
        ------
        AuthError
            The key is refused, or a revised series was asked for without one.
        NotFound
            FRED has no such series.
        Incomplete
            A daily series ends well before ``end``.
        VendorError
            As the error tree says.
        """
        parts = [await self._one(name.upper(), start, end, refresh=refresh) for name in series]
        if not parts:
            raise DefinitionError("no series was named: give FRED's names, such as VIXCLS")
        rows = pl.concat([rows for rows, _ in parts])
        refused = pl.concat([refused for _, refused in parts])
        return SourceBatch.of(MACRO, rows.with_columns(source=pl.lit(self.name)), refused=refused)

    def timeframes(self) -> frozenset[str]:
        """Days only."""
        return frozenset({"1d"})

    async def bars(self, request: BarsRequest) -> AsyncIterator[Chunk]:
        """Closes of an index in one chunk, each known a session later.

        The chunk answers for sessions up to the last value, if that is before the end.

        Raises
        ------
        NotFound
            FRED has no closes of the instrument.
        VendorError
            As the error tree says.
        """
        if request.timeframe.code != "1d":
            raise DefinitionError(
                f"fred sends values of 1d only, not of {request.timeframe}",
                timeframe=request.timeframe.code,
            )
        series, *_ = _index(request.instrument.symbol)
        found = await self._values(
            series, request.start, request.end, refresh=request.refresh, wanted=request.end
        )
        last = found.rows["date"].max()
        if not isinstance(last, dt.date):
            return
        bars = _bars(found.rows, request, self.name)
        through = min(request.end, last)
        yield Chunk((SourceBatch.of(BARS, bars, refused=found.refused),), through)

    async def describe(self, symbol: str) -> Instrument:
        """The index of a ticker such as ``VIX`` or ``^VIX``; nobody is asked.

        Raises
        ------
        NotFound
            FRED has no closes of it.
        """
        _, exchange, name = _index(symbol)
        ticker = symbol.lstrip("^").upper()
        kind = InstrumentKind.INDEX
        return Instrument.of(ticker, exchange=exchange, kind=kind, name=name, region="US")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _one(
        self, series: str, start: dt.date | None, end: dt.date | None, *, refresh: bool
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        if series in UNREVISED:
            wanted = min(end or LAST_DAY, self._options.clock().date()) - _STALE
            found = await self._values(series, start, end, refresh=refresh, wanted=wanted)
            _check_end(found.rows, series, start, wanted)
            known = known_next_session(found.rows)
        elif self._has_key:
            found = await self._versions(series, start, end, refresh=refresh)
            known = known_after_publication(found.rows)
        else:
            raise AuthError(
                f"fred tells when {series} was published and revised only to who has a key: set "
                "FRED_API_KEY in the environment or in .env",
                series=series,
            )
        named = known.with_columns(series=pl.lit(series)).select(
            "series", "date", "available_at", "value"
        )
        return named, found.refused

    async def _values(
        self,
        series: str,
        start: dt.date | None,
        end: dt.date | None,
        *,
        refresh: bool,
        wanted: dt.date,
    ) -> Observations:
        """Values as they stand; asked again where an answer kept today ends too early."""
        found, kept = await self._current(series, start, end, refresh=refresh)
        last = found.rows["date"].max()
        if kept and (not isinstance(last, dt.date) or last < wanted):
            found, _ = await self._current(series, start, end, refresh=True)
        return found

    async def _current(
        self, series: str, start: dt.date | None, end: dt.date | None, *, refresh: bool
    ) -> tuple[Observations, bool]:
        if self._has_key:
            return await self._pages(series, start, end, None, refresh=refresh)
        reply = await self._client.chart(series, start=start, end=end, refresh=refresh)
        return parse_chart(reply.body, series, reply.where), reply.cached

    async def _versions(
        self,
        series: str,
        start: dt.date | None,
        end: dt.date | None,
        *,
        refresh: bool,
        since: dt.date = FIRST_DAY,
        until: dt.date = LAST_DAY,
    ) -> Observations:
        """Every version; where FRED holds too many for one answer, half by half."""
        try:
            return (await self._pages(series, start, end, (since, until), refresh=refresh))[0]
        except BadPayload as refusal:
            low = max(since, _FIRST_VERSION)
            high = min(until, self._options.clock().date())
            if not refusal.facts.get("too_many_vintages") or high <= low:
                raise
        middle = low + (high - low) // 2
        halves = [
            await self._versions(series, start, end, refresh=refresh, since=a, until=b)
            for a, b in ((since, middle), (middle + dt.timedelta(days=1), until))
        ]
        return Observations(
            pl.concat([half.rows for half in halves]), pl.concat([half.refused for half in halves])
        )

    async def _pages(
        self,
        series: str,
        start: dt.date | None,
        end: dt.date | None,
        published: tuple[dt.date, dt.date] | None,
        *,
        refresh: bool,
    ) -> tuple[Observations, bool]:
        pages = []
        offset: int | None = 0
        kept = False
        where = f"fred {series}"
        while offset is not None:
            reply = await self._client.observations(
                series, start=start, end=end, published=published, offset=offset, refresh=refresh
            )
            kept |= reply.cached
            pages.append(parse_page(reply.body, offset, where))
            offset = pages[-1].following
        return parse_observations(pages, series, where), kept


def _index(symbol: str) -> tuple[str, str, str]:
    found = INDEX_SERIES.get(symbol.lstrip("^").upper())
    if found is None:
        raise NotFound(
            f"fred has no closes of {symbol}; it has {', '.join(sorted(INDEX_SERIES))}",
            symbol=symbol,
        )
    return found


def _bars(rows: pl.DataFrame, request: BarsRequest, source: str) -> pl.DataFrame:
    instrument = request.instrument
    asked = rows.filter(pl.col("date").is_between(request.start, request.end))
    return known_next_session(asked).select(
        source=pl.lit(source),
        timeframe=pl.lit("1d"),
        instrument_id=pl.lit(instrument.instrument_id),
        timestamp=pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        adjustment=pl.lit(str(Adjustment.RAW)),
        symbol=pl.lit(instrument.symbol),
        session=pl.col("date"),
        available_at="available_at",
        close=pl.col("value"),
        currency=pl.lit(instrument.currency),
    )


def _check_end(rows: pl.DataFrame, series: str, start: dt.date | None, wanted: dt.date) -> None:
    """Refuse a daily series that stopped.

    Raises
    ------
    Incomplete
        Its last value is well before the end asked for.
    """
    last = rows["date"].max()
    ended = last if isinstance(last, dt.date) else start or FIRST_DAY
    if ended < wanted:
        raise Incomplete(
            f"fred {series}: the values end on {ended}, though they should reach {wanted} at "
            "least; ask again later, or another source",
            series=series,
            last=ended,
        )
