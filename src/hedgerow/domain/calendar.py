"""Exchange sessions: which days trade, when they open and when they close."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from hedgerow.errors import DefinitionError, did_you_mean

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

# Pinned, because the library's own default range moves with today's date.
FIRST_SESSION_BOUND = dt.date(1960, 1, 1)
LAST_SESSION_BOUND = dt.date(2035, 12, 31)

DEFAULT_CALENDAR = "XNYS"


@cache
def _exchange(calendar: str) -> ExchangeCalendar:
    import exchange_calendars as xc  # 0.5 s to import

    names = xc.get_calendar_names(include_aliases=True)
    if calendar not in names:
        raise DefinitionError(
            f"calendar {calendar!r} is not known: use an exchange's MIC such as XNYS or XLON. "
            f"{did_you_mean(calendar, names)}",
            calendar=calendar,
        )
    start, end = str(FIRST_SESSION_BOUND), str(LAST_SESSION_BOUND)
    try:
        return xc.get_calendar(calendar, start=start, end=end)
    except ValueError:  # the exchange's holidays are only known for fewer years
        kind = _kind(calendar)
    earliest, latest = kind.bound_min(), kind.bound_max()
    first = max(filter(None, [FIRST_SESSION_BOUND, earliest and earliest.date()]))
    last = min(filter(None, [LAST_SESSION_BOUND, latest and latest.date()]))
    return kind(start=str(first), end=str(last))


def _kind(calendar: str) -> type[ExchangeCalendar]:
    import exchange_calendars as xc

    try:
        return type(xc.get_calendar(calendar))
    except ValueError as error:  # as for Tel Aviv with pandas 3.1
        raise DefinitionError(
            f"calendar {calendar!r} cannot be built by the exchange_calendars that is installed: "
            "use another exchange's, such as XNYS",
            calendar=calendar,
        ) from error


@cache
def sessions(calendar: str = DEFAULT_CALENDAR) -> pl.DataFrame:
    """Every session of an exchange between the pinned bounds.

    Parameters
    ----------
    calendar
        Market identifier code, such as ``XNYS`` (New York) or ``XLON`` (London).

    Returns
    -------
    pl.DataFrame
        ``session`` (Date), ``open`` and ``close`` (UTC instants; the close is the early
        close on a half day), ``early_close`` (Boolean), sorted by session; no nulls.
        From 1960 (or the exchange's earliest known session) to 2035.

    Raises
    ------
    DefinitionError
        The calendar is not known.

    Examples
    --------
    >>> day = sessions("XNYS").filter(pl.col("session") == dt.date(2024, 11, 29))
    >>> day["close"].item(), day["early_close"].item()
    (datetime.datetime(2024, 11, 29, 18, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC')), True)
    """
    exchange = _exchange(calendar)
    schedule = exchange.schedule

    def utc(name: str) -> pl.Series:
        instants = pl.Series(name, schedule[name].dt.tz_localize(None).to_numpy())
        return instants.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")

    days = pl.Series("session", schedule.index.to_numpy()).cast(pl.Date)
    early = set(exchange.early_closes.date)
    return pl.DataFrame([days, utc("open"), utc("close")]).with_columns(
        early_close=pl.col("session").is_in(list(early))
    )


@cache
def time_zone(calendar: str = DEFAULT_CALENDAR) -> str:
    """Name of the exchange's time zone, such as ``America/New_York``."""
    return str(_exchange(calendar).tz)


def last_completed_session(
    calendar: str = DEFAULT_CALENDAR, now: dt.datetime | None = None
) -> dt.date:
    """Newest session that has closed.

    Parameters
    ----------
    calendar
        Market identifier code.
    now
        Instant to ask about, with a time zone; the present by default.

    Returns
    -------
    datetime.date
        Its session date.
    """
    instant = now or dt.datetime.now(dt.UTC)
    closed = sessions(calendar).filter(pl.col("close") <= instant)
    last = closed["session"].max()
    if not isinstance(last, dt.date):
        raise DefinitionError(f"no session of {calendar} had closed by {instant:%Y-%m-%d %H:%M}Z")
    return last
