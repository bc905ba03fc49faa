"""Append-only writes of run outputs, each batch once."""

from __future__ import annotations

import polars as pl
from deltalake import CommitProperties, Transaction, write_deltalake

from hedgerow.domain.schemas import Table
from hedgerow.lake._delta import stored_columns, writer_properties
from hedgerow.lake._frames import conform, in_file_order, require_values, with_period
from hedgerow.lake._store import Store


def append_once(
    store: Store, table: Table, frame: pl.DataFrame | pl.LazyFrame, *, app: str, batch: int
) -> bool:
    """Append a batch unless this or a later batch of the same application is there.

    See ``Lake.append_once``, which documents it for users.
    """
    given = conform(frame, table)
    require_values(given, table)
    rows = with_period(given, table).select(list(stored_columns(table)))

    def attempt() -> bool:
        handle = store.open_or_create(table)
        # Delta itself accepts an older number after a newer one, so the check is ours.
        last = handle.transaction_version(app)
        if last is not None and last >= batch:
            return False
        write_deltalake(
            handle,
            in_file_order(rows, table),
            mode="append",
            writer_properties=writer_properties(table),
            commit_properties=CommitProperties(app_transactions=[Transaction(app, batch)]),
        )
        return True

    return False if rows.is_empty() else store.until_committed(table.name, attempt)
