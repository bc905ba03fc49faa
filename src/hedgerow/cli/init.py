"""``hedgerow init``: make an empty workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, workspace_path
from hedgerow.errors import DefinitionError


def init(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="Folder; HEDGEROW_WORKSPACE or ./workspace by default.", show_default=False
        ),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Make an empty workspace: a lake and a catalog in one folder."""
    from hedgerow.cli._console import say, shown_path
    from hedgerow.settings import load_settings
    from hedgerow.workspace import Workspace

    if path is not None and workspace is not None:
        raise DefinitionError(f"folder {path} and --workspace {workspace} are both given: give one")
    folder = workspace_path(workspace if path is None else path)
    shared = bool(load_settings().catalog_url)
    if not shared and Workspace.exists(folder):
        say(f"{shown_path(folder)} is a workspace already; nothing was changed.")
        return
    ws = Workspace(folder)
    if shared:
        # There is one wherever the settings lead: only the folder of reports may be new.
        say(f"Workspace at {shown_path(folder)} uses the catalog {ws.catalog.url}.")
        say(f"Its lake is {ws.lake.uri}. Load prices with one of:")
    else:
        say(f"Workspace made at {shown_path(folder)}. Load prices with one of:")
    say("  hedgerow demo                    bundled real prices, and the main job on them")
    say("  hedgerow synth --symbols 50      a synthetic market of any size")
    say("  hedgerow import bars prices.csv  your own")
