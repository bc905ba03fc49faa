"""``hedgerow sql``: ask the lake and the catalog in one query."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, open_workspace


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
    from hedgerow.cli._console import show_frame

    answer = open_workspace(workspace).sql(query)
    if format_ is Format.CSV:
        typer.echo(answer.write_csv(), nl=False)
    elif format_ is Format.JSON:
        typer.echo(answer.write_json())
    else:
        show_frame(answer)
