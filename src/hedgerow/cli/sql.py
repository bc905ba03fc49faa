"""``hedgerow sql``: ask the lake and the catalog in one query."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, open_workspace

if TYPE_CHECKING:
    import polars as pl


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def sql(
    query: Annotated[str, typer.Argument(help="DuckDB SQL, such as: select * from bars limit 5")],
    format_: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask the lake and the catalog in SQL; nothing can be changed by it."""
    from hedgerow.cli._console import ALL_ROWS, show_frame

    answer = open_workspace(workspace).sql(query)
    if format_ is Format.CSV:
        typer.echo(_plain(answer, flat=True).write_csv(), nl=False)
    elif format_ is Format.JSON:
        typer.echo(_plain(answer, flat=False).write_json())
    else:
        show_frame(answer, hint=ALL_ROWS)


def _plain(rows: pl.DataFrame, *, flat: bool) -> pl.DataFrame:
    """Rows whose bytes are hexadecimal and, if flat, whose lists and structs are JSON text."""
    import polars as pl

    from hedgerow.errors import DataError

    columns = []
    for name, kind in rows.schema.items():
        column = pl.col(name)
        if kind.is_nested():
            if "Binary" in str(kind):
                raise DataError(f"SQL: column {name!r} holds bytes within {kind}: cast it to text")
            if not flat:
                continue
            wrapped = pl.struct(column.alias("v")).struct.json_encode()
            text = wrapped.str.strip_prefix('{"v":').str.head(-1)
            column = pl.when(column.is_not_null()).then(text).alias(name)
        elif kind == pl.Binary:
            column = column.bin.encode("hex")
        columns.append(column)
    return rows.with_columns(columns)
