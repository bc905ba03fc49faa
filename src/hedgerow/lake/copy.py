"""Copies of a lake, between a folder and a bucket.

1. ``_planned`` compares the commit logs of both ends, table by table, and refuses a table that
   went its own way at the target before anything is written.
2. ``_copy_data`` brings the data files that the log names; what is there already is skipped.
3. ``_replace_log`` (only by force) takes back the target's own commits, newest first.
4. ``_copy_log`` brings the commits in order, so that no reader ever sees a commit without its
   files. A commit is only ever created, never replaced: of two writers the later one is told.
5. ``_verify`` lists the target once more.

Stopped at any instant and run again, it goes on where it was. Histories are copied before the
tables they belong to, as a reader expects them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from hedgerow.errors import DataError, StoreError, did_you_mean
from hedgerow.lake._errors import store_errors
from hedgerow.lake._places import Entry, Place, is_same, may_be_same, md5_of, place_at, read
from hedgerow.lake.janitor import files_in_commit
from hedgerow.lake.summaries import CopySummary

Progress = Callable[[int, int], None]

_THREADS = 8
_LOG = "_delta_log"
_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\..*parquet")
_HINT = "_last_checkpoint"


@dataclass(frozen=True)
class _Log:
    """The log of one table at one end."""

    table: str
    commits: dict[int, Entry]
    checkpoints: dict[str, Entry]

    @property
    def version(self) -> int:
        """Newest commit; -1 where there is none."""
        return max(self.commits, default=-1)


@dataclass(frozen=True)
class _Plan:
    """What one table needs."""

    source: _Log
    target: _Log
    parted_at: int | None

    @property
    def ahead(self) -> bool:
        """Whether the target has all that the source has, and more."""
        return self.parted_at is None and self.target.version > self.source.version


def copy_lake(
    source: str | Path,
    target: str | Path,
    *,
    tables: Collection[str] | None = None,
    force: bool = False,
    options: dict[str, str] | None = None,
    progress: Progress | None = None,
) -> list[CopySummary]:
    """Bring the tables of one lake to another place, with every version they hold.

    Parameters
    ----------
    source, target
        A folder, or ``s3://bucket/prefix``.
    tables
        Which ones; all by default.
    force
        Make the target's tables equal to the source's even where the target has commits of
        its own, which are lost.
    options
        Options of the object store under the names of its environment variables; those of
        the environment and of ``.env`` fill what they do not say.
    progress
        Called with files done and files in all, of one table after the other.

    Returns
    -------
    list[CopySummary]
        One a table, by name. A second call copies nothing.

    Raises
    ------
    DataError
        The source has no such table, or none at all.
    StoreError
        A table at the target has commits that the source has not in the same place (nothing
        was written then), a place cannot be read or written, or a file is missing.
    AuthError
        The extra ``aws`` is not installed.

    Notes
    -----
    Either lake may be in use meanwhile. What is committed to the source while it is copied
    comes with the next call. A data file counts as copied when its size and its MD5 are
    equal; where the object store keeps no MD5, the size alone is compared and the name,
    which is never given twice.
    """
    here, there = place_at(source, options), place_at(target, options)
    with store_errors(here.where, "read"):
        names = _wanted(here, tables)
    plans = [_planned(name, here, there) for name in names]
    if not force:
        _refuse_parted(plans, there)
    # From last to first by name: a history stands after its table.
    done = [_copy_table(plan, here, there, progress, force=force) for plan in reversed(plans)]
    return done[::-1]


# ----------------------------------------------------------------------------------- comparing


def _wanted(here: Place, tables: Collection[str] | None) -> list[str]:
    found = [name for name in here.names() if _log(here, name).version >= 0]
    if not found:
        raise DataError(f"there is no lake at {here.where}: it holds no tables to copy")
    for name in tables or ():
        if name not in found:
            raise DataError(f"{here.where} has no table {name!r}. {did_you_mean(name, found)}")
    return sorted(set(tables)) if tables else found


def _planned(table: str, here: Place, there: Place) -> _Plan:
    with store_errors(f"{here.where}/{table}", "read"):
        ours = _log(here, table)
    with store_errors(f"{there.where}/{table}", "read"):
        theirs = _log(there, table)
        shared = sorted(ours.commits.keys() & theirs.commits.keys())
        pairs = ((v, ours.commits[v], theirs.commits[v]) for v in shared)
        parted = next((v for v, a, b in pairs if not is_same(a, b, here, there)), None)
    if parted is None and not shared and theirs.commits:
        parted = min(theirs.commits)
    return _Plan(ours, theirs, parted)


def _refuse_parted(plans: Iterable[_Plan], there: Place) -> None:
    parted = [plan for plan in plans if plan.parted_at is not None]
    if parted:
        listed = ", ".join(f"{one.source.table} from version {one.parted_at}" for one in parted)
        raise StoreError(
            f"{there.where} went its own way ({listed}): nothing was copied. Copy to another "
            "place, or replace what is there with --force",
            tables=[one.source.table for one in parted],
        )


def _log(place: Place, table: str) -> _Log:
    commits, checkpoints = {}, {}
    for path, entry in place.entries(f"{table}/{_LOG}").items():
        name = path.rpartition("/")[2]
        if commit := _COMMIT.fullmatch(name):
            commits[int(commit[1])] = entry
        elif _CHECKPOINT.fullmatch(name):
            checkpoints[path] = entry
    return _Log(table, commits, checkpoints)


# ------------------------------------------------------------------------------------- copying


def _copy_table(
    plan: _Plan, here: Place, there: Place, progress: Progress | None, *, force: bool
) -> CopySummary:
    table = plan.source.table
    if plan.ahead and not force:
        return CopySummary(table, "ahead", 0, 0, 0, plan.target.version)
    replaced = force and (plan.parted_at is not None or plan.ahead)
    shared = plan.source.commits.keys() & plan.target.commits.keys()
    with store_errors(f"{here.where}/{table} to {there.where}", "copy"):
        wanted = _named_files(plan.source, here)
        files, size = _copy_data(wanted, table, here, there, progress)
        if replaced:
            _replace_log(plan, there)
        commits = _copy_log(plan.source, here, there, compared=set() if replaced else shared)
        _verify(plan.source, wanted, here, there)
    state = "replaced" if replaced else "copied" if files or commits else "unchanged"
    return CopySummary(table, state, files, size, commits, plan.source.version)


def _named_files(log: _Log, here: Place) -> dict[str, Entry]:
    """Data files that the log names and the source still holds.

    Raises
    ------
    StoreError
        A file of the newest version is missing.
    """
    named, live = _live_files(log, here)
    # Listed after the log was read: what it names is there, or was vacuumed since.
    listed = {
        path: entry
        for path, entry in here.entries(log.table).items()
        if not path.startswith(f"{log.table}/{_LOG}/")
    }
    lost = [name for name in sorted(live) if f"{log.table}/{name}" not in listed]
    if lost:
        raise StoreError(
            f"{here.where}/{log.table} lacks {len(lost)} of its data files, such as {lost[0]}: "
            "restore it from a copy, or run it again if it was just compacted"
        )
    wanted = {f"{log.table}/{name}" for name in named | live}
    # Other writers keep more than Parquet beside it, such as lists of deleted rows.
    return {p: e for p, e in listed.items() if p in wanted or not _may_be_leftover(p)}


def _live_files(log: _Log, here: Place) -> tuple[set[str], set[str]]:
    """Files that any commit added, and those that the newest version is made of."""
    since, live = -1, set[str]()
    if min(log.commits) > 0 and log.checkpoints:
        since = min(map(_version, log.checkpoints.values()))
        parts = [one for one in log.checkpoints.values() if _version(one) == since]
        live.update(*(_in_checkpoint(read(here, part.path)) for part in parts))
    named = set(live)
    versions = sorted(log.commits)
    with ThreadPoolExecutor(_THREADS) as pool:
        contents = pool.map(lambda version: read(here, log.commits[version].path), versions)
        for version, content in zip(versions, contents, strict=True):
            added, removed = files_in_commit(content)
            named |= added
            if version > since:
                live = (live - removed) | added
    return named, live


def _in_checkpoint(content: bytes) -> list[str]:
    adds = pl.read_parquet(io.BytesIO(content), columns=["add"])
    return [unquote(path) for path in adds["add"].struct.field("path").drop_nulls()]


def _may_be_leftover(path: str) -> bool:
    return path.endswith((".parquet", ".tmp")) or "#" in path


def _copy_data(
    wanted: dict[str, Entry], table: str, here: Place, there: Place, progress: Progress | None
) -> tuple[int, int]:
    """Bring the files that are not at the target; how many, and how many bytes."""
    present = there.entries(table)
    lacking = []
    for path, entry in wanted.items():
        copy = present.get(path)
        if copy is None or not may_be_same(entry, copy, here, there):
            lacking.append(entry)
    pool = ThreadPoolExecutor(_THREADS)
    try:
        waiting = pool.map(lambda entry: _copy_file(entry, here, there, only_new=False), lacking)
        for done, _ in enumerate(waiting, start=1):
            if progress is not None:
                progress(done, len(lacking))
    finally:
        # The first failure, or Ctrl-C, ends it: files not begun yet come with the next call.
        pool.shutdown(cancel_futures=True)
    return len(lacking), sum(entry.size for entry in lacking)


def _copy_file(entry: Entry, here: Place, there: Place, *, only_new: bool) -> bool:
    md5 = here.known_md5(entry)
    with here.opened(entry.path) as content:
        return there.put(entry.path, content, md5, only_new=only_new)


def _replace_log(plan: _Plan, there: Place) -> None:
    """Take back the target's commits from the first that differs, the newest first."""
    first = plan.source.version + 1 if plan.parted_at is None else plan.parted_at
    there.remove(f"{plan.target.table}/{_LOG}/{_HINT}")
    for path in plan.target.checkpoints:
        if int(path.rpartition("/")[2][:20]) >= first:
            there.remove(path)
    for version in sorted(plan.target.commits, reverse=True):
        if version >= first:
            there.remove(plan.target.commits[version].path)


