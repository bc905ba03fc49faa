"""One SQL over the lake and the catalog, answered by DuckDB in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from hedgerow.catalog import Catalog
from hedgerow.domain.schemas import TABLES
from hedgerow.errors import DataError, did_you_mean
from hedgerow.workspace.views import VIEWS

if TYPE_CHECKING:
    from hedgerow.workspace.workspace import Workspace


def table_names(ws: Workspace) -> list[str]:
    """Names a query may use."""
    return sorted({*TABLES, *ws.lake.tables(), *Catalog.tables(), *VIEWS})


def reserved_names() -> frozenset[str]:
    """Names of tables and views that a table of a user's own may not take."""
    return frozenset({*TABLES, *Catalog.tables(), *VIEWS})


def run_sql(ws: Workspace, query: str) -> pl.DataFrame:
    """Answer of a query; see ``Workspace.sql``."""
    names = table_names(ws)
    if _LISTING.fullmatch(query):
        return pl.DataFrame({"name": names})
    words = {word.lower() for word in re.findall(r"\w+", query)}
    columns: set[str] = set()
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        try:
            _check_question(connection, query)
            for name in words.intersection(names):
                rows = _load(ws, name)
                columns.update(rows.collect_schema().names())
                connection.register(name, rows)
            answer = connection.sql(query)
            if answer is None:
                raise DataError(_ONLY_QUESTIONS)
            return _narrowed(answer.pl())
        except duckdb.Error as error:
            raise DataError(_explained(error, names, columns)) from error
        except pl.exceptions.PolarsError as error:
            raise DataError(
                "SQL: the answer holds a type that no column has here, such as an interval: "
                "cast it to text, such as cast(x as varchar)"
            ) from error


_LISTING = re.compile(r"\s*(show(\s+all)?\s+tables|show|describe)\s*;?\s*", re.IGNORECASE)

_ONLY_QUESTIONS = "SQL: only questions are answered here (select …)"
# A pivot that finds its own columns counts as several statements.
_QUESTIONS = (
    duckdb.StatementType.SELECT,
    duckdb.StatementType.EXPLAIN,
    duckdb.StatementType.MULTI,
)


def _check_question(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    statements = connection.extract_statements(query)
    if any(statement.type not in _QUESTIONS for statement in statements) or not statements:
        raise DataError(_ONLY_QUESTIONS)
    if len(statements) > 1:
        raise DataError(f"SQL: {len(statements)} questions at once: ask one at a time")


def _narrowed(rows: pl.DataFrame) -> pl.DataFrame:
    """Whole numbers of 128 bits, as DuckDB's sums are, in 64 bits where they fit."""
    wide = pl.col(pl.Decimal(38, 0))
    narrow = rows.select(wide.cast(pl.Int64, strict=False))
    fitting = [column for column in narrow if column.null_count() == rows[column.name].null_count()]
    return rows.with_columns(fitting)


def _explained(error: duckdb.Error, names: Sequence[str], columns: Iterable[str]) -> str:
    line, *more = str(error).strip().split("\n")
    missing = re.search(r"Table with name (\S+) does not exist", line)
    if missing:
        return f"SQL: table {missing[1]!r} is not known. {did_you_mean(missing[1], names)}"
    hints = list(_hints(more))
    # Of a table with another name DuckDB proposes nothing.
    mistyped = re.search(r'does not have a column named "([^"]+)"', line)
    if mistyped and not hints:
        hints.append(did_you_mean(mistyped[1], columns))
    return " ".join([f"SQL: {line}", *hints])


def _hints(lines: Iterable[str]) -> Iterator[str]:
    """What DuckDB proposes below its message: the names nearest to a mistyped one."""
    for line in lines:
        near = re.match(r"Candidate \w+[: ]+(.+)", line)
        if near:
            names = " or ".join(repr(name) for name in re.findall(r'"([^"]+)"', near[1])[:3])
            yield f"Did you mean {names}?"
        elif line.startswith(("Did you mean", "Either add it")):
            yield line


def _load(ws: Workspace, name: str) -> pl.LazyFrame | pl.DataFrame:
    if name in VIEWS:
        return VIEWS[name](ws)
    if name in Catalog.tables():
        return ws.catalog.table(name)
    return ws.lake.scan(name)
