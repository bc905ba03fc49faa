"""The lake: versioned tables in a folder or a bucket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import polars as pl

from hedgerow.domain.schemas import Table
from hedgerow.errors import DefinitionError
from hedgerow.lake.append import append_once
from hedgerow.lake.ingest import ingest
from hedgerow.lake.janitor import clean_leftovers
from hedgerow.lake.maintenance import compact, vacuum
from hedgerow.lake.merge import merge
from hedgerow.lake.reader import LakeReader, as_utc
from hedgerow.lake.summaries import (
    CompactSummary,
    IngestSummary,
    LeftoverSummary,
    MergeSummary,
)
from hedgerow.lake.user_tables import UserTable


class Lake(LakeReader):
    """Everything long or versioned, as Delta tables that other tools read as they are.

    Every write is idempotent: it may be run again, killed at any instant or run twice at
    once, and each key is stored once. Nothing is created before the first write.

    Parameters
    ----------
    uri
        A local folder, or ``s3://bucket/prefix``.
    settings
        Retention and quality limits; those of the environment by default.
    storage_options
        Options of the object store under the names of its environment variables
        (``AWS_ENDPOINT_URL``, …); the environment itself by default.

    Examples
    --------
    >>> import tempfile
    >>> known = dt.datetime(2014, 6, 9, tzinfo=dt.UTC)
    >>> split = pl.DataFrame({"instrument_id": ["AAPL.XNAS"], "ex_date": [dt.date(2014, 6, 9)],
    ...     "source": ["me"], "symbol": ["AAPL"], "ratio": [7.0], "available_at": [known]})
    >>> lake = Lake(tempfile.mkdtemp())
    >>> print(lake.ingest("splits", split, source="me", ingested_at=known))
    splits from me: 1 rows, 1 loaded
    >>> print(lake.ingest("splits", split, source="me", ingested_at=known))
    splits from me: 1 rows, 1 unchanged
    >>> lake.scan("splits").collect()["ratio"].item()
    7.0
    """

    def merge(
        self,
        table: Table | str,
        frame: pl.DataFrame | pl.LazyFrame,
        *,
        ingested_at: dt.datetime,
    ) -> MergeSummary:
        """Insert new rows and replace changed ones, by the table's key.

        Parameters
        ----------
        table
            Built-in or user table; created where it does not exist.
        frame
            Rows of the table, without ``ingested_at``. Nullable columns may be absent. Of
            several rows with one key the last counts.
        ingested_at
            Instant of knowledge given to what is stored. A correction is always stamped
            later than the row it replaces, by a microsecond if need be.

        Returns
        -------
        MergeSummary
            Counts. Where no value differs, nothing is committed and the version stays.

        Raises
        ------
        DataError
            Columns are missing, unknown or of the wrong type, or a required value is null.
        StoreError
            The store cannot be read or written; nothing is half-written.

        Notes
        -----
        Two nulls are equal. The old version of a changed bar goes to ``bars_history``
        first.
        """
        stamp = as_utc(ingested_at, "ingested_at")
        return merge(self._store, self._table(table), frame, ingested_at=stamp)

    def append_once(
        self, table: Table | str, frame: pl.DataFrame | pl.LazyFrame, *, app: str, batch: int
    ) -> bool:
        """Append one numbered batch of a run's output, once however often it is sent.

        Parameters
        ----------
        table
            Built-in or user table; created where it does not exist.
        frame
            Complete rows of the table, with keys no other batch has.
        app
            Who numbers the batches, such as ``run-42-worker-3``.
        batch
            Number, growing from batch to batch; one that is not larger than the last
            committed one is skipped.

        Returns
        -------
        bool
            Whether this call wrote the batch; False for one already there or without rows.

        Raises
        ------
        DataError
            Columns are missing, unknown or of the wrong type, or a required value is null.
        StoreError
            The store cannot be read or written; nothing is half-written.
        """
        return append_once(self._store, self._table(table), frame, app=app, batch=batch)

    def ingest(
        self,
        table: Table | str,
        frame: pl.DataFrame | pl.LazyFrame,
        *,
        source: str,
        ingested_at: dt.datetime,
        splits: pl.DataFrame | None = None,
        unreadable: pl.DataFrame | None = None,
    ) -> IngestSummary:
        """Check rows by the quality rules, put refused ones in quarantine, merge the others.

        Parameters
        ----------
        table
            Built-in or user table.
        frame
            Rows of the table, without ``ingested_at``, in the order they were sent.
        source
            Who sent them, for the quarantine and the summary.
        ingested_at
            Instant of knowledge given to what is stored.
        splits
            Splits that explain jumps; those in the lake by default.
        unreadable
            Rows that the source could not read into the table's types, for the quarantine:
            ``rules, symbol, timestamp, payload`` (the row as JSON).

        Returns
        -------
        IngestSummary
            Counts of rows, and of refusals and warnings by rule.

        Raises
        ------
        DataError
            Columns are missing, unknown or of the wrong type.
        StoreError
            The store cannot be read or written; nothing is half-written.

        Notes
        -----
        A refused row never holds up the others. Running the same batch again stores
        nothing twice, neither in the table nor in the quarantine.
        """
        stamp = as_utc(ingested_at, "ingested_at")
        known = self._table(table)
        return ingest(
            self._store,
            known,
            frame,
            source=source,
            ingested_at=stamp,
            splits=splits,
            unreadable=unreadable,
        )

    def create_user_table(
        self,
        name: str,
        frame: pl.DataFrame | pl.LazyFrame,
        *,
        key: Iterable[str],
        time: str,
        available_at: str,
    ) -> UserTable:
        """Create a table for the user's own data; its rows are ingested afterwards.

        Parameters
        ----------
        name
            Lower-case letters, digits and underscores.
        frame
            Data that shows the columns and their types; no row of it is stored.
        key
            Columns that name a row.
        time
            Column that says when the fact is about.
        available_at
            Column that says from when anyone could know it (Datetime with a zone).

        Returns
        -------
        UserTable
            What the table remembers. Creating the same table again changes nothing.

        Raises
        ------
        DefinitionError
            A name is not allowed or not in the data, or the table exists with another
            meaning.
        DataError
            A column's type cannot be stored.
        StoreError
            The store cannot be written.

        Examples
        --------
        >>> import tempfile
        >>> lake = Lake(tempfile.mkdtemp())
        >>> known = dt.datetime(2024, 1, 2, 21, tzinfo=dt.UTC)
        >>> moods = pl.DataFrame({"ticker": ["AAPL"], "at": [known], "mood": [0.7]})
        >>> table = lake.create_user_table("moods", moods, key=["ticker", "at"], time="at",
        ...     available_at="at")
        >>> lake.ingest("moods", moods, source="me", ingested_at=known).loaded
        1
        """
        columns = dict(frame.lazy().collect_schema())
        wanted = UserTable(name, tuple(key), time, available_at, columns)
        self._store.open_or_create(wanted.table(), wanted.remembered())
        existing = self.user_table(name)
        if existing != wanted:
            raise DefinitionError(
                f"table {name!r} exists with key {', '.join(existing.key)}, "
                f"time {existing.time!r}, available_at {existing.available_at!r} and columns "
                f"{', '.join(existing.columns)}; use these or another name",
                name=name,
            )
        return existing

    def compact(self, table: Table | str | None = None) -> list[CompactSummary]:
        """Rewrite many small files as few sorted ones; rows and old versions stay.

        Parameters
        ----------
        table
            Which one; every table by default.

        Returns
        -------
        list[CompactSummary]
            One for each table that exists. A second call changes nothing.

        Raises
        ------
        DefinitionError
            There is no such table.
        StoreError
            The store cannot be read or written.
        """
        wanted = self.tables() if table is None else [self._table(table).name]
        done = [compact(self._store, self._table(name)) for name in wanted]
        return [summary for summary in done if summary is not None]

    def vacuum(self, pins: Mapping[str, Iterable[int]] | None = None) -> dict[str, int]:
        """Remove replaced data files older than ``settings.file_retention_days``.

        Parameters
        ----------
        pins
            Versions by table that must stay readable, such as those that runs recorded.

        Returns
        -------
        dict[str, int]
            Files removed, by table.

        Raises
        ------
        StoreError
            The store cannot be read or written.
        """
        days, kept = self.settings.file_retention_days, pins or {}
        return {
            name: vacuum(self._store, name, days=days, keep=list(kept.get(name, ())))
            for name in self.tables()
        }

    def clean_leftovers(self, *, older_than_hours: float | None = None) -> LeftoverSummary:
        """Remove what killed writers left: files half written or never committed.

        Parameters
        ----------
        older_than_hours
            Age from which a file counts as left behind; ``settings.leftover_hours`` by
            default. Zero is safe only while nothing else writes.

        Returns
        -------
        LeftoverSummary
            Files and bytes removed.

        Raises
        ------
        StoreError
            The store cannot be read or written.
        """
        hours = self.settings.leftover_hours if older_than_hours is None else older_than_hours
        before = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)
        done = [clean_leftovers(self._store, name, before=before) for name in self.tables()]
        return LeftoverSummary(sum(one.files for one in done), sum(one.size for one in done))
