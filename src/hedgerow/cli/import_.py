"""``hedgerow import``: your own prices and tables, from CSV or Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, create_workspace, pairs

app = typer.Typer(help="Load your own prices and tables.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(help="CSV (also .gz, .zst) or Parquet file.")]
FormatOption = Annotated[
    str | None, typer.Option(help="Format of the dates, such as %d/%m/%Y.", show_default=False)
]
EncodingOption = Annotated[
    str | None, typer.Option(help="Encoding of a CSV file; found out unless given.")
]
SeparatorOption = Annotated[
    str | None, typer.Option(help="Separator of a CSV file; found out unless given.")
]


@app.command()
def bars(
    file: FileArgument,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", "-m", help="FIELD=COLUMN, such as close=Settle; may be repeated."),
    ] = None,
    symbol: Annotated[
        str | None, typer.Option(help="Symbol of a file without that column.")
    ] = None,
    source: Annotated[str, typer.Option(help="Name to keep the bars under.")] = "files",
    timeframe: Annotated[str, typer.Option("--timeframe", "-t", help="Length of a bar.")] = "1d",
    adjustment: Annotated[str, typer.Option(help="raw, split or total.")] = "raw",
    currency: Annotated[str, typer.Option(help="ISO code, or a minor unit such as GBp.")] = "USD",
    exchange: Annotated[str, typer.Option(help="Market identifier code.")] = "XNYS",
    time_zone: Annotated[
        str | None, typer.Option(help="Zone of times without one; the exchange's by default.")
    ] = None,
    stamped: Annotated[str, typer.Option(help="Whether times mark the start or end.")] = "start",
    kind: Annotated[str, typer.Option(help="equity, etf, index or fx.")] = "equity",
    date_format: FormatOption = None,
    decimal: Annotated[
        str | None, typer.Option(help="Decimal sign, . or , where in doubt.")
    ] = None,
    encoding: EncodingOption = None,
    separator: SeparatorOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Load bars; rows that fail a rule go to the quarantine."""
    from hedgerow.cli._console import say
    from hedgerow.cli._results import show_ingest
    from hedgerow.sources import read_bars

    read = read_bars(
        file,
        mapping=pairs(mapping, "--map"),
        symbol=symbol,
        source=source,
        timeframe=timeframe,
        adjustment=adjustment,
        currency=currency,
        exchange=exchange,
        time_zone=time_zone,
        stamped=stamped,
        kind=kind,
        date_format=date_format,
        decimal=decimal,
        encoding=encoding,
        separator=separator,
    )
    say("Read as: " + ", ".join(f"{field} = {name}" for field, name in read.columns.items()))
    summaries = create_workspace(workspace).ingest(read)
    show_ingest(summaries)
    if any(summary.refused for summary in summaries):
        say("Look at refused rows: hedgerow sql 'select rules, symbol, payload from quarantine'")


@app.command()
def table(
    file: FileArgument,
    key: Annotated[list[str], typer.Option(help="Column that says what a row is about.")],
    time: Annotated[str, typer.Option(help="Column of the time that a row is about.")],
    available_at: Annotated[str, typer.Option(help="Column of when a row became known.")],
    name: Annotated[str | None, typer.Option(help="Name; the file's by default.")] = None,
    time_zone: Annotated[str, typer.Option(help="Zone of times without one.")] = "UTC",
    date_format: FormatOption = None,
    encoding: EncodingOption = None,
    separator: SeparatorOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Load a table of your own; strategies read it with hr.table(NAME, COLUMN)."""
    from hedgerow.cli._console import say
    from hedgerow.cli._results import show_ingest
    from hedgerow.sources import read_table

    rows = read_table(
        file,
        key=key,
        time=time,
        available_at=available_at,
        time_zone=time_zone,
        date_format=date_format,
        encoding=encoding,
        separator=separator,
    )
    called = name or file.name.split(".")[0].lower().replace("-", "_").replace(" ", "_")
    summary = create_workspace(workspace).import_table(
        called, rows, key=key, time=time, available_at=available_at
    )
    show_ingest([summary])
    values = [column for column in rows.columns if column not in {*key, time, available_at}]
    for column in values[:1]:
        say(f"In a strategy: hr.table({called!r}, {column!r})")
