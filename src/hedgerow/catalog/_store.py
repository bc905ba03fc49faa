"""What every part of the catalog shares: reading, writing, and errors in one line."""

from __future__ import annotations

import random
import re
import time
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, String, Table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hedgerow.catalog._engine import WRITES, database_url, open_engine, shown
from hedgerow.catalog._faults import explain, is_contended
from hedgerow.catalog._migrate import migrate
from hedgerow.errors import DataError, StoreError

T = TypeVar("T")

_ATTEMPTS = 8

# PostgreSQL keeps no NUL, and half a surrogate pair has no UTF-8 form.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Store:
    """A migrated database, and the two ways to use it."""

    def __init__(self, url: str | Path) -> None:
        place = database_url(url)
        self.url = shown(place)
        self._engine = open_engine(place)
        self._disposed = weakref.finalize(self, self._engine.dispose)
        with self._explained():
            try:
                migrate(self._engine, self.url)
            except TypeError as error:  # how a driver says that it does not know an option
                raise StoreError(
                    f"catalog {self.url} cannot be opened: {error}. Check the options after ?"
                ) from error

    def close(self) -> None:
        """Let go of every connection; the next call opens new ones."""
        self._engine.dispose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    def _read(self, work: Callable[[Connection], T]) -> T:
        """Do some reading on one consistent state of the database."""
        with self._explained(), self._engine.connect() as connection, connection.begin():
            return work(connection)

    def _commit(self, work: Callable[[Connection], T]) -> T:
        """Do some writing, all of it or nothing.

        ``work`` may run again: where another process has just changed the same rows or
        inserted the same key, the second look finds what it left.
        """
        with self._explained():
            for attempt in range(_ATTEMPTS - 1):
                try:
                    return self._attempt(work)
                except DBAPIError as error:
                    if not is_contended(error):
                        raise
                    time.sleep(random.uniform(0.0, min(0.01 * 2**attempt, 0.5)))
            return self._attempt(work)

    def _attempt(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect().execution_options(**WRITES) as connection, connection.begin():
            return work(connection)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            fault = explain(error, self.url)
            raise fault from (error if isinstance(fault, StoreError) else None)
        except RuntimeError as error:
            # PyMySQL says so where the account's way to log in needs what is not installed.
            if "cryptography" not in str(error):
                raise
            raise StoreError(
                f"catalog {self.url} asks for a login that needs the Python package "
                "'cryptography': pip install cryptography"
            ) from error


def check_fit(
    table: Table, rows: Sequence[Mapping[str, Any]], *, only: Collection[str] | None = None
) -> None:
    """Refuse text that a database would cut, refuse or accept depending on its kind.

    Parameters
    ----------
    table
        Table that the rows are for.
    rows
        Values by column.
    only
        Columns to look at; all of them by default.

    Raises
    ------
    DataError
        A text is longer than its column, missing where one is needed, ends in a space where
        it is a key, or holds characters that databases cannot keep.
    """
    for column in table.columns:
        if isinstance(column.type, String) and (only is None or column.name in only):
            for row in rows:
                _check_text(table, column, row[column.name])


def _check_text(table: Table, column: Column[Any], value: str | None) -> None:
    what = f"{column.name} in {table.name}"
    if value is None or value == "":
        if (value is None and not column.nullable) or column.primary_key:
            raise DataError(f"{what} is empty: give a value")
        return
    limit = getattr(column.type, "length", None)
    if limit is not None and len(value) > limit:
        raise DataError(
            f"{what} is {len(value)} characters long, {limit} are kept: {value[:40]!r}…",
            column=column.name,
            limit=limit,
        )
    if column.primary_key and value.endswith(" "):
        # MySQL takes a key with spaces after it for the same key.
        raise DataError(f"{what} ends in a space: remove it from {value!r}")
    if _UNSTORABLE.search(value):
        raise DataError(f"{what} holds characters that cannot be stored: {value[:40]!r}")
