"""Fixtures that several rooms share."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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
