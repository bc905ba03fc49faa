"""What only servers do: restart, drop connections, refuse, and answer several programs at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, event, select, text
from tests.catalog.builders import METRICS, run_record
from tests.catalog.conftest import new_database
from tests.catalog.mariadb import Server

from hedgerow.catalog import Catalog, _mysql
from hedgerow.catalog._engine import database_url, open_engine
from hedgerow.catalog._migrate import HEAD, alembic_config, present_revision
from hedgerow.catalog.tables import INSTRUMENTS, METADATA
from hedgerow.domain import Instrument
from hedgerow.errors import StoreError

ZQX, VEX = Instrument.of("ZQX"), Instrument.of("VEX")


@pytest.fixture
def on_mariadb(mariadb: Server) -> Iterator[Catalog]:
    with Catalog(new_database(mariadb)) as catalog:
        yield catalog


def kill_others(catalog: Catalog) -> None:
    """End every other connection to the database, as an administrator or a firewall does."""
    engine = create_engine(catalog._engine.url)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            mine = "datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(
                text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}")
            )
        else:
            mine = "db = DATABASE() AND id <> CONNECTION_ID()"
            ids = connection.scalars(
                text(f"SELECT id FROM information_schema.processlist WHERE {mine}")
            )
            for number in list(ids):
                connection.execute(text(f"KILL {number}"))
    engine.dispose()


# --- Regression ---------------------------------------------------------------------------------


def test_everything_read_at_once_is_of_one_state(catalog: Catalog, url: str) -> None:
    catalog.add_instruments([ZQX])

    def look_twice(connection: Connection) -> list[list[str]]:
        query = select(INSTRUMENTS.c.symbol).order_by(INSTRUMENTS.c.symbol)
        before = list(connection.scalars(query))
        with Catalog(url) as other:
            other.add_instruments([VEX])
        return [before, list(connection.scalars(query))]

    assert catalog._read(look_twice) == [["ZQX"], ["ZQX"]]
    assert [one.symbol for one in catalog.instruments()] == ["VEX", "ZQX"]


def test_dropped_connections_are_replaced(catalog: Catalog) -> None:
    if catalog._engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no connections to drop")
    catalog.add_instruments([ZQX])
    kill_others(catalog)
    assert catalog.instruments() == [ZQX]
    kill_others(catalog)
    assert catalog.add_instruments([VEX]) == 1


def test_a_connection_dropped_amid_a_write_stores_nothing(catalog: Catalog) -> None:
    if catalog._engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no connections to drop")
    catalog.add_instruments([ZQX])

    @event.listens_for(catalog._engine, "before_cursor_execute")
    def drop(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO universe_members"):
            kill_others(catalog)

    with pytest.raises(StoreError) as caught:
        catalog.create_universe("mine", ["ZQX.XNYS"])
    event.remove(catalog._engine, "before_cursor_execute", drop)
    assert "try again when the server runs" in caught.value.message
    assert "\n" not in caught.value.message
    assert catalog.universes() == {}
    assert catalog.table("universes").is_empty()
    catalog.create_universe("mine", ["ZQX.XNYS"])


def test_a_server_that_restarts_is_found_again(on_mariadb: Catalog, mariadb: Server) -> None:
    on_mariadb.add_instruments([ZQX])
    mariadb.stop()
    try:
        with pytest.raises(StoreError, match="cannot be reached: check the host") as caught:
            on_mariadb.instruments()
    finally:
        mariadb.start()
    assert mariadb.password not in str(caught.value)
    assert on_mariadb.instruments() == [ZQX]


def test_what_is_stored_does_not_depend_on_the_character_set_of_the_server(
    catalog: Catalog,
) -> None:
    """The MariaDB of the tests has latin1 for its own."""
    words = "日本語 🌿 Zürich ﬁ"
    one = Instrument.of("7203", exchange="XTKS", name=words, sector=words, region=words)
    catalog.add_instruments([one])
    record = run_record(strategy_source=words, notes={"not run": [words]})
    catalog.save_run(record, METRICS)
    assert catalog.instruments() == [one]
    assert catalog.run("run-1") == record


def test_symbols_that_differ_only_in_case_or_accents_stay_two(catalog: Catalog) -> None:
    names = ["ZQXPA", "ZQXpA", "zqxpa", "ZQE", "ZQÉ", "STRASSE", "STRAßE"]
    catalog.add_instruments([Instrument.of(name) for name in names])
    assert [one.symbol for one in catalog.instruments()] == sorted(names)
    assert catalog.instruments(["ZQXpA"]) == [Instrument.of("ZQXpA")]
    catalog.create_universe("mine", ["ZQXpA.XNYS", "ZQXPA.XNYS"])
    catalog.create_universe("Mine", ["zqxpa.XNYS"])
    assert catalog.universes() == {"Mine": 1, "mine": 2}
    found = select(INSTRUMENTS.c.symbol).where(INSTRUMENTS.c.symbol == "ZQXpA")
    assert catalog._read(lambda connection: list(connection.scalars(found))) == ["ZQXpA"]


# --- Upgrading where each change of a table stands for itself -----------------------------------


@pytest.fixture
def interrupted(mariadb: Server) -> Callable[..., str]:
    """Gives the URL of a database whose upgrade was killed before its n-th change of a table."""

    def interrupt(before: int, start: str | None = None) -> str:
        url = new_database(mariadb)
        engine = open_engine(database_url(url))
        if start is not None:
            with engine.begin() as connection:
                command.upgrade(alembic_config(connection), start)
                facts = "'ZQX.XNYS', 'ZQX', 'XNYS', 'USD', 'equity', 'Quality', '', '', 0"
                connection.execute(text(f"INSERT INTO instruments VALUES ({facts})"))
        engine.dispose()
        seen = 0

        def die(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            nonlocal seen
            if statement.strip().startswith(("CREATE TABLE", "CREATE INDEX", "ALTER", "UPDATE")):
                seen += "hedgerow_upgrade" not in statement
                if seen == before:
                    raise KeyboardInterrupt  # nothing mends it, as after a kill

        from sqlalchemy.engine import Engine

        event.listen(Engine, "before_cursor_execute", die)
        try:
            with pytest.raises(KeyboardInterrupt):
                Catalog(url)
        finally:
            event.remove(Engine, "before_cursor_execute", die)
        return url

    return interrupt


@pytest.mark.parametrize("before", [1, 2, 4, 6, 11, 16, 19])
def test_a_first_upgrade_that_was_killed_is_done_again(
    interrupted: Callable[..., str], before: int
) -> None:
    with Catalog(interrupted(before)) as catalog:
        assert catalog.save_run(run_record(), METRICS)
        assert set(METADATA.tables) <= set(catalog.tables())
        assert catalog.table("current_splits").is_empty()


@pytest.mark.parametrize("before", [1, 2, 3, 4, 6, 8])
def test_a_later_upgrade_that_was_killed_is_done_again_and_keeps_the_rows(
    interrupted: Callable[..., str], before: int
) -> None:
    with Catalog(interrupted(before, start="0001")) as catalog:
        assert catalog.instruments() == [Instrument.of("ZQX", name="Quality")]
        with catalog._engine.connect() as connection:
            assert present_revision(connection) == HEAD
        assert catalog.table("reference_refreshes").is_empty()


def test_an_upgrade_that_another_process_holds_is_waited_for(
    mariadb: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_mysql, "_PATIENCE_SECONDS", 0)
    url = new_database(mariadb)
    engine = create_engine(url)
    with engine.connect() as other:
        other.execute(text("SELECT GET_LOCK(CONCAT('hedgerow ', MD5(DATABASE())), 0)"))
        with pytest.raises(StoreError, match="is being upgraded by another process: try again"):
            Catalog(url)
    engine.dispose()
    Catalog(url).close()


# --- Validation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda url: url.replace("hedgerow:", "nobody:"), "refused the user or the password"),
        (lambda url: url.replace(":planted", ":wrong"), "refused the user or the password"),
        (lambda url: f"{url}_nowhere", "does not exist: create the database first"),
    ],
)
def test_a_refusal_of_mariadb_is_one_clear_line(
    mariadb: Server, change: Callable[[str], str], message: str
) -> None:
    url = change(new_database(mariadb))
    with pytest.raises(StoreError, match=message) as caught:
        Catalog(url)
    assert mariadb.password not in str(caught.value)
    assert "wrong" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mariadb_that_does_not_answer_is_named_without_its_password() -> None:
    pytest.importorskip("pymysql", reason="pymysql is not installed")
    with pytest.raises(StoreError, match=r"ann:\*\*\*@127\.0\.0\.1:1/db cannot be reached") as it:
        Catalog("mysql+pymysql://ann:hidden@127.0.0.1:1/db")
    assert "hidden" not in str(it.value)
    assert "\n" not in str(it.value)


def test_a_mariadb_that_only_reads_is_named(on_mariadb: Catalog) -> None:
    on_mariadb.close()

    @event.listens_for(on_mariadb._engine, "connect")
    def only_read(connection: Any, _record: object) -> None:
        connection.cursor().execute("SET SESSION TRANSACTION READ ONLY")

    with pytest.raises(StoreError, match="is read-only: name the primary server"):
        on_mariadb.add_instruments([ZQX])
    assert on_mariadb.instruments() == []


@pytest.mark.parametrize(
    ("module", "url", "extra"),
    [
        ("pymysql", "mysql+pymysql://ann:hidden@host/db", "mysql"),
        ("pymysql", "mariadb+pymysql://ann:hidden@host/db", "mysql"),
        ("psycopg", "postgresql+psycopg://ann:hidden@host/db", "postgres"),
    ],
)
def test_a_missing_driver_names_the_extra_that_has_it(
    monkeypatch: pytest.MonkeyPatch, module: str, url: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"needs the Python package '{module}': pip install 'hedgerow\[{extra}\]'"
    with pytest.raises(StoreError, match=message) as caught:
        Catalog(url)
    assert "hidden" not in str(caught.value)


def test_another_driver_than_ours_is_named_with_the_one_to_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "MySQLdb", None)
    with pytest.raises(StoreError, match=r"'MySQLdb': install it, or .* such as mysql\+pymysql://"):
        Catalog("mysql://ann:hidden@host/db")


def test_a_login_that_needs_another_package_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyMySQL raises no database error there."""
    with Catalog("sqlite://") as catalog:

        def fail(*_: Any) -> None:
            raise RuntimeError("'cryptography' package is required for sha256_password")

        with pytest.raises(StoreError, match="needs the Python package 'cryptography'"):
            catalog._read(fail)


@pytest.mark.parametrize("name", ["ZQX ", "ZQX  "])
def test_a_key_that_ends_in_a_space_is_refused(catalog: Catalog, name: str) -> None:
    """MySQL would take it for the key without one."""
    catalog.add_instruments([ZQX])
    with pytest.raises(Exception, match="instrument_id in instruments ends in a space"):
        catalog.add_instruments([Instrument(name, "ZQX")])
