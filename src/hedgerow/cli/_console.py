"""What the commands print: tables, errors, progress bars."""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
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
_OWN_WIDTH = sys.stdout.isatty() or "COLUMNS" in os.environ
console = Console(highlight=False, width=None if _OWN_WIDTH else _PIPED_WIDTH)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

ALL_ROWS = "--format csv or json gives all"

_NUMBER = re.compile(r"–|[+−-]?(nan|inf|[\d,]*\.?\d+(e[+-]?\d+)?)(%|×| pp)?")
# Columns of text keep words of the first length whole, and have the second where all is short;
# the names over numbers are broken below the third only.
_WHOLE_WORD, _LEAST_TEXT, _LEAST_NAME = 20, 8, 5
# A name broken into more lines than this is no longer read; rows one by one fill a screen soon.
_DEEPEST_NAME, _RECORDS = 3, 10


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
    """A table whose numbers are right-aligned and never broken; None shows as a dash.

    Where the terminal is too narrow, text folds between words, then the frame goes, then long
    words end in an ellipsis.
    """
    body = [list(map(_shown, row)) for row in rows]
    widths, numeric, tight = _layout(columns, body)
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    if tight:
        table.box, table.show_edge, table.pad_edge = box.SIMPLE_HEAD, False, False
        table.padding = (0, 0, 0, 0)
    for name, number, width in zip(columns, numeric, widths, strict=True):
        table.add_column(
            name,
            justify="right" if number else "left",
            width=width,
            overflow="ellipsis" if tight and not number else "fold",
        )
    table.width = sum(widths) + _frame_width(len(columns), tight)
    for row in body:
        table.add_row(*map(Text, row))
    # Numbers that still do not fit go over the edge whole: the terminal wraps the line.
    console.print(table, crop=False)


def show_frame(frame: pl.DataFrame, limit: int = 50, *, hint: str = "") -> None:
    """A frame as a table, its first rows; the hint says how to see the others.

    A frame too wide for a table is shown row by row, a column a line.
    """
    rows = [[_cell(cell) for cell in row] for row in frame.head(limit).rows()]
    wide = not _fits(frame.columns, rows)
    if wide:
        limit = min(limit, _RECORDS)
        show_records(frame.columns, rows[:limit])
        say(f"{frame.width} columns are too wide for a table here: name those you need")
    else:
        show_table(frame.columns, rows)
    if frame.height > limit:
        say(f"first {limit:,} of {frame.height:,} rows" + (f"; {hint}" if hint else ""))


def show_records(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows one below the other, each under a line with its number; None shows as a dash."""
    width = max(map(cell_len, columns), default=0)
    for number, row in enumerate(rows, 1):
        # A line as wide as a terminal usually is; the values are as long as they are.
        head = f"── row {number:,} "
        console.print(Text(head.ljust(min(console.width, 80), "─"), style="dim"))
        for name, cell in zip(columns, row, strict=True):
            lines = _shown(cell).splitlines() or [""]
            for place, line in enumerate(lines):
                label = "" if place else name
                said = Text(label + " " * (width - cell_len(label) + 2) + line)
                console.print(said, soft_wrap=True)


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
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        # Shorter than with microseconds and +00:00; --format csv gives all of it.
        return f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}Z"
    if not isinstance(value, float):
        return value
    # Below a million six digits say it all; above, a power of ten would hide the size.
    return f"{value:,.0f}" if 1e6 <= abs(value) < 1e15 else f"{value:,.6g}"


def _shown(cell: object) -> str:
    return "–" if cell is None else str(cell)


def _fits(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bool:
    """Whether a table of the rows stays within the terminal and its names can be read."""
    widths, _, tight = _layout(columns, [list(map(_shown, row)) for row in rows])
    deepest = max((-(-cell_len(n) // w) for n, w in zip(columns, widths, strict=True)), default=1)
    return (
        sum(widths) + _frame_width(len(columns), tight) <= console.width
        and deepest <= _DEEPEST_NAME
    )


def _layout(
    columns: Sequence[str], body: Sequence[Sequence[str]]
) -> tuple[list[int], list[bool], bool]:
    """Widths of the columns, which hold numbers, and whether they only fit without a frame."""
    cells = [[row[place] for row in body] for place in range(len(columns))]
    numeric = [all(map(_NUMBER.fullmatch, column)) for column in cells]
    natural = [_widest(column, name) for column, name in zip(cells, columns, strict=True)]
    described = list(enumerate(zip(cells, columns, numeric, strict=True)))
    room = console.width - _frame_width(len(columns), tight=False)
    floors = [
        _widest(column, *name.split()) if number else _least((*column, name), _WHOLE_WORD)
        for _, (column, name, number) in described
    ]
    # The first column names the row: it stays on one line.
    floors[:1] = [max(floor, min(natural[0], _WHOLE_WORD)) for floor in floors[:1]]
    tight = sum(floors) > room
    if tight:
        room = console.width - _frame_width(len(columns), tight)
        floors = [
            max(_widest(column), _least([name], _LEAST_NAME))
            if number
            else _least((*column, name), _LEAST_TEXT if place > 1 else _WHOLE_WORD)
            for place, (column, name, number) in described
        ]
    return _fitted(natural, floors, room), numeric, tight


def _frame_width(columns: int, tight: bool) -> int:
    return columns - 1 if tight else 3 * columns + 1


def _widest(texts: Iterable[str], *more: str) -> int:
    lines = (line for text in (*texts, *more) for line in text.splitlines())
    return max(map(cell_len, lines), default=1)


def _least(texts: Iterable[str], most: int) -> int:
    """Width that breaks no word up to a length."""
    return min(_widest(word for text in texts for word in text.split()), most)


def _fitted(natural: Sequence[int], floors: Sequence[int], room: int) -> list[int]:
    """Widths that take from the widest first, and never below the floors."""
    widths = [min(width, max(room, 1)) for width in natural]
    widths = [max(pair) for pair in zip(widths, floors, strict=True)]
    while sum(widths) > room:
        spare = [place for place, floor in enumerate(floors) if widths[place] > floor]
        if not spare:
            break
        widths[max(spare, key=widths.__getitem__)] -= 1
    return widths
