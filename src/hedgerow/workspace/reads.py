"""Finds the rows behind a request: series, bars, and the corporate actions that apply.

1. ``_candidates`` are the bars of the instruments and timeframe asked for, as known then.
2. ``preferred`` picks one source and one adjustment for each instrument.
3. ``_told_by_one`` picks one source of splits, and one of dividends, for each instrument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from hedgerow.domain import Instrument
from hedgerow.domain.schemas import BARS, DIVIDENDS, SPLITS, Table
from hedgerow.errors import DataError
from hedgerow.lake import Lake
from hedgerow.workspace.request import Request, within
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
    notes
        What a reader should know of the choice of series.
    """

    rows: pl.LazyFrame
    all_rows: pl.LazyFrame
    series: pl.DataFrame
    splits: pl.DataFrame
    dividends: pl.DataFrame
    notes: list[str]


def read(
    lake: Lake,
    request: Request,
    instruments: Sequence[Instrument] | None,
    source: str | None,
    source_priority: Sequence[str],
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
    splits = _told_by_one(lake, SPLITS, request, series, source_priority)
    dividends = _told_by_one(lake, DIVIDENDS, request, series, source_priority)
    return Read(
        rows=_of(series, wanted),
        all_rows=_of(series, found),
        series=series.select(SERIES).sort(SERIES),
        notes=longer_elsewhere(held, series),
        splits=splits.group_by(_BY, "ex_date").agg(pl.col("ratio").product()).sort(_BY, "ex_date"),
        dividends=dividends.group_by(_BY, "ex_date")
        .agg(pl.col("amount").sum())
        .sort(_BY, "ex_date"),
    )


def _candidates(
    lake: Lake, request: Request, instruments: Sequence[Instrument] | None
) -> pl.LazyFrame:
    bars = lake.scan(BARS) if request.as_of is None else lake.bars_as_of(request.as_of)
    bars = bars.filter(pl.col("timeframe") == request.timeframe.code)
    if instruments is None:
        return bars
    return bars.filter(pl.col(_BY).is_in([one.instrument_id for one in instruments]))


def _of(series: pl.DataFrame, bars: pl.LazyFrame) -> pl.LazyFrame:
    return bars.join(series.lazy(), on=list(SERIES), how="semi").sort(_BY, "timestamp")


def _told_by_one(
    lake: Lake,
    table: Table,
    request: Request,
    series: pl.DataFrame,
    source_priority: Sequence[str],
) -> pl.DataFrame:
    """Actions of each instrument from one source: that of its bars, or else the best."""
    actions = lake.scan(table).filter(pl.col(_BY).is_in(series[_BY].to_list()))
    if request.as_of is not None:
        # An action announced but not yet ex changes no price.
        then = request.as_of.date()
        actions = actions.filter(pl.col("available_at") <= request.as_of, pl.col("ex_date") <= then)
    ranks = {name: place for place, name in enumerate(source_priority)}
    place = pl.col("source").replace_strict(ranks, default=len(ranks), return_dtype=pl.Int64)
    own = series.select(_BY, bars_source="source").lazy()
    ranked = actions.join(own, on=_BY).with_columns(
        _place=pl.when(pl.col("source") == pl.col("bars_source")).then(-1).otherwise(place)
    )
    teller = ranked.sort("_place", "source").unique(_BY, keep="first", maintain_order=True)
    return actions.join(teller, on=[_BY, "source"], how="semi").collect()


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
