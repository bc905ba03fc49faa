"""What an ingest loaded and what it held back, for the ranking report."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_COUNTS = ("rows", "loaded", "corrected", "unchanged")


@dataclass(frozen=True)
class IngestLine:
    """Rows of one table from one source.

    Parameters
    ----------
    table, source
        Where the rows went and came from.
    rows
        Rows read.
    loaded, corrected, unchanged
        Rows that were new, that replaced a stored one, that were stored already.
    quarantined, warnings
        Rows held back, and rows let in with a warning.
    """

    table: str
    source: str
    rows: int
    loaded: int
    corrected: int
    unchanged: int
    quarantined: int
    warnings: int


@dataclass(frozen=True)
class Ingest:
    """All ingests of a report.

    Parameters
    ----------
    lines
        One per table and source, in the order given.
    total
        Their sum.
    quarantined, warnings
        Rows by rule, the most frequent first.
    """

    lines: tuple[IngestLine, ...]
    total: IngestLine
    quarantined: tuple[tuple[str, int], ...]
    warnings: tuple[tuple[str, int], ...]


def summarise(summaries: Iterable[object]) -> Ingest | None:
    """Add ingest summaries up.

    Parameters
    ----------
    summaries
        `hedgerow.lake.IngestSummary` objects, or mappings with the same names: ``table,
        source, rows, loaded, corrected, unchanged, refused`` and ``quarantined, warnings``
        (rows by rule). A missing count is zero, a missing ``refused`` the sum of its rules.

    Returns
    -------
    Ingest or None
        None where no summary is given.

    Examples
    --------
    >>> one = {"table": "bars", "source": "files", "rows": 5, "loaded": 4}
    >>> summarise([one | {"quarantined": {"ohlc_order": 1}}]).total.quarantined
    1
    """
    given = [_as_mapping(item) for item in summaries]
    if not given:
        return None
    lines = tuple(_line(item) for item in given)
    counts = ("rows", "loaded", "corrected", "unchanged", "quarantined", "warnings")
    sums = {name: sum(getattr(line, name) for line in lines) for name in counts}
    return Ingest(
        lines=lines,
        total=IngestLine(table="All", source="", **sums),
        quarantined=_by_rule(given, "quarantined"),
        warnings=_by_rule(given, "warnings"),
    )


def _as_mapping(item: object) -> Mapping[str, Any]:
    if isinstance(item, Mapping):
        return item
    names = [f.name for f in dataclasses.fields(item)]  # type: ignore[arg-type]
    return {name: getattr(item, name) for name in names}


def _line(item: Mapping[str, Any]) -> IngestLine:
    counts = {name: int(item.get(name) or 0) for name in _COUNTS}
    refused = item.get("refused")
    return IngestLine(
        table=str(item.get("table", "")),
        source=str(item.get("source", "")),
        quarantined=_rows(item, "quarantined") if refused is None else int(refused),
        warnings=_rows(item, "warnings"),
        **counts,
    )


def _rows(item: Mapping[str, Any], kind: str) -> int:
    return sum((item.get(kind) or {}).values())


def _by_rule(given: list[Mapping[str, Any]], kind: str) -> tuple[tuple[str, int], ...]:
    counts: Counter[str] = Counter()
    for item in given:
        counts.update(item.get(kind) or {})
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
