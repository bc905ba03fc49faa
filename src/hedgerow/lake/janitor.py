"""Files that killed writers left behind, which no vacuum of the storage library removes.

A killed writer leaves three kinds: a data file half written (``….parquet#1``), a data file
complete but never committed, and a commit half written (``….json.tmp``). None is ever read.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import polars as pl
from deltalake.exceptions import DeltaError

from hedgerow.lake import _files
from hedgerow.lake._files import StoredFile
from hedgerow.lake._store import Store
from hedgerow.lake.summaries import LeftoverSummary

_LOG = "_delta_log/"


def clean_leftovers(store: Store, name: str, *, before: dt.datetime) -> LeftoverSummary:
    """Remove the leftovers of one table that were last touched before an instant.

    Parameters
    ----------
    store
        Where the tables lie.
    name
        Table.
    before
        Younger files are left alone: their writer may be at work.

    Returns
    -------
    LeftoverSummary
        What was removed.

    Notes
    -----
    A file counts as committed when any commit or checkpoint in the log names it, whether as
    added or as removed, so a file of an old version that a run pins is never a leftover.
    """
    uri, options = store.uri(name), store.options
    with store.errors(name, "clean"):
        # Listed before the log is read: a file committed in between is then in the log.
        listed = _files.files(uri, options)
        committed = set(_committed(uri, options, listed))
        left = [
            file for file in listed if file.modified < before and _is_leftover(file.path, committed)
        ]
        for file in left:
            _files.delete(uri, file.path, options)
    return LeftoverSummary(files=len(left), size=sum(file.size for file in left))


def _is_leftover(path: str, committed: set[str]) -> bool:
    if path.startswith(_LOG):
        return path.endswith(".tmp") or "#" in path
    half_written = ".parquet#" in path
    return half_written or (path.endswith(".parquet") and path not in committed)


def _committed(uri: str, options: dict[str, str] | None, listed: list[StoredFile]) -> Iterator[str]:
    """Data files that the log names, in any version it still holds."""
    for file in listed:
        if not file.path.startswith(_LOG):
            continue
        if file.path.endswith(".json"):
            yield from set[str]().union(*files_in_commit(_files.read(uri, file.path, options)))
        elif file.path.endswith(".parquet"):
            yield from _in_checkpoint(_files.read(uri, file.path, options))


def files_in_commit(content: bytes) -> tuple[set[str], set[str]]:
    """Data files that a commit adds and those that it removes.

    Raises
    ------
    deltalake.exceptions.DeltaError
        The commit is damaged.
    """
    found: dict[str, set[str]] = {"add": set(), "remove": set()}
    for line in filter(None, content.splitlines()):
        action = _parsed(line)
        for kind, paths in found.items():
            if kind in action:
                paths.add(unquote(action[kind]["path"]))
    return found["add"], found["remove"]


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(line))
    except ValueError as fault:
        # Told as the storage library tells it; nothing may be removed by half a log.
        raise DeltaError(f"Json error in the commit log: {fault}") from fault


def _in_checkpoint(content: bytes) -> Iterator[str]:
    actions = pl.read_parquet(io.BytesIO(content))
    for kind in ("add", "remove"):
        if kind in actions.columns:
            paths = actions.select(pl.col(kind).struct.field("path")).to_series().drop_nulls()
            yield from map(unquote, paths)
