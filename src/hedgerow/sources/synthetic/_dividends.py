"""Quarterly cash dividends: when they are declared and go ex, and what they do to the price."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hedgerow.domain.calendar import sessions
from hedgerow.domain.schemas import DIVIDENDS
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.synthetic._filings import evening
from hedgerow.sources.synthetic._grid import Floats, Grid
from hedgerow.sources.synthetic._traits import Traits

_DECLARED_BEFORE = 18
_PAID_AFTER = 21

# A company keeps its dividend until it is this far from the payout it aims at.
_STICKY = 0.2

_NEVER = -1


@dataclass(frozen=True)
class Dividends:
    """Dividends of some companies; arrays of shape (companies, quarters).

    Parameters
    ----------
    ex
        Index of the ex-session; -1 where there is none.
    amount
        Cash for one share as it was before any split, in USD.
    """

    ex: NDArray[np.int64]
    amount: Floats


def pay_dividends(returns: Floats, grid: Grid, traits: Traits) -> Dividends:
    """Choose the dividends and take each from the price in the night before its ex-session.

    Parameters
    ----------
    returns
        Log returns (companies, sessions, steps) with dividends reinvested; changed in place to
        returns of the price alone.
    grid
        Sessions.
    traits
        The companies.
    """
    ex = _ex_sessions(grid, traits)
    closes = np.cumsum(returns.sum(axis=2), axis=1)
    closes += np.log(traits.price)[:, None]
    amount = np.zeros(ex.shape)
    paid_out = np.zeros(len(traits))
    latest = np.zeros(len(traits))
    for quarter in range(ex.shape[1]):
        rows = np.flatnonzero(ex[:, quarter] != _NEVER)
        day = ex[rows, quarter]
        declared_at = np.exp(closes[rows, day - _DECLARED_BEFORE] + paid_out[rows])
        aim = traits.payout[rows] / 4 * declared_at
        latest[rows] = np.where(np.abs(aim - latest[rows]) > _STICKY * aim, aim, latest[rows])
        last_close = np.exp(closes[rows, day - 1] + paid_out[rows])
        drop = np.log1p(-np.minimum(latest[rows] / last_close, 0.5))
        amount[rows, quarter] = latest[rows]
        returns[rows, day, 0] += drop
        paid_out[rows] += drop
    return Dividends(ex, amount)


def dividend_batch(
    dividends: Dividends, share_count: Floats, grid: Grid, names: pl.DataFrame
) -> SourceBatch:
    """Dividends as rows, known when they are declared, at 16:05 in New York.

    Parameters
    ----------
    dividends
        What is paid.
    share_count
        Shares that one first share has become, of shape (companies, sessions).
    grid
        Sessions.
    names
        ``instrument_id, symbol`` of the companies, in order.

    Returns
    -------
    SourceBatch
        For ``dividends``: amounts on the basis of the ex-session, in USD.
    """
    row, quarter = np.nonzero(dividends.ex != _NEVER)
    ex = dividends.ex[row, quarter]
    days = sessions()["session"]
    days = days.filter(days >= grid.days["session"][0])
    events = names[row].with_columns(
        ex_date=days.gather(ex),
        kind=pl.lit("cash"),
        amount=pl.Series(dividends.amount[row, quarter] / share_count[row, ex]).round(4),
        currency=pl.lit("USD"),
        declared_date=days.gather(ex - _DECLARED_BEFORE),
        record_date=days.gather(ex + 1),
        pay_date=days.gather(ex + _PAID_AFTER),
        source=pl.lit("synthetic"),
    )
    known = events.with_columns(available_at=evening(pl.col("declared_date")))
    return SourceBatch.of(DIVIDENDS, known.filter(pl.col("amount") > 0))


def _ex_sessions(grid: Grid, traits: Traits) -> NDArray[np.int64]:
    days = grid.days["session"].to_numpy()
    start = days[0].astype("datetime64[M]")
    first_month: dt.date = start.astype(object)
    quarter_start = start - (first_month.month - 1) % 3
    quarters = np.arange(quarter_start, days[-1].astype("datetime64[M]") + 1, 3)
    months = quarters[None, :] + traits.pay_month[:, None]
    wanted = months.astype("datetime64[D]") + traits.pay_day[:, None].astype("timedelta64[D]")
    ex = np.searchsorted(days, wanted)
    usable = (ex >= _DECLARED_BEFORE) & (ex < len(days)) & (traits.payout[:, None] > 0)
    return np.where(usable, ex, _NEVER)
