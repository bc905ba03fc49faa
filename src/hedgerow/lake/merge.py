"""Idempotent merge: compare with what is stored, keep what a correction replaces, commit once.

1. ``compare`` reads the stored rows of the same keys and sorts the given ones into new,
   corrected and unchanged.
2. ``keep_history`` stores what a correction is about to replace (and is idempotent, so a
   writer that dies after it does no harm).
3. ``commit`` appends new rows, or merges where some are corrected, guarded so that of two
   racing writers one must start again at 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from deltalake import write_deltalake

from hedgerow.domain.schemas import TABLES, Table
from hedgerow.lake._delta import sql_text, stored_columns, writer_properties
from hedgerow.lake._frames import (
    INGESTED_AT,
    conform,
    in_file_order,
    last_of_each_key,
    require_values,
    stamped_by_lake,
    varying_columns,
    with_period,
)
from hedgerow.lake._snapshot import Snapshot
from hedgerow.lake._store import Store
from hedgerow.lake.summaries import MergeSummary

SUPERSEDED_AT = "superseded_at"
_STORED = "_stored_"
_PRESENT = "_stored"
_ONE_TICK = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Difference:
    """Given rows against stored ones.

    Parameters
    ----------
    new
        Rows whose key is not stored, as they are to be stored.
    corrected
        Rows whose stored values differ, as they are to be stored.
    replaced
        What is stored under the keys of ``corrected``, in the same order.
    unchanged
        How many rows are stored already with the same values.
    """

    new: pl.DataFrame
    corrected: pl.DataFrame
    replaced: pl.DataFrame
    unchanged: int

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to write."""
        return self.new.is_empty() and self.corrected.is_empty()


def merge(
    store: Store,
    table: Table,
    frame: pl.DataFrame | pl.LazyFrame,
    *,
    ingested_at: dt.datetime,
) -> MergeSummary:
    """Insert new rows and replace changed ones, by the table's key.

    See ``Lake.merge``, which documents it for users.
    """
    given = conform(frame, table)
    require_values(given, table)
    unique = last_of_each_key(given, table.key)
    rows = with_period(_stamped(unique, table, ingested_at), table)

    def attempt() -> MergeSummary:
        handle = store.open(table.name) if rows.is_empty() else store.open_or_create(table)
        if handle is None or rows.is_empty():
            version = None if handle is None else handle.version()
            return MergeSummary(given.height, 0, 0, 0, version)
        found = compare(handle, table, rows)
        if not found.nothing:
            keep_history(store, table, found)
            commit(store, handle, table, found)
        return MergeSummary(
            rows=given.height,
            inserted=found.new.height,
            corrected=found.corrected.height,
            unchanged=found.unchanged,
            version=handle.version(),
            duplicates=given.height - unique.height,
            inserted_by=count_by_instrument(found.new),
            corrected_by=count_by_instrument(found.corrected),
        )

    return store.until_committed(table.name, attempt)


def insert_missing(store: Store, table: Table, rows: pl.DataFrame) -> int:
    """Append the rows whose key is not stored yet; stored ones stay as they are.

    Parameters
    ----------
    store
        Where the tables lie.
    table
        A table whose rows never change, such as history or quarantine.
    rows
        Complete rows, each key once.

    Returns
    -------
    int
        Rows appended.
    """
    if rows.is_empty():
        return 0
    labelled = with_period(rows, table)

    def attempt() -> int:
        handle = store.open_or_create(table)
        stored = stored_near(handle, table, labelled).select(table.key).collect()
        missing = labelled.join(stored, on=list(table.key), how="anti", maintain_order="left")
        if not missing.is_empty():
            append(store, handle, table, missing)
        return missing.height

    return store.until_committed(table.name, attempt)


def compare(handle: Snapshot, table: Table, rows: pl.DataFrame) -> Difference:
    """Sort rows into new, corrected and unchanged against one snapshot.

    Parameters
    ----------
    handle
        Snapshot of the table.
    table
        Its schema.
    rows
        As they are to be stored, each key once.

    Returns
    -------
    Difference
        Two nulls are equal, and so are two NaN. A corrected row's ``ingested_at`` is
        always later than that of the row it replaces.
    """
    stored = stored_near(handle, table, rows).collect()
    if stored.is_empty():
        return Difference(rows, rows.clear(), rows.clear(), 0)
    on = varying_columns(rows, table.key)
    beside = stored.drop([n for n in table.key if n not in on]).rename(
        lambda name: name if name in on else f"{_STORED}{name}"
    )
    joined = rows.join(
        beside.with_columns(pl.lit(True).alias(_PRESENT)), on=on, how="left", maintain_order="left"
    )
    same = pl.all_horizontal(
        pl.lit(True),
        *(pl.col(name).eq_missing(pl.col(f"{_STORED}{name}")) for name in table.values),
    )
    present = pl.col(_PRESENT).is_not_null()
    changed = joined.filter(present & ~same)
    return Difference(
        new=joined.filter(~present).select(rows.columns),
        corrected=_later_than_stored(changed, table).select(rows.columns),
        replaced=changed.select(
            pl.col(name) if name in table.key else pl.col(f"{_STORED}{name}").alias(name)
            for name in table.columns
        ),
        unchanged=joined.select((present & same).sum()).item(),
    )


