"""The stores that a workspace hands to loadings."""

from __future__ import annotations

from pathlib import Path

from hedgerow.settings import Settings
from hedgerow.workspace import Workspace


def test_a_workspace_hands_its_own_lake_catalog_and_settings_to_loadings(tmp_path: Path) -> None:
    ws = Workspace(tmp_path, settings=Settings(_env_file=None, stale_run=7))
    stores = ws.stores
    assert stores.lake is ws.lake
    assert stores.catalog is ws.catalog
    assert stores.settings.stale_run == 7
