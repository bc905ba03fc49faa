"""Share splits: what companies do when the price has become high, or very low."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hedgerow.domain.schemas import SPLITS
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.synthetic._grid import Floats, Grid
from hedgerow.sources.synthetic._traits import Traits

_SESSIONS_TO_ACT = 15
_CONSOLIDATE_BELOW = 3.0
_CONSOLIDATION = 0.1

# A price this many times the threshold is split three for one instead of two for one.
_FAR_ABOVE = 1.15


@dataclass(frozen=True)
class Splits:
    """Splits of some companies.

    Parameters
    ----------
    company, session
        Row of the company and index of the ex-session, one entry a split.
    ratio
        New shares for one old.
    share_count
        Shares that one first share has become: (companies, sessions).
    """

    company: NDArray[np.int64]
    session: NDArray[np.int64]
    ratio: Floats
    share_count: Floats


def split_shares(closes: Floats, traits: Traits) -> Splits:
    """Split what has crossed its threshold, some sessions after it did.

    Parameters
    ----------
    closes
        Price of one first share at each session's close: (companies, sessions), USD.
    traits
        The companies.
    """
    share_count = np.ones_like(closes)
    events: list[tuple[int, int, float]] = []
    for row in range(len(closes)):
        for session, ratio in _splits_of(closes[row], float(traits.split_above[row])):
            share_count[row, session:] *= ratio
            events.append((row, session, ratio))
    return Splits(
        company=np.array([event[0] for event in events], dtype=np.int64),
        session=np.array([event[1] for event in events], dtype=np.int64),
        ratio=np.array([event[2] for event in events], dtype=np.float64),
        share_count=share_count,
    )


def _splits_of(closes: Floats, threshold: float) -> list[tuple[int, float]]:
    found: list[tuple[int, float]] = []
    begin, shares = 0, 1.0
    while True:
        price = closes[begin:] / shares
        crossed = np.flatnonzero((price > threshold) | (price < _CONSOLIDATE_BELOW))
        if not len(crossed) or begin + crossed[0] + _SESSIONS_TO_ACT >= len(closes):
            return found
        reached = float(price[crossed[0]])
        begin += int(crossed[0]) + _SESSIONS_TO_ACT
        ratio = 3.0 if reached > _FAR_ABOVE * threshold else 2.0
        if reached < _CONSOLIDATE_BELOW:
            ratio = _CONSOLIDATION
        found.append((begin, ratio))
        shares *= ratio


def split_batch(splits: Splits, grid: Grid, names: pl.DataFrame) -> SourceBatch:
    """Splits as rows, known when the session of the ex-date opens.

    That is the instant from which trading shows the new basis: at the close before, the series is
    unsplit throughout.

    Parameters
    ----------
    splits
        What was split.
    grid
        Sessions.
    names
        ``instrument_id, symbol`` of the companies, in order.
    """
    days = grid.days
    rows = names[splits.company].with_columns(
        ex_date=days["session"].gather(splits.session),
        ratio=pl.Series(splits.ratio, dtype=pl.Float64),
        available_at=days["open"].gather(splits.session),
        source=pl.lit("synthetic"),
    )
    return SourceBatch.of(SPLITS, rows)
