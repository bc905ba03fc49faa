"""Tables that users bring: alternative data with a key, a time and an instant of knowledge."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dataframely as dy
import polars as pl

from hedgerow.domain.schemas import TABLES, Table
from hedgerow.errors import DataError, DefinitionError, did_you_mean
from hedgerow.lake._delta import primitive
from hedgerow.lake._snapshot import Snapshot

# Where the table itself remembers what the user said; Delta keeps unknown settings as they are.
REMEMBERED = "hedgerow.user_table"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

_WIDER: dict[type[pl.DataType], pl.DataType] = {
    pl.Categorical: pl.String(),
    pl.Enum: pl.String(),
    pl.UInt8: pl.Int16(),
    pl.UInt16: pl.Int32(),
    pl.UInt32: pl.Int64(),
    pl.UInt64: pl.Int64(),
    pl.Datetime: pl.Datetime("us", "UTC"),
}

_COLUMN: dict[type[pl.DataType], type[dy.Column]] = {
    pl.Boolean: dy.Bool,
    pl.Date: dy.Date,
    pl.Float32: dy.Float32,
    pl.Float64: dy.Float64,
    pl.Int8: dy.Int8,
    pl.Int16: dy.Int16,
    pl.Int32: dy.Int32,
    pl.Int64: dy.Int64,
    pl.String: dy.String,
}


@dataclass(frozen=True)
class UserTable:
    """A table whose meaning the user stated.

    Parameters
    ----------
    name
        Lower-case letters, digits and underscores, beginning with a letter; not the name
        of a built-in table.
    key
        Columns that name a row; never null.
    time
        Column that says when the fact is about (Date, or Datetime with a zone).
    available_at
        Column that says from when anyone could know it (Datetime with a zone).
    columns
        Types by name, in order, as stored: unsigned numbers become signed ones, categories
        become text, instants are UTC to the microsecond.

    Raises
    ------
    DefinitionError
        The name is not allowed, a named column is missing, or has no usable type.
    DataError
        A column's type cannot be stored.

    Examples
    --------
    >>> columns = {"ticker": pl.String(), "day": pl.Date(), "known": pl.Datetime("us", "UTC")}
    >>> UserTable("moods", ("ticker", "day"), "day", "known", columns).key
    ('ticker', 'day')
    """

    name: str
    key: tuple[str, ...]
    time: str
    available_at: str
    columns: Mapping[str, pl.DataType] = field(hash=False)

    def __post_init__(self) -> None:
        stored = {name: _stored_type(name, dtype) for name, dtype in self.columns.items()}
        object.__setattr__(self, "columns", stored)
        object.__setattr__(self, "key", tuple(self.key))
        self._check_name()
        self._check_columns()

    def table(self) -> Table:
        """The same, as every part of the lake knows a table."""
        columns = {
            f"column_{number}": self._column(name, dtype)
            for number, (name, dtype) in enumerate(self.columns.items())
        }
        schema = type(f"UserTable_{self.name}", (dy.Schema,), columns)
        return Table(self.name, schema, cluster_by=self.key, ignore_changes=())

    def remembered(self) -> dict[str, str]:
        """What the stored table keeps beside its columns."""
        facts = {"key": self.key, "time": self.time, "available_at": self.available_at}
        return {REMEMBERED: json.dumps(facts)}

    def _column(self, name: str, dtype: pl.DataType) -> dy.Column:
        needed = name in {*self.key, self.time, self.available_at}
        options: dict[str, Any] = {
            "alias": name,
            "nullable": not needed,
            "primary_key": name in self.key,
        }
        if isinstance(dtype, pl.Datetime):
            return dy.Datetime(time_zone="UTC", time_unit="us", **options)
        return _COLUMN[dtype.base_type()](**options)

    def _check_name(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name in TABLES:
            raise DefinitionError(
                f"table name {self.name!r} is not allowed: use lower-case letters, digits and "
                "underscores, beginning with a letter, and no built-in table's name",
                name=self.name,
            )

    def _check_columns(self) -> None:
        if not self.key:
            raise DefinitionError(f"table {self.name!r} needs at least one key column")
        for role, name in (*(("key", n) for n in self.key), ("time", self.time)):
            self._require(role, name)
        self._require("available_at", self.available_at)
        for name, dtype in self.columns.items():
            primitive(name, dtype)
        self._require_type("time", self.time, (pl.Date, pl.Datetime))
        self._require_type("available_at", self.available_at, (pl.Datetime,))
        floating = [name for name in self.key if self.columns[name].is_float()]
        if floating:
            raise DefinitionError(
                f"table {self.name!r}: key column {floating[0]!r} holds decimal numbers, which do "
                "not name a row safely; use text, whole numbers, dates or instants"
            )

    def _require(self, role: str, name: str) -> None:
        if name not in self.columns:
            raise DefinitionError(
                f"table {self.name!r}: {role} column {name!r} is not in the data. "
                f"{did_you_mean(name, self.columns)}"
            )

    def _require_type(self, role: str, name: str, types: Sequence[type[pl.DataType]]) -> None:
        if self.columns[name].base_type() not in types:
            wanted = " or ".join("a date" if kind == pl.Date else "an instant" for kind in types)
            raise DefinitionError(
                f"table {self.name!r}: {role} column {name!r} is {self.columns[name]}, but must be "
                f"{wanted}"
            )


def remembered_by(handle: Snapshot, name: str) -> UserTable | None:
    """User table as its stored form remembers it; None where it is not one."""
    notes = handle.metadata().configuration.get(REMEMBERED)
    if notes is None:
        return None
    facts = json.loads(notes)
    columns = dict(pl.scan_delta(handle).collect_schema())
    return UserTable(name, tuple(facts["key"]), facts["time"], facts["available_at"], columns)


def _stored_type(name: str, dtype: pl.DataType) -> pl.DataType:
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is None:
        raise DataError(
            f"column {name!r} has instants without a time zone; "
            "say which with .dt.replace_time_zone(...)",
            column=name,
        )
    return _WIDER.get(dtype.base_type(), dtype)
