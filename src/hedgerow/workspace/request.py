"""What a read asks for: timeframe, adjustment, span and instant of knowledge, checked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from hedgerow.domain import Adjust, Timeframe, knowledge_instant
from hedgerow.domain.span import check_span
from hedgerow.errors import DataError, DefinitionError, did_you_mean
from hedgerow.workspace.currency import currency_code

Day = dt.date | str | None
Instant = dt.date | dt.datetime | str | None


@dataclass(frozen=True)
class Request:
    """What a read asks for, checked.

    Parameters
    ----------
    timeframe
        Length of the bars.
    adjust
        What prices are restated for.
    start, end
        First and last session, both included; None for no bound.
    as_of
        Instant whose knowledge counts; None for the present.
    currency
        Currency that prices are converted to; None for their own.
    """

    timeframe: Timeframe
    adjust: Adjust
    start: dt.date | None
    end: dt.date | None
    as_of: dt.datetime | None
    currency: str | None = None

    @property
    def ticker_day(self) -> dt.date | None:
        """Session at which tickers count: the last asked for, or the last known."""
        return self.end or (self.as_of.date() if self.as_of else None)

    @property
    def last_period(self) -> str:
        """Newest partition that can hold rows; years sort before their months.

        A session's last bars may begin on the next day in UTC.
        """
        return f"{self.end + dt.timedelta(days=1):%Y-%m}" if self.end else "9999"


def read_request(
    timeframe: str | Timeframe,
    adjust: str | Adjust,
    start: Day,
    end: Day,
    as_of: Instant,
    currency: str | None = None,
) -> Request:
    """Read the words of a request; see ``Workspace.bars``.

    Raises
    ------
    DataError
        A date cannot be read, or the span is reversed.
    DefinitionError
        The timeframe, the adjustment or the currency is not known.
    """
    kinds = [str(kind) for kind in Adjust]
    if adjust not in kinds:
        raise DefinitionError(f"adjust {adjust!r} is not known. {did_you_mean(str(adjust), kinds)}")
    first, last = read_day(start), read_day(end, last=True)
    check_span(first, last)
    instant = knowledge_instant(as_of) if as_of is not None else None
    code = None if currency is None else currency_code(currency)
    return Request(Timeframe.parse(timeframe), Adjust(adjust), first, last, instant, code)


def read_day(value: Day, *, last: bool = False) -> dt.date | None:
    """Read a day, or the first (or last) day of a year; None stays None.

    Raises
    ------
    DataError
        It is neither.
    """
    if value is None or isinstance(value, dt.date):
        return value.date() if isinstance(value, dt.datetime) else value
    text = f"{value}-12-31" if last and len(value) == 4 else value
    text = f"{text}-01-01" if len(text) == 4 else text
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise DataError(
            f"date {value!r} is not a day: write 2014-01-03, or a year such as 2014"
        ) from None


def within(rows: pl.LazyFrame, request: Request) -> pl.LazyFrame:
    """Rows of the sessions asked for."""
    if request.start is not None:
        rows = rows.filter(pl.col("session") >= request.start)
    if request.end is not None:
        rows = rows.filter(pl.col("session") <= request.end)
    return rows
