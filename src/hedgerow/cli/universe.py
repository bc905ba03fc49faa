"""``hedgerow universe``: named lists of instruments, accepted wherever symbols are."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, create_workspace, open_workspace

if TYPE_CHECKING:
    from hedgerow.domain import Instrument
    from hedgerow.workspace import Workspace

app = typer.Typer(help="Named lists of instruments.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Name of the universe.")],
    symbols: Annotated[list[str], typer.Argument(help="Tickers, or other universes.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the members of one that exists.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Make a universe of tickers and other universes."""
    from hedgerow.cli._console import say

    ws = open_workspace(workspace)
    members = ws.instruments(symbols)
    ws.catalog.create_universe(name, [m.instrument_id for m in members], replace=replace)
    say(f"Universe {name}: {', '.join(member.symbol for member in members)}")


@app.command("import")
def import_(
    name: Annotated[str, typer.Argument(help="Name of the index, such as sp500.")],
    file: Annotated[
        Path, typer.Argument(help="CSV of ticker, first day as a member, first day no longer one.")
    ],
    source: Annotated[str, typer.Option(help="Name to keep it under.")] = "file",
    exchange: Annotated[
        str, typer.Option(help="Where tickers that are not known are listed.")
    ] = "XNYS",
    workspace: WorkspaceOption = None,
) -> None:
    """Load who belonged to an index on which day; importing again brings it up to date."""
    from hedgerow.cli._console import say
    from hedgerow.cli._results import show_ingest
    from hedgerow.ingest.membership import ingest_membership

    stores = create_workspace(workspace).stores
    done = ingest_membership(stores, file, name, source=source, exchange=exchange)
    show_ingest([done.stored])
    say(
        f"Universe {name}: {done.spans:,} spans of {done.companies:,} companies, "
        f"{done.added:,} of them new here. On a day: hedgerow universe show {name} --on 2010-01-04"
    )


@app.command("list")
def list_(workspace: WorkspaceOption = None) -> None:
    """List the universes and how many members each has now."""
    from hedgerow.cli._console import say, show_table
    from hedgerow.ingest.membership import dated_universes, members

    ws = open_workspace(workspace)
    today = dt.datetime.now(dt.UTC).date()
    dated = {name: len(members(ws.lake, name, today)) for name in dated_universes(ws.lake)}
    universes = {**dated, **ws.catalog.universes()}
    if not universes:
        say("No universes yet. Make one: hedgerow universe create mine AAPL MSFT")
        return
    show_table(["universe", "members"], sorted(universes.items()))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of the universe.")],
    on: Annotated[
        str | None,
        typer.Option(help="Day, where membership is known by day; today.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show the members of a universe."""
    from hedgerow.cli._console import show_table

    members = _members(open_workspace(workspace), name, on)
    show_table(
        ["symbol", "name", "exchange", "sector"],
        [(m.symbol, m.name, m.exchange, m.sector) for m in members],
    )


@app.command()
def delete(
    name: Annotated[str, typer.Argument(help="Name of the universe.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Delete a universe; its instruments stay."""
    from hedgerow.cli._console import say

    open_workspace(workspace).catalog.delete_universe(name)
    say(f"Universe {name} is deleted.")


def _members(ws: Workspace, name: str, on: str | None) -> list[Instrument]:
    """Members on a day where they are known by day, else those of the named list."""
    from hedgerow.errors import DefinitionError
    from hedgerow.ingest.membership import dated_universes, members
    from hedgerow.workspace.request import read_day

    dated = name in dated_universes(ws.lake)
    if not dated and on is not None:
        raise DefinitionError(
            f"members of {name!r} are not known by day: leave out --on, or load them with "
            f"hedgerow universe import {name} FILE",
            universe=name,
        )
    if not dated or (on is None and name in ws.catalog.universes()):
        return ws.catalog.universe(name)
    day = read_day(on) or dt.datetime.now(dt.UTC).date()
    identities = members(ws.lake, name, day)
    return ws.catalog.instruments(identities) if identities else []
