"""What the lake holds of a series before its source is asked for more."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.calendar import FIRST_SESSION_BOUND
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import BARS, SERIES_STARTS, SYMBOL_INTERVALS
from hedgerow.domain.timeframe import Timeframe
from hedgerow.ingest.coverage import sessions_back
from hedgerow.ingest.readjust import FEWEST_BARS
from hedgerow.lake import Lake

# Bars of a session or longer, and sessions of shorter ones, that are asked for again because
# vendors correct them late.
OVERLAP_BARS, OVERLAP_INTRADAY = 10, 3

CLOSES = ("timestamp", "session", "close")

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Held:
    """One series as the lake has it.

    Parameters
    ----------
    first, last
        First and last session; None where it has none.
    newest
        ``timestamp, session, close`` of the last sessions, which are asked for again; of an
        adjusted series three sessions with bars at least, where it has as many.
    asked_from
        How far back its source was asked before; None where nobody knows.
    """

    first: dt.date | None = None
    last: dt.date | None = None
    newest: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={n: BARS.columns[n] for n in CLOSES})
    )
    asked_from: dt.date | None = None


@dataclass(frozen=True)
class Life:
    """When an instrument was listed and delisted, as far as is known."""

    listed: dt.date | None = None
    delisted: dt.date | None = None


def overlap(timeframe: Timeframe) -> int:
    """Sessions that are asked for again."""
    if timeframe.intraday:
        return OVERLAP_INTRADAY
    return OVERLAP_BARS * math.ceil(timeframe.duration / dt.timedelta(days=1))


def read_held(
    lake: Lake,
    source: str,
    timeframe: Timeframe,
    adjustment: Adjustment,
    instruments: Sequence[Instrument],
) -> dict[str, Held]:
    """What the lake holds of some series of one source, by ``instrument_id``."""
    rows = _series(lake, source, timeframe, adjustment, (i.instrument_id for i in instruments))
    spans = (
        rows.group_by("instrument_id")
        .agg(
            first=pl.col("session").min(),
            last=pl.col("session").max(),
            telling=_telling(adjustment).min(),
        )
        .collect(engine="streaming")
    )
    if spans.is_empty():
        return {}
    calendars = {one.instrument_id: one.exchange for one in instruments}
    back = overlap(timeframe)
    begins = [sessions_back(calendars[name], last, back - 1) for name, _, last, _ in spans.rows()]
    since = spans.with_columns(
        since=pl.min_horizontal(pl.Series(begins, dtype=pl.Date), pl.col("telling"))
    )
    newest = (
        rows.filter(pl.col("session") >= since["since"].min())
        .join(since.lazy().select("instrument_id", "since"), on="instrument_id")
        .filter(pl.col("session") >= pl.col("since"))
        .select("instrument_id", *CLOSES)
        .collect()
        .partition_by("instrument_id", as_dict=True, include_key=False)
    )
    starts = _starts(lake, source, timeframe, adjustment)
    return {
        name: Held(first, last, newest[name,].sort("timestamp"), starts.get((name, first)))
        for name, first, last, _ in spans.rows()
    }


def read_closes(
    lake: Lake,
    source: str,
    timeframe: Timeframe,
    adjustment: Adjustment,
    instrument: Instrument,
    end: dt.date | None = None,
) -> pl.DataFrame:
    """``timestamp, session, close`` that the lake holds of one series, in order."""
    rows = _series(lake, source, timeframe, adjustment, [instrument.instrument_id])
    kept = rows if end is None else rows.filter(pl.col("session") <= end)
    return kept.select(CLOSES).sort("timestamp").collect()


def read_lives(lake: Lake, instruments: Iterable[Instrument]) -> dict[str, Life]:
    """Listing and delisting of some instruments, by the dated tickers of the lake.

    A span that begins with the calendar, or the day after another company gave the ticker up,
    says only that the ticker was not another's: the day of the listing is not known then.
    """
    wanted = [one.instrument_id for one in instruments]
    spans = lake.scan(SYMBOL_INTERVALS)
    given_up = spans.select("symbol", "exchange", valid_from=pl.col("valid_to") + _DAY)
    taken_over = given_up.drop_nulls().unique().with_columns(_after_another=pl.lit(True))
    told = pl.col("_after_another").is_null() & (pl.col("valid_from") > FIRST_SESSION_BOUND)
    first = pl.col("valid_from").min()
    in_use = pl.col("valid_to").is_null().any()
    found = (
        spans.filter(pl.col("instrument_id").is_in(wanted))
        .join(taken_over, on=["symbol", "exchange", "valid_from"], how="left")
        .group_by("instrument_id")
        .agg(
            listed=pl.when(told.sort_by("valid_from").first()).then(first),
            delisted=pl.when(~in_use).then(pl.col("valid_to").max()),
        )
        .collect()
    )
    return {name: Life(listed, delisted) for name, listed, delisted in found.rows()}


class FirstSessions:
    """First session held of each of some instruments, of whatever source and timeframe.

    It tells that an instrument was listed by then. Only few loadings need it, and it takes a
    look at every bar, so the lake is read when the first of them asks, once for all.

    Parameters
    ----------
    lake
        Where the bars are.
    instruments
        Whose bars.
    """

    def __init__(self, lake: Lake, instruments: Iterable[Instrument]) -> None:
        self._lake = lake
        self._wanted = [one.instrument_id for one in instruments]
        self._found: Mapping[str, dt.date] | None = None
        self._turn = asyncio.Lock()

    async def of(self, instrument: Instrument) -> dt.date | None:
        """The first session; None where the lake has none."""
        async with self._turn:
            if self._found is None:
                self._found = await asyncio.to_thread(self._read)
        return self._found.get(instrument.instrument_id)

    def _read(self) -> Mapping[str, dt.date]:
        rows = self._lake.scan(BARS).filter(pl.col("instrument_id").is_in(self._wanted))
        first = rows.group_by("instrument_id").agg(pl.col("session").min())
        return dict(first.collect(engine="streaming").iter_rows())


def _telling(adjustment: Adjustment) -> pl.Expr:
    """Newest sessions of a series that tell whether its history was restated.

    The one bar that a thinly traded adjusted series has in ten sessions may lie after an
    ex-date, where nothing changes.
    """
    session = pl.col("session")
    return session.top_k(1) if adjustment is Adjustment.RAW else session.unique().top_k(FEWEST_BARS)


def _series(
    lake: Lake,
    source: str,
    timeframe: Timeframe,
    adjustment: Adjustment,
    identities: Iterable[str],
) -> pl.LazyFrame:
    return lake.scan(BARS).filter(
        pl.col("timeframe") == timeframe.code,
        pl.col("source") == source,
        pl.col("adjustment") == str(adjustment),
        pl.col("instrument_id").is_in(list(identities)),
    )


def _starts(
    lake: Lake, source: str, timeframe: Timeframe, adjustment: Adjustment
) -> Mapping[tuple[str, dt.date], dt.date]:
    """How far back a source was asked, by instrument and the first session it sent then."""
    known = lake.scan(SERIES_STARTS).filter(
        pl.col("timeframe") == timeframe.code,
        pl.col("source") == source,
        pl.col("adjustment") == str(adjustment),
    )
    rows = known.select("instrument_id", "first_session", "asked_from").collect().rows()
    return {(name, first): asked for name, first, asked in rows}
