"""Turns what a database driver says into one line that says what to do."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

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


def _code(cause: BaseException | None) -> str:
    name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return name or ""


def _advice(code: str) -> str | None:
    table = _SQLITE if code.startswith("SQLITE_") else _SQLSTATE
    prefixes = [prefix for prefix in table if code.startswith(prefix)]
    return table[max(prefixes, key=len)] if prefixes else None


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
