"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.errors import DataError, DefinitionError

if TYPE_CHECKING:
    from hedgerow.workspace import Workspace

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        help="Folder of the workspace; HEDGEROW_WORKSPACE or ./workspace by default.",
        show_default=False,
    ),
]
SymbolsArgument = Annotated[
    list[str] | None,
    typer.Argument(help="Tickers or universes; all by default.", show_default=False),
]
StartOption = Annotated[str | None, typer.Option(help="First session, such as 2014-01-03 or 2014.")]
EndOption = Annotated[str | None, typer.Option(help="Last session, included.")]
TimeframeOption = Annotated[str, typer.Option("--timeframe", "-t", help="Length of a bar.")]
SourceOption = Annotated[
    str | None, typer.Option(help="Source to read; the preferred one by default.")
]
AsOfOption = Annotated[str | None, typer.Option(help="Session or instant whose knowledge counts.")]
ParamOption = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", help="Parameter of the strategy, NAME=VALUE; may be repeated."),
]
CostOption = Annotated[float, typer.Option(help="Commission, basis points of the value traded.")]
SpreadOption = Annotated[float, typer.Option(help="Half of the spread, basis points.")]
CapitalOption = Annotated[float, typer.Option(help="Money at the start.")]


def workspace_path(given: Path | None) -> Path:
    """Folder that a command works in."""
    from hedgerow.settings import load_settings

    return load_settings().workspace if given is None else given


def open_workspace(given: Path | None) -> Workspace:
    """The workspace, which must exist.

    Raises
    ------
    DataError
        There is none at the place.
    """
    from hedgerow.workspace import Workspace

    path = workspace_path(given)
    if not Workspace.exists(path):
        raise DataError(
            f"there is no workspace at {path}: make one with hedgerow init, or with prices in it "
            "with hedgerow demo"
        )
    return Workspace(path)


def create_workspace(given: Path | None) -> Workspace:
    """The workspace, made where there is none."""
    from hedgerow.workspace import Workspace

    return Workspace(workspace_path(given))


def pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """``NAME=VALUE`` options as a mapping.

    Raises
    ------
    DefinitionError
        One of them has no ``=``, or a name comes twice.
    """
    found: dict[str, str] = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise DefinitionError(f"{option} {text!r} is not NAME=VALUE, such as fast=10")
        if name.strip() in found:
            raise DefinitionError(f"{option} {name.strip()} is given twice")
        found[name.strip()] = value.strip()
    return found
