"""When the companies report each quarter, and how far the result is from what was expected."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hedgerow.domain.calendar import sessions
from hedgerow.sources.synthetic._grid import Floats, Grid
from hedgerow.sources.synthetic._streams import Stream, generator
from hedgerow.sources.synthetic._traits import Traits

# Quarters before the first session whose reports are known when it opens.
QUARTERS_BEFORE = 2

_EARLIEST_DAYS, _LATEST_DAYS = 35, 60
_RESTATED_SHARE = 0.03


@dataclass(frozen=True)
class Filings:
    """Quarterly reports; arrays of shape (companies, quarters).

    Parameters
    ----------
    period_ends
        Last day of each calendar quarter.
    accepted
        Session on whose evening the report was accepted.
    session
        Its index in the grid: negative before the first session, ``sessions`` after the last.
    surprise
        Result against expectation, in standard deviations.
    noise
        Independent standard normal draws for the figures: (companies, quarters, 3).
    restated
        Whether revenue and net income were restated later.
    """

    period_ends: NDArray[np.datetime64]
    accepted: NDArray[np.datetime64]
    session: NDArray[np.int64]
    surprise: Floats
    noise: Floats
    restated: NDArray[np.bool_]


def make_filings(grid: Grid, traits: Traits, seed: int) -> Filings:
    """Draw the reporting calendar of companies.

    Parameters
    ----------
    grid
        Sessions of the market.
    traits
        The companies.
    seed
        Seed of the market.
    """
    ends = _quarter_ends(grid.days["session"][0], grid.days["session"][-1])
    days = np.empty((len(traits), len(ends)), dtype=np.int64)
    draws = np.empty((len(traits), len(ends), 4))
    restated = np.empty((len(traits), len(ends)), dtype=bool)
    for row, number in enumerate(traits.number):
        rng = generator(seed, Stream.FUNDAMENTALS, int(number))
        by_quarter = [
            (rng.integers(_EARLIEST_DAYS, _LATEST_DAYS + 1), rng.standard_normal(4), rng.random())
            for _ in range(len(ends))
        ]
        days[row] = [quarter[0] for quarter in by_quarter]
        draws[row] = [quarter[1] for quarter in by_quarter]
        restated[row] = [quarter[2] < _RESTATED_SHARE for quarter in by_quarter]
    accepted = _next_session(ends[None, :] + days.astype("timedelta64[D]"))
    known = grid.days["session"].to_numpy()
    index = np.searchsorted(known, accepted)
    before = accepted < known[0]
    return Filings(
        period_ends=ends,
        accepted=accepted,
        session=np.where(before, -1, index),
        surprise=draws[..., 0],
        noise=draws[..., 1:],
        restated=restated,
    )


def _quarter_ends(first: dt.date, last: dt.date) -> NDArray[np.datetime64]:
    """Quarter ends from the ones before the first session up to the last session."""
    start = pl.Series([first]).dt.truncate("1q").dt.offset_by(f"-{3 * (QUARTERS_BEFORE - 1)}mo")
    quarters = pl.date_range(start.item(), last, interval="3mo", eager=True)
    ends: NDArray[np.datetime64] = quarters.dt.offset_by("-1d").to_numpy()
    return ends


@cache
def _all_sessions() -> NDArray[np.datetime64]:
    days: NDArray[np.datetime64] = sessions()["session"].to_numpy()
    return days


def _next_session(days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    every = _all_sessions()
    return every[np.searchsorted(every, days)]


def evening(days: pl.Expr) -> pl.Expr:
    """Five past four in New York on each day, when companies file after the close."""
    wall = days.cast(pl.Date).dt.combine(dt.time(16, 5))
    return wall.dt.replace_time_zone("America/New_York").dt.convert_time_zone("UTC")
