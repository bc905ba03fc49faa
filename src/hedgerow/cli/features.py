"""``hedgerow features``: the indicators that have a name, and their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli._options import (
    AsOfOption,
    EndOption,
    SourceOption,
    StartOption,
    SymbolsArgument,
    TimeframeOption,
    WorkspaceOption,
    open_workspace,
)
from hedgerow.cli.sql import Format

if TYPE_CHECKING:
    import polars as pl


def features(
    symbols: SymbolsArgument = None,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", "-n", help="Feature to compute; may be repeated."),
    ] = None,
    start: StartOption = None,
    end: EndOption = None,
    timeframe: TimeframeOption = "1d",
    source: SourceOption = None,
    as_of: AsOfOption = None,
    format_: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """List the named features, or compute some for symbols."""
    import polars as pl

    from hedgerow.cli._console import show_table
    from hedgerow.features import compute, feature_entries, feature_entry

    if not name and not symbols:
        show_table(
            ["feature", "parameters", "kind", "look-back", "reads", "what"],
            [
                (
                    entry.name,
                    entry.parameters,
                    entry.kind,
                    "recursive" if entry.lookback is None else entry.lookback,
                    ", ".join(sorted(entry.fields)),
                    entry.summary,
                )
                for entry in feature_entries().values()
            ],
        )
        return
    wanted = {
        key: value
        for word in name or ["sma", "rsi", "atr"]
        for key, value in feature_entry(word).outputs.items()
    }
    ws = open_workspace(workspace)
    market = ws.market(symbols, start, end, timeframe, source=source, as_of=as_of)
    rows = compute(market, wanted)
    if market.start is not None:
        rows = rows.filter(pl.col("session") >= market.start)
    # Bars within a session are told apart by their start.
    times = ["session"] if timeframe == "1d" else ["session", "timestamp"]
    _print(rows.select("symbol", *times, "close", *wanted).collect(), format_)


def _print(frame: pl.DataFrame, form: Format) -> None:
    from hedgerow.cli._console import ALL_ROWS, show_frame

    if form is Format.CSV:
        typer.echo(frame.write_csv(), nl=False)
    elif form is Format.JSON:
        typer.echo(frame.write_json())
    else:
        show_frame(frame, hint=ALL_ROWS)
