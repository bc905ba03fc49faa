"""Fixtures that several rooms share."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests import s3_servers

if TYPE_CHECKING:
    from hedgerow.workspace import Workspace

ROOT = Path(__file__).parents[1]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Builders and servers beside the tests are helpers: they hold no examples to run."""
    is_helper = collection_path.suffix == ".py" and not collection_path.name.startswith("test_")
    return True if is_helper else None


@pytest.fixture(scope="session")
def root() -> Path:
    """Folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the development data, which is not shipped; skips where it is not there."""
    named = os.environ.get("HEDGEROW_SHARED_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no development data at {folder}: set HEDGEROW_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Workspace with the bundled prices, made once; tests must not change it."""
    from hedgerow.sources import SampleCloses, SampleOhlcv
    from hedgerow.workspace import Workspace

    ws = Workspace(tmp_path_factory.mktemp("sample"))
    for source in (SampleOhlcv(), SampleCloses()):
        ws.ingest(source, ingested_at=dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC))
    return ws


@pytest.fixture(scope="session", params=[s3_servers.MOTO, s3_servers.VERSITYGW])
def s3(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[s3_servers.S3]:
    """An S3 server of each kind that can be had here."""
    if reason := s3_servers.why_not(request.param):
        pytest.skip(reason)
    with s3_servers.running(request.param, tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3_servers.S3]:
    """AWS as moto imitates it, for the services that no other server has."""
    if reason := s3_servers.why_not(s3_servers.MOTO):
        pytest.skip(reason)
    with s3_servers.running(s3_servers.MOTO, tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture
def bucket(s3: s3_servers.S3) -> s3_servers.Bucket:
    """An empty bucket on each kind of server."""
    return s3.new_bucket()
