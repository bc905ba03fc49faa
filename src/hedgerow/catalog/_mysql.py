"""Upgrading on MySQL, which commits every change of a table by itself.

Elsewhere an upgrade is one transaction. Here it is made to look like one:

1. `turns` takes a lock of the server, by the name of the database.
2. `protected` writes down what the database looks like, and goes back to that when the upgrade
   fails; where it finds such a note, the process that wrote it was killed, so it goes back first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, inspect, text

from hedgerow.catalog._types import MYSQL, MYSQL_TABLE, long_text
from hedgerow.errors import StoreError

_NOTE = "hedgerow_upgrade"
_PATIENCE_SECONDS = 600

# What the database looks like: columns and indexes of each table, and the catalog's revision.
Look = dict[str, Any]


def is_mysql(connection: Connection) -> bool:
    """Whether the database is MySQL or MariaDB."""
    return connection.dialect.name in MYSQL


@contextmanager
def turns(connection: Connection, where: str) -> Iterator[None]:
    """Hold the lock of this database's upgrade, which ends with the connection at the latest.

    Raises
    ------
    StoreError
        Another process held it for ten minutes.
    """
    # Locks belong to the server and their names end at 64 characters; the database's may, too.
    name = "CONCAT('hedgerow ', MD5(DATABASE()))"
    if connection.scalar(text(f"SELECT GET_LOCK({name}, {_PATIENCE_SECONDS})")) != 1:
        raise StoreError(f"catalog {where} is being upgraded by another process: try again later")
    try:
        yield
    except BaseException:
        connection.invalidate()  # closes it, and with it goes the lock, whatever state it is in
        raise
    connection.execute(text(f"SELECT RELEASE_LOCK({name})"))


@contextmanager
def protected(connection: Connection, version_table: str) -> Iterator[None]:
    """Undo a failed upgrade, and before that one whose process was killed.

    Parameters
    ----------
    connection
        Connection that holds the lock of ``turns``.
    version_table
        Table of the revision.
    """
    _undo(connection, version_table)
    _remember(connection, version_table)
    try:
        yield
    except Exception:
        connection.rollback()
        _undo(connection, version_table)
        raise
    connection.commit()
    connection.execute(text(f"DROP TABLE {_NOTE}"))


def _remember(connection: Connection, version_table: str) -> None:
    looks = json.dumps(_look(connection, version_table))
    options = " ".join(
        f"{key.removeprefix('mysql_').replace('_', ' ')}={value}"
        for key, value in MYSQL_TABLE.items()
        if key.startswith("mysql_")
    )
    kind = long_text().compile(dialect=connection.dialect)
    # An empty note says that nothing has been changed yet.
    connection.execute(text(f"CREATE TABLE {_NOTE} (looks {kind} NOT NULL) {options}"))
    connection.execute(text(f"INSERT INTO {_NOTE} VALUES (:looks)"), {"looks": looks})  # noqa: S608
    connection.commit()


def _undo(connection: Connection, version_table: str) -> None:
    """Go back to what was written down, where anything was."""
    if not inspect(connection).has_table(_NOTE):
        return
    looks = connection.scalar(text(f"SELECT looks FROM {_NOTE}"))  # noqa: S608
    if looks is not None:
        _restore(connection, json.loads(looks), version_table)
    connection.execute(text(f"DROP TABLE {_NOTE}"))
    connection.commit()


def _look(connection: Connection, version_table: str) -> Look:
    asked = inspect(connection)
    tables = {
        name: {
            "columns": [column["name"] for column in asked.get_columns(name)],
            "indexes": [index["name"] for index in asked.get_indexes(name)],
        }
        for name in asked.get_table_names()
        if name != _NOTE
    }
    query = text(f"SELECT version_num FROM {version_table}")  # noqa: S608
    revision = connection.scalar(query) if version_table in tables else None
    return {"tables": tables, "revision": revision}


def _restore(connection: Connection, before: Look, version_table: str) -> None:
    """Drop what was added since; an upgrade only ever adds."""
    quoted = connection.dialect.identifier_preparer.quote
    now = _look(connection, version_table)["tables"]
    known = before["tables"]
    connection.execute(text("SET FOREIGN_KEY_CHECKS=0"))
    for name in now.keys() - known.keys():
        connection.execute(text(f"DROP TABLE {quoted(name)}"))
    connection.execute(text("SET FOREIGN_KEY_CHECKS=1"))
    for name in now.keys() & known.keys():
        for word, part in (("INDEX", "indexes"), ("COLUMN", "columns")):
            for added in sorted(set(now[name][part]) - set(known[name][part])):
                drop = f"ALTER TABLE {quoted(name)} DROP {word} {quoted(added)}"
                connection.execute(text(drop))
    if before["revision"] is not None:
        update = text(f"UPDATE {version_table} SET version_num = :revision")  # noqa: S608
        connection.execute(update, {"revision": before["revision"]})
    connection.commit()
