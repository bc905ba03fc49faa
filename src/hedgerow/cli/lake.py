"""``hedgerow lake``: look after the stored tables."""

from __future__ import annotations

import typer

from hedgerow.cli._options import WorkspaceOption, open_workspace

app = typer.Typer(help="Look after the stored tables.", no_args_is_help=True)


@app.command()
def tables(workspace: WorkspaceOption = None) -> None:
    """List the tables with their versions and rows."""
    import polars as pl

    from hedgerow.cli._console import show_table

    lake = open_workspace(workspace).lake
    show_table(
        ["table", "version", "rows"],
        [
            (name, version, f"{lake.scan(name).select(pl.len()).collect().item():,}")
            for name, version in lake.versions().items()
        ],
    )


@app.command()
def compact(workspace: WorkspaceOption = None) -> None:
    """Rewrite many small files as few large ones, in reading order."""
    from hedgerow.cli._console import say

    lake = open_workspace(workspace).lake
    lake.compact()
    say("Tables are compacted; earlier versions stay readable until vacuum.")


@app.command()
def clean(workspace: WorkspaceOption = None) -> None:
    """Remove files that no kept version needs, and what killed writers left."""
    from hedgerow.cli._console import say
    from hedgerow.research import pinned_versions

    ws = open_workspace(workspace)
    removed = sum(ws.lake.vacuum(pinned_versions(ws)).values())
    left = ws.lake.clean_leftovers()
    say(f"Removed {removed:,} replaced files and {left.files:,} leftovers ({left.size:,} bytes).")
