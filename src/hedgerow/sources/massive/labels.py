"""Which bar of ours a bar of Massive's is."""

from __future__ import annotations

import polars as pl

from hedgerow.domain.calendar import sessions
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DefinitionError

# Massive cuts days and weeks at midnight in New York, for every stock.
NEW_YORK = "America/New_York"

_UNITS = {"m": "minute", "h": "hour", "d": "day", "w": "week"}

# Lengths that are offered by name; any other whole number of a unit is answered as well.
TIMEFRAMES = frozenset(
    {"1m", "2m", "3m", "5m", "10m", "15m", "20m", "30m", "1h", "2h", "4h", "1d", "1w"}
)


def window(timeframe: Timeframe) -> tuple[int, str]:
    """Count and unit of a length as Massive names them.

    Raises
    ------
    DefinitionError
        Bars of several days or weeks, whose first day Massive chooses by its own count.

    Examples
    --------
    >>> window(Timeframe.parse("15m"))
    (15, 'minute')
    """
    count, unit = int(timeframe.code[:-1]), timeframe.code[-1]
    if unit in "dw" and count > 1:
        raise DefinitionError(
            f"timeframe {timeframe} of Massive is not supported: ask for 1{unit}",
            timeframe=timeframe.code,
        )
    return count, _UNITS[unit]


def labelled(bars: pl.DataFrame, timeframe: Timeframe, calendar: str) -> pl.DataFrame:
    """Bars with our label instead of ``t``, the milliseconds of their start.

    An intraday bar keeps its instant. A day is the date in New York of its first millisecond,
    whatever the clocks do. A week, which Massive lets begin on Sunday, becomes the first
    session of its Monday to Sunday.

    Parameters
    ----------
    bars
        With ``t``.
    timeframe
        Length of the bars.
    calendar
        Market identifier code of the sessions.

    Returns
    -------
    pl.DataFrame
        ``timestamp`` (Datetime, UTC) in place of ``t``; order kept.

    Examples
    --------
    >>> sent = pl.DataFrame({"t": [1772773200000, 1773028800000]})  # 05:00Z and 04:00Z
    >>> days = labelled(sent, Timeframe.parse("1d"), "XNYS")["timestamp"]
    >>> days.dt.date().to_list()
    [datetime.date(2026, 3, 6), datetime.date(2026, 3, 9)]
    """
    instant = pl.from_epoch("t", time_unit="ms").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if timeframe.intraday:
        return bars.with_columns(timestamp=instant).drop("t")
    dated = bars.with_columns(day=instant.dt.convert_time_zone(NEW_YORK).dt.date())
    if timeframe.code == "1w":
        dated = _on_first_sessions(dated, calendar)
    label = pl.col("day").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return dated.with_columns(timestamp=label).drop("t", "day")


def _on_first_sessions(weeks: pl.DataFrame, calendar: str) -> pl.DataFrame:
    # A day on, so that Sunday falls into the week that it opens and not the one it closes.
    monday = (pl.col("day") + pl.duration(days=1)).dt.truncate("1w")
    held = sessions(calendar).select(monday="session", day="session")
    return (
        weeks.with_columns(monday=monday)
        .drop("day")
        .with_row_index("row")
        .sort("monday")
        .join_asof(held, on="monday", strategy="forward")
        .sort("row")
        .drop("row", "monday")
    )
