"""How our tables are written in Delta: types, retention, layout of files."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from deltalake import ColumnProperties, Field, Schema as DeltaSchema, WriterProperties
from deltalake.schema import PrimitiveType

from hedgerow.domain.schemas import Table
from hedgerow.errors import DataError
from hedgerow.settings import Settings

# Partition label that the lake derives from a bar's start.
PERIOD = "period"

# Rows of one instrument lie together, so small row groups let a read skip the others.
ROW_GROUP_ROWS = 65_536
TARGET_FILE_BYTES = 128 * 2**20

_PRIMITIVE: dict[type[pl.DataType], str] = {
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "timestamp",
    pl.Float32: "float",
    pl.Float64: "double",
    pl.Int8: "byte",
    pl.Int16: "short",
    pl.Int32: "integer",
    pl.Int64: "long",
    pl.String: "string",
}


def derives_period(table: Table) -> bool:
    """Whether the lake adds the partition label to the table's own columns."""
    return PERIOD in table.partition_by and PERIOD not in table.columns


def stored_columns(table: Table) -> dict[str, pl.DataType]:
    """Column types as stored: the table's own, then the derived partition label."""
    extra: dict[str, pl.DataType] = {PERIOD: pl.String()} if derives_period(table) else {}
    return table.columns | extra


def required_columns(table: Table) -> frozenset[str]:
    """Columns that may not be null."""
    return frozenset(name for name, column in table.schema.columns().items() if not column.nullable)


def delta_schema(table: Table) -> DeltaSchema:
    """Delta schema of a table.

    Raises
    ------
    DataError
        A column's type has no Delta counterpart.
    """
    required = required_columns(table) | {PERIOD}
    return DeltaSchema(
        [
            Field(name, PrimitiveType(primitive(name, dtype)), nullable=name not in required)
            for name, dtype in stored_columns(table).items()
        ]
    )


def primitive(name: str, dtype: pl.DataType) -> str:
    """Delta's name of a column type.

    Raises
    ------
    DataError
        The type cannot be stored.
    """
    known = _PRIMITIVE.get(dtype.base_type())
    if known is None:
        raise DataError(
            f"column {name!r} is {dtype}, which the lake does not store: give text, numbers, "
            "booleans, dates or instants",
            column=name,
        )
    return known


def configuration(settings: Settings, remembered: Mapping[str, str]) -> dict[str, str | None]:
    """Retention, stated at creation so that no library default decides it, and our own notes."""
    return {
        "delta.logRetentionDuration": f"interval {settings.log_retention_days} days",
        "delta.deletedFileRetentionDuration": f"interval {settings.file_retention_days} days",
        **remembered,
    }


def writer_properties(table: Table) -> WriterProperties:
    """Parquet layout: light compression, row groups small enough to skip."""
    plain = ColumnProperties(dictionary_enabled=False)
    measured = [n for n, dtype in table.columns.items() if dtype.is_float()]
    return WriterProperties(
        compression="ZSTD",
        compression_level=1,
        max_row_group_size=ROW_GROUP_ROWS,
        column_properties=dict.fromkeys(measured, plain),
    )


def sql_text(value: object) -> str:
    """A text as a SQL literal.

    Examples
    --------
    >>> sql_text("O'Reilly")
    "'O''Reilly'"
    """
    return "'" + str(value).replace("'", "''") + "'"
