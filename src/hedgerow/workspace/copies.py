"""Copies of the catalog file beside a copy of the lake.

Unlike a table of the lake the file has no history that could be joined, so the whole of it is
replaced, and only where nobody else changed it since the last copy in either direction. What that
was is remembered in ``catalog.db.copied`` beside the file.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from hedgerow.errors import DataError, StoreError
from hedgerow.lake import fetch_file, file_md5, send_file

_NAME = "catalog.db"
_REMEMBERED = "catalog.db.copied"


def upload_catalog(folder: Path, address: str, *, force: bool = False) -> bool:
    """Copy the catalog file of a workspace to a bucket.

    Parameters
    ----------
    folder
        The workspace.
    address
        Where the copy of its lake is: ``s3://bucket/prefix``.
    force
        Replace the file there though somebody else changed it.

    Returns
    -------
    bool
        Whether anything had to be copied.

    Raises
    ------
    DataError
        The workspace has no catalog file.
    StoreError
        Somebody else changed the file there, or a place cannot be read or written.
    """
    if not (folder / _NAME).is_file():
        raise DataError(
            f"there is no catalog file in {folder}: a catalog on a server is copied with the "
            "server's own tools"
        )
    with tempfile.TemporaryDirectory(prefix="hedgerow-") as name:
        snapshot = _snapshot(folder / _NAME, Path(name) / _NAME)
        ours, theirs = file_md5(name, _NAME), file_md5(address, _NAME)
        if ours != theirs:
            if theirs not in {None, _remembered(folder)} and not force:
                raise _changed(address)
            send_file(snapshot, address, _NAME)
    (folder / _REMEMBERED).write_text(f"{ours}\n", encoding="ascii")
    return ours != theirs


def download_catalog(address: str, folder: Path, *, force: bool = False) -> bool:
    """Copy the catalog file from a bucket into a workspace; parameters as for ``upload_catalog``.

    Raises
    ------
    DataError
        There is no such file in the bucket.
    StoreError
        The workspace's own catalog was changed since the last copy, or a place cannot be
        read or written.
    """
    theirs = file_md5(address, _NAME)
    if theirs is None:
        raise DataError(f"there is no catalog file at {address}: upload one with --catalog")
    ours = None
    if (folder / _NAME).is_file():
        with tempfile.TemporaryDirectory(prefix="hedgerow-") as name:
            _snapshot(folder / _NAME, Path(name) / _NAME)
            ours = file_md5(name, _NAME)
    if ours != theirs:
        if ours not in {None, _remembered(folder)} and not force:
            raise _changed(str(folder))
        fetch_file(address, _NAME, folder)
        for rest in ("-wal", "-shm"):  # of the file that was replaced
            (folder / f"{_NAME}{rest}").unlink(missing_ok=True)
    (folder / _REMEMBERED).write_text(f"{theirs}\n", encoding="ascii")
    return ours != theirs


def _changed(where: str) -> StoreError:
    return StoreError(
        f"the catalog at {where} was changed since it was last copied: nothing was replaced. Use "
        "--force to lose its changes"
    )


def _remembered(folder: Path) -> str | None:
    path = folder / _REMEMBERED
    return path.read_text(encoding="ascii").strip() if path.is_file() else None


def _snapshot(catalog: Path, copy: Path) -> Path:
    """The catalog as it is between two transactions, in one file, the same bytes each time."""
    try:
        with (
            closing(sqlite3.connect(f"{catalog.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as fault:
        raise StoreError(f"catalog {catalog} cannot be read: {fault}") from fault
    return copy
