"""What a strategy decides on every bar."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from hedgerow.strategies.param import Value


@dataclass(frozen=True)
class NotRun:
    """An instrument that a strategy could not be run on.

    Parameters
    ----------
    symbol
        Its ticker.
    reason
        What is missing, such as ``needs high/low``.
    instrument_id
        Its identity, which a change of ticker leaves as it is; empty where several are meant.
    """

    symbol: str
    reason: str
    instrument_id: str = ""


@dataclass(frozen=True)
class Decisions:
    """Signals and exit levels of one strategy over one market.

    Parameters
    ----------
    frame
        One row a bar, sorted by instrument and time: ``instrument_id, symbol, timestamp,
        session, available_at``; ``signal`` (Int8: +1 buy, -1 sell, 0 keep, null unknown);
        ``confidence`` (0 to 1); ``stop, target, trailing`` (fraction of the entry price;
        null where none); ``exit_when`` (Boolean, never null).
    max_bars
        Bars after the entry fill at which a position is given up; None for never.
    direction
        ``long`` (a sell closes) or ``long_short`` (a sell reverses).
    not_run
        Instruments left out, with the reason.
    strategy
        Name of the strategy.
    parameters
        Its parameters by name.
    source_text
        Source of its module, or of its class; empty where it cannot be read.
    """

    frame: pl.DataFrame
    max_bars: int | None
    direction: str
    not_run: tuple[NotRun, ...]
    strategy: str
    parameters: dict[str, Value]
    source_text: str
