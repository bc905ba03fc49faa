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