def stored_near(handle: Snapshot, table: Table, rows: pl.DataFrame) -> pl.LazyFrame:
    """Stored rows within the bounds of the given ones, so that other files are never read.

    Bounds hold for each key column and partition; rows of other keys between them remain.
    """
    listed = [n for n in (*table.partition_by, *table.key) if _few_values(n, table, rows)]
    exact = [pl.col(name).is_in(rows[name].unique().to_list()) for name in listed]
    between = [
        pl.col(name).is_between(pl.lit(rows[name].min()), pl.lit(rows[name].max()))
        for name in table.key
        if name not in listed
    ]
    return pl.scan_delta(handle).select(list(stored_columns(table))).filter(*exact, *between)


def keep_history(store: Store, table: Table, found: Difference) -> None:
    """Store what a correction is about to replace, once however often it is tried."""
    if table.history is None or found.corrected.is_empty():
        return
    superseded = found.corrected[INGESTED_AT].alias(SUPERSEDED_AT)
    insert_missing(store, TABLES[table.history], found.replaced.with_columns(superseded))


def commit(store: Store, handle: Snapshot, table: Table, found: Difference) -> None:
    """Write new and corrected rows in one commit.

    Raises
    ------
    deltalake.exceptions.CommitFailedError
        Another writer committed since the snapshot: compare again.
    """
    if found.corrected.is_empty():
        append(store, handle, table, found.new)
        return
    source = in_file_order(pl.concat([found.corrected, found.new]), table)
    (
        handle.merge(
            source,
            predicate=_merge_predicate(table, source),
            source_alias="given",
            target_alias="stored",
            writer_properties=writer_properties(table),
            commit_properties=store.commit_with_guard(handle, table.name),
        )
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )


def append(store: Store, handle: Snapshot, table: Table, rows: pl.DataFrame) -> None:
    """Append rows that were compared with this very snapshot.

    Raises
    ------
    deltalake.exceptions.CommitFailedError
        Another writer committed since the snapshot: compare again.
    """
    write_deltalake(
        handle,
        in_file_order(rows.select(list(stored_columns(table))), table),
        mode="append",
        writer_properties=writer_properties(table),
        commit_properties=store.commit_with_guard(handle, table.name),
    )


def count_by_instrument(rows: pl.DataFrame) -> dict[str, int]:
    """Rows of each instrument; empty where the table has none."""
    if "instrument_id" not in rows.columns:
        return {}
    named = rows.drop_nulls("instrument_id").group_by("instrument_id").len()
    return dict(named.sort("instrument_id").iter_rows())


def _stamped(rows: pl.DataFrame, table: Table, ingested_at: dt.datetime) -> pl.DataFrame:
    if not stamped_by_lake(table):
        return rows
    stamp = pl.lit(ingested_at, dtype=pl.Datetime("us", "UTC")).alias(INGESTED_AT)
    return rows.with_columns(stamp).select(list(table.columns))


def _later_than_stored(changed: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Versions of a row are told apart by ``ingested_at``, so a later one must be later."""
    if not stamped_by_lake(table):
        return changed
    after = pl.col(f"{_STORED}{INGESTED_AT}") + _ONE_TICK
    return changed.with_columns(pl.max_horizontal(INGESTED_AT, after))


def _merge_predicate(table: Table, source: pl.DataFrame) -> str:
    """Keys equal, and partitions spelled out: writers of other partitions do not conflict."""
    partitions = [
        f"stored.`{name}` IN ({_listed(source[name].unique().sort())})"
        for name in table.partition_by
    ]
    keys = [f"stored.`{name}` = given.`{name}`" for name in table.key]
    return " AND ".join([*partitions, *keys])


def _few_values(name: str, table: Table, rows: pl.DataFrame) -> bool:
    return name in table.partition_by or rows[name].dtype == pl.Boolean


def _listed(values: Iterable[object]) -> str:
    return ", ".join(sql_text(value) for value in values)
