"""The front door: one object that reads, writes and asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from hedgerow.domain import Adjust, Instrument, InstrumentKind, Timeframe
from hedgerow.domain.market import PRICES, TRADED, Market
from hedgerow.domain.schemas import FX_RATES
from hedgerow.errors import DataError, did_you_mean
from hedgerow.sources.vendor import Vendor
from hedgerow.workspace.actions import known
from hedgerow.workspace.adjust import adjusted, event_columns, price_factors
from hedgerow.workspace.checking import Checking
from hedgerow.workspace.companies import Companies
from hedgerow.workspace.currency import converted
from hedgerow.workspace.gathering import Gathered, gather
from hedgerow.workspace.loading import Loading
from hedgerow.workspace.reads import Read, read
from hedgerow.workspace.request import (
    Day,
    Instant,
    Request,
    read_request,
    within,
)
from hedgerow.workspace.sql import run_sql
from hedgerow.workspace.symbols import Symbols

_BAR_COLUMNS = (
    "instrument_id",
    "symbol",
    "source",
    "timeframe",
    "timestamp",
    "session",
    "available_at",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "vwap",
    "trade_count",
    "currency",
    "adjustment",
)


class Workspace(Loading, Companies, Checking):
    """A lake and a catalog in one folder: everything Hedgerow knows.

    Parameters
    ----------
    path
        Folder to keep them in, and the reports; made when it does not exist.
    lake
        Place of the lake where it is not in the folder, such as ``s3://bucket/prefix``;
        ``settings.lake_uri`` by default.
    catalog
        SQLAlchemy URL of the catalog where it is not in the folder; ``settings.catalog_url`` by
        default.
    settings
        Settings to use instead of the process's own.

    Raises
    ------
    StoreError
        The folder cannot be made or read.

    Examples
    --------
    >>> import tempfile
    >>> Workspace(tempfile.mkdtemp()).lake.tables()
    []
    """

    def bars(
        self,
        symbols: Symbols = None,
        start: Day = None,
        end: Day = None,
        timeframe: str | Timeframe = "1d",
        *,
        adjust: str | Adjust = Adjust.NONE,
        as_of: Instant = None,
        source: str | None = None,
        currency: str | None = None,
    ) -> pl.LazyFrame:
        """Bars of some instruments, one source and one adjustment each.

        Parameters
        ----------
        symbols
            Tickers in one text (``"AAPL MSFT"``) or a list, or names of universes; None for
            every instrument. A ticker means the instrument that had it on ``end``.
        start, end
            First and last session, both included.
        timeframe
            Length of the bars.
        adjust
            ``none`` as stored, ``splits`` or ``total`` restated for the actions known at
            ``as_of``. Series that their vendor has adjusted stay as they are; the column
            ``adjustment`` tells.
        as_of
            Instant (or session date) whose knowledge counts: bars, splits, dividends and
            exchange rates available by then, in the version held then. The present by
            default.
        source
            Source to read instead of the preferred one; no other fills what it lacks.
        currency
            Currency to give prices in, such as ``USD``, instead of their own. Each bar is
            converted at the last rate published when it was known, at most seven days old,
            through the euro where the pair itself is not quoted.

        Returns
        -------
        pl.LazyFrame
            ``instrument_id, symbol, source, timeframe, timestamp, session, available_at,
            open, high, low, close, volume, vwap, trade_count, currency, adjustment``, sorted
            by instrument and time. Open, high, low and volume are null where the source has
            only closes. Prices are in ``currency``; where no exchange rate was known they are
            null. Volume is never converted.

        Raises
        ------
        DataError
            A symbol or a date is not known, or a currency has no exchange rates.
        DefinitionError
            The timeframe, the adjustment or the currency is not known.

        Notes
        -----
        The source is the first of ``settings.source_priority`` that has bars in the span.
        Sessions of raw prices that it lacks come from the next source, if the closes of the
        two differ by at most 50 basis points on each of the 20 common sessions before (or the
        first 20, where there are not so many before). The column ``source`` tells, ``seams``
        lists the changes.

        Examples
        --------
        >>> import tempfile
        >>> from hedgerow.sources import SampleOhlcv
        >>> ws = Workspace(tempfile.mkdtemp())
        >>> done = ws.ingest(SampleOhlcv())
        >>> ws.bars("AAPL", "2005-02-25", "2005-02-28", adjust="splits").collect()["close"][0]
        44.495
        """
        request = read_request(timeframe, adjust, start, end, as_of, currency)
        found = self._read(request, self._asked(symbols, request), source)
        factored = price_factors(
            found.rows, found.all_rows, found.splits, found.dividends, request.adjust
        )
        bars = adjusted(factored).pipe(within, request).select(_BAR_COLUMNS)
        return self._in_currency(bars, request, (*PRICES, "vwap"))

    def seams(
        self,
        symbols: Symbols = None,
        start: Day = None,
        end: Day = None,
        timeframe: str | Timeframe = "1d",
        *,
        as_of: Instant = None,
    ) -> pl.DataFrame:
        """Where a read goes over to another source; parameters as for ``bars``.

        Returns
        -------
        pl.DataFrame
            ``instrument_id, from_source, to_source, session`` (the first session that comes
            from ``to_source``), sorted by instrument and session.

        Raises
        ------
        DataError
            There are no such bars.
        """
        request = read_request(timeframe, Adjust.NONE, start, end, as_of)
        found = self._read(request, self._asked(symbols, request), None)
        return within(found.seams.lazy(), request).collect()

    def market(
        self,
        symbols: Symbols = None,
        start: Day = None,
        end: Day = None,
        timeframe: str | Timeframe = "1d",
        *,
        adjust: str | Adjust = Adjust.SPLITS,
        as_of: Instant = None,
        source: str | None = None,
        currency: str | None = None,
    ) -> Market:
        """Everything a strategy needs to decide and trade; parameters as for ``bars``.

        Returns
        -------
        Market
            Adjusted prices for signals, prices as traded with splits and dividends as
            events for fills, and the other series of the workspace as context. History
            before ``start`` is kept for look-backs. Indices are left out unless named. With
            a ``currency``, prices and dividends are in it, bars without a known exchange rate
            are left out, and context stays in its own currency. ``facts`` tells the sources,
            the ``seams`` between them, the table versions and ``notes`` for readers.

        Raises
        ------
        DataError
            There are no such bars, or they do not fit one account: in several currencies
            (give one with ``currency``), or real and synthetic.
        """
        request = read_request(timeframe, adjust, start, end, as_of, currency)
        asked = self._tradable() if symbols is None else self._asked(symbols, request)
        return self._market(request, asked, source)

    def _market(
        self, request: Request, instruments: Sequence[Instrument] | None, source: str | None
    ) -> Market:
        found = self._read(request, instruments, source, history=True)
        _check_one_account(found, request.currency)
        splits, dividends = found.splits, found.dividends
        with_events = event_columns(found.rows, splits, dividends).with_columns(
            pl.col(name).alias(f"raw_{name}") for name in (*PRICES, "volume")
        )
        factored = price_factors(with_events, found.all_rows, splits, dividends, request.adjust)
        amounts = (*PRICES, "vwap", *(f"raw_{name}" for name in PRICES), "dividend")
        bars = self._in_currency(adjusted(factored), request, amounts)
        notes, sources = found.notes, found.sources
        if request.currency is not None:
            unpriced = bars.select(pl.col("close").is_null().sum()).collect().item()
            bars = bars.filter(pl.col("close").is_not_null())
            notes = [*notes, *_unpriced_note(unpriced, request.currency)]
        own = found.series["source"].unique().sort().to_list()
        return Market(
            bars=bars.select(*_BAR_COLUMNS, *TRADED),
            timeframe=request.timeframe,
            start=request.start,
            end=request.end,
            contexts=lambda name: self._context(name, request, own),
            tables=lambda name: self._table(name, request),
            facts={
                "as_of": request.as_of,
                "sources": sources,
                "series": found.series.rows(),
                "seams": found.seams.rows(),
                **({"currency": request.currency} if request.currency else {}),
                "notes": notes,
                "versions": self.lake.versions(),
                "synthetic": any("synthetic" in name for name in sources),
            },
        )

    def merge_all_sources(
        self,
        symbols: Symbols = None,
        start: Day = None,
        end: Day = None,
        *,
        timeframe: str | Timeframe = "1d",
        adjust: str | Adjust = Adjust.SPLITS,
        as_of: Instant = None,
        currency: str | None = None,
        fetch: bool | None = None,
        sources: Sequence[str | Vendor] | None = None,
    ) -> Gathered:
        """Everything all sources have of some companies, merged, in one call.

        Parameters
        ----------
        symbols, start, end, timeframe, adjust, as_of, currency
            As for ``bars``.
        fetch
            Whether to ask vendors first for what the lake lacks. By default those whose key is
            configured are asked, unless ``as_of`` is given, and what they cannot serve is
            told in the notes; with True it is an error.
        sources
            Vendors to ask, best first, instead of the configured ones.

        Returns
        -------
        Gathered
            Unpacks into ``(market_data, fundamentals, ratios)``: the frames of ``bars``,
            ``fundamentals`` and ``financial_ratios``. Bars come from one source an instrument,
            filled by others where they agree. Ratios are those of all periods that ended by
            ``end``, for those known at ``start`` are of a period before it. Its ``notes`` say
            who served what.

        Raises
        ------
        DataError
            There are no such bars.
        VendorError
            With ``fetch=True``: bars or figures of some symbol could not be had.
        DefinitionError
            With ``fetch=True``: no vendor is configured.

        Examples
        --------
        >>> import tempfile
        >>> from hedgerow.sources import SampleOhlcv
        >>> ws = Workspace(tempfile.mkdtemp())
        >>> done = ws.ingest(SampleOhlcv())
        >>> market_data, fundamentals, ratios = ws.merge_all_sources(
        ...     "AAPL", "2012", "2012", fetch=False
        ... )
        >>> market_data.height, fundamentals.height, ratios.height
        (250, 0, 0)
        """
        return gather(
            self,
            symbols,
            start,
            end,
            as_of=as_of,
            fetch=fetch,
            sources=sources,
            timeframe=timeframe,
            adjust=adjust,
            currency=currency,
        )

    def sql(self, query: str) -> pl.DataFrame:
        """Answer of a SQL query over the lake and the catalog.

        Parameters
        ----------
        query
            DuckDB SQL. Tables: those of the lake and the catalog, and the views
            ``market_data``, ``symbol_master`` and ``trading_universe``. Only those the
            query names are loaded; nothing can be changed.

        Returns
        -------
        pl.DataFrame
            Columns as the query names them; instants in UTC.

        Raises
        ------
        DataError
            The query is not valid or names a table that does not exist.
        """
        return run_sql(self, query)

    def sources(self, timeframe: str | Timeframe = "1d") -> list[str]:
        """Sources that have bars of a timeframe, best first."""
        length = Timeframe.parse(timeframe)
        found = (
            self.lake.scan("bars")
            .filter(pl.col("timeframe") == length.code)
            .select("source")
            .unique()
            .collect()["source"]
            .to_list()
        )
        rank = {name: place for place, name in enumerate(self.settings.source_priority)}
        return sorted(found, key=lambda name: (rank.get(name, len(rank)), name))

    def _tradable(self) -> list[Instrument]:
        found = [one for one in self.instruments() if one.kind is not InstrumentKind.INDEX]
        if not found:
            raise DataError(
                f"workspace {self.path} holds no bars yet: load some with hedgerow demo, "
                "hedgerow synth or hedgerow import bars"
            )
        return found

    def _asked(self, symbols: Symbols, request: Request) -> list[Instrument] | None:
        return None if symbols is None else self.instruments(symbols, request.ticker_day)

    def _in_currency(
        self, bars: pl.LazyFrame, request: Request, amounts: Sequence[str]
    ) -> pl.LazyFrame:
        if request.currency is None:
            return bars
        rates = known(self.lake, FX_RATES, request).collect()
        priority = self.settings.source_priority
        return converted(bars, rates, request.currency, priority, amounts)

    def _read(
        self,
        request: Request,
        instruments: Sequence[Instrument] | None,
        source: str | None,
        *,
        history: bool = False,
    ) -> Read:
        if source is not None and source not in (known := self.sources(request.timeframe)):
            raise DataError(
                f"source {source!r} has no {request.timeframe} bars here. "
                f"{did_you_mean(source, known)}"
            )
        priority = self.settings.source_priority
        return read(self.lake, request, instruments, source, priority, history=history)

    def _table(self, name: str, request: Request) -> pl.LazyFrame:
        meaning = self.lake.user_table(name)
        rows = self.lake.scan(name).with_columns(available_at=meaning.available_at)
        if request.as_of is not None:
            rows = rows.filter(pl.col("available_at") <= request.as_of)
        ordered = rows.sort("available_at", meaning.time)
        owner = [name for name in ("instrument_id", "symbol") if name in meaning.columns][:1]
        newest = pl.col(meaning.time).cum_max()
        # A late restatement of an older period does not replace what is known of the newest.
        return ordered.filter(pl.col(meaning.time) >= (newest.over(owner) if owner else newest))

    def _context(self, name: str, request: Request, sources: Sequence[str]) -> pl.LazyFrame:
        """Bars of a series, of the market's own source and timeframe where there are such."""
        named = self.instruments([name], request.ticker_day)
        bearers = [one for one in self.instruments() if one.symbol == name] or named
        wanted = [*((source, bearers) for source in sources), (None, named)]
        for length in dict.fromkeys([request.timeframe, Timeframe.parse("1d")]):
            around = replace(
                request, timeframe=length, adjust=Adjust.SPLITS, start=None, currency=None
            )
            for source, instruments in wanted:
                try:
                    return self._market(around, instruments, source).bars
                except DataError:
                    continue
        raise DataError(f"context {name!r} has no bars in {self.path}: load the series first")


def _unpriced_note(count: int, currency: str) -> list[str]:
    if not count:
        return []
    return [f"{count:,} bars are left out: no exchange rate to {currency} was known in their week"]


def _check_one_account(found: Read, currency: str | None) -> None:
    """Refuse what one account cannot hold side by side."""
    synthetic = found.series["source"].str.contains("synthetic")
    if synthetic.any() and not synthetic.all():
        raise DataError(
            "these symbols mix real and synthetic prices: name symbols of one kind, or a source"
        )
    if currency is not None:
        return
    currencies = found.rows.select(pl.col("currency").unique().sort()).collect()["currency"]
    if len(currencies) > 1:
        raise DataError(
            f"these symbols are quoted in {', '.join(currencies)}: name symbols of one currency, "
            "or the currency to convert them to"
        )
