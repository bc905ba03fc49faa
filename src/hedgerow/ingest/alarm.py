"""Days that no symbol has: the calendar is to be doubted, not every symbol by itself."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hedgerow.ingest.coverage import counted

# One or two symbols may lack the same day by chance.
FEWEST_SYMBOLS = 3


@dataclass(frozen=True)
class Lacking:
    """What one answered symbol lacks.

    Parameters
    ----------
    calendar
        Its exchange.
    start, end
        First and last session it was asked for.
    missing
        Sessions without a bar.
    """

    calendar: str
    start: dt.date
    end: dt.date
    missing: tuple[dt.date, ...] = ()


def market_holes(answers: Sequence[Lacking]) -> dict[str, tuple[dt.date, ...]]:
    """Sessions by calendar that every symbol lacks of which they were asked.

    Examples
    --------
    >>> day = dt.date(2025, 1, 9)
    >>> answer = Lacking("XNYS", dt.date(2025, 1, 2), dt.date(2025, 1, 31), (day,))
    >>> market_holes([answer, answer, answer])
    {'XNYS': (datetime.date(2025, 1, 9),)}
    >>> market_holes([answer, answer, Lacking("XNYS", answer.start, answer.end)])
    {}
    """
    by_calendar: dict[str, list[Lacking]] = defaultdict(list)
    for answer in answers:
        by_calendar[answer.calendar].append(answer)
    found = {}
    for calendar, group in sorted(by_calendar.items()):
        lacking = Counter(day for one in group for day in one.missing)
        everywhere = [
            day
            for day, count in lacking.items()
            if count == sum(one.start <= day <= one.end for one in group) >= FEWEST_SYMBOLS
        ]
        if everywhere:
            found[calendar] = tuple(sorted(everywhere))
    return found


def alarm(calendar: str, days: Sequence[dt.date], symbols: int) -> str:
    """One line for a hole of the whole market."""
    return (
        f"calendar {calendar}: none of {symbols} symbols has {counted(days)}. Either the exchange "
        "was closed and the calendar is wrong, or the source lacks the day: look it up, then load "
        "with --allow-gaps"
    )