def _copy_log(log: _Log, here: Place, there: Place, *, compared: Collection[int]) -> int:
    """Bring the commits and checkpoints that are not at the target; how many commits.

    Commits that appeared there since the plan are another writer's: they must be the same.
    """
    held = _log(there, log.table)
    for version in sorted(log.commits.keys() & held.commits.keys() - set(compared)):
        if not is_same(log.commits[version], held.commits[version], here, there):
            raise _intruder(there, log.table, version)
    checkpoints = [log.checkpoints[path] for path in sorted(log.checkpoints)]
    missing = [entry for entry in checkpoints if entry.path not in held.checkpoints]
    commits = [log.commits[version] for version in sorted(log.commits)]
    new = [entry for entry in commits if _version(entry) not in held.commits]
    # A log whose beginning was cleaned away can be read from a checkpoint only.
    first, last = (missing, []) if min(log.commits) > 0 else ([], missing)
    for entry in (*first, *new, *last):
        if _copy_file(entry, here, there, only_new=True) or entry in missing:
            continue
        arrived = there.entries(f"{log.table}/{_LOG}").get(entry.path)
        if arrived is None or not is_same(entry, arrived, here, there):
            raise _intruder(there, log.table, _version(entry))
    if missing and held.version <= log.version:
        hint = here.entries(f"{log.table}/{_LOG}").get(f"{log.table}/{_LOG}/{_HINT}")
        if hint is not None:
            _copy_file(hint, here, there, only_new=False)
    return len(new)


