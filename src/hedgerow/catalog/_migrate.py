"""Brings a catalog's tables to the newest revision, once, whoever opens it first.

1. `present_revision` reads the version table: no more than two small queries.
2. `migrate` returns at once where that is the newest; Alembic is not even imported.
3. Otherwise it takes the database's exclusive lock, looks again (another process may have
   been faster), and upgrades inside that one transaction: all of it happens, or nothing.
   MySQL has no such transaction; `_mysql.protected` stands in for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Select, column, inspect, select, table, text
from sqlalchemy.exc import OperationalError

from hedgerow.catalog._engine import BUSY_SECONDS, NO_TRANSACTION, WRITES, in_memory
from hedgerow.catalog._faults import is_busy
from hedgerow.catalog._mysql import is_mysql, protected, turns
from hedgerow.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

# The newest revision in migrations/versions; a test keeps it true.
HEAD = "0002"

# Our own name, because the database may be shared with other programs that use Alembic.
VERSION_TABLE = "hedgerow_version"

_POSTGRESQL_LOCK = 0x6865646765726F77  # "hedgerow"
_ALEMBIC_IS_GLOBAL = threading.Lock()  # it keeps the running migration in module variables


def migrate(engine: Engine, where: str) -> None:
    """Upgrade the database to the newest revision.

    Parameters
    ----------
    engine
        Database to upgrade.
    where
        Its URL without the password, for messages.

    Raises
    ------
    StoreError
        The database was written by a newer Hedgerow.
    """
    with engine.connect() as connection:
        if present_revision(connection) == HEAD:
            return
    with _ALEMBIC_IS_GLOBAL, engine.connect() as connection:
        _enforce_foreign_keys(connection, "OFF")
        with _alone(connection, where):
            revision = present_revision(connection)
            if revision != HEAD:
                _upgrade(connection, revision, where)
        _enforce_foreign_keys(connection, "ON")
    if engine.dialect.name == "sqlite" and not in_memory(engine.url):
        _keep_write_ahead_log(engine)


def present_revision(connection: Connection) -> str | None:
    """Revision of a database; None where it has no catalog yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    query: Select[Any] = select(column("version_num")).select_from(table(VERSION_TABLE))
    found = connection.execute(query).first()
    return None if found is None else str(found[0])


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for the packaged migrations."""
    from alembic.config import Config  # 0.2 s to import, and most opens do not need it

    config = Config()
    config.set_main_option("script_location", "hedgerow.catalog:migrations")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, revision: str | None, where: str) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"catalog {where} was written by a newer Hedgerow (revision {revision}; this one "
            f"knows up to {HEAD}): upgrade Hedgerow, or restore an older copy",
            revision=revision,
            newest_known=HEAD,
        )
    command.upgrade(config, "head")


def _enforce_foreign_keys(connection: Connection, switch: str) -> None:
    """Off while SQLite rebuilds a table, or the rows that point to it would be deleted."""
    if connection.dialect.name == "sqlite":
        connection.execution_options(**NO_TRANSACTION)
        connection.exec_driver_sql(f"PRAGMA foreign_keys={switch}")
        connection.commit()


@contextmanager
def _alone(connection: Connection, where: str) -> Iterator[None]:
    """Let nobody else upgrade, and keep all changes or none; SQLite's write lock is its own."""
    if is_mysql(connection):
        with turns(connection, where), protected(connection, VERSION_TABLE):
            yield
        connection.commit()
        return
    server = connection.dialect.name == "postgresql"
    # Whoever waited must see what the faster one did.
    level = {"isolation_level": "READ COMMITTED"} if server else {}
    with connection.execution_options(**WRITES, **level).begin():
        if server:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_LOCK})"))
        yield


def _keep_write_ahead_log(engine: Engine) -> None:
    """Let readers go on while one process writes; the file remembers it.

    SQLite refuses the switch without waiting while anyone else reads the file.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            with engine.connect().execution_options(**NO_TRANSACTION) as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            return
        except OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
