"""What the commands print: tables, errors, progress bars."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import polars as pl

# A pipe or a file has no width; tables should not be broken for its sake.
_PIPED_WIDTH = 140
console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A line for people; long lines wrap only where the terminal does."""
    console.print(text, soft_wrap=True)


def fail(line: str) -> None:
    """One line of error, in red where colours show."""
    errors.print(Text(f"error: {' '.join(line.split())}", style="red"))


def warn(line: str) -> None:
    """One line of warning on the error stream."""
    errors.print(Text(f"warning: {' '.join(line.split())}", style="yellow"))


def shown_path(path: Path) -> str:
    """Path as short as it can be from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def show_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None
) -> None:
    """A table whose numbers are right-aligned; None shows as a dash."""
    body = [["–" if cell is None else str(cell) for cell in row] for row in rows]
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for place, name in enumerate(columns):
        numeric = all(_numeric(row[place]) for row in body)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in body:
        table.add_row(*map(Text, row))
    console.print(table)


def show_frame(frame: pl.DataFrame, limit: int = 50) -> None:
    """A frame as a table, its first rows."""
    show_table(frame.columns, ([_cell(cell) for cell in row] for row in frame.head(limit).rows()))
    if frame.height > limit:
        say(f"first {limit:,} of {frame.height:,} rows; --format csv or json gives all")


def percent(value: float | None) -> str:
    """Fraction as a signed percentage, such as ``+12.3%``."""
    return "–" if value is None else f"{value:+.1%}".replace("-", "−")


def points(value: float | None) -> str:
    """Difference of two fractions in percentage points, such as ``+1.2 pp``."""
    return "–" if value is None else f"{value * 100:+.1f} pp".replace("-", "−")


def share(value: float | None) -> str:
    """Fraction that has no direction as a percentage, such as ``12.3%``."""
    return "–" if value is None else f"{value:.1%}"


def ratio(value: float | None) -> str:
    """Number with two decimals."""
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


@contextmanager
def progress_bar(words: str, total: int | None = None) -> Iterator[Progress]:
    """Progress bar on the error stream, shown only to a person at a terminal."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn() if total is None else MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        bar.add_task(words, total=total)
        yield bar


def advance(bar: Progress, steps: float = 1, words: str | None = None) -> None:
    """Move the only task of a bar on."""
    task = bar.tasks[0]
    bar.update(task.id, advance=steps, description=words or task.description)


def _cell(value: object) -> object:
    return f"{value:,.6g}" if isinstance(value, float) else value


def _numeric(text: str) -> bool:
    return (
        text == "–" or text.lstrip("+−-").replace(",", "").rstrip("%×p ").replace(".", "").isdigit()
    )
