"""``hedgerow import``: your own prices and tables, from CSV or Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, create_workspace, pairs, workspace_path

if TYPE_CHECKING:
    from hedgerow.domain import Instrument

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
    currency: Annotated[
        str | None,
        typer.Option(help="ISO code, or a minor unit such as GBp; the known one, or USD."),
    ] = None,
    exchange: Annotated[
        str | None, typer.Option(help="Market identifier code; the known one, or XNYS.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Zone of times without one; the exchange's by default.")
    ] = None,
    stamped: Annotated[str, typer.Option(help="Whether times mark the start or end.")] = "start",
    kind: Annotated[
        str | None, typer.Option(help="equity, etf, index or fx; the known one, or equity.")
    ] = None,
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

    known = _known_instruments(workspace)
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
        known=known,
    )
    say("Read as: " + ", ".join(f"{field} = {name}" for field, name in read.columns.items()))
    summaries = create_workspace(workspace).ingest(read)
    show_ingest(summaries)
    _warn_of_namesakes(read.instruments(), known)
    if any(summary.refused for summary in summaries):
        say("Look at refused rows: hedgerow sql 'select rules, symbol, payload from quarantine'")


def _known_instruments(workspace: Path | None) -> list[Instrument]:
    """Instruments of the workspace; none where it is yet to be made."""
    from hedgerow.workspace import Workspace

    path = workspace_path(workspace)
    return Workspace(path).catalog.instruments() if Workspace.exists(path) else []


def _warn_of_namesakes(loaded: list[Instrument], known: list[Instrument]) -> None:
    from hedgerow.cli._console import warn

    before = {item.instrument_id for item in known}
    for new in (item for item in loaded if item.instrument_id not in before):
        others = [item.instrument_id for item in known if item.symbol == new.symbol]
        if others:
            warn(
                f"a second instrument of {new.symbol} now exists: {new.instrument_id} beside "
                f"{', '.join(others)}; ask for either by that name"
            )


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
