"""``hedgerow analyze``: every bar of a symbol against the VIX and the S&P 500."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
from hedgerow.errors import DefinitionError


def analyze(
    symbols: SymbolsArgument = None,
    all_: Annotated[bool, typer.Option("--all", help="Every symbol but indices.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many, the first by symbol.")
    ] = None,
    start: StartOption = None,
    end: EndOption = None,
    timeframe: TimeframeOption = "1d",
    source: SourceOption = None,
    as_of: AsOfOption = None,
    export: Annotated[
        Path | None, typer.Option(help="Write one Parquet file a symbol to this folder.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Judge every bar against the VIX and the S&P 500, store it, and sum up by symbol.

    One symbol that fails does not stop the others; it is named, and the command exits 1. With
    --all or --limit alone, symbols without bars between start and end are only listed.
    """
    from hedgerow.cli._console import (
        progress_bar,
        ratio,
        say,
        share,
        show_table,
        shown_path,
        warn,
    )
    from hedgerow.pipelines import analyze as run

    if bool(symbols) == all_ and limit is None:
        raise DefinitionError("name some symbols, or give --all or --limit: hedgerow analyze AAPL")
    ws = open_workspace(workspace)
    with progress_bar("Analysing", 1) as bar:
        summary = run(
            ws,
            symbols or None,
            start=start,
            end=end,
            timeframe=timeframe,
            source=source,
            as_of=as_of,
            limit=limit,
            export_dir=export,
            progress=lambda done, total: bar.update(bar.tasks[0].id, completed=done, total=total),
        )
    show_table(
        ["symbol", "bars", "trades", "win rate", "mean beta", "median beta"],
        [
            (
                row["symbol"],
                f"{row['bars']:,}",
                f"{row['trades']:,}",
                share(row["win_rate"]),
                ratio(row["mean_beta"]),
                ratio(row["median_beta"]),
            )
            for row in summary.symbols.to_dicts()
        ],
    )
    say(
        f"{summary.bars:,} bars analysed: {summary.inserted:,} stored, {summary.corrected:,} "
        f"replaced, {summary.unchanged:,} there already (table analysis)."
    )
    silent = summary.symbols.filter(trades=0)["symbol"].to_list()
    if silent:
        names = ", ".join(silent[:5]) + (" and others" if len(silent) > 5 else "")
        say(f"No signals for {names}: is the VIX known then? Try another --start or --source.")
    if export is not None:
        say(f"{len(summary.files):,} files written to {shown_path(export)}")
    if summary.not_run:
        names = ", ".join(left.symbol for left in summary.not_run)
        say(f"not run: {summary.not_run[0].reason} ({names})")
    for failure in summary.failed:
        warn(f"{failure.symbol}: {failure.reason}")
    if not summary.ok:
        raise typer.Exit(summary.exit_status)
