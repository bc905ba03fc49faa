"""Proves that a strategy cannot see the future.

A decision at time *t* may only depend on what was available at *t*. So the history is cut at
random instants, the strategy is run again on what is left, and every decision that had been
possible by then must come out the same, to the bit.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from hedgerow.domain.market import Market
from hedgerow.errors import DataError
from hedgerow.strategies import Strategy

MarketAt = Callable[[dt.datetime | None], Market]

_KEY = ("instrument_id", "timestamp")
_DECISION = ("signal", "confidence", "exit_when")
# Levels are fractions of two back-adjusted prices, so a later split scales both by the same
# factor and may move the quotient in its last digit.
_LEVELS = ("stop", "target", "trailing")
_LAST_DIGITS = 1e-12


@dataclass(frozen=True)
class Leak:
    """A decision that changed when the future was taken away.

    Parameters
    ----------
    instant
        Where the history was cut.
    instrument_id, timestamp
        Bar whose decision changed.
    column
        What changed: ``signal``, ``stop``, ``missing`` (a bar without its decision), …
    before, after
        Value with the whole history, and with the cut one.
    """

    instant: dt.datetime
    instrument_id: str
    timestamp: dt.datetime
    column: str
    before: object
    after: object


def check_lookahead(
    strategy: Strategy,
    market_at: MarketAt | Market,
    *,
    instants: Sequence[dt.datetime] | int = 12,
    seed: int = 0,
) -> list[Leak]:
    """Run a strategy on cut histories and list every decision that differs.

    Parameters
    ----------
    strategy
        What to check.
    market_at
        Market as known at an instant, with the whole history for None; for a workspace
        ``lambda as_of: ws.market(symbols, as_of=as_of)``, which cuts bars, contexts, tables
        and corporate actions alike. A market is cut by itself.
    instants
        Where to cut, or how many cuts to draw among the bars.
    seed
        Seed of that draw.

    Returns
    -------
    list[Leak]
        Empty where the strategy is clean.

    Raises
    ------
    DataError
        There are no decisions to compare.

    Examples
    --------
    >>> from hedgerow.strategies import BuyAndHold
    >>> days = pl.date_range(dt.date(2024, 1, 2), dt.date(2024, 1, 5), eager=True)
    >>> frame = pl.DataFrame({"date": days, "close": [1.0, 2.0, 3.0, 4.0]})
    >>> check_lookahead(BuyAndHold(), Market.from_frames(frame), instants=2)
    []
    """
    at = market_at.known_at if isinstance(market_at, Market) else market_at
    whole = strategy.decide(at(None)).frame
    if whole.is_empty():
        raise DataError(
            f"{strategy.name} decides nothing on this market: there is nothing to check"
        )
    cuts = _draw(whole, instants, seed) if isinstance(instants, int) else instants
    leaks: list[Leak] = []
    for instant in cuts:
        possible = whole.filter(pl.col("available_at") <= instant)
        if possible.is_empty():
            continue
        leaks += compare_decisions(possible, strategy.decide(at(instant)).frame, instant)
    return leaks


def compare_decisions(whole: pl.DataFrame, cut: pl.DataFrame, instant: dt.datetime) -> list[Leak]:
    """Differences between the decisions of a whole and of a cut history on the same bars."""
    both = whole.join(cut, on=list(_KEY), how="left", suffix="_cut", coalesce=True)
    leaks = [
        Leak(instant, row["instrument_id"], row["timestamp"], "missing", row["signal"], None)
        for row in both.filter(pl.col("symbol_cut").is_null() & pl.col("signal").is_not_null())
        .head(5)
        .to_dicts()
    ]
    found = both.filter(pl.col("symbol_cut").is_not_null())
    for column in (*_DECISION, *_LEVELS):
        after = pl.col(f"{column}_cut")
        differs = pl.col(column).ne_missing(after)
        if column in _LEVELS:
            apart = (pl.col(column) - after).abs() > _LAST_DIGITS * pl.col(column).abs()
            differs = differs & apart.fill_null(True)
        leaks += [
            Leak(
                instant,
                row["instrument_id"],
                row["timestamp"],
                column,
                row[column],
                row[f"{column}_cut"],
            )
            for row in found.filter(differs).head(5).to_dicts()
        ]
    return leaks


def _draw(whole: pl.DataFrame, count: int, seed: int) -> list[dt.datetime]:
    moments = whole["available_at"].unique().sort().to_list()
    generator = random.Random(seed)
    chosen = generator.sample(moments, min(count, len(moments)))
    # Also just before a bar becomes known, where an off-by-one would hide.
    return sorted({moment - dt.timedelta(microseconds=i % 2) for i, moment in enumerate(chosen)})
