"""The whole run, bar by bar."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from numba import float64, int8, int64, njit

from hedgerow.backtest import _codes
from hedgerow.backtest._codes import NONE
from hedgerow.backtest._kernels._bar import actions, borrow, decide, mark
from hedgerow.backtest._kernels._booking import write_trade
from hedgerow.backtest._kernels._columns import (
    AT_OPEN,
    BASIS,
    BORROW_ANNUAL,
    CASH,
    CUT,
    CUTS,
    ENTRY_SEEN,
    FILLS,
    FLOW,
    GOAL,
    GUARDED,
    HELD,
    LAST,
    ORDER,
    SEEN,
    TRADES,
    WAITING,
)
from hedgerow.backtest._kernels._exits import exit_inside
from hedgerow.backtest._kernels._orders import fill_waiting
from hedgerow.risk import costs, rounding


def sources() -> list[Path]:
    """Files that the compiled code is made of."""
    others = [_codes.__file__, costs.__file__, rounding.__file__]
    return [*sorted(Path(__file__).parent.glob("*.py")), *map(Path, others)]


def _fingerprint() -> int:
    return zlib.crc32(b"".join(file.read_bytes() for file in sources()))


def _build(fingerprint: int) -> Callable[..., Any]:
    """The simulation over a panel; returns the bar to go on from with larger lists.

    numba looks for changes in the file of the compiled function alone, and at what the function
    captures. It captures the fingerprint, so that a part changed in another file compiles anew.
    """

    def simulate(
        first, open_, high, low, close, event_start, event_instrument, ratio, dividend, days,
        sigma, volume, volatility, signals, confidence, stop, target, trailing, exit_when, setup,
        state, account, curve, fills, trades,
    ):  # fmt: skip
        bars, count = close.shape
        for bar in range(first, bars):
            if account[FILLS] + 2 * count > fills.shape[0]:
                return bar
            if account[TRADES] + 3 * count > trades.shape[0]:
                return bar
            if setup[BORROW_ANNUAL] > 0.0 and days[bar] > 0.0:
                borrow(days[bar], setup, state, account)
            if event_start[bar + 1] > event_start[bar]:
                actions(
                    event_start[bar], event_start[bar + 1], event_instrument, ratio, dividend,
                    state, account,
                )  # fmt: skip
            if setup[AT_OPEN] > 0.0 and account[WAITING] > 0.0:
                fill_waiting(bar, open_, 0.0, setup, state, account, fills, trades)
            if account[GUARDED] > 0.0:
                exit_inside(bar, open_, high, low, setup, state, account, fills, trades)
            if account[WAITING] > 0.0:
                fill_waiting(bar, close, 1.0, setup, state, account, fills, trades)
            gross, net = mark(bar, close, sigma, volume, volatility, state)
            equity = account[CASH] + net
            curve[bar, 0], curve[bar, 1], curve[bar, 2], curve[bar, 3] = (
                equity, account[CASH], gross, net,
            )  # fmt: skip
            decide(
                bar, equity, open_, high, low, close, signals, confidence, stop, target,
                trailing, exit_when, setup, state, account,
            )  # fmt: skip
        for i in range(count):  # what waits and what is open still, at the last price
            if state[i, ORDER] != NONE and state[i, GOAL] > state[i, HELD]:
                account[CUTS] += state[i, CUT]
            if state[i, HELD] != 0.0:
                state[i, FLOW] += state[i, HELD] * state[i, LAST]
                price = state[i, LAST] * state[i, BASIS]
                held = state[i, SEEN] - 1 - state[i, ENTRY_SEEN]
                write_trade(i, -1.0, price, NONE, held, state, account, trades)
        return bars + 0 * fingerprint

    return simulate


_TABLE = float64[:, ::1]
_SIGNATURE = int64(
    int64,
    *[_TABLE] * 4,
    int64[::1],
    int64[::1],
    *[float64[::1]] * 3,
    *[_TABLE] * 3,
    int8[:, ::1],
    *[_TABLE] * 4,
    int8[:, ::1],
    float64[::1],
    _TABLE,
    float64[::1],
    *[_TABLE] * 3,
)


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    options: Any = {"nogil": True, "error_model": "numpy", "_nrt": False}
    try:
        compiled = njit(_SIGNATURE, cache=True, **options)(function)
    except RuntimeError:  # nowhere to keep the compiled code: compile in every process
        compiled = njit(_SIGNATURE, **options)(function)
    return cast("Callable[..., Any]", compiled)


simulate = _compile(_build(_fingerprint()))
