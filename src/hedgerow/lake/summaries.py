"""What a write did, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class MergeSummary:
    """Outcome of a merge; ``rows = inserted + corrected + unchanged + duplicates``.

    Parameters
    ----------
    rows
        Rows given.
    inserted
        Rows whose key was new.
    corrected
        Rows whose stored values differed and were replaced.
    unchanged
        Rows already stored with the same values.
    version
        Version of the table afterwards; None where the table does not exist (nothing was
        ever stored).
    duplicates
        Rows left out because a later row of the same frame had the same key.
    inserted_by, corrected_by
        The same counts by ``instrument_id``, where the table has it.
    """

    rows: int
    inserted: int
    corrected: int
    unchanged: int
    version: int | None
    duplicates: int = 0
    inserted_by: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    corrected_by: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    @property
    def changed(self) -> bool:
        """Whether the table changed at all."""
        return self.inserted + self.corrected > 0


@dataclass(frozen=True)
class Tally:
    """What an ingest did with the rows of one instrument.

    Parameters
    ----------
    loaded, corrected, refused
        As in ``IngestSummary``.
    """

    loaded: int = 0
    corrected: int = 0
    refused: int = 0


@dataclass(frozen=True)
class IngestSummary:
    """Outcome of an ingest; ``rows = loaded + corrected + unchanged + refused``.

    Parameters
    ----------
    table
        Where the rows went.
    source
        Who sent them.
    rows
        Rows given.
    loaded
        Rows whose key was new.
    corrected
        Rows whose stored values differed and were replaced.
    unchanged
        Rows already stored with the same values.
    refused
        Rows that failed a quality rule and went to the quarantine.
    quarantined
        Refused rows by rule; a row that failed two rules counts under both.
    warnings
        Rows that were loaded but look odd, by rule.
    version
        Version of the table afterwards; None where it does not exist.
    by_instrument
        Counts by ``instrument_id``, where the table has it and anything was stored or
        refused.
    """

    table: str
    source: str
    rows: int
    loaded: int
    corrected: int
    unchanged: int
    refused: int
    quarantined: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    version: int | None = None
    by_instrument: Mapping[str, Tally] = field(default_factory=dict, compare=False, repr=False)

    @property
    def changed(self) -> bool:
        """Whether the table changed at all."""
        return self.loaded + self.corrected > 0

    def __str__(self) -> str:
        counted = {
            "loaded": self.loaded,
            "corrected": self.corrected,
            "unchanged": self.unchanged,
            "quarantined": self.refused,
        }
        parts = [f"{count:,} {word}" for word, count in counted.items() if count]
        rules = ", ".join(f"{rule} {count:,}" for rule, count in self.quarantined.items())
        odd = ", ".join(f"{rule} {count:,}" for rule, count in self.warnings.items())
        return (
            f"{self.table} from {self.source}: {self.rows:,} rows, {', '.join(parts) or 'none'}"
            + (f" ({rules})" if rules else "")
            + (f"; warnings: {odd}" if odd else "")
        )


@dataclass(frozen=True)
class CompactSummary:
    """Outcome of a compaction.

    Parameters
    ----------
    table
        Table.
    partitions
        Partitions that were rewritten.
    files_before, files_after
        Data files of the table.
    version
        Version afterwards; the same as before where nothing needed it.
    """

    table: str
    partitions: int
    files_before: int
    files_after: int
    version: int


@dataclass(frozen=True)
class LeftoverSummary:
    """What killed writers had left behind and is now gone.

    Parameters
    ----------
    files
        Number of files removed.
    size
        Their size in bytes.
    """

    files: int
    size: int


@dataclass(frozen=True)
class CopySummary:
    """What was copied of one table.

    Parameters
    ----------
    table
        Which one.
    state
        ``copied``; ``unchanged`` where all was there; ``replaced`` where the target's own
        commits had to go; ``ahead`` where the target has all of it and later commits, and
        was left alone.
    files
        Data files copied.
    size
        Their bytes.
    commits
        Commits copied.
    version
        Newest version at the target afterwards.
    """

    table: str
    state: str
    files: int
    size: int
    commits: int
    version: int
