"""Write the table descriptions in docs/tables.md from the schemas; the prose is left alone.

``python tools/tables_page.py`` rewrites the page, ``--check`` only fails where it would change.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
import sqlalchemy as sa

from hedgerow.catalog._types import JsonText, UtcDateTime
from hedgerow.catalog.tables import METADATA
from hedgerow.domain.schemas import TABLES, Table

PAGE = Path(__file__).parents[1] / "docs" / "tables.md"

LAKE_TYPES: dict[type[pl.DataType], str] = {
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "instant",
    pl.Float64: "float64",
    pl.Int8: "int8",
    pl.Int64: "int64",
    pl.String: "text",
}

# The first that fits counts, so a special type stands before the one it is made of.
CATALOG_TYPES: list[tuple[type[sa.types.TypeEngine[Any]], str]] = [
    (JsonText, "JSON"),
    (UtcDateTime, "instant"),
    (sa.Boolean, "boolean"),
    (sa.Date, "date"),
    (sa.Double, "float64"),
    (sa.BigInteger, "int64"),
    (sa.String, "text"),
]


def page(old: str) -> str:
    """The page with its two generated parts brought up to date."""
    new = _replace(old, "lake", (_lake_table(TABLES[name]) for name in sorted(TABLES)))
    return _replace(new, "catalog", (_catalog_table(table) for table in METADATA.sorted_tables))


def _replace(text: str, part: str, tables: Iterable[str]) -> str:
    begin, end = f"<!-- begin {part}: tools/tables_page.py -->", f"<!-- end {part} -->"
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    return f"{before}{begin}\n\n" + "\n".join(tables) + f"\n{end}{after}"


def _lake_table(table: Table) -> str:
    facts = [f"Key: {_names(table.key)}."]
    if table.partition_by:
        facts.append(f"Partitioned by {_names(table.partition_by)}.")
    else:
        facts.append("Not partitioned.")
    facts.append(f"Ordered in files by {_names(table.cluster_by)}.")
    if table.history:
        facts.append(f"Older versions go to `{table.history}`.")
    columns = table.schema.columns()
    rows = [
        (name, LAKE_TYPES[kind.base_type()], columns[name].nullable, _doc(columns[name]))
        for name, kind in table.columns.items()
    ]
    about = inspect.cleandoc(table.schema.__doc__ or "").replace("``", "`")
    return _section(table.name, about, " ".join(facts), rows)


def _doc(column: dy.Column) -> str:
    return str((column.metadata or {})["doc"])


def _catalog_table(table: sa.Table) -> str:
    rows = [(c.name, _catalog_type(c), bool(c.nullable), _refers(c)) for c in table.columns]
    key = f"Key: {_names(c.name for c in table.primary_key)}."
    return _section(table.name, str(table.info["doc"]), key, rows)


def _catalog_type(column: sa.Column[Any]) -> str:
    name = next(name for kind, name in CATALOG_TYPES if isinstance(column.type, kind))
    length = getattr(column.type, "length", None)
    return f"{name} ≤ {length}" if length else name


def _refers(column: sa.Column[Any]) -> str:
    targets = [f"`{key.target_fullname}`" for key in column.foreign_keys]
    return f"{column.doc}; refers to {targets[0]}" if targets else str(column.doc)


def _section(name: str, about: str, facts: str, rows: list[tuple[str, str, bool, str]]) -> str:
    lines = [f"### `{name}`", "", about, "", facts, "", "| column | type | null | meaning |"]
    lines.append("|---|---|---|---|")
    for column, kind, nullable, doc in rows:
        shown = doc.replace("|", "\\|")
        lines.append(f"| `{column}` | {kind} | {'yes' if nullable else 'no'} | {shown} |")
    return "\n".join([*lines, ""])


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    present = PAGE.read_text(encoding="utf-8")
    wanted = page(present)
    if present == wanted:
        print("docs/tables.md is up to date")
    elif "--check" in sys.argv[1:]:
        sys.exit("docs/tables.md differs from the schemas: run python tools/tables_page.py")
    else:
        PAGE.write_text(wanted, encoding="utf-8")
        print("docs/tables.md was rewritten")
