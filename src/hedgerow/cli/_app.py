"""Assembles the commands, and turns errors into one clear line."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from hedgerow import __version__
from hedgerow.cli import (
    analyze,
    backtest,
    data,
    demo,
    doctor,
    features,
    import_,
    ingest,
    init,
    lake,
    quality,
    rank,
    reference,
    report,
    sql,
    strategies,
    symbols,
    synth,
    universe,
)
from hedgerow.cli._console import errors, fail
from hedgerow.errors import HedgerowError

app = typer.Typer(
    name="hedgerow",
    help="Vendor prices in, ranked and reproducible strategies out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init")(init.init)
app.command("demo")(demo.demo)
app.command("synth")(synth.synth)
app.add_typer(import_.app, name="import")
app.add_typer(ingest.app, name="ingest")
ingest.app.command("reference")(reference.reference)
ingest.app.command("symbols")(reference.symbols)
app.add_typer(symbols.app, name="symbols")
app.add_typer(universe.app, name="universe")
app.command("sql")(sql.sql)
app.command("analyze")(analyze.analyze)
app.command("features")(features.features)
app.command("strategies")(strategies.strategies)
app.command("backtest")(backtest.backtest)
app.command("rank")(rank.rank)
app.command("report")(report.report)
app.command("quality")(quality.quality)
app.add_typer(lake.app, name="lake")
app.add_typer(data.app, name="data")
app.command("doctor")(doctor.doctor)

_shown = {"traceback": False}
# What a shell reports of a program that Ctrl-C ended.
_STOPPED = 130


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the whole traceback of an error.")
    ] = False,
) -> None:
    if version:
        typer.echo(f"hedgerow {__version__}")
        raise typer.Exit
    _shown["traceback"] = debug


def main() -> None:
    """Run the command line: exit 0 done, 1 failed with one line, 2 wrong usage, 130 stopped."""
    try:
        app()
    except KeyboardInterrupt:
        _stop()
    except SystemExit as leaving:
        if leaving.code == _STOPPED:
            _stop()
        raise
    except HedgerowError as error:
        _leave(error, error.message)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _leave(error, f"{place}{error.strerror or error}")


def _stop() -> NoReturn:
    errors.print("stopped")
    sys.exit(_STOPPED)


def _leave(error: Exception, line: str) -> None:
    if _shown["traceback"]:
        raise error
    fail(line)
    sys.exit(1)
