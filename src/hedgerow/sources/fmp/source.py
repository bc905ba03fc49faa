"""Financial Modeling Prep as a vendor of bars, actions, descriptions and company figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

import polars as pl

from hedgerow.credentials import require_credential
from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.calendar import sessions
from hedgerow.domain.currency import MINOR_UNITS
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import BARS, DIVIDENDS, SPLITS
from hedgerow.errors import BadPayload, DefinitionError, NotFound
from hedgerow.settings import Settings, load_settings
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.daily import daily_bars
from hedgerow.sources.fmp.bulk import BulkFiles
from hedgerow.sources.fmp.client import FmpClient
from hedgerow.sources.fmp.parse import (
    Parsed,
    read_dividends,
    read_prices,
    read_splits,
    the_one,
)
from hedgerow.sources.fmp.reports import Reports
from hedgerow.sources.fmp.snapshot import Profile
from hedgerow.sources.fmp.spelling import sent_symbol, typed_symbol
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest, Chunk, Vendor

# The vendor keeps the newest 5,000 rows of an answer without a word; 15 years have 3,780.
_WINDOW_YEARS = 15

_SUBUNITS = frozenset(major for major, _ in MINOR_UNITS.values())
_DAY = dt.timedelta(days=1)


class Fmp(Vendor):
    """Financial Modeling Prep's stable API.

    Raw bars are those that traded; with them come the splits and dividends of the company.
    Company figures are known from the acceptance of their report, as ``fundamentals`` says.
    Files of the whole market are under ``bulk``, for the plans that include them.

    Raw bars of a company cost three requests (15 years of prices, splits, dividends), its
    figures nine, or six on the free plan, which has 250 a day.

    Parameters
    ----------
    key
        API key; ``FMP_API_KEY`` by default.
    settings
        ``fmp_url``, ``fmp_plan`` (its limits are kept) and ``cache``; read from the
        environment by default.
    options
        Patience, folder and clock of the requests.

    Attributes
    ----------
    bulk
        The files of the whole market.

    Raises
    ------
    AuthError
        There is no key.
    """

    name: ClassVar[str] = "fmp"

    def __init__(
        self,
        key: str | None = None,
        *,
        settings: Settings | None = None,
        options: HttpOptions | None = None,
    ) -> None:
        chosen = settings or load_settings()
        self._options = options or HttpOptions(cache=chosen.cache)
        secret = key or require_credential("Financial Modeling Prep", "FMP_API_KEY")
        self._client = FmpClient(secret, chosen.fmp_url, chosen.fmp_plan, self._options)
        self._reports = Reports(self._client, self._options.clock, chosen.fmp_plan)
        self.bulk = BulkFiles(self._client, self._options.clock)

    def timeframes(self) -> frozenset[str]:
        """Days only."""
        return frozenset({"1d"})

    async def bars(self, request: BarsRequest) -> AsyncIterator[Chunk]:
        """Daily bars in chunks of at most 15 years, oldest first.

        Each answer is taken for whole only once the vendor, asked for what came before its
        oldest day, has nothing. The first chunk of raw bars brings the splits and dividends up
        to the last session asked for. ``vwap`` comes with split-adjusted bars only.

        Raises
        ------
        NotFound
            The vendor does not know the ticker.
        VendorError
            As the error tree says.
        """
        if request.timeframe.code != "1d":
            raise DefinitionError(
                f"fmp sends bars of 1d only, not of {request.timeframe.code}",
                timeframe=request.timeframe.code,
            )
        instrument, refresh = request.instrument, request.refresh
        spans = [span for span in _spans(request.start, request.end) if _held(instrument, *span)]
        if not spans:
            return
        factor = await self._price_factor(instrument, refresh=refresh)
        before: tuple[SourceBatch, ...] | None = None
        for start, end in spans:
            answer = await self._whole(request, start, end)
            if before is None:
                if answer.frame.is_empty() and answer.refused.is_empty():
                    continue  # not traded yet, or a ticker the vendor does not know
                before = await self._actions_of(request, factor)
            bars = self._bars(answer.frame, request, factor)
            yield Chunk((*before, SourceBatch.of(BARS, bars, refused=answer.refused)), end)
            before = ()
        if before is None:
            await self._profile(sent_symbol(instrument), refresh=refresh)
            yield Chunk((), spans[-1][1])

    async def actions(
        self, instruments: Sequence[Instrument], since: dt.date | None = None
    ) -> AsyncIterator[SourceBatch]:
        """Splits, then dividends, of companies one after the other: two requests each.

        Both are known from the open of their ex-date's session at the latest. Cash is per share
        as paid, on the basis of the ex-date. A company the vendor does not know has none.

        Raises
        ------
        VendorError
            As the error tree says.
        """
        last = self._options.clock().date()
        for instrument in instruments:
            try:
                factor = await self._price_factor(instrument)
            except NotFound:
                continue
            for batch in await self._actions(instrument, factor, since, last):
                if batch.frame.height + batch.refused.height:
                    yield batch

    async def describe(self, symbol: str) -> Instrument:
        """What the vendor knows of one ticker.

        Parameters
        ----------
        symbol
            As its exchange spells it (``BRK.X``), or as the vendor does (``ZQL.L``).

        Raises
        ------
        NotFound
            It does not know the ticker.
        DataError
            It trades where Hedgerow knows no calendar.
        """
        return (await self._profile(typed_symbol(symbol))).instrument()

    async def fundamentals(
        self, instrument: Instrument, *, refresh: bool = False
    ) -> tuple[SourceBatch, ...]:
        """Figures of one company: reports, ratios of each period, and today's snapshot.

        Parameters
        ----------
        instrument
            Whose figures.
        refresh
            Whether to ask even where an answer of today is kept.

        Returns
        -------
        tuple[SourceBatch, ...]
            For ``fundamentals``, in the currency of the reports. Lines of the income statement
            are known from its acceptance, ratios and key metrics from that of the same period's
            income statement, trailing and daily figures from the moment of asking. Annual
            (``FY``) and quarterly (``Q1`` … ``Q4``) periods; the free plan has five years only.
            A fund has no reports.

        Raises
        ------
        NotFound
            The vendor does not know the company.
        VendorError
            As the error tree says: all figures come, or none.

        Notes
        -----
        The vendor overwrites a restated report and keeps its acceptance, so a value may differ
        from what was first published. What has been loaded before tells.
        """
        profile = await self._profile(sent_symbol(instrument), refresh=refresh)
        return await self._reports.figures(instrument, profile, refresh=refresh)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _profile(self, symbol: str, *, refresh: bool = False) -> Profile:
        reply = await self._client.profile(symbol, refresh=refresh)
        row = the_one(reply.body, symbol, reply.where)
        if row is None:
            raise NotFound(f"fmp does not know {symbol}; check the ticker", symbol=symbol)
        return Profile(row, reply.where)

    async def _price_factor(self, instrument: Instrument, *, refresh: bool = False) -> float:
        """What prices are multiplied by; asked only where a market may quote in hundredths."""
        if instrument.currency not in _SUBUNITS:
            return 1.0
        profile = await self._profile(sent_symbol(instrument), refresh=refresh)
        currency, factor = profile.quoted_in()
        if currency != instrument.currency:
            raise BadPayload(
                f"fmp quotes {instrument.symbol} in {currency}, and the catalog in "
                f"{instrument.currency}; mend the instrument's currency",
                symbol=instrument.symbol,
                currency=currency,
            )
        return factor

    async def _whole(self, request: BarsRequest, start: dt.date, end: dt.date) -> Parsed:
        """Rows of a span, asked again for what is older than the oldest until there is none."""
        answer = await self._answer(request, start, end)
        rows, refused = [answer.frame], [answer.refused]
        while not rows[0].is_empty():
            before = rows[0]["date"][0] - _DAY
            if not _held(request.instrument, start, before):
                break
            answer = await self._answer(request, start, before)
            rows.insert(0, answer.frame)
            refused.append(answer.refused)
        return Parsed(pl.concat(rows), pl.concat(refused))

    async def _answer(self, request: BarsRequest, start: dt.date, end: dt.date) -> Parsed:
        symbol = sent_symbol(request.instrument)
        refresh = request.refresh
        while True:
            reply = await self._client.prices(
                symbol, start, end, request.adjustment, refresh=refresh
            )
            answer = read_prices(reply.body, symbol, reply.where)
            last = start - _DAY if answer.frame.is_empty() else answer.frame["date"][-1]
            if not reply.cached or not _held(request.instrument, last + _DAY, end):
                inside = pl.col("date").is_between(start, end)
                return Parsed(answer.frame.filter(inside), answer.refused)
            refresh = True  # kept this morning, before the session that is now asked for

    async def _actions_of(self, request: BarsRequest, factor: float) -> tuple[SourceBatch, ...]:
        """What explains the jumps of raw prices; other prices need no explanation."""
        if request.adjustment is not Adjustment.RAW:
            return ()
        return await self._actions(
            request.instrument, factor, None, request.end, refresh=request.refresh
        )

    def _bars(self, rows: pl.DataFrame, request: BarsRequest, factor: float) -> pl.DataFrame:
        instrument = request.instrument
        prices = ("open", "high", "low", "close", "vwap")
        priced = rows if factor == 1.0 else rows.with_columns(pl.col(prices) * factor)
        return daily_bars(
            priced,
            instrument,
            self.name,
            now=self._options.clock(),
            adjustment=request.adjustment,
        )

    async def _actions(
        self,
        instrument: Instrument,
        factor: float,
        since: dt.date | None,
        last: dt.date,
        *,
        refresh: bool = False,
    ) -> tuple[SourceBatch, SourceBatch]:
        symbol = sent_symbol(instrument)
        sent = await self._client.actions("splits", symbol, refresh=refresh)
        splits = read_splits(sent.body, symbol, sent.where)
        sent = await self._client.actions("dividends", symbol, refresh=refresh)
        dividends = read_dividends(sent.body, symbol, sent.where)
        kept = pl.col("ex_date").is_between(since or dt.date.min, last)
        opens = sessions(instrument.exchange).select(ex_date="session", available_at="open")

        def of_the_company(rows: pl.DataFrame) -> pl.DataFrame:
            dated = rows.filter(kept).join(opens, on="ex_date", how="left", maintain_order="left")
            return dated.with_columns(
                instrument_id=pl.lit(instrument.instrument_id),
                symbol=pl.lit(instrument.symbol),
                source=pl.lit(self.name),
            )

        cash = of_the_company(dividends.frame).with_columns(
            pl.col("amount") * factor, currency=pl.lit(instrument.currency), kind=pl.lit("cash")
        )
        return (
            SourceBatch.of(SPLITS, of_the_company(splits.frame), refused=splits.refused),
            SourceBatch.of(DIVIDENDS, cash, refused=dividends.refused),
        )


def _spans(start: dt.date, end: dt.date) -> list[tuple[dt.date, dt.date]]:
    """Spans of at most the window that follow one another."""
    spans = []
    while start <= end:
        after = dt.date(start.year + _WINDOW_YEARS, 1, 1)
        spans.append((start, min(end, after - _DAY)))
        start = after
    return spans


def _held(instrument: Instrument, start: dt.date, end: dt.date) -> bool:
    """Whether the exchange held a session in a span."""
    session = pl.col("session")
    return sessions(instrument.exchange).filter(session.is_between(start, end)).height > 0
