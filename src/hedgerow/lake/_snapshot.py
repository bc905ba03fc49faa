"""One version of a table, and how Polars scans it."""

from __future__ import annotations

from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable

from hedgerow.lake._options import for_delta, for_polars


class Snapshot(DeltaTable):
    """A Delta table that names its local files as the file system does.

    The storage library spells a folder such as ``my data`` as ``my%20data`` in the paths of
    its files, where no reader finds them (github.com/pola-rs/polars/issues/20944).
    """

    def __init__(
        self,
        table_uri: str,
        version: int | None = None,
        storage_options: dict[str, str] | None = None,
    ) -> None:
        super().__init__(table_uri, version=version, storage_options=for_delta(storage_options))
        # Polars reads the options back from here; it has other names for some.
        self._storage_options = for_polars(storage_options)  # type: ignore[assignment]

    @property
    def quoted(self) -> bool:
        """Whether the folder's address differs from its path."""
        return self.table_uri.startswith("file://") and "%" in self.table_uri

    def file_uris(self, *args: object, **options: object) -> list[str]:
        """Paths, or addresses in an object store, of the data files."""
        named: list[str] = super().file_uris(*args, **options)  # type: ignore[arg-type]
        if not self.quoted:
            return named
        folder = self.table_uri.removeprefix("file://")
        return [unquote(folder) + name.removeprefix(folder) for name in named]


def scan(snapshot: Snapshot, options: dict[str, str] | None) -> pl.LazyFrame:
    """Rows of a snapshot, read lazily; the frame stays at its version.

    Parameters
    ----------
    snapshot
        An opened table.
    options
        Options of the object store.

    Returns
    -------
    pl.LazyFrame
        All stored columns. It can be sent to another process, unless the folder's name
        needs quoting.
    """
    if snapshot.quoted:
        return pl.scan_delta(snapshot)
    return pl.scan_delta(
        snapshot.table_uri, version=snapshot.version(), storage_options=for_polars(options)
    )
