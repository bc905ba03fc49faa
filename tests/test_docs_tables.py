"""``docs/tables.md`` lists every table as it is: read here without the tool that writes it."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from hedgerow.catalog import Catalog
from hedgerow.catalog.tables import METADATA
from hedgerow.domain.schemas import TABLES, Table
from hedgerow.workspace.sql import VIEWS

LAKE = sorted(TABLES)
CATALOG = sorted(METADATA.tables)

SPELLED = {
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "instant",
    pl.Float64: "float64",
    pl.Int8: "int8",
    pl.Int64: "int64",
    pl.String: "text",
}


@dataclass(frozen=True)
class Described:
    """What the page says of one table."""

    about: str
    rows: list[list[str]]

    @property
    def columns(self) -> list[str]:
        return [row[0].strip("`") for row in self.rows]

    def names_after(self, word: str) -> tuple[str, ...]:
        """Names in the sentence that begins with a word; none where there is no such sentence."""
        found = re.search(rf"{word}:? (.+?)\.(?: |$)", self.about, re.MULTILINE)
        return tuple(re.findall(r"`(\w+)`", found[1])) if found else ()


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "docs" / "tables.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def described(text: str) -> dict[str, Described]:
    sections = re.split(r"^##+ ", text, flags=re.MULTILINE)
    found = {}
    for section in sections:
        named = re.match(r"`(\w+)`\n", section)
        if named:
            rows = [line for line in section.splitlines() if line.startswith("| `")]
            cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
            found[named[1]] = Described(section.split("| column |")[0], cells)
    return found


def test_every_table_has_a_section_and_no_other_has(described: dict[str, Described]) -> None:
    assert list(described) == [*LAKE, *(table.name for table in METADATA.sorted_tables)]


@pytest.mark.parametrize("name", LAKE)
def test_a_lake_table_is_as_the_page_says(described: dict[str, Described], name: str) -> None:
    table: Table = TABLES[name]
    page = described[name]
    assert page.columns == list(table.columns)
    assert page.names_after("Key") == table.key
    assert page.names_after("Partitioned by") == table.partition_by
    assert page.names_after("Ordered in files by") == table.cluster_by
    assert page.names_after("Older versions go to") == ((table.history,) if table.history else ())
    for column, kind, null, meaning in page.rows:
        schema = table.schema.columns()[column.strip("`")]
        assert SPELLED[schema.dtype.base_type()] == kind, column
        assert {True: "yes", False: "no"}[schema.nullable] == null, column
        assert meaning == (schema.metadata or {})["doc"], column


@pytest.mark.parametrize("name", CATALOG)
def test_a_catalog_table_is_as_the_page_says(described: dict[str, Described], name: str) -> None:
    table = METADATA.tables[name]
    page = described[name]
    assert page.columns == table.columns.keys()
    assert page.names_after("Key") == tuple(column.name for column in table.primary_key)
    with Catalog("sqlite://") as catalog:
        schema = catalog.table(name).schema
    for cell, kind, null, meaning in page.rows:
        column = table.columns[cell.strip("`")]
        spelled = kind.split(" ≤ ")[0].replace("JSON", "text")
        assert SPELLED[schema[column.name].base_type()] == spelled, column
        assert {True: "yes", False: "no"}[bool(column.nullable)] == null, column
        assert meaning.startswith(str(column.doc)), column


def test_every_other_name_that_sql_knows_is_on_the_page(text: str) -> None:
    others = {*Catalog.tables(), *VIEWS} - {*LAKE, *CATALOG}
    assert {name for name in others if f"| `{name}` |" not in text} == set()


def test_the_tool_has_nothing_to_change(root: Path) -> None:
    command = [sys.executable, root / "tools" / "tables_page.py", "--check"]
    subprocess.run(command, check=True, capture_output=True)
