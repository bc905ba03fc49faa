from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import event
from tests.catalog.builders import METRICS, run_record
from tests.catalog.processes import open_with_little_room, run_alone

from hedgerow.catalog import Catalog, _engine
from hedgerow.domain import Instrument
from hedgerow.errors import StoreError

# --- Regression ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["catalog.db", "a b.db", "50%25.db", "what?.db", "#1.db", "ä.db"])
def test_a_path_is_a_catalog(tmp_path: Path, name: str) -> None:
    for place in (tmp_path / name, str(tmp_path / name)):
        with Catalog(place) as catalog:
            catalog.add_instruments([Instrument.of("AAPL")])
    assert [item.name for item in tmp_path.iterdir()] == [name]


def test_a_catalog_in_memory_is_gone_with_it() -> None:
    with Catalog("sqlite://") as one, Catalog("sqlite://") as other:
        one.add_instruments([Instrument.of("AAPL")])
        assert len(one.instruments()) == 1
        assert other.instruments() == []


def test_an_empty_file_becomes_a_catalog(tmp_path: Path) -> None:
    place = tmp_path / "catalog.db"
    place.touch()
    with Catalog(place) as catalog:
        assert catalog.universes() == {}


def test_sqlite_checks_references_and_lets_readers_go_on(tmp_path: Path) -> None:
    place = tmp_path / "catalog.db"
    with Catalog(place) as catalog, catalog._engine.connect() as connection:
        for pragma, value in {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 1}.items():
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_readers_go_on_while_another_process_writes(tmp_path: Path) -> None:
    place = tmp_path / "catalog.db"
    with Catalog(place) as catalog:
        catalog.save_run(run_record())
        writer = sqlite3.connect(place, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM model_runs")
        assert catalog.run("run-1") == run_record()
        with Catalog(place) as again:
            assert again.runs().height == 1
        writer.execute("ROLLBACK")
        writer.close()


def test_a_closed_catalog_opens_again_by_itself(url: str) -> None:
    with Catalog(url) as catalog:
        catalog.add_instruments([Instrument.of("AAPL")])
    assert len(catalog.instruments()) == 1
    catalog.close()


# --- Validation: files --------------------------------------------------------------------------


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "catalog.db"
    place.write_text("date,close\n2024-01-02,10.0\n" * 100)
    before = place.read_bytes()
    with pytest.raises(StoreError, match=r"catalog\.db is not an SQLite database: restore it"):
        Catalog(place)
    assert place.read_bytes() == before


def test_a_damaged_file_is_reported_on_opening(tmp_path: Path) -> None:
    place = tmp_path / "catalog.db"
    Catalog(place).close()
    content = place.read_bytes()
    place.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(StoreError, match=r"catalog\.db is damaged: restore it from a backup"):
        Catalog(place)


def test_a_damaged_page_is_reported_on_reading(tmp_path: Path) -> None:
    place = tmp_path / "catalog.db"
    with Catalog(place) as catalog:
        catalog.save_run(run_record())
        content = place.read_bytes()
        place.write_bytes(content[:-40_960] + b"\xff" * 40_960)
        with pytest.raises(StoreError, match="is damaged: restore it from a backup"):
            catalog.run("run-1")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere/catalog\.db cannot be opened: check that its"):
        Catalog(tmp_path / "nowhere" / "catalog.db")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_a_catalog(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened: check that its folder exists"):
        Catalog(tmp_path)


def test_a_read_only_catalog_can_be_read_only(tmp_path: Path) -> None:
    place = tmp_path / "catalog.db"
    with Catalog(place) as catalog:
        catalog.save_run(run_record(), METRICS)
    with Catalog(f"sqlite:///file:{place}?mode=ro&uri=true") as catalog:
        assert catalog.run("run-1") == run_record()
        with pytest.raises(StoreError, match="cannot be written: make the file and its folder"):
            catalog.save_run(run_record("run-2"))
        assert catalog.runs().height == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(StoreError, match=r"closed/catalog\.db cannot be"):
        Catalog(folder / "catalog.db")
    folder.chmod(stat.S_IRWXU)
    assert list(folder.iterdir()) == []


def test_a_full_disk_stores_all_of_a_run_or_nothing(tmp_path: Path) -> None:
    with Catalog(tmp_path / "catalog.db") as catalog:
        catalog.save_run(run_record("before"), METRICS)

        @event.listens_for(catalog._engine, "connect")
        def fill(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA max_page_count=1")

        with pytest.raises(StoreError, match="the disk is full; nothing was changed"):
            catalog.save_run(run_record("after", strategy_source="# x\n" * 100_000), METRICS)
        assert catalog.runs()["run_id"].to_list() == ["before"]
        assert catalog.performance("before") == METRICS


@pytest.mark.parametrize("limit", [4096, 65_536])
def test_a_disk_that_fills_up_while_opening_leaves_nothing_half_made(
    tmp_path: Path, limit: int
) -> None:
    place = tmp_path / "catalog.db"
    assert run_alone(open_with_little_room, str(place), limit) == 3
    with Catalog(place) as catalog:
        assert catalog.save_run(run_record())


def test_a_locked_file_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_engine, "BUSY_SECONDS", 0)
    place = tmp_path / "catalog.db"
    with Catalog(place) as catalog:
        writer = sqlite3.connect(place, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is locked by another process: try again"):
            catalog.add_instruments([Instrument.of("AAPL")])
        writer.close()
        assert catalog.add_instruments([Instrument.of("AAPL")]) == 1


# --- Validation: URLs ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgres://ann:hidden@host/db", r"'postgres' is not known\. Did you mean 'postgresql"),
        ("sqlite3://catalog.db", r"'sqlite3' is not known\. Did you mean 'sqlite'\?"),
        ("://ann:hidden@host", "the catalog's URL cannot be read: write sqlite:///"),
        ("postgresql+psycopg://ann:hidden@host:port/db", "the catalog's URL cannot be read"),
        ("mysql+oursql://ann:hidden@host/db", r"'mysql\+oursql' is not known"),
        ("mssql+pymssql://ann:hidden@host/db", "needs the Python package 'pymssql': install it"),
    ],
)
def test_a_url_that_cannot_be_used_is_explained(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        Catalog(url)
    assert "hidden" not in str(caught.value)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with pytest.raises(StoreError, match=r"ann:\*\*\*@127\.0\.0\.1:1/db cannot be reached") as it:
        Catalog("postgresql+psycopg://ann:hidden@127.0.0.1:1/db")
    assert "hidden" not in str(it.value)
    assert "\n" not in str(it.value)


def test_a_database_that_is_not_there_is_named(postgresql: str) -> None:
    with pytest.raises(StoreError, match=r'cannot be reached: .*"nowhere" does not exist'):
        Catalog(postgresql.replace("/postgres?", "/nowhere?"))


def test_a_server_that_only_reads_is_named(postgresql: str) -> None:
    read_only = "&options=-cdefault_transaction_read_only%3Don"
    with pytest.raises(StoreError, match="is read-only: name the primary server"):
        Catalog(postgresql + read_only)


def test_the_password_is_never_shown() -> None:
    url = _engine.database_url("postgresql+psycopg://ann:hidden@host/db")
    assert "hidden" not in url.render_as_string(hide_password=True)


@pytest.mark.parametrize("option", ["password", "sslpassword", "PASSWD", "ssl_key"])
def test_a_secret_option_of_a_url_is_never_shown(option: str) -> None:
    url = _engine.database_url(f"postgresql+psycopg://ann@host/db?{option}=hidden&port=5433")
    assert _engine.shown(url) in (
        f"postgresql+psycopg://ann@host/db?{option}=***&port=5433",
        f"postgresql+psycopg://ann@host/db?port=5433&{option}=***",
    )


@pytest.mark.parametrize(
    "url", ["ann:hidden@host/db", "postgresql+psycopg://ann:a@hidden/x@host/db"]
)
def test_a_login_that_is_spelt_wrongly_is_told_without_it(url: str) -> None:
    with pytest.raises(StoreError, match="%40 for @") as caught:
        Catalog(url)
    assert "hidden" not in str(caught.value)
