"""``hedgerow quality``: how complete and how plausible the stored bars are."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli._options import AsOfOption, SymbolsArgument, WorkspaceOption, open_workspace

if TYPE_CHECKING:
    import polars as pl


# Rows that are still read at a terminal.
_MOST = 100


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def quality(
    symbols: SymbolsArgument = None,
    timeframe: Annotated[
        str | None, typer.Option("--timeframe", "-t", help="Length of a bar; all by default.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Source to report; all by default.")] = None,
    as_of: AsOfOption = None,
    problems: Annotated[
        bool, typer.Option("--problems", help="Show only series with a problem.")
    ] = False,
    html: Annotated[
        bool, typer.Option("--html", help="Write the report as a page into the workspace too.")
    ] = False,
    format_: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Check the stored bars: gaps, stale runs, refused rows, other sources, freshness."""
    from hedgerow.backtest.report.quality import late
    from hedgerow.cli._console import say, shown_path

    ws = open_workspace(workspace)
    report = ws.quality(symbols or None, timeframe, source=source, as_of=as_of)
    wrong = report.filter(report["problems"] != "")
    shown = wrong if problems else report
    if format_ is not Format.TABLE:
        typer.echo(shown.write_csv() if format_ is Format.CSV else shown.write_json(), nl=False)
        return
    _show(shown)
    say(f"{report.height:,} series checked, {wrong.height:,} with a problem; kept in table quality")
    if ended := late(report) - late(wrong):
        say(
            f"{ended:,} without a problem end before the last session: no vendor can be asked for "
            "more of them"
        )
    if html:
        say(f"Report: {shown_path(_page(ws.reports, report))}")


def _show(report: pl.DataFrame) -> None:
    from hedgerow.backtest.report.quality import findings
    from hedgerow.cli._console import say, share, show_table

    columns = ["symbol", "source", "bar", "bars", "last", "coverage", "behind", "problems"]
    rows = [
        (
            row["symbol"] or "–",
            row["source"],
            _series(row["timeframe"], row["adjustment"]),
            f"{row['bars']:,}",
            row["last_session"],
            share(row["coverage"]),
            _count(row["sessions_behind"]),
            "; ".join(findings(row)) or "none",
        )
        for row in report.head(_MOST).to_dicts()
    ]
    show_table(columns, rows)
    if report.height > _MOST:
        say(f"  {report.height - _MOST:,} more; --format csv or json gives all")


def _count(number: int | None) -> str | None:
    return None if number is None else f"{number:,}"


def _series(timeframe: str, adjustment: str) -> str:
    """Length of the bars, and what they are restated for where they are."""
    return (f"{timeframe} {adjustment}" if adjustment != "raw" else timeframe).strip() or "–"


def _page(folder: Path, report: pl.DataFrame) -> Path:
    from hedgerow.backtest.report import quality_report
    from hedgerow.domain.files import write_text

    place = folder / "quality.html"
    write_text(place, quality_report("Data quality", report))
    return place
