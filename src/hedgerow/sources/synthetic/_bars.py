"""From log returns to bars: open, high, low, close and volume that fit together."""

from __future__ import annotations

import numpy as np
import polars as pl

from hedgerow.sources.synthetic._factor import SESSIONS_A_YEAR, Factor
from hedgerow.sources.synthetic._grid import Floats, Grid
from hedgerow.sources.synthetic._paths import Paths
from hedgerow.sources.synthetic._streams import Stream, generator
from hedgerow.sources.synthetic._traits import Traits

_TICKS_A_DOLLAR = 100.0
_SPX_START = 1_000.0

# Annual volatility of log VIX within a session, for the reach of its bars.
_VIX_OF_VIX = 0.9

_SMALLEST_DRAW = 1e-12


def log_prices(returns: Floats, first: Floats) -> tuple[Floats, Floats]:
    """Log opens and closes of every slot, from log returns of every step.

    Parameters
    ----------
    returns
        (instruments, sessions, steps), the overnight step first.
    first
        Price before the first step.

    Returns
    -------
    tuple of arrays
        Opens and closes, each (instruments, sessions, slots).
    """
    path = np.cumsum(returns.reshape(len(returns), -1), axis=1).reshape(returns.shape)
    path += np.log(first)[:, None, None]
    return path[:, :, :-1], path[:, :, 1:]


def reach(move: Floats, deviation: Floats, draws: Floats) -> tuple[Floats, Floats]:
    """How far a price went above and below its start on the way to its end.

    Parameters
    ----------
    move
        Log return over the bar.
    deviation
        Standard deviation of the path over the bar.
    draws
        Two uniform draws, on the first axis.

    Returns
    -------
    tuple of arrays
        Log distance to the highest point (at least ``move`` and 0) and to the lowest (at most
        ``move`` and 0).

    References
    ----------
    The maximum of a Brownian bridge from 0 to ``r`` with variance ``v`` exceeds ``m`` with
    probability ``exp(-2 m (m - r) / v)`` (Karatzas and Shreve, section 4.3.C); solved for ``m``.
    """
    square = move * move
    spread = -2.0 * deviation * deviation
    above = 0.5 * (move + np.sqrt(square + spread * np.log(draws[0])))
    below = 0.5 * (move - np.sqrt(square + spread * np.log(draws[1])))
    return above, below


def company_bars(
    grid: Grid, paths: Paths, traits: Traits, share_count: Floats, seed: int
) -> dict[str, Floats]:
    """Raw bars of companies: columns of shape (companies, bars).

    Parameters
    ----------
    grid, paths, traits
        What was simulated; returns without dividends.
    share_count
        Shares that one first share has become: (companies, sessions).
    seed
        Seed of the market.

    Returns
    -------
    dict
        ``open, high, low, close`` in USD, rounded to the cent, and ``volume`` in whole shares.
    """
    log_open, log_close = log_prices(paths.returns, traits.price)
    log_open = log_open - np.log(share_count)[:, :, None]
    move = paths.returns[:, :, 1:]
    deviation = paths.deviation[:, :, 1:]
    streams = [generator(seed, Stream.RANGE, int(number)) for number in traits.number]
    above, below = reach(move, deviation, _uniforms(streams, move.shape[1:]))
    prices = {
        "open": log_open,
        "high": log_open + above,
        "low": log_open + below,
        "close": log_close - np.log(share_count)[:, :, None],
    }
    bars = {name: _to_ticks(grid.bars_of(value)) for name, value in prices.items()}
    activity = _activity(grid, move, deviation, traits, seed)
    traded = (traits.shares * traits.turnover)[:, None, None] * share_count[:, :, None]
    bars["volume"] = np.rint(grid.bars_of(traded * activity))
    return bars


def index_bars(grid: Grid, factor: Factor, seed: int) -> dict[str, Floats]:
    """Bars of the index and the volatility index: columns of shape (2, bars), without volume."""
    change = np.diff(np.log(factor.vix).reshape(-1), prepend=np.log(factor.vix[0, 0]))
    returns = np.stack([factor.returns, change.reshape(grid.shape)])
    first = np.array([_SPX_START, factor.vix[0, 0]])
    log_open, log_close = log_prices(returns, first)
    share = np.sqrt(grid.risk[1:] / SESSIONS_A_YEAR)
    deviation = np.stack(
        [np.sqrt(factor.variance[:, 1:]) * share, np.full_like(log_open[0], _VIX_OF_VIX) * share]
    )
    streams = [generator(seed, Stream.INDEX_RANGE, number) for number in range(2)]
    draws = _uniforms(streams, log_open.shape[1:])
    above, below = reach(returns[:, :, 1:], deviation, draws)
    prices = {
        "open": log_open,
        "high": log_open + above,
        "low": log_open + below,
        "close": log_close,
    }
    return {name: _to_ticks(grid.bars_of(value)) for name, value in prices.items()}


def bars_frame(grid: Grid, names: pl.DataFrame, columns: dict[str, Floats]) -> pl.DataFrame:
    """Long frame of bars, sorted by instrument and time.

    Parameters
    ----------
    grid
        The clock of the bars.
    names
        ``instrument_id, symbol`` in order.
    columns
        Values of shape (instruments, bars).

    Returns
    -------
    pl.DataFrame
        ``instrument_id, symbol, timestamp, session, available_at`` and the columns.
    """
    owner = np.repeat(np.arange(names.height, dtype=np.uint32), grid.bars)
    clock = pl.concat([grid.clock] * names.height)
    values = [pl.Series(name, value.reshape(-1)) for name, value in columns.items()]
    return names[owner].hstack(clock.get_columns()).hstack(values)


def _activity(grid: Grid, move: Floats, deviation: Floats, traits: Traits, seed: int) -> Floats:
    """Share of a typical session's volume in each slot: more when the price moves far."""
    level = np.empty((len(traits), grid.shape[0]))
    noise = np.empty(move.shape)
    for row, number in enumerate(traits.number):
        by_session = generator(seed, Stream.VOLUME, int(number))
        by_bar = generator(seed, Stream.VOLUME_NOISE, int(number))
        level[row] = by_session.standard_normal(grid.shape[0])
        noise[row] = by_bar.standard_normal(move.shape[1:])
    noise *= 0.25
    noise += 0.3 * level[:, :, None]
    activity: Floats = np.exp(noise)
    activity *= 0.55 + 0.55 * np.abs(move) / deviation
    activity *= grid.activity
    return activity


def _uniforms(streams: list[np.random.Generator], shape: tuple[int, ...]) -> Floats:
    """Two uniform draws a slot: (2, instruments, sessions, slots); never zero."""
    draws = np.empty((2, len(streams), *shape))
    for row, rng in enumerate(streams):
        draws[:, row] = np.moveaxis(rng.random((*shape, 2)), -1, 0)
    return np.maximum(draws, _SMALLEST_DRAW, out=draws)


def _to_ticks(log_price: Floats) -> Floats:
    """Prices to the cent, at least one cent; rounding keeps the order of a bar's prices."""
    ticks = np.exp(log_price)
    ticks *= _TICKS_A_DOLLAR
    np.rint(ticks, out=ticks)
    np.maximum(ticks, 1.0, out=ticks)
    ticks /= _TICKS_A_DOLLAR
    return ticks
