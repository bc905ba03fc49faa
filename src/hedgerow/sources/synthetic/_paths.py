"""Log returns of the companies on every step of the grid, before dividends and splits.

A company's return is its beta times the market's, its sector's and its own. The sector's and its
own moves grow with the root of the market's relative volatility, the own ones also with a
volatility of their own that changes slowly; and the night after a filing is accepted it jumps by
the surprise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.sources.synthetic._factor import SESSIONS_A_YEAR, Factor
from hedgerow.sources.synthetic._filings import Filings
from hedgerow.sources.synthetic._grid import Floats, Grid
from hedgerow.sources.synthetic._streams import Stream, generator
from hedgerow.sources.synthetic._traits import SECTORS, Traits

_SECTOR_VOLATILITY = 0.09

# Log volatility of a company's own moves: what a session keeps of it, and its spread.
_OWN_MEMORY = 0.97
_OWN_SPREAD = 0.40

# Typical size of the move after a filing, in sessions' own volatility.
_SURPRISE_MOVE = 3.5


@dataclass(frozen=True)
class Paths:
    """Moves of some companies, of shape (companies, sessions, steps).

    Parameters
    ----------
    returns
        Log returns.
    deviation
        Standard deviation that each return was drawn with.
    """

    returns: Floats
    deviation: Floats


def sector_moves(grid: Grid, factor: Factor, seed: int) -> Floats:
    """Log returns of the sectors beyond the market: (sectors, sessions, steps)."""
    scale = _SECTOR_VOLATILITY * np.sqrt(factor.level[:, None] * grid.risk / SESSIONS_A_YEAR)
    draws = [
        generator(seed, Stream.SECTOR, number).standard_normal(grid.shape)
        for number in range(len(SECTORS))
    ]
    moves: Floats = np.stack(draws) * scale
    return moves


def make_paths(
    grid: Grid, factor: Factor, sectors: Floats, traits: Traits, filings: Filings, seed: int
) -> Paths:
    """Simulate companies.

    Parameters
    ----------
    grid, factor, sectors
        The market around them.
    traits
        The companies.
    filings
        When their results come out, and how surprising they are.
    seed
        Seed of the market.
    """
    own = _own_deviation(grid, factor, traits, seed)
    returns = np.empty((len(traits), *grid.shape))
    for row, number in enumerate(traits.number):
        returns[row] = generator(seed, Stream.RETURNS, int(number)).standard_normal(grid.shape)
    returns *= own
    returns += sectors[traits.sector]
    returns += traits.beta[:, None, None] * factor.returns
    returns += traits.drift[:, None, None] * grid.risk / SESSIONS_A_YEAR
    _jump_on_results(returns, filings, traits)
    market = (traits.beta[:, None, None] ** 2) * factor.variance + _SECTOR_VOLATILITY**2
    deviation = np.sqrt(own**2 + market * grid.risk / SESSIONS_A_YEAR)
    return Paths(returns=returns, deviation=deviation)


def _own_deviation(grid: Grid, factor: Factor, traits: Traits, seed: int) -> Floats:
    """Standard deviation of the own move in each step: (companies, sessions, steps)."""
    draws = np.stack(
        [
            generator(seed, Stream.VOLATILITY, int(number)).standard_normal(grid.shape[0])
            for number in traits.number
        ]
    )
    log_level = np.empty_like(draws)
    log_level[:, 0] = _OWN_SPREAD * draws[:, 0]
    pushes = _OWN_SPREAD * np.sqrt(1 - _OWN_MEMORY**2) * draws
    for session in range(1, grid.shape[0]):
        log_level[:, session] = _OWN_MEMORY * log_level[:, session - 1] + pushes[:, session]
    annual = traits.own_volatility[:, None] * np.exp(log_level - _OWN_SPREAD**2)
    annual *= np.sqrt(factor.level)
    deviation: Floats = annual[:, :, None] * np.sqrt(grid.risk / SESSIONS_A_YEAR)
    return deviation


def _jump_on_results(returns: Floats, filings: Filings, traits: Traits) -> None:
    """Add the surprise to the night after each filing."""
    sessions = returns.shape[1]
    night = filings.session + 1
    row, quarter = np.nonzero((night > 0) & (night < sessions))
    size = _SURPRISE_MOVE * traits.own_volatility[row] / np.sqrt(SESSIONS_A_YEAR)
    returns[row, night[row, quarter], 0] += size * filings.surprise[row, quarter]
