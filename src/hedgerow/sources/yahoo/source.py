"""Yahoo as a vendor of bars, splits and dividends."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.calendar import sessions, time_zone
from hedgerow.domain.currency import major_unit
from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.domain.schemas import BARS
from hedgerow.errors import (
    BadPayload,
    DataError,
    DefinitionError,
    Incomplete,
    NotEntitled,
    NotFound,
)
from hedgerow.settings import Settings, load_settings
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest, Chunk, Vendor
from hedgerow.sources.yahoo.batches import (
    bar_rows,
    dated_splits,
    dividend_batch,
    refused_rows,
    split_batch,
)
from hedgerow.sources.yahoo.client import YahooClient
from hedgerow.sources.yahoo.parse import Chart, parse_chart
from hedgerow.sources.yahoo.symbols import (
    exchange_of,
    our_symbol,
    typed_symbol,
    yahoo_symbol,
)

_DAY = dt.timedelta(days=1)
_HALF_A_DAY = 43_200

_KINDS = {
    "CURRENCY": InstrumentKind.FX,
    "EQUITY": InstrumentKind.EQUITY,
    "ETF": InstrumentKind.ETF,
    "INDEX": InstrumentKind.INDEX,
    "MUTUALFUND": InstrumentKind.ETF,
}


@dataclass(frozen=True)
class Span:
    """How far back Yahoo keeps bars of a length, and how many days it sends at once."""

    interval: str
    kept: dt.timedelta
    at_once: dt.timedelta


# 30m is left out: Yahoo has sent bars of another length for it.
_INTRADAY: dict[str, Span] = {
    "1m": Span("1m", 29 * _DAY, 7 * _DAY),
    "5m": Span("5m", 59 * _DAY, 59 * _DAY),
    "15m": Span("15m", 59 * _DAY, 59 * _DAY),
    "1h": Span("1h", 729 * _DAY, 700 * _DAY),
}


class Yahoo(Vendor):
    """Bars with their splits and dividends from Yahoo Finance, which promises nothing.

    Yahoo restates prices and dividends for every split up to today. Unless another adjustment
    is asked for, the splits of the same answer are undone, so that bars are raw (as traded) and
    a later split changes none of them. With ``adjustment`` SPLIT bars are as sent, with TOTAL
    restated for dividends as well; then no events come with them.

    Pence and other minor units become the currency. A day for which Yahoo sends two rows counts
    once: the later one with a close; the other is refused as ``duplicate_key``. A day for which
    it sends nulls only is left out, so that it shows as a missing session. Minutes before, after
    and beside the sessions' own are left out, for they were not asked for.

    Parameters
    ----------
    settings
        ``yahoo_url`` and ``cache``; read from the environment by default.
    options
        Patience, folder and clock of the requests.

    Raises
    ------
    DefinitionError
        yfinance is not installed.
    """

    name: ClassVar[str] = "yahoo"

    def __init__(
        self, *, settings: Settings | None = None, options: HttpOptions | None = None
    ) -> None:
        chosen = settings or load_settings()
        self._options = options or HttpOptions(cache=chosen.cache)
        self._client = YahooClient(chosen.yahoo_url, self._options)

    def timeframes(self) -> frozenset[str]:
        """Days, and the lengths of which Yahoo keeps the last weeks or, of hours, two years."""
        return frozenset({"1d", *_INTRADAY})

    async def bars(self, request: BarsRequest) -> AsyncIterator[Chunk]:
        """Bars with the events of their span: days in one chunk, others in one a window.

        Raises
        ------
        NotFound
            Yahoo says that it does not know the ticker, which may be delisted.
        Incomplete
            Yahoo knows the ticker but sends no price at all for a span with sessions; or, after
            the chunks that it has, it keeps no bars of that length so far back.
        NotEntitled
            It no longer keeps any bar of that length of the span.
        RateLimited
            Too many requests, still after minutes of rest.
        VendorError
            As the error tree says.
        """
        code = request.timeframe.code
        if code not in self.timeframes():
            raise DefinitionError(
                f"yahoo sends bars of {', '.join(sorted(self.timeframes()))}, not of {code}",
                timeframe=code,
            )
        # The daily answer up to today also holds the splits that other lengths are restated for.
        days = await self._daily(request)
        if code == "1d":
            chunk = self._chunk(days, days, request, request.start, request.end)
            if chunk is not None:
                yield chunk
            return
        kept_from = self._kept_from(request)
        for first, last in _windows(request, kept_from):
            minutes = await self._intraday(request, first, last)
            chunk = self._chunk(minutes, days, request, first, last)
            if chunk is not None:
                yield chunk
        if request.start < kept_from:
            raise Incomplete(
                f"yahoo keeps bars of {code} since {kept_from} only, and {request.start} was "
                "asked for; ask from there on, or allow gaps",
                symbol=request.instrument.symbol,
                earliest=kept_from,
            )

    async def describe(self, symbol: str) -> Instrument:
        """What Yahoo knows of a ticker: ``ZQX``, ``BRK.B``, or its own spelling as ``ZQL.L``.

        Raises
        ------
        NotFound
            Yahoo does not know it, or lists it where sessions are not known.
        """
        theirs = typed_symbol(symbol.strip())
        reply = await self._client.chart(theirs, interval="1d")
        meta = parse_chart(reply.body, reply.where).meta
        code = str(meta.get("exchangeName", ""))
        exchange, kind = exchange_of(code), _KINDS.get(str(meta.get("instrumentType", "")))
        if exchange is None or kind is None:
            raise NotFound(
                f"yahoo lists {symbol} on {code or 'no exchange'} as "
                f"{meta.get('instrumentType', 'nothing')}, of which the sessions are not known",
                symbol=symbol,
            )
        return Instrument.of(
            our_symbol(theirs),
            exchange=exchange,
            currency=_unit(meta.get("currency"), symbol)[0],
            kind=kind,
            name=str(meta.get("longName") or meta.get("shortName") or ""),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _daily(self, request: BarsRequest) -> Chart:
        # The same until midnight, so that a second asking finds the answer kept.
        tomorrow = self._options.clock().date() + _DAY
        symbol = yahoo_symbol(request.instrument)
        first, last = _seconds(request.start - _DAY), _seconds(tomorrow + _DAY)
        for refresh in (request.refresh, True):
            reply = await self._client.chart(
                symbol, interval="1d", first=first, last=last, refresh=refresh
            )
            chart = parse_chart(reply.body, reply.where)
            if not (reply.cached and _older_than(chart, request)):
                return chart
        raise AssertionError("unreachable: a refreshed answer is not a kept one")

    async def _intraday(self, request: BarsRequest, first: dt.date, last: dt.date) -> Chart:
        code = request.timeframe.code
        reply = await self._client.chart(
            yahoo_symbol(request.instrument),
            interval=_INTRADAY[code].interval,
            # In Sydney a session begins on the day before, in UTC.
            first=_seconds(first) - _HALF_A_DAY,
            last=_seconds(last + _DAY),
            # Kept answers of minutes may be of the middle of a session.
            refresh=request.refresh or last >= self._options.clock().date() - _DAY,
        )
        return parse_chart(reply.body, reply.where)

    def _kept_from(self, request: BarsRequest) -> dt.date:
        """First day of which Yahoo still has bars of a length below a day.

        Raises
        ------
        NotEntitled
            All of the span lies before it.
        """
        code = request.timeframe.code
        kept_from = self._options.clock().date() - _INTRADAY[code].kept
        if request.end < kept_from:
            raise NotEntitled(
                f"yahoo keeps bars of {code} since {kept_from} only, not of {request.start} to "
                f"{request.end}: use another source",
                symbol=request.instrument.symbol,
                earliest=kept_from,
            )
        return kept_from

    def _chunk(
        self, chart: Chart, days: Chart, request: BarsRequest, first: dt.date, last: dt.date
    ) -> Chunk | None:
        """Rows and events of a span; None where nothing of it can be answered for."""
        instrument, length = request.instrument, request.timeframe
        if chart.rows.is_empty():
            self._check_empty(chart, days, request, first, last)
            return Chunk((), last)
        _check_meta(chart, request)
        unit, factor = _unit(chart.meta["currency"], instrument.symbol)
        splits = dated_splits(days.splits, instrument.exchange)
        rows, twice = bar_rows(chart.rows, splits, request, factor)
        inside = pl.col("session").is_between(first, last)
        # A day of nulls only is no bar: the check of coverage is to see a hole there.
        priced = pl.any_horizontal(pl.col("open", "high", "low", "close").is_not_null())
        rows = rows.filter(inside, priced, pl.col("available_at").is_null() | self._is_known())
        reached = rows.drop_nulls("close")["session"].max()
        if not isinstance(reached, dt.date):
            self._check_empty(chart, days, request, first, last)
            return Chunk((), last)
        named = rows.with_columns(
            source=pl.lit(self.name),
            timeframe=pl.lit(length.code),
            instrument_id=pl.lit(instrument.instrument_id),
            symbol=pl.lit(instrument.symbol),
            adjustment=pl.lit(str(request.adjustment)),
            currency=pl.lit(unit),
        )
        bars = SourceBatch.of(BARS, named, refused=refused_rows(twice, instrument, first, last))
        through = last if _no_session_after(reached, last, instrument.exchange) else reached
        if request.adjustment is not Adjustment.RAW:
            return Chunk((bars,), through)
        events = (
            split_batch(splits, instrument, self.name, first, through),
            dividend_batch(days, splits, instrument, (unit, factor), self.name, first, through),
        )
        return Chunk((*(batch for batch in events if batch.frame.height), bars), through)

    def _is_known(self) -> pl.Expr:
        return pl.col("available_at") <= self._options.clock()

    def _check_empty(
        self, chart: Chart, days: Chart, request: BarsRequest, first: dt.date, last: dt.date
    ) -> None:
        """Refuse an answer without prices where there were sessions.

        Raises
        ------
        Incomplete
            Yahoo does not say that there are none.
        """
        if not chart.meta:
            return  # its own words: no data exist for the span
        meta = chart.meta or days.meta
        began = meta.get("firstTradeDate")
        if isinstance(began, int):
            first = max(first, dt.datetime.fromtimestamp(began, dt.UTC).date())
        held = sessions(request.instrument.exchange).filter(
            pl.col("session").is_between(first, last), pl.col("close") <= self._options.clock()
        )
        if held.height:
            raise Incomplete(
                f"yahoo sent no price of {request.instrument.symbol} from {first} to {last}, in "
                f"which {held.height} sessions lie; ask again later, or another source",
                symbol=request.instrument.symbol,
            )


def _windows(request: BarsRequest, kept_from: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    """Spans of days that Yahoo sends at once, oldest first."""
    first = max(request.start, kept_from)
    while first <= request.end:
        last = min(request.end, first + _INTRADAY[request.timeframe.code].at_once - _DAY)
        yield first, last
        first = last + _DAY


def _older_than(chart: Chart, request: BarsRequest) -> bool:
    """Whether an answer was given before the session that is asked for last had closed."""
    exchange = request.instrument.exchange
    held = sessions(exchange).filter(pl.col("session") <= request.end)
    quoted = chart.meta.get("regularMarketTime")
    if held.is_empty() or not isinstance(quoted, int):
        return True
    close = held["close"][-1]
    assert isinstance(close, dt.datetime)
    return quoted < close.timestamp()


def _check_meta(chart: Chart, request: BarsRequest) -> None:
    """Refuse an answer of other bars than were asked for.

    Raises
    ------
    BadPayload
        Its currency, its time zone or the length of its bars is another.
    """
    instrument = request.instrument
    sent, asked = chart.meta.get("dataGranularity"), request.timeframe.code
    if sent not in (None, asked, "60m" if asked == "1h" else asked):
        raise BadPayload(f"yahoo sent bars of {sent} for {asked}", symbol=instrument.symbol)
    unit, _ = _unit(chart.meta.get("currency"), instrument.symbol)
    if unit != instrument.currency:
        raise BadPayload(
            f"yahoo quotes {instrument.symbol} in {unit}, not in {instrument.currency}: it may be "
            "another share; check its exchange",
            symbol=instrument.symbol,
        )
    zone = chart.meta.get("exchangeTimezoneName")
    if instrument.kind is InstrumentKind.INDEX:
        return  # an index may be dated by another city of the same country, as the VIX by Chicago
    if zone != time_zone(instrument.exchange):
        raise BadPayload(
            f"yahoo dates {instrument.symbol} by {zone}, not by the time of "
            f"{instrument.exchange}: it may be another share; check its exchange",
            symbol=instrument.symbol,
        )


def _unit(currency: object, symbol: str) -> tuple[str, float]:
    try:
        return major_unit(str(currency))
    except DataError:
        raise BadPayload(
            f"yahoo quotes {symbol} in {currency!r}, which is no currency", symbol=symbol
        ) from None


def _no_session_after(day: dt.date, last: dt.date, exchange: str) -> bool:
    between = pl.col("session").is_between(day, last, closed="right")
    return sessions(exchange).filter(between).is_empty()


def _seconds(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(), dt.UTC).timestamp())
