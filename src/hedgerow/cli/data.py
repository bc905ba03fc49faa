"""``hedgerow data``: copies of the workspace's lake to and from S3."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, workspace_path
from hedgerow.errors import DataError, DefinitionError

if TYPE_CHECKING:
    from hedgerow.lake import CopySummary

app = typer.Typer(help="Copy the lake of the workspace to and from S3.", no_args_is_help=True)

AddressArgument = Annotated[
    str, typer.Argument(help="s3://bucket/prefix, or file:///path of a folder.")
]
TablesOption = Annotated[
    list[str] | None,
    typer.Option("--table", help="Only this table; may be repeated.", show_default=False),
]
CatalogOption = Annotated[
    bool, typer.Option("--catalog", help="The catalog file of the workspace too.")
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace what went its own way at the other end.")
]


@app.command()
def upload(
    address: AddressArgument,
    table: TablesOption = None,
    catalog: CatalogOption = False,
    force: ForceOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Copy the lake in the workspace's folder to S3; what is there already is skipped."""
    from hedgerow.workspace.copies import upload_catalog

    folder = workspace_path(workspace)
    _check_address(address)
    _check_lake(folder)
    _copy(folder / "lake", address, table, force)
    if catalog:
        _say_catalog(upload_catalog(folder, address, force=force), address)


@app.command()
def download(
    address: AddressArgument,
    table: TablesOption = None,
    catalog: CatalogOption = False,
    force: ForceOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Copy a lake from S3 into the workspace's folder; what is there already is skipped."""
    from hedgerow.cli._console import say, shown_path
    from hedgerow.workspace import Workspace
    from hedgerow.workspace.copies import download_catalog

    folder = workspace_path(workspace)
    _check_address(address)
    _copy(address, folder / "lake", table, force)
    if catalog:
        _say_catalog(download_catalog(address, folder, force=force), shown_path(folder))
    elif not Workspace.exists(folder):
        Workspace(folder)
        say("The workspace's catalog is empty: add --catalog for that of the lake's owner.")


def _check_address(address: str) -> None:
    """Refuse a word that would be taken for a folder here, such as a mistyped address."""
    if "://" not in address:
        raise DefinitionError(
            f"address {address!r} is not s3://bucket/prefix; a folder on this machine, such as a "
            "mounted disk, is file:///path"
        )


def _check_lake(folder: Path) -> None:
    """Refuse an upload of nothing before AWS is asked for anything."""
    if (folder / "lake").is_dir():
        return
    if (folder / "catalog.db").is_file():
        raise DataError(
            f"the workspace at {folder} has no lake in its folder: load prices first; one that "
            "HEDGEROW_LAKE_URI names is where it belongs already"
        )
    raise DataError(f"there is no workspace at {folder}: name its folder with --workspace")


def _copy(
    source: str | Path, target: str | Path, tables: Sequence[str] | None, force: bool
) -> None:
    from hedgerow.cli._console import progress_bar, say, show_table
    from hedgerow.lake import copy_lake

    with progress_bar("Copying", 0) as bar:
        task = bar.tasks[0].id
        done = copy_lake(
            source,
            target,
            tables=tables,
            force=force,
            progress=lambda files, total: bar.update(task, completed=files, total=total),
        )
    show_table(
        ["table", "version", "state", "commits", "files", "MB"],
        [(o.table, o.version, o.state, o.commits, o.files, f"{o.size / 1e6:,.1f}") for o in done],
    )
    say(_summary(done))


def _summary(done: Sequence[CopySummary]) -> str:
    ahead = [one.table for one in done if one.state == "ahead"]
    if ahead:
        return (
            f"Left alone: {', '.join(ahead)}, which {'have' if len(ahead) > 1 else 'has'} later "
            "commits at the other end. Copy the other way, or use --force."
        )
    changed = [one for one in done if one.state != "unchanged"]
    return f"{len(changed)} of {len(done)} tables changed." if changed else "All was there already."


def _say_catalog(changed: bool, where: str) -> None:
    from hedgerow.cli._console import say

    say(f"Catalog copied to {where}." if changed else "Catalog was there already.")
