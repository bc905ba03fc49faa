"""The market factor: an index with clustered volatility, and the volatility index that fits it.

Each step of the grid holds a share ``w`` of a session. With ``x`` a sum of a slow and a fast
component, both mean-reverting,

1. the annual variance is ``floor² + (base · exp(x))²``;
2. the log return is ``drift · w/252 - variance · w/504 + sqrt(variance · w/252) · z``;
3. the shock of each component is correlated with ``z`` (negative: the leverage effect), and now and
   then a crisis pushes both up while the price falls;
4. the volatility index is 100 times the root of the variance expected on average over the next 21
   sessions, times a premium, as option prices contain one.

The process is the exponential Ornstein-Uhlenbeck stochastic-volatility model (Scott 1987) with two
components (Alizadeh, Brandt and Diebold 2002).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from hedgerow.sources.synthetic._grid import Floats, Grid
from hedgerow.sources.synthetic._streams import Stream, generator

SESSIONS_A_YEAR = 252
HORIZON = 21

_FLOOR = 0.074
_BASE = 0.122
_PREMIUM = 1.13
_DRIFT = 0.08
_LEVERAGE = -0.78

# Log fall of the index for a crisis of size one, where volatility was high already.
_LARGEST_DROP = 0.025
# Sessions that hold one crisis each, and windows of which one holds a severe crisis.
_CRISIS_WINDOW = 700
_CRISIS_GROUP = 4
_SEVERE = 2.4

# How a crisis unfolds over the nights.
_UNFOLDS = np.array([0.3, 0.15, 0.25, 0.15, 0.15])


@dataclass(frozen=True)
class _Component:
    """One mean-reverting part of log volatility, in sessions."""

    half_life: float
    deviation: float
    crisis: float

    @property
    def speed(self) -> float:
        return math.log(2) / self.half_life


_SLOW = _Component(half_life=90.0, deviation=0.36, crisis=0.27)
_FAST = _Component(half_life=8.0, deviation=0.33, crisis=0.75)


@dataclass(frozen=True)
class Factor:
    """Path of the market on the steps of a grid, all of shape (sessions, steps).

    Parameters
    ----------
    returns
        Log return of the index in each step.
    variance
        Annual variance in force during each step.
    vix
        Volatility index at the end of each step, in points.
    """

    returns: Floats
    variance: Floats
    vix: Floats

    @property
    def level(self) -> Floats:
        """Volatility of each session relative to its long-run typical value."""
        by_session: Floats = np.sqrt(self.variance.mean(axis=1) / (_FLOOR**2 + _BASE**2 * 1.4))
        return by_session


def make_factor(grid: Grid, seed: int) -> Factor:
    """Simulate the market factor.

    Parameters
    ----------
    grid
        Sessions and steps.
    seed
        Seed of the market.
    """
    rng = generator(seed, Stream.MARKET)
    start = rng.standard_normal(2)
    draws = rng.standard_normal((*grid.shape, 3))
    shock = draws[..., 0]
    crisis = _crises(generator(seed, Stream.MARKET, 1), grid)
    own = math.sqrt(1 - _LEVERAGE**2)
    slow = _component(_SLOW, grid, _LEVERAGE * shock + own * draws[..., 1], crisis, start[0])
    fast = _component(_FAST, grid, _LEVERAGE * shock + own * draws[..., 2], crisis, start[1])
    before = _FLOOR**2 + (_BASE * np.exp(slow[:-1] + fast[:-1])).reshape(grid.shape) ** 2
    share = grid.risk[None, :] / SESSIONS_A_YEAR
    jump = crisis * np.minimum(1.5 * np.sqrt(before / SESSIONS_A_YEAR), _LARGEST_DROP)
    returns = (_DRIFT - before / 2) * share + np.sqrt(before * share) * shock - jump
    vix = _expected_volatility(slow[1:], fast[1:]).reshape(grid.shape)
    return Factor(returns=returns, variance=before, vix=vix)


def _crises(rng: np.random.Generator, grid: Grid) -> Floats:
    """Part of a crisis that breaks out in each step, zero in nearly all; always overnight.

    Each window of sessions has one at a random place; one window in a group has a severe one, so
    that a market of some years always has calm and storm to show.
    """
    sessions, steps = grid.shape
    crisis = np.zeros((sessions, steps))
    for first in range(0, sessions, _CRISIS_WINDOW * _CRISIS_GROUP):
        severe = rng.integers(_CRISIS_GROUP)
        for window in range(_CRISIS_GROUP):
            day = first + window * _CRISIS_WINDOW + rng.integers(_CRISIS_WINDOW)
            size = _SEVERE if window == severe else rng.uniform(0.4, 1.0)
            nights = crisis[day : day + len(_UNFOLDS), 0]
            nights += size * _UNFOLDS[: len(nights)]
    return crisis


def _component(
    part: _Component, grid: Grid, shocks: Floats, crisis: Floats, start: float
) -> Floats:
    """Values before the first step and after each one."""
    decay = np.broadcast_to(np.exp(-part.speed * grid.risk), grid.shape)
    pushes = part.deviation * np.sqrt(1 - decay**2) * shocks + part.crisis * crisis
    steps = zip(decay.reshape(-1).tolist(), pushes.reshape(-1).tolist(), strict=True)
    first = part.deviation * float(start)
    path = accumulate(steps, lambda value, step: value * step[0] + step[1], initial=first)
    return np.fromiter(path, dtype=np.float64, count=decay.size + 1)


def _expected_volatility(slow: Floats, fast: Floats) -> Floats:
    """Root of the mean expected variance over the horizon, with the premium, in points.

    A normal ``x`` with mean ``m`` and variance ``v`` has ``E[exp(2x)] = exp(2m + 2v)``.
    """
    total = np.zeros_like(slow)
    for ahead in range(1, HORIZON + 1):
        mean = np.zeros_like(slow)
        spread = 0.0
        for part, value in ((_SLOW, slow), (_FAST, fast)):
            decay = math.exp(-part.speed * ahead)
            mean += decay * value
            spread += part.deviation**2 * (1 - decay**2)
        total += np.exp(2 * (mean + spread))
    variance = _FLOOR**2 + _BASE**2 * total / HORIZON
    points: Floats = 100 * _PREMIUM * np.sqrt(variance)
    return points
