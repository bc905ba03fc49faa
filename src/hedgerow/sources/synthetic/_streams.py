"""Independent random streams by name, so that no draw depends on how many others are made."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a stream is for; the number is part of the seed and never changes."""

    MARKET = 0
    SECTOR = 1
    TRAITS = 2
    VOLATILITY = 3
    RETURNS = 4
    RANGE = 5
    VOLUME = 6
    FUNDAMENTALS = 7
    VOLUME_NOISE = 8
    INDEX_RANGE = 9


def generator(seed: int, stream: Stream, number: int = 0) -> np.random.Generator:
    """Generator of one stream of one instrument (or sector).

    Parameters
    ----------
    seed
        Seed of the market.
    stream
        Purpose.
    number
        Instrument or sector.

    Returns
    -------
    numpy.random.Generator
        The same for the same arguments, whatever else is drawn.
    """
    entropy = np.random.SeedSequence(seed, spawn_key=(int(stream), number))
    return np.random.Generator(np.random.SFC64(entropy))
