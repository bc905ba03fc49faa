"""Turns what a database driver says into one line that says what to do."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from hedgerow.errors import HedgerowError, StoreError

# SQLite names every failure (https://www.sqlite.org/rescode.html); the longest match wins.
_SQLITE = {
    "SQLITE_NOTADB": "is not an SQLite database: restore it from a backup, or move it away",
    "SQLITE_CORRUPT": "is damaged: restore it from a backup",
    "SQLITE_READONLY": "cannot be written: make the file and its folder writable",
    "SQLITE_PERM": "cannot be opened: check the permissions of the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened: check that its folder exists and is writable",
    "SQLITE_FULL": "cannot be written: the disk is full; nothing was changed",
    "SQLITE_IOERR": "cannot be read or written: the disk failed or is full",
    "SQLITE_BUSY": "is locked by another process: try again when it has finished",
    "SQLITE_LOCKED": "is locked by another process: try again when it has finished",
}

# The first characters of an SQLSTATE name its class (ISO/IEC 9075, PostgreSQL appendix A).
_SQLSTATE = {
    "08": "cannot be reached: check the host, the port and that the server runs",
    "25006": "is read-only: name the primary server, or ask for the right to write",
    "28": "refused the user or the password",
    "3D": "does not exist: create the database first",
    "42501": "refused: the user lacks the right; ask for CREATE and write rights",
    "53100": "cannot be written: the server's disk is full; nothing was changed",
    "53": "refused: the server has no resources left",
    "57": "was shut down: try again when the server runs",
    "XX001": "is damaged: restore it from a backup",
}

# MySQL numbers its errors (MariaDB: Error Codes; MySQL: Error Message Reference); those from
# 2000 on are the driver's own.
_MYSQL = {
    "1021": "cannot be written: the server's disk is full; nothing was changed",
    "1040": "refused: the server has no connections left: try again later",
    "1044": "refused the user: grant it all rights on the database",
    "1045": "refused the user or the password",
    "1049": "does not exist: create the database first",
    "1053": "was shut down: try again when the server runs",
    "1114": "cannot be written: the server's disk is full; nothing was changed",
    "1142": "refused: the user lacks the right; ask for CREATE and write rights",
    "1153": "refused a value that is too long: raise max_allowed_packet of the server",
    "1203": "refused: the user has no connections left: try again later",
    "1205": "is locked by another process: try again when it has finished",
    "1213": "is in use by other processes: try again",
    "1290": "is read-only: name the primary server, or ask for the right to write",
    "1698": "refused the user or the password",
    "1792": "is read-only: name the primary server, or ask for the right to write",
    "1836": "is read-only: name the primary server, or ask for the right to write",
    "2002": "cannot be reached: check the host, the port and that the server runs",
    "2003": "cannot be reached: check the host, the port and that the server runs",
    "2006": "closed the connection: try again when the server runs",
    "2013": "closed the connection: try again when the server runs; nothing was changed",
    "2055": "closed the connection: try again when the server runs",
}

# What two transactions that change the same rows get, and only one of them: PostgreSQL and MySQL.
_CONTENDED = ("40001", "40P01", "MYSQL_1020", "MYSQL_1213")


def explain(error: SQLAlchemyError, where: str) -> HedgerowError:
    """The error to raise for a failed statement.

    Parameters
    ----------
    error
        What SQLAlchemy raised.
    where
        The catalog's URL without its password.

    Returns
    -------
    HedgerowError
        A ``StoreError`` in one line; an error of ours that a column type raised is returned
        as it is.
    """
    cause = error.orig if isinstance(error, StatementError) else None
    if isinstance(cause, HedgerowError):
        return cause
    code = _code(cause)
    known = _advice(code)
    if known:
        return StoreError(f"catalog {where} {known}", code=code)
    if isinstance(error, DBAPIError) and code == "" and not isinstance(cause, sqlite3.Error):
        return StoreError(f"catalog {where} cannot be reached: {_first_line(cause)}")
    return StoreError(f"catalog {where} failed: {_first_line(cause or error)}", code=code)


def is_busy(error: SQLAlchemyError) -> bool:
    """Whether another process holds the SQLite file."""
    cause = error.orig if isinstance(error, StatementError) else None
    return _code(cause).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def is_contended(error: SQLAlchemyError) -> bool:
    """Whether another transaction was faster, so that a second look finds what it left."""
    cause = error.orig if isinstance(error, StatementError) else None
    return isinstance(error, IntegrityError) or _code(cause) in _CONTENDED


def _code(cause: BaseException | None) -> str:
    if type(cause).__module__.startswith("pymysql") and cause is not None and cause.args:
        return f"MYSQL_{cause.args[0]}"
    name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return name or ""


def _advice(code: str) -> str | None:
    if code.startswith("MYSQL_"):
        return _MYSQL.get(code.removeprefix("MYSQL_"))
    table = _SQLITE if code.startswith("SQLITE_") else _SQLSTATE
    prefixes = [prefix for prefix in table if code.startswith(prefix)]
    return table[max(prefixes, key=len)] if prefixes else None


def _first_line(error: BaseException | None) -> str:
    if type(error).__module__.startswith("pymysql") and error is not None:
        text = str(error.args[-1]) if error.args else ""  # the number before it says nothing more
    else:
        text = str(error)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__