def _intruder(there: Place, table: str, version: int) -> StoreError:
    return StoreError(
        f"{there.where}/{table}: another writer made version {version} meanwhile; run it again "
        "when it has finished"
    )


def _version(entry: Entry) -> int:
    return int(entry.path.rpartition("/")[2][:20])


def _verify(log: _Log, wanted: dict[str, Entry], here: Place, there: Place) -> None:
    """Find every file at the target, by size and where it is kept by MD5."""
    arrived = there.entries(log.table)
    expected = wanted | {entry.path: entry for entry in log.commits.values()}
    for path, entry in expected.items():
        copy = arrived.get(path)
        if copy is None or not may_be_same(entry, copy, here, there):
            raise StoreError(
                f"{there.where}/{path} is missing or differs after it was copied; run it again"
            )


# ---------------------------------------------------------------------------------- single files


def file_md5(uri: str | Path, name: str, *, options: dict[str, str] | None = None) -> str | None:
    """MD5 of one file beside the tables of a lake; None where there is none.

    Raises
    ------
    StoreError
        The place cannot be read.
    """
    place = place_at(uri, options)
    with store_errors(f"{place.where}/{name}", "read"):
        entry = place.entry(name)
        if entry is None:
            return None
        with place.opened(name) as content:
            return place.known_md5(entry) or md5_of(content)


def send_file(
    path: Path, uri: str | Path, name: str, *, options: dict[str, str] | None = None
) -> None:
    """Store a file beside the tables of a lake, whole or not at all.

    Raises
    ------
    StoreError
        The place cannot be written.
    """
    place = place_at(uri, options)
    with store_errors(f"{place.where}/{name}", "write"), path.open("rb") as content:
        place.put(name, content, None, only_new=False)


def fetch_file(
    uri: str | Path, name: str, folder: Path, *, options: dict[str, str] | None = None
) -> None:
    """Bring a file that lies beside the tables of a lake into a folder, whole or not at all.

    Raises
    ------
    StoreError
        The place cannot be read, or the folder not written.
    """
    place, here = place_at(uri, options), place_at(folder)
    with store_errors(f"{place.where}/{name}", "read"):
        entry = place.entry(name)
        if entry is None:
            raise FileNotFoundError(name)
        _copy_file(entry, place, here, only_new=False)
