"""What a loading of bars did, for people and for programs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SeriesLoad:
    """Outcome for one instrument.

    Parameters
    ----------
    symbol, instrument_id
        Whose bars; no identity where nobody knows the symbol.
    timeframe
        Length of the bars.
    source
        Who served them; None where nobody could.
    failed
        Who was asked before and could not, each with its error in one line.
    start, end
        First and last session that came; None where none was needed or came.
    loaded, corrected, unchanged, quarantined
        Bars by what the lake did with them.
    gaps
        Sessions that are missing and were accepted.
    notes
        What else is worth knowing: where the series begins, that its history was restated.
    error
        Why nothing complete could be had; empty where it could.
    """

    symbol: str
    instrument_id: str
    timeframe: str
    source: str | None = None
    failed: Mapping[str, str] = field(default_factory=dict)
    start: dt.date | None = None
    end: dt.date | None = None
    loaded: int = 0
    corrected: int = 0
    unchanged: int = 0
    quarantined: int = 0
    gaps: tuple[dt.date, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether the series is complete, or as complete as was asked."""
        return not self.error

    @property
    def rows(self) -> int:
        """Bars that came."""
        return self.loaded + self.corrected + self.unchanged + self.quarantined


@dataclass(frozen=True)
class BarsLoad:
    """Outcome of a whole loading.

    Parameters
    ----------
    series
        One for each symbol, in the order asked.
    alarms
        Days that a calendar calls sessions and that no symbol has.
    """

    series: tuple[SeriesLoad, ...]
    alarms: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every symbol was served."""
        return all(one.ok for one in self.series)

    @property
    def failures(self) -> tuple[SeriesLoad, ...]:
        """Symbols that nobody could serve."""
        return tuple(one for one in self.series if not one.ok)

    @property
    def loaded(self) -> int:
        """Bars that are new."""
        return sum(one.loaded for one in self.series)

    @property
    def corrected(self) -> int:
        """Bars whose values changed; the old ones are in ``bars_history``."""
        return sum(one.corrected for one in self.series)

    @property
    def unchanged(self) -> int:
        """Bars that were held already with the same values."""
        return sum(one.unchanged for one in self.series)

    @property
    def quarantined(self) -> int:
        """Bars that failed a quality rule."""
        return sum(one.quarantined for one in self.series)

    @property
    def served(self) -> dict[str, int]:
        """Number of symbols by the source that served them."""
        counts: dict[str, int] = {}
        for one in self.series:
            if one.source is not None:
                counts[one.source] = counts.get(one.source, 0) + 1
        return dict(sorted(counts.items()))

    def __str__(self) -> str:
        by = ", ".join(f"{name} {count}" for name, count in self.served.items())
        counts = {
            "loaded": self.loaded,
            "corrected": self.corrected,
            "unchanged": self.unchanged,
            "quarantined": self.quarantined,
        }
        told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        done = len(self.series) - len(self.failures)
        return (
            f"{done} of {len(self.series)} symbols"
            + (f" ({by})" if by else "")
            + f": {told or ('nothing new' if self.ok else 'nothing loaded')}"
        )
