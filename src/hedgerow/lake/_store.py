"""Where the tables lie, and how to open or create one."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from deltalake import CommitProperties, Transaction
from deltalake.exceptions import CommitFailedError, TableNotFoundError

from hedgerow.domain.schemas import TABLES, Table
from hedgerow.errors import DefinitionError, StoreError
from hedgerow.lake import _files
from hedgerow.lake._delta import configuration, delta_schema
from hedgerow.lake._errors import STORAGE_FAULTS, store_errors
from hedgerow.lake._options import store_options
from hedgerow.lake._snapshot import Snapshot
from hedgerow.settings import Settings

T = TypeVar("T")

# Some forty seconds of other writers always committing first.
COMMIT_TRIES = 50
LONGEST_WAIT = 1.0

_MISLEADING = re.compile("=|%[0-9A-Fa-f]{2}")
_SECRET = re.compile("key|secret|token|password", re.IGNORECASE)


@dataclass(frozen=True)
class Store:
    """A folder or bucket prefix whose children are Delta tables.

    Parameters
    ----------
    root
        Absolute local path, or address such as ``s3://bucket/prefix``.
    settings
        Retention given to new tables.
    options
        Options of the object store, under the names of its environment variables; those of
        the environment and of ``.env`` fill what they do not say.
    """

    root: str
    settings: Settings
    options: dict[str, str] | None = field(default=None, repr=False)

    @classmethod
    def at(cls, uri: str | Path, settings: Settings, options: dict[str, str] | None) -> Store:
        """Store at an address; a local path is made absolute.

        Raises
        ------
        DefinitionError
            Readers would take the address for another one.
        """
        text = str(uri).removeprefix("file://")
        local = _files.is_local(text)
        root = str(Path(text).expanduser().absolute()) if local else text.rstrip("/")
        if _MISLEADING.search(root):
            raise DefinitionError(
                f"lake {root}: a folder's name may not hold '=' or a code such as '%20', which "
                "readers take for a partition or for another name; use another folder",
                uri=root,
            )
        return cls(root, settings, store_options(root, options))

    def uri(self, name: str) -> str:
        """Address of a table."""
        return f"{self.root}/{name}"

    def errors(self, name: str, doing: str) -> AbstractContextManager[None]:
        """Turn the faults of the block into one clear line about a table."""
        return store_errors(self.uri(name), doing, secrets=self._secrets)

    def names(self) -> list[str]:
        """Tables that exist, sorted; other folders that lie between them are none."""
        with store_errors(self.root, "list the tables of", secrets=self._secrets):
            listed = [n for n in _files.folders(self.root, self.options) if self._may_be_table(n)]
        return [name for name in listed if self.open(name) is not None]

    def open(self, name: str, version: int | None = None) -> Snapshot | None:
        """Snapshot of a table; None where it does not exist.

        Parameters
        ----------
        name
            Table.
        version
            Which one; the newest by default.

        Raises
        ------
        StoreError
            The table is damaged, or the store cannot be read.
        """
        with self.errors(name, "read"):
            try:
                return self._snapshot(name, version)
            except TableNotFoundError:
                if not self._holds_files(name):
                    return None
            # Files without a log are damage, unless another writer was just creating it.
            return self._snapshot(name, version)

    def open_or_create(self, table: Table, remembered: Mapping[str, str] | None = None) -> Snapshot:
        """Snapshot of a table, created empty with stated retention where it does not exist.

        Raises
        ------
        StoreError
            The table can be neither read nor created.
        """
        existing = self.open(table.name)
        if existing is not None:
            return existing
        with self.errors(table.name, "create"):
            try:
                return self._create(table, remembered or {})
            except STORAGE_FAULTS:
                # Another writer may have created it since: then its table is ours too.
                other = self.open(table.name)
                if other is None:
                    raise
                return other

    def commit_with_guard(self, handle: Snapshot, name: str) -> CommitProperties:
        """Commit properties that let only one of several racing writers win.

        Two writers that read the same snapshot name the same next number, so the second
        commit fails and its writer reads again: a key is never appended twice.
        """
        guard = Transaction(f"{name}-writer", handle.version() + 1)
        return CommitProperties(app_transactions=[guard])

    def until_committed(self, name: str, attempt: Callable[[], T]) -> T:
        """Run an attempt again, after a growing random wait, while other writers win.

        Raises
        ------
        StoreError
            Others won every time, or the store failed.
        """
        with self.errors(name, "write"):
            for trial in range(COMMIT_TRIES):
                try:
                    return attempt()
                except CommitFailedError:
                    time.sleep(random.uniform(0, min(LONGEST_WAIT, 0.02 * 2**trial)))
        raise StoreError(
            f"cannot write {self.uri(name)}: other writers committed first {COMMIT_TRIES} times; "
            "run it again when fewer run at once",
            where=self.uri(name),
        )

    @property
    def _secrets(self) -> list[str]:
        named = (self.options or {}).items()
        return [value for name, value in named if value and _SECRET.search(name)]

    def _may_be_table(self, name: str) -> bool:
        known = name in TABLES or not _files.is_local(self.root)
        return known or Path(self.uri(name), "_delta_log").is_dir()

    def _create(self, table: Table, remembered: Mapping[str, str]) -> Snapshot:
        Snapshot.create(
            self.uri(table.name),
            schema=delta_schema(table),
            partition_by=list(table.partition_by),
            name=table.name,
            configuration=configuration(self.settings, remembered),
            storage_options=self.options,
            raise_if_key_not_exists=False,
        )
        return self._snapshot(table.name, None)

    def _snapshot(self, name: str, version: int | None) -> Snapshot:
        return Snapshot(self.uri(name), version=version, storage_options=self.options)

    def _holds_files(self, name: str) -> bool:
        if not _files.is_local(self.root):
            return False
        folder = Path(self.uri(name))
        try:
            folder.stat()  # tells a file in the way, which Path.exists does not
        except FileNotFoundError:
            return False
        return any(path.suffix in {".json", ".parquet"} for path in folder.rglob("*"))
