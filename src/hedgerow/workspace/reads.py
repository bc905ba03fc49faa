"""Finds the rows behind a request: series, bars, and the corporate actions that apply.

1. ``_candidates`` are the bars of the instruments and timeframe asked for, as known then.
2. ``preferred`` picks one source and one adjustment for each instrument.
3. ``fill`` lets another source fill sessions that the picked one lacks, where the two agree.
4. ``told`` picks one source of splits, and one of dividends, for each instrument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from hedgerow.domain import Instrument
from hedgerow.domain.schemas import BARS
from hedgerow.errors import DataError
from hedgerow.lake import Lake
from hedgerow.workspace.actions import known, told
from hedgerow.workspace.request import Request, within
from hedgerow.workspace.seams import Filling, fill
from hedgerow.workspace.selection import SERIES, held_series, longer_elsewhere, preferred

_BY = "instrument_id"


@dataclass(frozen=True)
class Read:
    """What answers a request.

    Parameters
    ----------
    rows
        Bars up to the last session asked for, sorted by instrument and time, with the history
        before the first.
    all_rows
        The same series without that end: dividends still to come need the closes of their
        ex-dates.
    series
        ``instrument_id, source, adjustment`` of each series.
    splits, dividends
        ``instrument_id, ex_date`` and ``ratio`` or ``amount``, sorted; those of one day
        together.
    seams
        ``instrument_id, from_source, to_source, session``: where rows begin to come from
        another source, up to the last session asked for.
    notes
        What a reader should know of the choice of rows and actions.
    """

    rows: pl.LazyFrame
    all_rows: pl.LazyFrame
    series: pl.DataFrame
    splits: pl.DataFrame
    dividends: pl.DataFrame
    seams: pl.DataFrame
    notes: list[str]

    @property
    def sources(self) -> list[str]:
        """Every source that serves rows, by name."""
        return sorted(
            {*self.series["source"], *self.seams["from_source"], *self.seams["to_source"]}
        )


def read(
    lake: Lake,
    request: Request,
    instruments: Sequence[Instrument] | None,
    source: str | None,
    source_priority: Sequence[str],
    *,
    history: bool = False,
) -> Read:
    """Find what answers a request.

    Parameters
    ----------
    lake
        Where the tables are.
    request
        What is asked for.
    instruments
        Whose bars; None for all.
    source
        The only source to read, if not None.
    source_priority
        Sources, best first.
    history
        Whether the sessions before the first one asked for are read too.

    Raises
    ------
    DataError
        No bar answers it; the message says what there is.
    """
    found = _candidates(lake, request, instruments)
    wanted = found if source is None else found.filter(pl.col("source") == source)
    if request.end is not None:
        wanted = wanted.filter(
            pl.col("period") <= request.last_period, pl.col("session") <= request.end
        )
    held = held_series(within(wanted, request))
    series = preferred(held, request.adjust, source_priority)
    if series.is_empty():
        raise DataError(_nothing_found(found, request, source))
    filling = Filling()
    if source is None:
        around = held_series(wanted) if history and request.start is not None else held
        intraday = request.timeframe.intraday
        filling = fill(found, around, series, source_priority, intraday=intraday)
    actions = told(lake, request, series, filling.sessions, source_priority)
    unused = held.join(filling.sessions, on=list(SERIES), how="anti")
    return Read(
        rows=_of(series, filling, wanted),
        all_rows=_of(series, filling, found),
        series=series.select(SERIES).sort(SERIES),
        splits=actions.splits,
        dividends=actions.dividends,
        seams=within(filling.seams.lazy(), replace(request, start=None)).collect(),
        notes=[*longer_elsewhere(unused, series), *filling.notes, *actions.notes],
    )


def _candidates(
    lake: Lake, request: Request, instruments: Sequence[Instrument] | None
) -> pl.LazyFrame:
    bars = known(lake, BARS, request).filter(pl.col("timeframe") == request.timeframe.code)
    if instruments is None:
        return bars
    return bars.filter(pl.col(_BY).is_in([one.instrument_id for one in instruments]))


def _of(series: pl.DataFrame, filling: Filling, bars: pl.LazyFrame) -> pl.LazyFrame:
    rows = bars.join(series.lazy(), on=list(SERIES), how="semi")
    if not filling.sessions.is_empty():
        days = [*SERIES, "session"]
        rows = pl.concat([rows, bars.join(filling.sessions.lazy(), on=days, how="semi")])
    return rows.sort(_BY, "timestamp")


def _nothing_found(found: pl.LazyFrame, request: Request, source: str | None) -> str:
    span = f"from {request.start or 'the first'} to {request.end or 'the last'} session"
    told = f", as known at {request.as_of:%Y-%m-%d %H:%M}Z" if request.as_of else ""
    where = f" from source {source}" if source else ""
    there = (
        found.group_by("source")
        .agg(pl.col("session").min().alias("first"), pl.col("session").max().alias("last"))
        .sort("source")
        .collect()
    )
    has = "; ".join(f"{name} has {first} to {last}" for name, first, last in there.rows())
    hint = has or "hedgerow sql 'select distinct symbol, timeframe, source from bars' shows what is"
    return f"there are no {request.timeframe} bars of these symbols{where} {span}{told}: {hint}"
