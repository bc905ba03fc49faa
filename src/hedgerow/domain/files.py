"""Files that are either whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

from hedgerow.errors import StoreError


def write_text(path: Path, text: str) -> None:
    """Write a text file in one step: a reader, or a crash, never meets half of it.

    Parameters
    ----------
    path
        Where to write; its folder is made when it does not exist.
    text
        What to write, as UTF-8.

    Raises
    ------
    StoreError
        The file cannot be written; an older one stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "note.txt"
    >>> write_text(place, "whole")
    >>> place.read_text()
    'whole'
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
