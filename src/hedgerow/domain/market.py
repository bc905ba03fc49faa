"""What a strategy may look at: bars of some instruments, and series around them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from hedgerow.domain.calendar import DEFAULT_CALENDAR
from hedgerow.domain.clock import NO_DELAY, PUBLICATION_DELAY, stamp
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DataError, did_you_mean

# Known by New York's sessions, also beside bars of another exchange.
NEW_YORK_SERIES = frozenset({"DJI", "IXIC", "NDX", "RUT", "SPX", "VIX"})

PRICES = ("open", "high", "low", "close")

# Prices that traded and the events between them, beside the adjusted prices that signals see.
TRADED = (
    "raw_open",
    "raw_high",
    "raw_low",
    "raw_close",
    "raw_volume",
    "split_ratio",
    "dividend",
)

_OPTIONAL = {
    "open": pl.Float64,
    "high": pl.Float64,
    "low": pl.Float64,
    "volume": pl.Float64,
    "vwap": pl.Float64,
    "trade_count": pl.Int64,
}


@dataclass(frozen=True)
class Market:
    """Bars to decide and trade on, with everything that may be joined to them.

    Parameters
    ----------
    bars
        One row a bar: ``instrument_id, symbol, timestamp, session, available_at``; adjusted
        ``open, high, low, close, volume`` (null where the series has none), ``vwap,
        trade_count``; what traded, ``raw_open, raw_high, raw_low, raw_close, raw_volume``;
        ``split_ratio`` (new shares for one old on this bar, 1.0 on most) and ``dividend``
        (cash per share going ex on this bar, 0.0 on most); ``source``, ``adjustment``.
        Sorted by instrument and time. Bars before ``start`` are history for look-backs.
    timeframe
        Length of the bars.
    start, end
        First and last session to decide on; None for all.
    contexts
        Loads bars of a named series, such as ``VIX``: ``timestamp, available_at, close``
        and what else it has.
    tables
        Loads a user table by name.
    facts
        Where the bars came from (source, versions, as_of), for the run record.
    """

    bars: pl.LazyFrame
    timeframe: Timeframe
    start: dt.date | None = None
    end: dt.date | None = None
    contexts: Callable[[str], pl.LazyFrame] | None = None
    tables: Callable[[str], pl.LazyFrame] | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def from_frames(
        cls,
        bars: pl.DataFrame | pl.LazyFrame,
        *,
        timeframe: str | Timeframe = "1d",
        context: Mapping[str, pl.DataFrame | pl.LazyFrame] | None = None,
        calendar: str = DEFAULT_CALENDAR,
        start: dt.date | None = None,
        end: dt.date | None = None,
    ) -> Market:
        """Market of frames at hand, without a workspace.

        Parameters
        ----------
        bars
            At least ``timestamp`` (or ``date``) and ``close``, and ``symbol`` where there are
            several; ``open, high, low, volume`` where known. Prices count as they are: no
            splits or dividends are booked unless ``split_ratio`` and ``dividend`` are given.
        timeframe
            Length of the bars.
        context
            Frames of series by name, each with ``timestamp`` or ``date``, and ``close``. The
            usual distance between their rows says how long their bars are, and so when each
            is known; a column ``available_at`` is taken as it is. The indices of New York keep
            its calendar, whatever that of the bars. Rows on days without a session are left
            out, for an index may be published on a day on which nothing trades.
        calendar
            Market identifier code whose sessions date the bars.
        start, end
            First and last session to decide on.

        Raises
        ------
        DataError
            A needed column is missing, dates are not dates, or a bar falls on a day that is no
            session of the calendar.

        Examples
        --------
        >>> frame = pl.DataFrame({"date": [dt.date(2024, 1, 2)], "close": [10.0]})
        >>> Market.from_frames(frame).bars.collect()["symbol"].item()
        'ASSET'
        """
        length = Timeframe.parse(timeframe)
        series = {
            name: complete_bars(
                frame,
                series_length(name, frame, length),
                DEFAULT_CALENDAR if name in NEW_YORK_SERIES else calendar,
                symbol=name,
            ).filter(pl.col("available_at").is_not_null())
            for name, frame in (context or {}).items()
        }

        def load(name: str) -> pl.LazyFrame:
            if name not in series:
                raise DataError(
                    f"context {name!r} was not given: pass context={{{name!r}: frame}}. "
                    f"{did_you_mean(name, series)}"
                )
            return series[name]

        completed = complete_bars(bars, length, calendar)
        _check_sessions(completed, calendar)
        return cls(
            bars=completed,
            timeframe=length,
            start=start,
            end=end,
            contexts=load,
        )

    def context(self, name: str) -> pl.LazyFrame:
        """Bars of a named series, sorted by time.

        Raises
        ------
        DataError
            The market has no such series.
        """
        if self.contexts is None:
            raise DataError(f"context {name!r} is not available: this market has no other series")
        return self.contexts(name)

    def table(self, name: str) -> pl.LazyFrame:
        """Rows of a user table.

        Raises
        ------
        DataError
            The market has no such table.
        """
        if self.tables is None:
            raise DataError(f"table {name!r} is not available: this market has no user tables")
        return self.tables(name)

    def known_at(self, instant: dt.datetime | None) -> Market:
        """The same market as anyone could have known it at an instant; all of it for None.

        Bars, contexts and tables are cut to ``available_at <= instant``.
        """
        if instant is None:
            return self
        cut = pl.col("available_at") <= instant
        contexts, tables = self.contexts, self.tables
        return replace(
            self,
            bars=self.bars.filter(cut),
            contexts=None if contexts is None else lambda name: contexts(name).filter(cut),
            tables=None if tables is None else lambda name: tables(name).filter(cut),
        )


def complete_bars(
    frame: pl.DataFrame | pl.LazyFrame,
    timeframe: Timeframe,
    calendar: str = DEFAULT_CALENDAR,
    *,
    symbol: str = "ASSET",
) -> pl.LazyFrame:
    """Bars with every column of a market, derived where the frame lacks it.

    Parameters
    ----------
    frame
        At least ``timestamp`` or ``date``, and ``close``.
    timeframe
        Length of the bars.
    calendar
        Market identifier code whose sessions date the bars.
    symbol
        Name of a series without a ``symbol`` column.

    Returns
    -------
    pl.LazyFrame
        As ``Market.bars`` describes.

    Raises
    ------
    DataError
        ``close`` or both of ``timestamp`` and ``date`` are missing, or dates are not dates.
    """
    bars = frame.lazy()
    names = bars.collect_schema().names()
    if "close" not in names or not {"timestamp", "date"} & set(names):
        raise DataError(f"bars need a close and a timestamp or date; these have {', '.join(names)}")
    _check_label(bars.collect_schema())
    if "timestamp" not in names:
        bars = bars.with_columns(timestamp=pl.col("date").cast(pl.Datetime("us")))
    schema = bars.collect_schema()
    stamped = schema["timestamp"]
    if not isinstance(stamped, pl.Datetime) or stamped.time_zone is None:
        bars = bars.with_columns(
            pl.col("timestamp").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        )
    if "symbol" not in names:
        bars = bars.with_columns(symbol=pl.lit(symbol))
    # In Polars NaN is above every number, so that a rule would take it for a rise.
    bars = bars.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))
    missing = {name: dtype for name, dtype in _OPTIONAL.items() if name not in names}
    bars = bars.with_columns(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in missing.items()
    )
    if not {"session", "available_at"} <= set(names):
        delay = PUBLICATION_DELAY.get(symbol, NO_DELAY)
        bars = stamp(bars, timeframe, calendar=calendar, delay=delay)
    derived = {
        "instrument_id": pl.col("symbol"),
        **{f"raw_{name}": pl.col(name) for name in (*PRICES, "volume")},
        "split_ratio": pl.lit(1.0),
        "dividend": pl.lit(0.0),
        "source": pl.lit("frame"),
        "adjustment": pl.lit("raw"),
    }
    absent = [expr.alias(name) for name, expr in derived.items() if name not in names]
    return bars.with_columns(absent).sort("instrument_id", "timestamp")


def _check_label(schema: pl.Schema) -> None:
    name = "timestamp" if "timestamp" in schema else "date"
    if not isinstance(schema[name], pl.Date | pl.Datetime):
        read = "str.to_datetime()" if name == "timestamp" else "str.to_date()"
        raise DataError(
            f"column {name!r} of the bars holds {schema[name]}, not dates: parse it first, as "
            f'with frame.with_columns(pl.col("{name}").{read})',
            column=name,
        )


def _check_sessions(bars: pl.LazyFrame, calendar: str) -> None:
    """Refuse bars without a time from which they are known, on which rules would differ."""
    strays = bars.filter(pl.col("available_at").is_null())
    found = strays.select("symbol", "timestamp", "session").sort("timestamp").collect()
    if found.is_empty():
        return
    days = found["session"].unique().sort()
    named = ", ".join(map(str, days.head(3)))
    more = f" and {len(days) - 3} more" if len(days) > 3 else ""
    raise DataError(
        f"the bar of {found['symbol'][0]} at {found['timestamp'][0]:%Y-%m-%d %H:%MZ} has no "
        f"available_at, for {calendar} has no session on {named}{more}: drop such rows, or give "
        "Market.from_frames the calendar= they trade by (24/7 trades every day)",
        calendar=calendar,
    )


def series_length(name: str, frame: pl.DataFrame | pl.LazyFrame, bars: Timeframe) -> Timeframe:
    """Length of a series' bars by the usual distance between them.

    Taken too short, a value would count as known before it was.

    Parameters
    ----------
    name
        What to call the series in a message.
    frame
        At least ``timestamp`` or ``date``.
    bars
        Length to take where the frame has ``available_at`` itself.

    Raises
    ------
    DataError
        The distances do not show a length.
    """
    series = frame.lazy()
    schema = series.collect_schema()
    if "available_at" in schema or not {"timestamp", "date"} & set(schema.names()):
        return bars
    _check_label(schema)
    label = pl.col("timestamp" if "timestamp" in schema else "date").cast(pl.Datetime("us"))
    labels = series.select(label.unique().sort()).collect().to_series()
    gap = labels.diff().dt.total_seconds().drop_nulls().mode().min()
    if (labels.dt.truncate("1d") == labels).all():
        week = Timeframe.parse("1w")
        return week if isinstance(gap, int) and gap >= week.seconds else Timeframe.parse("1d")
    if not isinstance(gap, int) or gap % 60:
        raise DataError(
            f"context {name!r} does not show how long its bars are: add a column available_at"
        )
    return Timeframe.parse(f"{gap // 60}m")
