"""What a reader of a result must know beside its figures, one sentence each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from hedgerow.backtest.layout import Floats
from hedgerow.backtest.panel import Panel, SignalTables, last_bars
from hedgerow.backtest.rules import NEXT_OPEN, Rules, Simulation

_NAMED = 5


def notes_of(
    rules: Rules, panel: Panel, signals: SignalTables, simulation: Simulation
) -> tuple[str, ...]:
    """Notes on a run, in order of weight.

    Parameters
    ----------
    rules, panel, signals, simulation
        What was run, and what came out.

    Returns
    -------
    tuple[str, ...]
        Sentences that name the symbols concerned, the first five of many.
    """
    found = [
        _ruin(panel, simulation),
        _adjusted(panel),
        _without_open(rules, panel),
        _without_range(panel, signals),
        _without_volume(rules, panel),
        _cut(simulation),
        _ended(panel, simulation),
    ]
    return tuple(note for note in found if note)


def _ruin(panel: Panel, simulation: Simulation) -> str | None:
    if not simulation.ruined:
        return None
    day = panel.clock["session"][int(np.argmax(simulation.equity <= 0))]
    return (
        f"The account was lost on {day}: equity fell to zero, everything was closed at the next "
        "fill and nothing was traded after."
    )


def _adjusted(panel: Panel) -> str | None:
    if not panel.adjusted:
        return None
    return (
        f"Prices of {_names(panel.adjusted)} were adjusted by their vendor: splits and dividends "
        "are in the prices and none are booked."
    )


def _without_open(rules: Rules, panel: Panel) -> str | None:
    if rules.fill != NEXT_OPEN:
        return None
    symbols = _lacking(panel, panel.open)
    return f"{_names(symbols)}: no opens, so orders fill at the next close." if symbols else None


def _without_range(panel: Panel, signals: SignalTables) -> str | None:
    levels = (signals.stop, signals.target, signals.trailing)
    if all(np.isnan(level).all() for level in levels):
        return None
    symbols = sorted({*_lacking(panel, panel.high), *_lacking(panel, panel.low)})
    if not symbols:
        return None
    return (
        f"{_names(symbols)}: no highs and lows, so stops and targets are checked at the close and "
        "leave at the next fill."
    )


def _without_volume(rules: Rules, panel: Panel) -> str | None:
    if rules.costs.impact <= 0:
        return None
    symbols = _lacking(panel, panel.volume)
    return f"{_names(symbols)}: no volumes, so no impact is charged." if symbols else None


def _cut(simulation: Simulation) -> str | None:
    if not simulation.cuts:
        return None
    many = "1 buy order" if simulation.cuts == 1 else f"{simulation.cuts} buy orders"
    return f"Cash ran short: {many} ended more than 1 % below the position aimed for."


def _ended(panel: Panel, simulation: Simulation) -> str | None:
    ends = last_bars(panel)
    still = simulation.trades.filter(pl.col("exit_bar").is_null())["instrument"].to_list()
    gone = [panel.symbols[i] for i in still if ends[i] < len(panel.clock) - 1]
    if not gone:
        return None
    return f"{_names(sorted(gone))}: bars end before the run does; held at the last close."


def _lacking(panel: Panel, table: Floats) -> list[str]:
    """Symbols of the columns without any value."""
    absent = np.broadcast_to(np.isnan(table).all(axis=0), (len(panel.symbols),))
    return sorted(panel.symbols[i] for i in np.flatnonzero(absent))


def _names(symbols: Sequence[str]) -> str:
    if len(symbols) <= _NAMED:
        return ", ".join(symbols)
    return f"{', '.join(symbols[:_NAMED])} and {len(symbols) - _NAMED} more"
