"""From a request for bars to the question Massive is asked, and from its pages to chunks.

1. ``Question.of`` refuses what Massive does not have and clamps the span to closed sessions and
   to what the plan reaches back to.
2. ``Pages.take`` checks that a page answers the question and goes on where the last one ended.
3. It keeps back the last session of every page but the last, whose bars may go on, and gives
   the rest as a chunk.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import polars as pl

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.calendar import last_completed_session, sessions
from hedgerow.domain.clock import stamp
from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.domain.schemas import BARS
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import BadPayload, DefinitionError, NotEntitled, NotFound
from hedgerow.sources.base import SourceBatch, no_refusals
from hedgerow.sources.massive.labels import labelled, window
from hedgerow.sources.massive.parse import BarsPage, read_bars
from hedgerow.sources.vendor import BarsRequest, Chunk

# Exchanges and trade venues of the United States whose calendar is known.
EXCHANGES = frozenset({"XNYS", "XNAS", "XASE", "ARCX", "BATS"})

# The basic plan looks back two years.
FREE_HISTORY = dt.timedelta(days=730)

_WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class Question:
    """What Massive is asked.

    Parameters
    ----------
    instrument, timeframe, adjustment
        As in the request.
    start, end
        First and last session that the chunks answer for; no session lies between them where
        ``end`` is before ``start``.
    unanswered_before
        First day that the plan reaches back to, where the request began earlier.
    """

    instrument: Instrument
    timeframe: Timeframe
    adjustment: Adjustment
    start: dt.date
    end: dt.date
    unanswered_before: dt.date | None = None

    @classmethod
    def of(cls, request: BarsRequest, now: dt.datetime, earliest: dt.date | None) -> Question:
        """Question behind a request.

        Parameters
        ----------
        request
            What is wanted.
        now
            The present.
        earliest
            First day that the plan reaches back to; None where it sends all there is.

        Raises
        ------
        DefinitionError
            The timeframe or the adjustment is none of Massive's.
        NotFound
            The instrument is not listed in the United States.
        NotEntitled
            The whole span is older than the plan reaches.
        """
        window(request.timeframe)
        if request.adjustment is Adjustment.TOTAL:
            raise DefinitionError(
                "massive adjusts prices for splits at most: ask for raw or split",
                adjustment="total",
            )
        check_listed(request.instrument)
        if earliest is not None and request.end < earliest:
            raise NotEntitled(
                f"massive {request.instrument.symbol}: the free plan reaches back to {earliest}, "
                f"not to {request.end}; set HEDGEROW_MASSIVE_PLAN=premium if yours does",
                symbol=request.instrument.symbol,
                earliest=earliest,
            )
        begun = request.start if earliest is None else max(request.start, earliest)
        return cls(
            request.instrument,
            request.timeframe,
            request.adjustment,
            begun,
            min(request.end, _last_whole(request.timeframe, request.instrument.exchange, now)),
            earliest if begun != request.start else None,
        )

    @property
    def ticker(self) -> str:
        """The instrument as Massive spells it; case counts."""
        index = self.instrument.kind is InstrumentKind.INDEX
        return f"I:{self.instrument.symbol}" if index else self.instrument.symbol

    @property
    def window(self) -> tuple[int, str]:
        """Count and unit of the bars, such as 15 and ``minute``."""
        return window(self.timeframe)

    @property
    def adjusted(self) -> bool:
        """Whether prices are to be restated for splits."""
        return self.adjustment is Adjustment.SPLIT

    @property
    def has_sessions(self) -> bool:
        """Whether the exchange held any session in the span."""
        held = sessions(self.instrument.exchange)["session"]
        return bool(held.is_between(self.start, self.end).any())

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """First and last day to name in the address: whole weeks for weekly bars."""
        if self.timeframe.code != "1w":
            return self.start, self.end
        monday = self.start - dt.timedelta(days=self.start.weekday())
        sunday_after = self.end + _WEEK - dt.timedelta(days=self.end.weekday() + 1)
        return monday, sunday_after

    def before_last(self) -> Question:
        """The same question, a session shorter at its end."""
        return replace(self, end=session_before(self.instrument.exchange, self.end))


class Pages:
    """Pages of one answer on their way to chunks.

    Parameters
    ----------
    question
        What was asked.
    now
        The present: bars that end later are left out, for they are not whole.
    """

    def __init__(self, question: Question, now: dt.datetime) -> None:
        self.rows = 0
        self._question = question
        self._now = now
        # Last session of the page before, and its bars, which the next page may go on with.
        self._cut: dt.date | None = None
        self._held: pl.DataFrame | None = None
        self._latest: int | None = None
        self._refused = no_refusals()

    def take(self, body: bytes, where: str) -> Chunk | None:
        """Chunk of what is whole after one more page; None where that is nothing yet.

        Raises
        ------
        BadPayload
            The page cannot be read, answers something else or does not go forward.
        """
        page = read_bars(body, where)
        self._check(page, where)
        rows = self._whole(page.frame)
        last = page.envelope.next_url is None
        newest = None if last else rows["session"].max()
        self._cut = newest if isinstance(newest, dt.date) else None
        self._held = None
        if self._cut is not None:
            self._held = rows.filter(pl.col("session") >= self._cut)
            rows = rows.filter(pl.col("session") < self._cut)
        self._refused = pl.concat([self._refused, page.refused])
        self.rows += rows.height + page.refused.height
        if last:
            return self._chunk(rows, self._question.end)
        if self._cut is None or rows.is_empty():
            return None
        return self._chunk(rows, session_before(self._question.instrument.exchange, self._cut))

    def _check(self, page: BarsPage, where: str) -> None:
        facts, asked = page.envelope.facts, self._question
        answered = facts.get("ticker", asked.ticker)
        if answered != asked.ticker:
            raise BadPayload(f"{where}: the answer is about {answered!r}", where=where)
        if facts.get("adjusted", asked.adjusted) is not asked.adjusted:
            raise BadPayload(
                f"{where}: the prices are {'' if facts['adjusted'] else 'not '}adjusted for "
                f"splits, though {asked.adjustment} ones were asked for",
                where=where,
            )
        latest = page.frame["t"].max()
        if self._latest is not None and isinstance(latest, int) and latest <= self._latest:
            raise BadPayload(f"{where}: the next page does not go on in time", where=where)
        if isinstance(latest, int):
            self._latest = latest

    def _whole(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Bars of the span that have ended, with their clock, behind those kept back."""
        asked = self._question
        calendar = asked.instrument.exchange
        rows = stamp(
            labelled(frame, asked.timeframe, calendar).lazy(),
            asked.timeframe,
            calendar=calendar,
            delay=asked.instrument.publication_delay,
        ).collect()
        ended = pl.col("available_at") <= self._now
        rows = rows.filter(
            # What a page repeats from before the cut has been sent.
            pl.col("session").is_between(max(asked.start, self._cut or asked.start), asked.end),
            ended.fill_null(True),  # a day without a session, which the lake's gate names
        )
        if self._held is not None:
            rows = pl.concat([self._held, rows])
        if (rows["timestamp"].diff().drop_nulls() > dt.timedelta()).all():
            return rows
        # A bar that came twice counts as it came last.
        return rows.unique("timestamp", keep="last").sort("timestamp")

    def _chunk(self, rows: pl.DataFrame, through: dt.date) -> Chunk | None:
        refused, self._refused = self._refused, no_refusals()
        if rows.is_empty() and refused.is_empty():
            return Chunk((), through)
        asked = self._question
        sent = rows.with_columns(
            source=pl.lit("massive"),
            timeframe=pl.lit(asked.timeframe.code),
            instrument_id=pl.lit(asked.instrument.instrument_id),
            symbol=pl.lit(asked.instrument.symbol),
            adjustment=pl.lit(str(asked.adjustment)),
            currency=pl.lit("USD"),
        )
        refused = refused.with_columns(pl.lit(asked.instrument.symbol).alias("symbol"))
        return Chunk((SourceBatch.of(BARS, sent, refused=refused),), through)


def check_listed(instrument: Instrument) -> None:
    """Refuse an instrument that Massive cannot have, whatever else bears its ticker there.

    Raises
    ------
    NotFound
        It is not listed in the United States, or is no share, fund or index.
    """
    if instrument.exchange not in EXCHANGES or instrument.kind is InstrumentKind.FX:
        raise NotFound(
            f"massive has no {instrument.kind} {instrument.symbol} of {instrument.exchange}: it "
            f"serves {', '.join(sorted(EXCHANGES))}",
            symbol=instrument.symbol,
        )


def _last_whole(timeframe: Timeframe, calendar: str, now: dt.datetime) -> dt.date:
    """Last session that has closed, of weekly bars together with its week."""
    last = last_completed_session(calendar, now)
    monday = last - dt.timedelta(days=last.weekday())
    if timeframe.code != "1w":
        return last
    held = sessions(calendar)["session"]
    goes_on = bool(held.is_between(last, monday + _WEEK, closed="none").any())
    return session_before(calendar, monday) if goes_on else last


def session_before(calendar: str, day: dt.date) -> dt.date:
    """Last session before a day."""
    last = sessions(calendar).filter(pl.col("session") < day)["session"].max()
    assert isinstance(last, dt.date)
    return last
