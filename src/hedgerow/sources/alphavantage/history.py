"""The history of one instrument: its days, splits and dividends, by the fewest requests."""

from __future__ import annotations

import datetime as dt

import polars as pl

from hedgerow.domain.calendar import last_completed_session
from hedgerow.domain.currency import major_unit
from hedgerow.domain.instrument import Instrument
from hedgerow.errors import BadPayload, NotEntitled, NotFound
from hedgerow.sources.alphavantage.batches import Unit
from hedgerow.sources.alphavantage.client import AlphaVantageClient
from hedgerow.sources.alphavantage.matches import quoted_in
from hedgerow.sources.alphavantage.parse import (
    LIST,
    MATCHES,
    SERIES,
    Cells,
    Parsed,
    cells,
    read_days,
    read_dividends,
    read_splits,
)
from hedgerow.sources.alphavantage.symbols import MINOR_UNIT_EXCHANGES, vendor_symbol
from hedgerow.sources.alphavantage.window import COMPACT_ROWS, beyond_compact, falls_short
from hedgerow.sources.base import no_refusals
from hedgerow.sources.http import Reply


class History:
    """Asks for what happened to one instrument.

    Parameters
    ----------
    client
        Whom to ask.
    instrument
        Whose history.
    premium
        Whether the plan includes adjusted days and long answers.
    now
        The present.
    refresh
        Whether to ask even where an answer of today is kept.

    Raises
    ------
    NotFound
        The vendor has no prices of the exchange.
    """

    def __init__(
        self,
        client: AlphaVantageClient,
        instrument: Instrument,
        *,
        premium: bool,
        now: dt.datetime,
        refresh: bool = False,
    ) -> None:
        self.symbol = vendor_symbol(instrument)
        self._client = client
        self._instrument = instrument
        self._premium = premium
        self._now = now
        self._refresh = refresh
        self._through = last_completed_session(instrument.exchange, now)

    async def unit(self) -> Unit:
        """In what the vendor quotes the instrument; asked where it may be hundredths.

        Raises
        ------
        BadPayload
            It is another currency than the instrument's.
        NotFound
            The vendor does not say.
        """
        instrument = self._instrument
        if instrument.exchange not in MINOR_UNIT_EXCHANGES:
            return Unit(instrument.currency, 1.0)
        reply = await self._client.search(self.symbol)
        given = quoted_in(self.symbol, cells(reply.body, reply.where, MATCHES))
        currency, factor = major_unit(given)
        if currency != instrument.currency:
            raise BadPayload(
                f"alphavantage: {self.symbol} is quoted in {given}, but "
                f"{instrument.instrument_id} is known in {instrument.currency}; mend one of them",
                symbol=self.symbol,
                currency=given,
            )
        return Unit(currency, factor)

    async def days(self, start: dt.date) -> Parsed:
        """Daily rows that surely reach back to a day, and perhaps further.

        Raises
        ------
        NotEntitled
            The day lies before what the plan includes.
        """
        calendar = self._instrument.exchange
        if not beyond_compact(calendar, start, self._now):
            found = _about(await self._series(full=False), self.symbol)
            if not falls_short(found, calendar, start):
                return read_days(found)
        if not self._premium:
            raise NotEntitled(
                f"alphavantage sends the last {COMPACT_ROWS} days of {self.symbol} to a free key, "
                f"and {start} lies before them; with a paid key set "
                "HEDGEROW_ALPHAVANTAGE_PLAN=premium, or use another source",
                symbol=self.symbol,
                start=start,
            )
        return read_days(_about(await self._series(full=True), self.symbol))

    async def splits(self) -> Parsed:
        """All splits."""
        reply = await self._client.splits(self.symbol, through=self._through, refresh=self._refresh)
        return read_splits(cells(reply.body, reply.where, LIST))

    async def dividends(self) -> Parsed:
        """All dividends, with the dates around them."""
        reply = await self._client.dividends(
            self.symbol, through=self._through, refresh=self._refresh
        )
        return read_dividends(cells(reply.body, reply.where, LIST))

    async def actions(self, days: Parsed, start: dt.date, end: dt.date) -> tuple[Parsed, Parsed]:
        """Splits and dividends of a span.

        Parameters
        ----------
        days
            Daily rows of the span. Adjusted ones say themselves what went ex when; then the
            list of dividends is only asked for the dates around those.
        start, end
            First and last day.
        """
        if not self._premium:
            return await self.splits(), await self.dividends()
        rows = days.frame.filter(pl.col("date").is_between(start, end))
        splits = Parsed(rows.drop_nulls("ratio").select("date", "ratio"), no_refusals())
        paid = rows.drop_nulls("dividend").select("date", amount="dividend")
        if paid.is_empty():
            return splits, Parsed(paid, no_refusals())
        told = await self.dividends()
        known = told.frame.join(paid, on="date", how="semi")
        others = paid.join(told.frame, on="date", how="anti")
        return splits, Parsed(pl.concat([known, others], how="diagonal"), told.refused)

    async def _series(self, *, full: bool) -> Cells:
        ask = self._client.daily_adjusted if self._premium else self._client.daily
        reply: Reply = await ask(
            self.symbol, full=full, through=self._through, refresh=self._refresh
        )
        return cells(reply.body, reply.where, SERIES)


def _about(found: Cells, symbol: str) -> Cells:
    """Refuse an answer about another symbol, or without a day.

    Raises
    ------
    BadPayload
        It names another symbol.
    NotFound
        It has no rows.
    """
    given = found.facts.get("Symbol", symbol)
    if given.casefold() != symbol.casefold():
        raise BadPayload(
            f"{found.where}: asked for {symbol}, answered about {given}", where=found.where
        )
    if not found.height:
        raise NotFound(f"{found.where}: no prices of {symbol}", where=found.where)
    return found
