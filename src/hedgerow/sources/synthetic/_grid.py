"""When the bars of a synthetic market happen, and how much of a session's risk each holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hedgerow.domain.calendar import DEFAULT_CALENDAR, sessions, time_zone
from hedgerow.domain.clock import stamp
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DefinitionError

Floats = NDArray[np.float64]

_DAY = 24 * 60
_OPEN, _CLOSE = 9 * 60 + 30, 16 * 60

# Share of a session's variance that falls between one session's close and the next one's open.
_OVERNIGHT = 0.25

# Sessions of the calendar that stay beyond every market, for payments after its end.
SESSIONS_KEPT_FREE = 40


@dataclass(frozen=True)
class Grid:
    """The bars of a market, one row a bar, the same for all its instruments.

    The simulation runs on a full rectangle of sessions by slots, with one overnight step before
    the slots of each session; ``kept`` picks the cells that are bars.

    Parameters
    ----------
    timeframe
        Length of the bars.
    days
        ``session, open, close`` of each simulated session.
    clock
        ``timestamp, session, available_at`` of each bar.
    kept
        Position of each bar in the flattened rectangle.
    session_of
        Index of each bar's session.
    risk
        Share of a session's variance in each step: overnight, then the slots; sums to one.
    activity
        Share of a session's volume in each slot.
    """

    timeframe: Timeframe
    days: pl.DataFrame
    clock: pl.DataFrame
    kept: NDArray[np.int64]
    session_of: NDArray[np.int64]
    risk: Floats
    activity: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Number of sessions, and of steps in each (the overnight one and the slots)."""
        return self.days.height, len(self.risk)

    @property
    def bars(self) -> int:
        """Number of bars."""
        return len(self.kept)

    def bars_of(self, cells: Floats) -> Floats:
        """Values of a rectangle (instruments, sessions, slots) at the bars: (instruments, bars)."""
        flat = cells.reshape(len(cells), -1)
        return flat if flat.shape[1] == self.bars else flat[:, self.kept]


def make_grid(timeframe: str, *, bars: int, bars_per_session: int | None, start: dt.date) -> Grid:
    """Lay bars over real New York sessions.

    Parameters
    ----------
    timeframe
        Up to one day.
    bars
        Number of bars of each instrument.
    bars_per_session
        Consecutive bars in each session, half days too, from the clock-aligned bar that holds the
        opening; None for the regular hours of the day, which are fewer on a half day.
    start
        First session on or after this date.

    Raises
    ------
    DefinitionError
        The timeframe is longer than a day, the bars do not fit into a day, or they reach
        beyond the last known session.
    """
    length = Timeframe.parse(timeframe)
    slots = _slots(length, bars_per_session)
    known = sessions().head(-SESSIONS_KEPT_FREE)
    days = known.filter(pl.col("session") >= start).select("session", "open", "close")
    starts = _slot_starts(days, length, slots)
    is_bar = np.ones((days.height, slots), dtype=bool)
    if length.intraday and bars_per_session is None:
        is_bar = (starts < days["close"].to_numpy()[:, None]).astype(bool)
    kept = np.flatnonzero(is_bar)[:bars]
    if len(kept) < bars:
        raise DefinitionError(
            f"{bars} bars of {length} from {start} would end after {known['session'][-1]}: "
            f"ask for at most {len(kept)}",
            bars=bars,
        )
    session_of = kept // slots
    used = days.head(int(session_of[-1]) + 1)
    stamps = pl.Series("timestamp", starts.reshape(-1)[kept]).dt.replace_time_zone("UTC")
    clock = stamp(pl.LazyFrame([stamps]), length).collect()
    risk, activity = _profiles(length, slots)
    return Grid(length, used, clock, kept, session_of, risk, activity)


def _slots(length: Timeframe, bars_per_session: int | None) -> int:
    if not length.intraday and length.code != "1d":
        raise DefinitionError(f"timeframe {length} is too long for a synthetic market: up to 1d")
    if not length.intraday:
        if bars_per_session not in (None, 1):
            raise DefinitionError(f"bars_per_session={bars_per_session} needs bars within a day")
        return 1
    minutes = length.seconds // 60
    room = (_DAY - _first_minute(minutes)) // minutes
    regular = -(-(_CLOSE - _first_minute(minutes)) // minutes)
    wanted = min(regular, room) if bars_per_session is None else bars_per_session
    if not 1 <= wanted <= room:
        raise DefinitionError(
            f"bars_per_session={bars_per_session} does not fit: from 1 to {room} bars of {length} "
            "lie between the opening and midnight",
            bars_per_session=bars_per_session,
        )
    return wanted


def _first_minute(minutes: int) -> int:
    return _OPEN // minutes * minutes


def _slot_starts(days: pl.DataFrame, length: Timeframe, slots: int) -> NDArray[np.datetime64]:
    labels = days["session"].cast(pl.Datetime("us"))
    if not length.intraday:
        return labels.to_numpy()[:, None]
    minutes = length.seconds // 60
    midnights = labels.to_numpy()[:, None]
    offsets = (_first_minute(minutes) + minutes * np.arange(slots)).astype("timedelta64[m]")
    wall = pl.Series((midnights + offsets[None, :]).reshape(-1)).cast(pl.Datetime("us"))
    instants = wall.dt.replace_time_zone(time_zone(DEFAULT_CALENDAR)).dt.convert_time_zone("UTC")
    starts: NDArray[np.datetime64] = instants.dt.replace_time_zone(None).to_numpy()
    return starts.reshape(days.height, slots)


def _profiles(length: Timeframe, slots: int) -> tuple[Floats, Floats]:
    risk_by_minute, volume_by_minute = _minute_profile(0.6), _minute_profile(1.5)
    regular = slice(_OPEN, _CLOSE)
    risk_by_minute *= (1 - _OVERNIGHT) / risk_by_minute[regular].sum()
    volume_by_minute /= volume_by_minute[regular].sum()
    if not length.intraday:
        return np.array([_OVERNIGHT, 1 - _OVERNIGHT]), np.array([1.0])
    minutes = length.seconds // 60
    first = _first_minute(minutes)
    span = slice(first, first + minutes * slots)
    risk = risk_by_minute[span].reshape(slots, minutes).sum(axis=1)
    activity = volume_by_minute[span].reshape(slots, minutes).sum(axis=1)
    return np.concatenate([[1 - risk.sum()], risk]), activity


def _minute_profile(closing: float) -> Floats:
    """U-shaped intensity of each minute of the day; thin outside the regular hours."""
    minute = np.arange(_DAY)
    inside = (minute >= _OPEN) & (minute < _CLOSE)
    shape = (
        1.0 + 1.5 * np.exp(-(minute - _OPEN) / 30.0) + closing * np.exp(-(_CLOSE - minute) / 30.0)
    )
    extended = (minute >= 4 * 60) & (minute < 20 * 60)
    return np.where(inside, shape, np.where(extended, 0.05, 0.005))
