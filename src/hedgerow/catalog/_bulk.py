"""Many rows into a table at once, by the way that each database has for it."""

from __future__ import annotations

import io

import polars as pl
from sqlalchemy import Connection, Table

from hedgerow.catalog._types import MYSQL

_ROWS_AT_ONCE = 20_000


def insert_frame(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    """Add rows within the connection's transaction.

    Parameters
    ----------
    connection
        Connection in a transaction.
    table
        Table without JSON columns.
    frame
        Its columns in its order, as ``polars_type`` gives their types; instants in UTC.
    """
    if connection.dialect.name == "postgresql":
        _copy(connection, table, frame)
        return
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in frame.columns)
    mark = "%s" if connection.dialect.name in MYSQL else "?"
    marks = ", ".join([mark] * frame.width)
    statement = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})"  # noqa: S608
    for part in _spelled(frame).iter_slices(_ROWS_AT_ONCE):
        connection.exec_driver_sql(statement, part.rows())


def _copy(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in frame.columns)
    # Unquoted and empty is null, quoted and empty is the empty text.
    statement = f"COPY {quote(table.name)} ({names}) FROM STDIN (FORMAT csv)"
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for part in frame.iter_slices(_ROWS_AT_ONCE):
            lines = io.BytesIO()
            part.write_csv(
                lines,
                include_header=False,
                quote_style="non_numeric",
                datetime_format="%Y-%m-%d %H:%M:%S%.6f+00",
            )
            copy.write(lines.getvalue())


def _spelled(frame: pl.DataFrame) -> pl.DataFrame:
    """Days and instants as the text that the column types write: sooner done here than by row."""
    kinds = frame.schema
    return frame.with_columns(
        pl.col(name).dt.to_string("%Y-%m-%d" if kind == pl.Date else "%Y-%m-%d %H:%M:%S%.6f")
        for name, kind in kinds.items()
        if kind == pl.Date or isinstance(kind, pl.Datetime)
    )
