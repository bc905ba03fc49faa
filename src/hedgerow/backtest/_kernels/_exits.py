"""Stops, targets, trailing stops, conditions and time."""

from __future__ import annotations

import math

from hedgerow.backtest._codes import CONDITION, NONE, STOP, TARGET, TIME, TRAILING
from hedgerow.backtest._kernels._booking import fill, is_guarded
from hedgerow.backtest._kernels._columns import (
    AVERAGE,
    CLOSE_ENTRY,
    ENTRY_SEEN,
    GOAL,
    HELD,
    MAX_BARS,
    ORDER,
    PEAK,
    SEEN,
    SIDE,
    STOP_AT,
    TARGET_AT,
    TRAILING_AT,
    WANTED,
)
from hedgerow.backtest._kernels._jit import cell, part


@part
def levels(i, state):
    """Protective level with its reason, and target; in prices times the side, NaN where unset."""
    side, average = state[i, SIDE], state[i, AVERAGE]
    guard, reason = -math.inf, NONE
    if state[i, STOP_AT] > 0.0:
        guard, reason = side * average * (1.0 - side * state[i, STOP_AT]), STOP
    if state[i, TRAILING_AT] > 0.0:
        trail = side * state[i, PEAK] * (1.0 - side * state[i, TRAILING_AT])
        if reason == NONE or not has_reached(guard, trail):
            guard, reason = trail, TRAILING
    target = math.inf
    if state[i, TARGET_AT] > 0.0:
        target = side * average * (1.0 + side * state[i, TARGET_AT])
    return guard, reason, target


@part
def has_reached(price, level):
    """Whether a price is at or above a level, both times a side, within 1e-9."""
    return price >= level - abs(level) * 1e-9


@part
def exit_level(i, opened, high, low, state):
    """Price and reason of an exit inside the bar; reason NONE where none."""
    side = state[i, SIDE]
    guard, reason, target = levels(i, state)
    best, worst = (high, low) if side > 0.0 else (low, high)
    if reason != NONE and has_reached(-side * opened, -guard):
        return opened, reason
    if has_reached(side * opened, target):
        return opened, TARGET
    if reason != NONE and has_reached(-side * worst, -guard):
        return side * guard, reason
    if has_reached(side * best, target):
        return side * target, TARGET
    return 0.0, NONE


@part
def exit_inside(bar, open_, high, low, setup, state, account, fills, trades):
    for i in range(state.shape[0]):
        if state[i, HELD] == 0.0 or not is_guarded(i, state):
            continue
        o, h, low_ = cell(open_, bar, i), cell(high, bar, i), cell(low, bar, i)
        if math.isnan(o) or math.isnan(h) or math.isnan(low_):
            continue
        price, reason = exit_level(i, o, h, low_, state)
        side = state[i, SIDE]
        if reason == NONE:
            state[i, PEAK] = side * max(side * state[i, PEAK], side * (h if side > 0.0 else low_))
            continue
        quantity = -state[i, HELD]
        fill(bar, i, quantity, price, reason, 0.0, setup, state, account, fills, trades)
        if state[i, WANTED] == side:
            state[i, WANTED] = 0.0
        if state[i, GOAL] * side >= 0.0:
            state[i, ORDER] = NONE


@part
def closing_reason(bar, i, price, whole_bar, condition, setup, state):
    """Why a wanted position must close at its next fill; NONE where it need not."""
    side = state[i, SIDE]
    if not whole_bar and is_guarded(i, state) and state[i, CLOSE_ENTRY] != bar:
        guard, reason, target = levels(i, state)
        state[i, PEAK] = side * max(side * state[i, PEAK], side * price)
        if reason != NONE and has_reached(-side * price, -guard):
            return reason
        if has_reached(side * price, target):
            return TARGET
    if condition:
        return CONDITION
    if setup[MAX_BARS] > 0.0 and state[i, SEEN] - state[i, ENTRY_SEEN] > setup[MAX_BARS]:
        return TIME
    return NONE
