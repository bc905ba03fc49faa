"""Query results as frames whose types do not depend on the database or on the rows."""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import Boolean, Connection, Date, Double, Integer, Select, Text, type_coerce
from sqlalchemy.types import TypeEngine

from hedgerow.catalog._types import JsonText, UtcDateTime

_POLARS: list[tuple[type[TypeEngine[Any]], pl.DataType]] = [
    (UtcDateTime, pl.Datetime("us", "UTC")),
    (Boolean, pl.Boolean()),
    (Date, pl.Date()),
    (Double, pl.Float64()),
    (Integer, pl.Int64()),
]


def as_frame(connection: Connection, query: Select[Any]) -> pl.DataFrame:
    """Rows of a query as a frame.

    Parameters
    ----------
    connection
        Where to run it.
    query
        What to select; columns are named and typed by it.

    Returns
    -------
    pl.DataFrame
        Instants in UTC to the microsecond, JSON as text, whole numbers as Int64; the same
        schema where there are no rows.
    """
    columns = list(query.selected_columns)
    schema = {str(column.name): polars_type(column.type) for column in columns}
    as_text = [
        type_coerce(column, Text()).label(column.name)
        if isinstance(column.type, JsonText)
        else column
        for column in columns
    ]
    rows = connection.execute(query.with_only_columns(*as_text, maintain_column_froms=True))
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


def polars_type(kind: TypeEngine[Any]) -> pl.DataType:
    """Polars type of a column type; text where it is nothing else."""
    for sql, polars in _POLARS:
        if isinstance(kind, sql):
            return polars
    return pl.String()
