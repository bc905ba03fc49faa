"""``hedgerow universe``: named lists of instruments, accepted wherever symbols are."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, open_workspace

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


@app.command("list")
def list_(workspace: WorkspaceOption = None) -> None:
    """List the universes and how many members each has."""
    from hedgerow.cli._console import say, show_table

    universes = open_workspace(workspace).catalog.universes()
    if not universes:
        say("No universes yet. Make one: hedgerow universe create mine AAPL MSFT")
        return
    show_table(["universe", "members"], sorted(universes.items()))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of the universe.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Show the members of a universe."""
    from hedgerow.cli._console import show_table

    members = open_workspace(workspace).catalog.universe(name)
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
