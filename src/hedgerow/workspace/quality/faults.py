"""Bars that stopped moving, moved too far, or were told otherwise by another source."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hedgerow.domain import Adjustment
from hedgerow.domain.splits import odd_ratio
from hedgerow.lake.quality import SERIES, jumps, stale_repeats
from hedgerow.workspace.seams import TOLERANCE
from hedgerow.workspace.selection import ranked

#: Share of the price of the ex-date above which a dividend is looked at.
LARGE_DIVIDEND = 0.5

_KEYS = list(SERIES)
_TRADED = [*_KEYS, "timestamp", "open", "high", "low", "close", "volume"]
_MOMENT = ["instrument_id", "timeframe", "adjustment", "timestamp", "currency"]


def stale(bars: pl.DataFrame, refused: pl.DataFrame, shortest: int) -> pl.DataFrame:
    """Runs of identical bars, by series: ``stale_runs, stale_bars, longest_stale_run``.

    Parameters
    ----------
    bars
        Stored bars, sorted by series and time.
    refused
        Bars that the rule ``stale_run`` keeps in the quarantine, with the same columns: a run
        is only whole with them.
    shortest
        Bars from which a run counts.
    """
    whole = bars.select(_TRADED)
    if not refused.is_empty():
        given = refused.select(_TRADED).join(whole, on=[*_KEYS, "timestamp"], how="anti")
        whole = pl.concat([whole, given]).sort(*_KEYS, "timestamp")
    repeats = stale_repeats(whole, shortest)
    if not repeats.any():
        return _nothing("stale_runs", "stale_bars", "longest_stale_run")
    runs = (
        whole.select(_KEYS)
        .with_columns(_repeats=repeats, _run=(~repeats).cum_sum())
        .filter("_repeats")
        .group_by(*_KEYS, "_run")
        .agg(_bars=pl.len().cast(pl.Int64))
    )
    return runs.group_by(_KEYS).agg(
        stale_runs=pl.len().cast(pl.Int64),
        stale_bars=pl.col("_bars").sum(),
        longest_stale_run=pl.col("_bars").max() + 1,
    )


def unexplained(bars: pl.DataFrame, splits: pl.DataFrame, limit: float) -> pl.DataFrame:
    """Moves that no split explains, by series: ``jumps, largest_jump``.

    Parameters
    ----------
    bars
        Sorted by series and time.
    splits
        Rows of ``splits``.
    limit
        Move as a fraction beyond which a bar counts.
    """
    moved = jumps(bars, splits, limit)
    largest = pl.col("move").sort_by(pl.col("move").abs()).last()
    return moved.group_by(_KEYS).agg(jumps=pl.len().cast(pl.Int64), largest_jump=largest)


def spin_offs(spans: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """Splits of no simple ratio within a series, by series: ``odd_splits``.

    Parameters
    ----------
    spans
        Keys of the series with ``first_session, last_session``.
    splits
        Rows of ``splits``; one that two sources tell counts once.
    """
    odd = splits.filter(odd_ratio(pl.col("ratio"))).select("instrument_id", "ex_date").unique()
    within = pl.col("ex_date").is_between("first_session", "last_session")
    return (
        spans.join(odd, on="instrument_id")
        .filter(within)
        .group_by(_KEYS)
        .agg(odd_splits=pl.len().cast(pl.Int64))
    )


def large_dividends(bars: pl.DataFrame, dividends: pl.DataFrame) -> pl.DataFrame:
    """Dividends that leave little of the price, by series of raw prices: ``large_dividends``.

    Parameters
    ----------
    bars
        Sorted by series and time.
    dividends
        Rows of ``dividends``; those of one day and source add up, and one that two sources
        tell counts once.

    Notes
    -----
    Some vendors record a split as a dividend in kind: Alphabet's of 2014-04-03, on which it
    closed at 569.74, as 567.97 in cash.
    """
    day = ["instrument_id", "ex_date", "currency"]
    paid = dividends.group_by(*day, "source").agg(pl.col("amount").sum())
    once = paid.group_by(day).agg(pl.col("amount").max())
    raw = bars.filter(pl.col("adjustment") == Adjustment.RAW)
    told = raw.select(_KEYS).unique().join(once, on="instrument_id").sort("ex_date")
    closes = raw.select(*_KEYS, "session", "close", bars_currency="currency").sort("session")
    return (
        told.join_asof(
            closes,
            left_on="ex_date",
            right_on="session",
            by=_KEYS,
            strategy="forward",
            check_sortedness=False,
        )
        .filter(
            pl.col("currency") == pl.col("bars_currency"),
            pl.col("amount") > LARGE_DIVIDEND * pl.col("close"),
        )
        .group_by(_KEYS)
        .agg(large_dividends=pl.len().cast(pl.Int64))
    )


def disagreement(bars: pl.DataFrame, source_priority: Sequence[str]) -> pl.DataFrame:
    """Closes that another source tells otherwise, by series.

    Parameters
    ----------
    bars
        Bars of all sources.
    source_priority
        Sources, best first: each series is compared with the best other one, bar by bar.

    Returns
    -------
    pl.DataFrame
        The keys of the series with ``compared_bars, disagreeing_bars,
        largest_disagreement_bps, disagrees_with``. Only bars of one instrument, length,
        basis and currency are compared.
    """
    several = (
        bars.group_by("instrument_id", "timeframe", "adjustment")
        .agg(_sources=pl.n_unique("source"))
        .filter(pl.col("_sources") > 1)
    )
    shared = bars.join(several, on=["instrument_id", "timeframe", "adjustment"], how="semi")
    if shared.is_empty():
        return _nothing("compared_bars", "disagreeing_bars").with_columns(
            largest_disagreement_bps=pl.lit(None, pl.Float64), disagrees_with=pl.lit("")
        )
    best = (
        shared.select(*_MOMENT, "source", "close")
        .sort(ranked(source_priority), "source")
        .group_by(_MOMENT, maintain_order=True)
        .agg(pl.col("source", "close").head(2))
        .filter(pl.col("source").list.len() > 1)
    )
    is_best = pl.col("source") == pl.col("source_best").list.first()
    other = [
        pl.when(is_best).then(pl.col(name).list.last()).otherwise(pl.col(name).list.first())
        for name in ("source_best", "close_best")
    ]
    apart = (pl.col("close") / pl.col("_close") - 1).abs()
    compared = (
        shared.select(*_MOMENT, "source", "close")
        .join(best, on=_MOMENT, suffix="_best")
        .with_columns(other[0].alias("_source"), other[1].alias("_close"))
        .with_columns(_apart=apart)
    )
    far = pl.col("_apart") > TOLERANCE
    return compared.group_by(_KEYS).agg(
        compared_bars=pl.len().cast(pl.Int64),
        disagreeing_bars=far.sum().cast(pl.Int64),
        largest_disagreement_bps=pl.col("_apart").max() * 10_000,
        disagrees_with=pl.col("_source").filter(far).mode().sort().first().fill_null(""),
    )


def _nothing(*counts: str) -> pl.DataFrame:
    texts = dict.fromkeys(_KEYS, pl.String())
    return pl.DataFrame(schema={**texts, **dict.fromkeys(counts, pl.Int64())})
