from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_mock_engine, inspect, text
from tests.catalog.builders import METRICS, run_record
from tests.catalog.processes import die_while_upgrading, open_and_write, run_alone, run_together

from hedgerow.catalog import Catalog
from hedgerow.catalog._engine import database_url, open_engine
from hedgerow.catalog._migrate import HEAD, VERSION_TABLE, alembic_config, present_revision
from hedgerow.catalog.tables import METADATA
from hedgerow.errors import StoreError

# --- Regression ---------------------------------------------------------------------------------


def test_the_newest_revision_is_the_one_that_is_checked_for() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_tables_and_migrations_agree(catalog: Catalog) -> None:
    options = {"compare_type": True, "version_table": VERSION_TABLE}
    with catalog._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
        found = set(inspect(connection).get_table_names())
    assert found == {*METADATA.tables, VERSION_TABLE}


def test_revisions_go_down_and_up_again(catalog: Catalog) -> None:
    with catalog._engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    with catalog._engine.connect() as connection:
        assert present_revision(connection) is None
        assert inspect(connection).get_table_names() == [VERSION_TABLE]
    with catalog._engine.begin() as connection:
        command.upgrade(alembic_config(connection), "head")
    assert catalog.save_run(run_record(), METRICS)


@pytest.mark.parametrize("kind", ["mysql", "mariadb"])
def test_every_table_can_be_made_on_other_databases(kind: str) -> None:
    statements: list[str] = []
    engine = create_mock_engine(
        f"{kind}+pymysql://",
        lambda sql, *_: statements.append(str(sql.compile(dialect=engine.dialect))),
        module=type(sys)("pymysql"),
    )
    METADATA.create_all(engine, checkfirst=False)
    made = "\n".join(statements)
    assert made.count("CREATE TABLE") == len(METADATA.tables)
    assert "created_at DATETIME(6) NOT NULL" in made
    assert "run_id VARCHAR(64) COLLATE utf8mb4_bin NOT NULL" in made


def test_opening_an_up_to_date_catalog_does_not_load_alembic(url: str) -> None:
    Catalog(url).close()
    code = (
        "import sys; from hedgerow.catalog import Catalog;"
        f"Catalog({url!r}).universes(); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- Properties ---------------------------------------------------------------------------------


def test_processes_may_open_a_new_catalog_at_once(url: str) -> None:
    count = 3
    assert run_together(open_and_write, url, count) == [0] * count
    with Catalog(url) as catalog:
        assert [item.symbol for item in catalog.instruments()] == ["AAPL", "S0", "S1", "S2"]
        assert catalog.universes() == {"mine": 1}
        assert set(catalog.runs()["run_id"]) == {"same", "own-0", "own-1", "own-2"}
        assert catalog.table("model_performance").height == count + 1


def test_a_process_that_dies_while_upgrading_leaves_nothing(url: str) -> None:
    assert run_alone(die_while_upgrading, url) == -signal.SIGKILL
    with Catalog(url) as catalog:
        assert catalog.save_run(run_record(), METRICS)


def test_the_database_may_be_shared_with_another_program(catalog: Catalog, url: str) -> None:
    with catalog._engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('of another program')"))
    with Catalog(url) as again:
        assert again.universes() == {}


# --- Validation ---------------------------------------------------------------------------------


def test_a_catalog_of_a_newer_release_is_refused_and_left_alone(catalog: Catalog, url: str) -> None:
    catalog.save_run(run_record())
    with catalog._engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(
        StoreError, match=rf"newer Hedgerow \(revision 9999; this one knows up to {HEAD}\): upgrade"
    ):
        Catalog(url)
    with catalog._engine.connect() as connection:
        assert present_revision(connection) == "9999"
    assert catalog.runs().height == 1


def test_tables_of_another_program_are_not_touched(url: str) -> None:
    engine = open_engine(database_url(url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE models (id INTEGER)"))
    with pytest.raises(StoreError, match=r"models.* already exists"):
        Catalog(url)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["models"]
    engine.dispose()
