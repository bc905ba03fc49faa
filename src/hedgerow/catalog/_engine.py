"""Opens a database by URL, and gives SQLite the manners of a server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool, StaticPool

from hedgerow.catalog._types import MYSQL
from hedgerow.errors import StoreError, did_you_mean

BUSY_SECONDS = 30
CONNECT_SECONDS = 15

# How a connection begins its transactions on SQLite. A write takes the lock at once, because
# a read that turns into a write fails without waiting when another writer came first.
_BEGIN = "hedgerow_begin"
WRITES = {_BEGIN: "BEGIN IMMEDIATE"}
NO_TRANSACTION = {_BEGIN: ""}

_KINDS = ("sqlite", "postgresql+psycopg", "mysql+pymysql", "mariadb+pymysql")

# Drivers that an extra of ours installs, and the one to name instead of another.
_EXTRAS = {"psycopg": "postgres", "pymysql": "mysql"}
_PREFERRED = {
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}

# Nothing may be cut or rounded without an error, however lenient the server is.
_MYSQL_MODE = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"


# What a URL may hold as an option that nobody else is to see, and a URL without its beginning.
_SECRET = re.compile("pass|secret|token|key", re.IGNORECASE)
_BARE_LOGIN = re.compile(r"[^/\\]+:[^/\\]*@")


def database_url(place: str | Path) -> URL:
    """URL of a place: a URL, or the path of an SQLite file.

    Raises
    ------
    StoreError
        The text is neither.
    """
    if isinstance(place, Path) or ("://" not in place and not _BARE_LOGIN.match(place)):
        return URL.create("sqlite", database=str(place))
    try:
        url = make_url(place)
        if url.get_backend_name() == "sqlite" or "@" not in f"{url.host}{url.database}":
            return url
    except (ArgumentError, ValueError):
        pass
    raise StoreError(
        "the catalog's URL cannot be read: write sqlite:///FOLDER/catalog.db, "
        "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE or "
        "mysql+pymysql://USER:PASSWORD@HOST/DATABASE, and in a password %40 for @ and %2F for /"
    ) from None


def shown(url: URL) -> str:
    """A URL as people may see it, without its password and without secret options.

    Examples
    --------
    >>> shown(make_url("postgresql+psycopg://me:planted@host/db?sslpassword=planted"))
    'postgresql+psycopg://me:***@host/db?sslpassword=***'
    """
    hidden = {name: "***" for name in url.query if _SECRET.search(name)}
    text = url.update_query_dict(hidden).render_as_string(hide_password=True)
    return text.replace("%2A%2A%2A", "***")


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
        return _server(url)
    except NoSuchModuleError:
        raise StoreError(
            f"catalog database {url.drivername!r} is not known. "
            f"{did_you_mean(url.drivername, _KINDS)}",
            drivername=url.drivername,
        ) from None
    except ImportError as error:
        raise StoreError(
            f"catalog database {url.drivername!r} {_lacks(url, error)}", drivername=url.drivername
        ) from None


def in_memory(url: URL) -> bool:
    """Whether the URL names a database that lives in this process only."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _lacks(url: URL, error: ImportError) -> str:
    """What is missing, and how to get it."""
    extra = _EXTRAS.get(url.get_driver_name())
    if extra is not None:
        what = f"the Python package {error.name!r}" if error.name else f"its driver ({error})"
        return f"needs {what}: pip install 'hedgerow[{extra}]'"
    other = _PREFERRED.get(url.get_backend_name(), "postgresql+psycopg")
    return (
        f"needs the Python package {error.name!r}: install it, or name another driver in the URL, "
        f"such as {other}://"
    )


def _server(url: URL) -> Engine:
    arguments: dict[str, Any] = {}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = CONNECT_SECONDS
    if url.get_backend_name() in MYSQL:
        arguments |= {"charset": "utf8mb4", "sql_mode": _MYSQL_MODE}
    # The server may have dropped a pooled connection: ask before use. Everything that one
    # transaction reads is of one state; of two that change the same rows one is done again.
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        connect_args=arguments,
    )


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
