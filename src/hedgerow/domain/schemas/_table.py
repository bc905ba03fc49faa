"""What the lake must know of a table beyond its columns."""

from __future__ import annotations

from dataclasses import dataclass

import dataframely as dy
import polars as pl


@dataclass(frozen=True)
class Table:
    """A lake table: its schema, key, partitioning and order.

    Parameters
    ----------
    name
        Name in the lake and in SQL.
    schema
        Columns, types, nulls and key.
    partition_by
        Columns whose values name the storage folders. ``period`` is derived on writing
        and dropped on reading.
    cluster_by
        Order of rows inside files, for pruning.
    history
        Table that keeps a row's older versions, where rows may be corrected.
    ignore_changes
        Columns whose change alone is not a correction.
    """

    name: str
    schema: type[dy.Schema]
    partition_by: tuple[str, ...] = ()
    cluster_by: tuple[str, ...] = ()
    history: str | None = None
    ignore_changes: tuple[str, ...] = ("ingested_at",)

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that name a row."""
        return tuple(self.schema.primary_key())

    @property
    def columns(self) -> dict[str, pl.DataType]:
        """Column types in order."""
        return dict(self.schema.create_empty().schema)

    @property
    def values(self) -> tuple[str, ...]:
        """Columns whose change is a correction."""
        return tuple(c for c in self.columns if c not in (*self.key, *self.ignore_changes))
