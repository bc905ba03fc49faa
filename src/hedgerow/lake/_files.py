"""Files and folders of a lake, on a local disk or in an object store."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.lake._options import for_delta

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


@dataclass(frozen=True)
class StoredFile:
    """One file below a folder.

    Parameters
    ----------
    path
        Relative to the folder, with forward slashes.
    size
        In bytes.
    modified
        Last change, UTC.
    """

    path: str
    size: int
    modified: dt.datetime


def is_local(uri: str) -> bool:
    """Whether the address is a folder of this machine."""
    return "://" not in uri


def folders(uri: str, options: dict[str, str] | None) -> list[str]:
    """Names of the folders right below an address, sorted; none where it does not exist."""
    if is_local(uri):
        root = Path(uri)
        return (
            sorted(entry.name for entry in root.iterdir() if entry.is_dir())
            if root.exists()
            else []
        )
    listed = _remote_entries(uri, options, recursive=False)
    return sorted(path for path, size, _ in listed if size is None)


def files(uri: str, options: dict[str, str] | None) -> list[StoredFile]:
    """Every file below an address, sorted by path; none where it does not exist.

    In an object store, parts of an unfinished upload are not files and are not listed.
    """
    if is_local(uri):
        return _local_files(Path(uri))
    return sorted(
        (
            StoredFile(path, size, modified)
            for path, size, modified in _remote_entries(uri, options, recursive=True)
            if size is not None and modified is not None
        ),
        key=lambda file: file.path,
    )


def read(uri: str, path: str, options: dict[str, str] | None) -> bytes:
    """Content of one file below an address."""
    if is_local(uri):
        return (Path(uri) / path).read_bytes()
    with _filesystem(uri, options).open_input_stream(path) as stream:
        content: bytes = stream.read()
    return content


def delete(uri: str, path: str, options: dict[str, str] | None) -> None:
    """Remove one file below an address; fine where it is gone already."""
    if is_local(uri):
        (Path(uri) / path).unlink(missing_ok=True)
    else:
        _filesystem(uri, options).delete_file(path)


def _local_files(root: Path) -> list[StoredFile]:
    found = []
    for path in sorted(root.rglob("*")):
        try:
            facts = path.stat()
        except FileNotFoundError:  # another process removed it since it was listed
            continue
        if path.is_file():
            modified = dt.datetime.fromtimestamp(facts.st_mtime, dt.UTC)
            found.append(StoredFile(path.relative_to(root).as_posix(), facts.st_size, modified))
    return found


def _remote_entries(
    uri: str, options: dict[str, str] | None, *, recursive: bool
) -> list[tuple[str, int | None, dt.datetime | None]]:
    from pyarrow.fs import FileSelector

    selector = FileSelector("", recursive=recursive, allow_not_found=True)
    return [(i.path, i.size, i.mtime) for i in _filesystem(uri, options).get_file_info(selector)]


def _filesystem(uri: str, options: dict[str, str] | None) -> FileSystem:
    from deltalake.fs import DeltaStorageHandler
    from pyarrow.fs import PyFileSystem

    return PyFileSystem(DeltaStorageHandler(uri, for_delta(options)))
