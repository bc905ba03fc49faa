"""Putting rows in: what a source has, and tables of one's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from hedgerow.domain import Adjustment, Timeframe
from hedgerow.errors import DefinitionError
from hedgerow.lake import IngestSummary
from hedgerow.sources import Source
from hedgerow.sources.vendor import Vendor
from hedgerow.workspace.base import WorkspaceBase
from hedgerow.workspace.request import Day, read_day
from hedgerow.workspace.sql import reserved_names

if TYPE_CHECKING:
    from hedgerow.ingest import BarsLoad, SeriesLoad


class Loading(WorkspaceBase):
    """The part of a workspace that rows come in by."""

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

    def fetch_bars(
        self,
        symbols: str | Sequence[str],
        start: Day = None,
        end: Day = None,
        timeframe: str | Timeframe = "1d",
        *,
        sources: Sequence[str | Vendor] | None = None,
        adjustment: str | Adjustment = Adjustment.RAW,
        allow_gaps: bool = False,
        refresh: bool = False,
        progress: Callable[[SeriesLoad], None] | None = None,
    ) -> BarsLoad:
        """Load from vendors what the lake lacks of some series, as ``hedgerow ingest bars`` does.

        Parameters
        ----------
        symbols
            Tickers, identities and universes, in one text or a list.
        start, end
            First and last session; as far back as the vendor goes, and the newest that closed.
        timeframe
            Length of the bars.
        sources
            Vendors to ask, best first; those that have a key by default.
        adjustment
            ``raw`` as traded, or ``split`` or ``total`` as the vendor restates it.
        allow_gaps
            Whether sessions without bars are accepted, and told.
        refresh
            Whether everything is asked for again.
        progress
            Called for each symbol when its rows are stored.

        Returns
        -------
        BarsLoad
            What was loaded, from whom, and what nobody could serve; ``ok`` where all is there.

        Raises
        ------
        DataError
            A ticker or a date cannot be understood.
        DefinitionError
            A source is not known or has no bars.
        AuthError
            No source has a key.
        StoreError
            The stores cannot be read or written.
        """
        from hedgerow.ingest import BarsWish, ingest_bars

        wish = BarsWish(
            Timeframe.parse(timeframe),
            read_day(start),
            read_day(end, last=True),
            Adjustment(adjustment),
            allow_gaps,
            refresh,
        )
        return ingest_bars(self.stores, symbols, sources=sources, wish=wish, progress=progress)

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
