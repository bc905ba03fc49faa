"""``hedgerow features``: the indicators that have a name, and their values."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli._options import (
    EndOption,
    SourceOption,
    StartOption,
    SymbolsArgument,
    TimeframeOption,
    WorkspaceOption,
    open_workspace,
)


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
    workspace: WorkspaceOption = None,
) -> None:
    """List the named features, or compute some for symbols."""
    import polars as pl

    from hedgerow.cli._console import show_frame, show_table
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
    market = open_workspace(workspace).market(symbols, start, end, timeframe, source=source)
    rows = compute(market, wanted)
    if market.start is not None:
        rows = rows.filter(pl.col("session") >= market.start)
    show_frame(rows.select("symbol", "session", "close", *wanted).collect())
