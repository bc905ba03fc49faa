"""What every part of a workspace stands on: its folder, its two stores, its instruments."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.catalog import Catalog
from hedgerow.credentials import resolve as resolve_secret
from hedgerow.domain import Instrument
from hedgerow.errors import StoreError
from hedgerow.lake import Lake
from hedgerow.settings import Settings, load_settings
from hedgerow.workspace.symbols import Symbols, resolve

if TYPE_CHECKING:
    from hedgerow.ingest import Stores


class WorkspaceBase:
    """Folder, stores and instruments; parameters as for ``Workspace``."""

    def __init__(
        self,
        path: str | Path,
        *,
        lake: str | None = None,
        catalog: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.path = Path(path)
        self.settings = settings or load_settings()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"workspace {self.path} cannot be made: {error.strerror}. Give another folder "
                "with --workspace"
            ) from error
        place = lake or self.settings.lake_uri or self.path / "lake"
        self.lake = Lake(place, settings=self.settings)
        # Its password may be kept in a store of secrets.
        url = resolve_secret(catalog or self.settings.catalog_url, "HEDGEROW_CATALOG_URL")
        self.catalog = Catalog(url or self.path / "catalog.db")

    @staticmethod
    def exists(path: str | Path) -> bool:
        """Whether a folder holds a workspace, or the settings name a catalog elsewhere."""
        return (Path(path) / "catalog.db").is_file() or bool(load_settings().catalog_url)

    @property
    def reports(self) -> Path:
        """Folder of reports."""
        folder = self.path / "reports"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def stores(self) -> Stores:
        """The two stores and the settings, as the functions of `hedgerow.ingest` take them."""
        from hedgerow.ingest import Stores  # heavy, and only loading needs it

        return Stores(self.lake, self.catalog, self.settings)

    def stored_path(self, path: Path) -> str:
        """Path to remember in the catalog: within the workspace relative to it, else absolute."""
        place, home = path.resolve(), self.path.resolve()
        return str(place.relative_to(home) if place.is_relative_to(home) else place)

    def instruments(self, symbols: Symbols = None, on: dt.date | None = None) -> list[Instrument]:
        """Instruments by ticker or universe; see ``bars`` for what may be asked.

        Raises
        ------
        DataError
            A word is neither a ticker nor a universe.
        """
        return resolve(self.catalog, self.lake, symbols, on)
