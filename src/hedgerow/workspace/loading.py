"""Putting rows in: what a source has, and tables of one's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import polars as pl

from hedgerow.errors import DefinitionError
from hedgerow.lake import IngestSummary
from hedgerow.sources import Source
from hedgerow.workspace.base import WorkspaceBase
from hedgerow.workspace.sql import reserved_names


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
