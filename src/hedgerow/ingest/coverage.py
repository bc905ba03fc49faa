"""Which sessions an answer must hold, and what to say of those it lacks."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from hedgerow.domain.calendar import sessions
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import Incomplete

# Vendors publish the day's bars hours after the close, some only the next morning.
PUBLICATION_TIME = dt.timedelta(hours=18)

# A listing date may be that of the admission and not of the first trade.
LISTING_TOLERANCE = 5

_SHOWN = 3
_DAY = dt.timedelta(days=1)
_WEEK = dt.timedelta(weeks=1)


@cache
def session_days(calendar: str) -> tuple[dt.date, ...]:
    """Sessions of an exchange in order."""
    return tuple(sessions(calendar)["session"])


def sessions_between(calendar: str, start: dt.date, end: dt.date) -> tuple[dt.date, ...]:
    """Sessions of an exchange from one day to another, both included.

    Examples
    --------
    >>> [day.day for day in sessions_between("XNYS", dt.date(2024, 1, 1), dt.date(2024, 1, 4))]
    [2, 3, 4]
    """
    days = session_days(calendar)
    return days[bisect_left(days, start) : bisect_right(days, end)]


def sessions_back(calendar: str, day: dt.date, count: int) -> dt.date:
    """Session some sessions before a day; the calendar's first where there are fewer.

    Examples
    --------
    >>> sessions_back("XNYS", dt.date(2024, 1, 4), 2)
    datetime.date(2024, 1, 2)
    """
    days = session_days(calendar)
    return days[max(bisect_right(days, day) - 1 - count, 0)]


def next_session(calendar: str, day: dt.date) -> dt.date:
    """First session after a day."""
    days = session_days(calendar)
    return days[min(bisect_right(days, day), len(days) - 1)]


def close_of(calendar: str, day: dt.date) -> dt.datetime:
    """Instant at which a session closed."""
    frame = sessions(calendar)
    close: dt.datetime = frame["close"][bisect_left(session_days(calendar), day)]
    return close


@dataclass(frozen=True)
class Coverage:
    """What the bars of one series must cover.

    Parameters
    ----------
    source
        Whose answer it is, for the messages.
    instrument
        Names the calendar.
    timeframe
        Of a bar below a day, a session is covered by one bar; of a weekly one, a week is.
    held
        Sessions that the lake holds already. Between the first and the last of them only
        these must come again: a hole between them was accepted in its time.
    end
        Last session that was asked for.
    unpublished
        Whether the last session is so fresh that it may still be missing.
    """

    source: str
    instrument: Instrument
    timeframe: Timeframe
    held: Sequence[dt.date]
    end: dt.date
    unpublished: bool = False

    def missing(
        self, start: dt.date, through: dt.date, sent: Collection[dt.date]
    ) -> tuple[dt.date, ...]:
        """Sessions of a span that ought to be there and are not.

        Parameters
        ----------
        start, through
            Span that is answered, both included.
        sent
            Sessions of its bars.
        """
        wanted = self._expected(start, through)
        if self._weekly:
            spans = self._spans(sent)
            lacking = {day for day in wanted if self._span(day) not in spans}
        else:
            lacking = set(wanted).difference(sent)
        if self.unpublished:
            lacking.discard(self.end)
        return tuple(sorted(lacking))

    def vanished(self, start: dt.date, through: dt.date, sent: Collection[dt.date]) -> bool:
        """Whether the lake holds sessions of the span, and none of them came again."""
        known = self._held_between(start, through)
        return bool(known) and not self._spans(known) & self._spans(sent)

    def hole(self, days: Sequence[dt.date]) -> Incomplete:
        """Error for sessions that are missing."""
        what = "week" if self._weekly else "session"
        return Incomplete(
            f"{self.instrument.symbol} {self.timeframe.code} from {self.source} lacks "
            f"{counted(days, what)} of {self.instrument.exchange}: ask again later, ask another "
            "source, or take it as it is with --allow-gaps",
            missing=tuple(days),
            calendar=self.instrument.exchange,
            source=self.source,
        )

    def left_behind(self, days: Sequence[dt.date]) -> Incomplete:
        """Error for bars that are held, and that a restated history does not hold."""
        return Incomplete(
            f"{self.instrument.symbol} {self.timeframe.code} from {self.source} was restated, and "
            f"lacks {counted(days)} that the lake holds: they would stay on another basis. Ask "
            "again later, or another source",
            missing=tuple(days),
            calendar=self.instrument.exchange,
            source=self.source,
        )

    def _expected(self, start: dt.date, through: dt.date) -> Iterable[dt.date]:
        calendar = self.instrument.exchange
        if not self.held:
            days = sessions_between(calendar, start, through)
        else:
            days = (
                *sessions_between(calendar, start, min(through, self.held[0] - _DAY)),
                *self._held_between(start, through),
                *sessions_between(calendar, max(start, self.held[-1] + _DAY), through),
            )
        return days if not self._weekly else _firsts_of_weeks(days, through)

    def _held_between(self, start: dt.date, through: dt.date) -> Sequence[dt.date]:
        return self.held[bisect_left(self.held, start) : bisect_right(self.held, through)]

    def _spans(self, days: Iterable[dt.date]) -> set[dt.date]:
        return {self._span(day) for day in days}

    def _span(self, day: dt.date) -> dt.date:
        return _monday(day) if self._weekly else day

    @property
    def _weekly(self) -> bool:
        return self.timeframe.duration == _WEEK


def checkable(timeframe: Timeframe) -> bool:
    """Whether the calendar tells what bars of this length there must be."""
    day = dt.timedelta(days=1)
    return timeframe.duration <= day or timeframe.duration == _WEEK


def counted(days: Sequence[dt.date], what: str = "session") -> str:
    """The first few days and how many there are.

    Examples
    --------
    >>> counted([dt.date(2024, 1, 2)])
    '1 session (2024-01-02)'
    >>> counted([dt.date(2024, 1, day) for day in range(2, 7)])
    '5 sessions (2024-01-02, 2024-01-03, 2024-01-04, …)'
    """
    shown = ", ".join(day.isoformat() for day in days[:_SHOWN])
    more = ", …" if len(days) > _SHOWN else ""
    return f"{len(days):,} {what}{'s' if len(days) != 1 else ''} ({shown}{more})"


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def _firsts_of_weeks(days: Iterable[dt.date], through: dt.date) -> list[dt.date]:
    """First session of each week that is over."""
    firsts: dict[dt.date, dt.date] = {}
    for day in days:
        firsts.setdefault(_monday(day), day)
    return [day for monday, day in firsts.items() if monday + dt.timedelta(days=4) <= through]
