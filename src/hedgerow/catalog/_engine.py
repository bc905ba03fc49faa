"""Opens a database by URL, and gives SQLite the manners of a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool, StaticPool

from hedgerow.errors import StoreError, did_you_mean

BUSY_SECONDS = 30

# How a connection begins its transactions on SQLite. A write takes the lock at once, because
# a read that turns into a write fails without waiting when another writer came first.
_BEGIN = "hedgerow_begin"
WRITES = {_BEGIN: "BEGIN IMMEDIATE"}
NO_TRANSACTION = {_BEGIN: ""}

_KINDS = ("sqlite", "postgresql+psycopg", "mysql+pymysql", "mariadb+pymysql")


def database_url(place: str | Path) -> URL:
    """URL of a place: a URL, or the path of an SQLite file.

    Raises
    ------
    StoreError
        The text is neither.
    """
    if isinstance(place, Path) or "://" not in place:
        return URL.create("sqlite", database=str(place))
    try:
        return make_url(place)
    except (ArgumentError, ValueError):
        raise StoreError(
            "the catalog's URL cannot be read: write sqlite:///FOLDER/catalog.db or "
            "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
        ) from None


def open_engine(url: URL) -> Engine:
    """Engine for a database, without connecting yet.

    Raises
    ------
    StoreError
        The kind of database is not known, or its driver is not installed.
    """
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite(url)
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except NoSuchModuleError:
        raise StoreError(
            f"catalog database {url.drivername!r} is not known. "
            f"{did_you_mean(url.drivername, _KINDS)}",
            drivername=url.drivername,
        ) from None
    except ModuleNotFoundError as error:
        raise StoreError(
            f"catalog database {url.drivername!r} needs the Python package {error.name!r}: "
            "install it, or name another driver in the URL, such as postgresql+psycopg://",
            drivername=url.drivername,
        ) from None


def in_memory(url: URL) -> bool:
    """Whether the URL names a database that lives in this process only."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _sqlite(url: URL) -> Engine:
    # A pooled SQLite connection would keep files open; one per use also folds the
    # write-ahead log back into the file, so that a copy of the folder is complete.
    pool = StaticPool if in_memory(url) else NullPool
    arguments: dict[str, Any] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, hide_parameters=True, poolclass=pool, connect_args=arguments)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver would skip it
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin(connection: Connection) -> None:
    statement = connection.get_execution_options().get(_BEGIN, "BEGIN")
    if statement:
        connection.exec_driver_sql(statement)
