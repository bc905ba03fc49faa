"""Reading the lake: tables, versions, and rows as they were held at an instant."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from hedgerow.domain.schemas import BARS, TABLES, Table
from hedgerow.errors import DataError, DefinitionError, StoreError, did_you_mean
from hedgerow.lake._delta import stored_columns
from hedgerow.lake._snapshot import scan
from hedgerow.lake._store import Store
from hedgerow.lake.as_of import held_at
from hedgerow.lake.user_tables import UserTable, remembered_by
from hedgerow.settings import Settings, load_settings


class LakeReader:
    """The reading half of ``Lake``.

    Parameters
    ----------
    uri, settings, storage_options
        As for ``Lake``.
    """

    def __init__(
        self,
        uri: str | Path,
        *,
        settings: Settings | None = None,
        storage_options: dict[str, str] | None = None,
    ) -> None:
        self._store = Store.at(uri, settings or load_settings(), storage_options)

    @property
    def uri(self) -> str:
        """Absolute path or address."""
        return self._store.root

    @property
    def settings(self) -> Settings:
        """Settings the lake was opened with."""
        return self._store.settings

    @property
    def storage_options(self) -> dict[str, str] | None:
        """Options of the object store, as given."""
        return self._store.options

    def __repr__(self) -> str:
        return f"Lake({self.uri!r})"

    def scan(self, table: Table | str, *, version: int | None = None) -> pl.LazyFrame:
        """Rows of a table, read lazily; filters skip the files they can.

        Parameters
        ----------
        table
            Built-in or user table.
        version
            Version to read; the newest by default. The frame stays at the version that was
            the newest when it was made.

        Returns
        -------
        pl.LazyFrame
            Exactly the table's columns, in order and type, then ``period`` (String: year,
            or month below one hour) where the table is partitioned by it. Row order is not
            defined. A table that does not exist is empty.

        Raises
        ------
        DefinitionError
            There is no such table.
        StoreError
            The table is damaged, the version does not exist, or the store does not answer.
        """
        known = self._table(table)
        columns = stored_columns(known)
        newest = self._store.open(known.name)
        if newest is None and version is None:
            return pl.LazyFrame(schema=columns)
        if newest is None or (version is not None and not 0 <= version <= newest.version()):
            there = "the table does not exist" if newest is None else f"newest: {newest.version()}"
            raise StoreError(
                f"cannot read version {version} of {self._store.uri(known.name)}: {there}",
                table=known.name,
                version=version,
            )
        with self._store.errors(known.name, "read"):
            held = newest if version is None else self._store.open(known.name, version)
            return scan(held or newest, self._store.options).select(list(columns))

    def as_of(self, table: Table | str, as_of: dt.datetime) -> pl.LazyFrame:
        """Rows of a table as they were held at an instant, whatever corrected them since.

        Parameters
        ----------
        table
            A table with ``available_at``: ``bars``, ``splits`` and ``dividends`` keep older
            versions; of the others each row is in its one version.
        as_of
            Instant with a time zone.

        Returns
        -------
        pl.LazyFrame
            As ``scan`` gives them, one row a key: the newest version with ``ingested_at <=
            as_of``, or the first ever stored where none was held yet (history that was
            loaded later can still be used); and only rows with ``available_at <= as_of``.

        Raises
        ------
        DataError
            The instant has no time zone.
        DefinitionError
            There is no such table, or it does not say when its rows were known.
        StoreError
            The store cannot be read.

        Notes
        -----
        Replaced versions are rows of ``bars_history``, ``splits_history`` and
        ``dividends_history``: compaction and vacuum do not touch them.
        """
        instant, known = as_utc(as_of, "as_of"), self._table(table)
        if "available_at" not in known.columns:
            raise DefinitionError(
                f"table {known.name!r} does not say when its rows were known: it has no "
                "available_at, so read it with scan",
                table=known.name,
            )
        # A writer stores history before it replaces, so the rows must be read first.
        current = self.scan(known)
        if known.history is None or self._store.open(known.history) is None:
            return current.filter(pl.col("available_at") <= instant)
        return held_at(current, self.scan(known.history), known, instant)

    def bars_as_of(self, as_of: dt.datetime) -> pl.LazyFrame:
        """Bars as they were held at an instant: ``as_of("bars", ...)``."""
        return self.as_of(BARS, as_of)

    def version(self, table: Table | str) -> int | None:
        """Newest version of a table; None where it does not exist.

        Raises
        ------
        DefinitionError
            There is no such table.
        StoreError
            The table is damaged, or the store does not answer.
        """
        handle = self._store.open(self._table(table).name)
        return None if handle is None else handle.version()

    def versions(self) -> dict[str, int]:
        """Newest version of every table that exists, for the record of a run."""
        found = {name: self._store.open(name) for name in self.tables()}
        return {name: handle.version() for name, handle in found.items() if handle is not None}

    def tables(self) -> list[str]:
        """Names of the tables that exist, built-in and the user's, sorted."""
        return self._store.names()

    def user_table(self, name: str) -> UserTable:
        """What a user table remembers: key, time, available_at and columns.

        Raises
        ------
        DefinitionError
            There is no such user table.
        StoreError
            The table is damaged, or the store does not answer.
        """
        found = self._user_table(name)
        if found is None:
            users = [other for other in self.tables() if other not in TABLES]
            raise DefinitionError(
                f"user table {name!r} does not exist. {did_you_mean(name, users)}".rstrip(),
                name=name,
            )
        return found

    def _table(self, table: Table | str) -> Table:
        if isinstance(table, Table):
            return table
        if table in TABLES:
            return TABLES[table]
        user = self._user_table(table)
        if user is None:
            raise DefinitionError(
                f"table {table!r} does not exist. {did_you_mean(table, [*TABLES, *self.tables()])}",
                table=table,
            )
        return user.table()

    def _user_table(self, name: str) -> UserTable | None:
        if name in TABLES or not name.isidentifier():
            return None
        handle = self._store.open(name)
        return None if handle is None else remembered_by(handle, name)


def as_utc(instant: dt.datetime, name: str) -> dt.datetime:
    """The instant in UTC.

    Raises
    ------
    DataError
        It has no time zone; ``name`` says which argument it was.
    """
    if instant.tzinfo is None:
        raise DataError(
            f"{name} {instant.isoformat()} has no time zone; give one, such as "
            "datetime.now(datetime.UTC)"
        )
    return instant.astimezone(dt.UTC)
