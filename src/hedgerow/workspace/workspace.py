"""The front door: one object that reads, writes and asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from hedgerow.catalog import Catalog
from hedgerow.domain import Adjust, Instrument, InstrumentKind, Timeframe
from hedgerow.domain.market import PRICES, TRADED, Market
from hedgerow.errors import DataError, DefinitionError, StoreError, did_you_mean
from hedgerow.lake import IngestSummary, Lake
from hedgerow.settings import Settings, load_settings
from hedgerow.sources import Source
from hedgerow.workspace.adjust import adjusted, event_columns, price_factors
from hedgerow.workspace.reads import Read, read
from hedgerow.workspace.request import (
    Day,
    Instant,
    Request,
    read_request,
    within,
)
from hedgerow.workspace.sql import reserved_names, run_sql
from hedgerow.workspace.symbols import Symbols, resolve

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


class Workspace:
    """A lake and a catalog in one folder: everything Hedgerow knows.

    Parameters
    ----------
    path
        Folder to keep them in, and the reports; made when it does not exist.
    lake
        Place of the lake where it is not in the folder, such as ``s3://bucket/prefix``.
    catalog
        SQLAlchemy URL of the catalog where it is not in the folder.
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

    def __init__(
        self,
        path: str | Path,
        *,
        lake: str | None = None,
        catalog: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.path = Path(path)
        self.settings = settings or load_settings()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"workspace {self.path} cannot be made: {error.strerror}. Give another folder "
                "with --workspace"
            ) from error
        self.lake = Lake(lake or self.path / "lake", settings=self.settings)
        self.catalog = Catalog(catalog or self.path / "catalog.db")

    @staticmethod
    def exists(path: str | Path) -> bool:
        """Whether a folder holds a workspace."""
        return (Path(path) / "catalog.db").is_file()

    @property
    def reports(self) -> Path:
        """Folder of reports."""
        folder = self.path / "reports"
        folder.mkdir(exist_ok=True)
        return folder

    def stored_path(self, path: Path) -> str:
        """Path to remember in the catalog: within the workspace relative to it, else absolute."""
        place, home = path.resolve(), self.path.resolve()
        return str(place.relative_to(home) if place.is_relative_to(home) else place)

    def instruments(self, symbols: Symbols = None, on: dt.date | None = None) -> list[Instrument]:
        """Instruments by ticker or universe; see ``bars`` for what may be asked.

        Raises
        ------
        DataError
            A word is neither a ticker nor a universe.
        """
        return resolve(self.catalog, self.lake, symbols, on)

    def ingest(
        self,
        source: Source,
        *,
        ingested_at: dt.datetime | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> list[IngestSummary]:
        """Load everything a source has; what the lake holds already is left alone.

        Parameters
        ----------
        source
            What to load.
        ingested_at
            Instant to record for new rows; the present by default.
        progress
            Called with the number of rows after each batch.

        Returns
        -------
        list[IngestSummary]
            One a batch, in order.

        Raises
        ------
        StoreError
            The lake or the catalog cannot be written.
        """
        instant = ingested_at or dt.datetime.now(dt.UTC)
        self.catalog.add_instruments(source.instruments())
        summaries = []
        for batch in source.batches():
            summaries.append(
                self.lake.ingest(
                    batch.table,
                    batch.frame,
                    source=source.name,
                    ingested_at=instant,
                    unreadable=batch.refused,
                )
            )
            if progress is not None:
                progress(batch.frame.height)
        return summaries

    def import_table(
        self,
        name: str,
        frame: pl.DataFrame,
        *,
        key: Sequence[str],
        time: str,
        available_at: str,
        ingested_at: dt.datetime | None = None,
    ) -> IngestSummary:
        """Store a table of one's own, whose columns strategies read with ``hr.table``.

        Parameters
        ----------
        name
            Lower-case letters, digits and underscores.
        frame
            Rows, as ``hedgerow.sources.read_table`` gives them.
        key
            Columns that say what a row is about; ``symbol`` or ``instrument_id`` among them
            makes it a table by company.
        time
            Column of the time that a row is about.
        available_at
            Column of the first instant anyone could know the row (UTC).
        ingested_at
            Instant to record for new rows; the present by default.

        Returns
        -------
        IngestSummary
            Importing the same rows again changes nothing. A later row for the same key and
            time is a restatement; both are kept.

        Raises
        ------
        DefinitionError
            A name is not allowed, or the table exists with another meaning.
        DataError
            A column cannot be stored.
        """
        if name in reserved_names():
            raise DefinitionError(f"table name {name!r} is taken: give another, such as my_{name}")
        kept = list(dict.fromkeys([*key, time, available_at]))
        self.lake.create_user_table(name, frame, key=kept, time=time, available_at=available_at)
        instant = ingested_at or dt.datetime.now(dt.UTC)
        return self.lake.ingest(name, frame, source="import", ingested_at=instant)

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
            Instant (or session date) whose knowledge counts: bars available by then in the
            version held then, and splits and dividends available by then in their present
            version. The present by default.
        source
            Source to read instead of the preferred one.

        Returns
        -------
        pl.LazyFrame
            ``instrument_id, symbol, source, timeframe, timestamp, session, available_at,
            open, high, low, close, volume, vwap, trade_count, currency, adjustment``, sorted
            by instrument and time. Open, high, low and volume are null where the source has
            only closes. Prices are in ``currency``.

        Raises
        ------
        DataError
            A symbol or a date is not known.
        DefinitionError
            The timeframe or the adjustment is not known.

        Examples
        --------
        >>> import tempfile
        >>> from hedgerow.sources import SampleOhlcv
        >>> ws = Workspace(tempfile.mkdtemp())
        >>> done = ws.ingest(SampleOhlcv())
        >>> ws.bars("AAPL", "2005-02-25", "2005-02-28", adjust="splits").collect()["close"][0]
        44.495
        """
        request = read_request(timeframe, adjust, start, end, as_of)
        found = self._read(request, self._asked(symbols, request), source)
        factored = price_factors(
            found.rows, found.all_rows, found.splits, found.dividends, request.adjust
        )
        return adjusted(factored).pipe(within, request).select(_BAR_COLUMNS)

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
    ) -> Market:
        """Everything a strategy needs to decide and trade; parameters as for ``bars``.

        Returns
        -------
        Market
            Adjusted prices for signals, prices as traded with splits and dividends as
            events for fills, and the other series of the workspace as context. History
            before ``start`` is kept for look-backs. Indices are left out unless named.

        Raises
        ------
        DataError
            There are no such bars.
        """
        request = read_request(timeframe, adjust, start, end, as_of)
        asked = self._tradable() if symbols is None else self._asked(symbols, request)
        return self._market(request, asked, source)

    def _market(
        self, request: Request, instruments: Sequence[Instrument] | None, source: str | None
    ) -> Market:
        found = self._read(request, instruments, source)
        _check_one_account(found)
        splits, dividends = found.splits, found.dividends
        with_events = event_columns(found.rows, splits, dividends).with_columns(
            pl.col(name).alias(f"raw_{name}") for name in (*PRICES, "volume")
        )
        factored = price_factors(with_events, found.all_rows, splits, dividends, request.adjust)
        bars = adjusted(factored)
        sources = found.series["source"].unique().sort().to_list()
        return Market(
            bars=bars.select(*_BAR_COLUMNS, *TRADED),
            timeframe=request.timeframe,
            start=request.start,
            end=request.end,
            contexts=lambda name: self._context(name, request, sources),
            tables=lambda name: self._table(name, request),
            facts={
                "as_of": request.as_of,
                "sources": sources,
                "series": found.series.rows(),
                "notes": found.notes,
                "versions": self.lake.versions(),
                "synthetic": any("synthetic" in name for name in sources),
            },
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

    def _read(
        self, request: Request, instruments: Sequence[Instrument] | None, source: str | None
    ) -> Read:
        if source is not None and source not in (known := self.sources(request.timeframe)):
            raise DataError(
                f"source {source!r} has no {request.timeframe} bars here. "
                f"{did_you_mean(source, known)}"
            )
        return read(self.lake, request, instruments, source, self.settings.source_priority)

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
            around = replace(request, timeframe=length, adjust=Adjust.SPLITS, start=None)
            for source, instruments in wanted:
                try:
                    return self._market(around, instruments, source).bars
                except DataError:
                    continue
        raise DataError(f"context {name!r} has no bars in {self.path}: load the series first")


def _check_one_account(found: Read) -> None:
    """Refuse what one account cannot hold side by side."""
    synthetic = found.series["source"].str.contains("synthetic")
    if synthetic.any() and not synthetic.all():
        raise DataError(
            "these symbols mix real and synthetic prices: name symbols of one kind, or a source"
        )
    currencies = found.rows.select(pl.col("currency").unique().sort()).collect()["currency"]
    if len(currencies) > 1:
        raise DataError(
            f"these symbols are quoted in {', '.join(currencies)}: name symbols of one currency"
        )
