"""Proves that a strategy cannot see the future.

The history is cut at random instants, the strategy is run again on what is left, and every
decision that had been possible by then must come out the same, to the bit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from hedgerow.domain.market import Market
from hedgerow.features import Leak, find_leaks
from hedgerow.features.lookahead import MarketAt
from hedgerow.strategies import Strategy

_BAR = ("instrument_id", "timestamp")
_DECISION = ("signal", "confidence", "exit_when")
_LEVELS = ("stop", "target", "trailing")

# Levels are quotients of two back-adjusted prices, which a later split scales by the same factor
# and so may move in their last digits.
_DIGITS = 9


def check_lookahead(
    strategy: Strategy,
    market: Market | MarketAt,
    *,
    instants: Sequence[dt.datetime] | int = 12,
    seed: int = 0,
) -> list[Leak]:
    """Run a strategy on cut histories and list every decision that differs.

    Parameters
    ----------
    strategy
        What to check.
    market
        What to run it on, which is cut by itself; or a function that gives the market as known
        at an instant, and all of it for None. For a workspace,
        ``lambda as_of: ws.market(symbols, as_of=as_of)`` cuts bars, series, tables and
        corporate actions alike.
    instants
        Where to cut, or how many cuts to draw among the bars.
    seed
        Seed of that draw.

    Returns
    -------
    list[Leak]
        Empty where the strategy is clean. Exit levels are compared to nine digits, the rest
        to the bit.

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

    def decisions(known: Market) -> pl.DataFrame:
        made = strategy.decide(known).frame
        # An undecided bar may be absent from a shorter history; its levels mean nothing.
        decided = pl.col("signal").is_not_null() | pl.col("exit_when")
        values = made.filter(decided).select(
            *_BAR, *_DECISION, pl.col(_LEVELS).round_sig_figs(_DIGITS)
        )
        bars = _in_span(known).select(*_BAR, "available_at").collect()
        return bars.join(values, on=list(_BAR), how="left", maintain_order="left")

    return find_leaks(decisions, market, instants, seed=seed)


def _in_span(market: Market) -> pl.LazyFrame:
    bars = market.bars
    if market.start is not None:
        bars = bars.filter(pl.col("session") >= market.start)
    if market.end is not None:
        bars = bars.filter(pl.col("session") <= market.end)
    return bars
