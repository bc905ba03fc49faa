"""``hedgerow ingest reference`` and ``symbols``: the symbol master, splits and dividends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, create_workspace
from hedgerow.cli.ingest import SourcesOption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hedgerow.ingest.listing import ListingSummary


def symbols(
    source: SourcesOption = None,
    on: Annotated[
        str | None,
        typer.Option(help="Day as of which to ask; today by default.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Load a vendor's listing into the symbol master, delisted tickers included."""
    from hedgerow.ingest.listing import ingest_listing
    from hedgerow.workspace.request import read_day

    summary = ingest_listing(create_workspace(workspace).stores, source, read_day(on))
    _show_listing(summary)
    _warn(summary.failed)


def reference(
    source: SourcesOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Accept a table that loses more than half its rows.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Load all tickers, splits and dividends again and replace the current copy of them.

    Exits with 1 where no vendor could serve a part; the current copy of that part stays. A part
    that none of the sources named here has is left out, and that is no error.
    """
    from hedgerow.cli._console import advance, fail, progress_bar, show_table, warn
    from hedgerow.cli._results import show_ingest
    from hedgerow.ingest.reference import ingest_reference

    stores = create_workspace(workspace).stores
    with progress_bar("Asking", 3) as bar:
        done = ingest_reference(
            stores, source, force=force, progress=lambda words: advance(bar, words=words)
        )
    if done.listing is not None:
        _show_listing(done.listing)
    for failed in done.failed.values():
        _warn(failed)
    if done.current:
        show_table(
            ["current table", "source", "rows"],
            [(name, done.sources[name], f"{n:,}") for name, n in done.current.items()],
        )
    if done.stored:
        show_ingest(done.stored)
    for what, why in done.left_out.items():
        warn(f"{what} stay as they were: {why}")
    for what, why in done.errors.items():
        fail(f"{what}: {why}")
    if not done.ok:
        raise typer.Exit(1)


def _show_listing(summary: ListingSummary) -> None:
    from hedgerow.cli._console import say

    say(f"{str(summary)[:1].upper()}{str(summary)[1:]}")
    if summary.renamed:
        say("Renamed: " + ", ".join(f"{old} to {new}" for old, new in summary.renamed))
    if summary.refused:
        say("Look at refused rows: hedgerow sql 'select rules, symbol, payload from quarantine'")


def _warn(failed: Mapping[str, str]) -> None:
    from hedgerow.cli._console import warn

    for name, why in failed.items():
        warn(f"{name} could not serve: {why}")
