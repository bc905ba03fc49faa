"""One bar outside its fills: carry, marking and deciding."""

from __future__ import annotations

import math

from hedgerow.backtest._codes import FIXED_FRACTION, NONE, RUIN, SIGNAL
from hedgerow.backtest._kernels._columns import (
    AVERAGE,
    BASIS,
    BLOCKED_BAR,
    BLOCKED_SIDE,
    BORROW,
    BORROW_ANNUAL,
    BOTH_SIDES,
    CASH,
    CONFIDENCE,
    COST,
    DIVIDENDS,
    ENTERING,
    FLOW,
    GOAL,
    HELD,
    LAST,
    NEXT_STOP,
    NEXT_TARGET,
    NEXT_TRAILING,
    ORDER,
    PEAK,
    RUINED,
    SEEN,
    SIGMA,
    SIZING,
    VOLATILITY,
    VOLUME,
    WAITING,
    WANTED,
)
from hedgerow.backtest._kernels._exits import closing_reason
from hedgerow.backtest._kernels._jit import borrow_fee, cell, part
from hedgerow.backtest._kernels._sizing import enter, leave, set_anew


@part
def borrow(days, setup, state, account):
    for i in range(state.shape[0]):
        if state[i, HELD] < 0.0:
            fee = borrow_fee(setup[BORROW_ANNUAL], -state[i, HELD] * state[i, LAST], days)
            account[CASH] -= fee
            account[BORROW] += fee
            state[i, FLOW] -= fee
            state[i, COST] += fee


@part
def actions(first, last, instruments, ratios, dividends, state, account):
    for k in range(first, last):
        i, ratio = instruments[k], ratios[k]
        state[i, HELD] *= ratio
        state[i, GOAL] *= ratio
        state[i, BASIS] *= ratio
        state[i, VOLUME] *= ratio
        state[i, AVERAGE] /= ratio
        state[i, PEAK] /= ratio
        state[i, LAST] /= ratio
        paid = state[i, HELD] * dividends[k]
        account[CASH] += paid
        account[DIVIDENDS] += paid
        state[i, FLOW] += paid


@part
def mark(bar, close, sigma, volume, volatility, state):
    gross, net = 0.0, 0.0
    for i in range(state.shape[0]):
        price = close[bar, i]
        if not math.isnan(price):
            state[i, LAST] = price
            state[i, SEEN] += 1
            state[i, SIGMA] = cell(sigma, bar, i)
            state[i, VOLUME] = cell(volume, bar, i)
            state[i, VOLATILITY] = cell(volatility, bar, i)
        if state[i, HELD] != 0.0:
            value = state[i, HELD] * state[i, LAST]
            gross += abs(value)
            net += value
    return gross, net


@part
def read_signal(bar, i, signal, confidence, stop, target, trailing, setup, state):
    want = 1.0 if signal > 0 else -setup[BOTH_SIDES]
    wanted = state[i, WANTED]
    if want != 0.0 and want == state[i, BLOCKED_SIDE] and bar == state[i, BLOCKED_BAR]:
        return
    sure = cell(confidence, bar, i)
    if want == wanted:
        if want != 0.0 and sure > 0.0:
            state[i, CONFIDENCE] = sure
        return
    if want != 0.0 and not sure > 0.0:
        want = 0.0
    state[i, WANTED] = want
    if want != 0.0:
        state[i, CONFIDENCE] = sure
        state[i, ENTERING] = 1.0
        state[i, NEXT_STOP] = cell(stop, bar, i)
        state[i, NEXT_TARGET] = cell(target, bar, i)
        state[i, NEXT_TRAILING] = cell(trailing, bar, i)


@part
def liquidate(state, account):
    account[RUINED] = account[WAITING] = 1.0
    for i in range(state.shape[0]):
        state[i, WANTED] = 0.0
        state[i, GOAL] = 0.0
        state[i, ORDER] = RUIN if state[i, HELD] != 0.0 else NONE


@part
def decide(
    bar, equity, open_, high, low, close, signals, confidence, stop, target, trailing, exit_when,
    setup, state, account,
):  # fmt: skip
    if account[RUINED] > 0.0:
        return
    if equity <= 0.0:
        liquidate(state, account)
        return
    entering = False
    for i in range(state.shape[0]):
        state[i, ENTERING] = 0.0
        price = close[bar, i]
        if math.isnan(price):
            continue
        signal = signals[bar, i]
        if signal != 0:
            read_signal(bar, i, signal, confidence, stop, target, trailing, setup, state)
        reason = SIGNAL
        if state[i, WANTED] * state[i, HELD] > 0.0:
            whole = not (
                math.isnan(cell(open_, bar, i))
                or math.isnan(cell(high, bar, i))
                or math.isnan(cell(low, bar, i))
            )
            condition = cell(exit_when, bar, i) != 0
            reason = closing_reason(bar, i, price, whole, condition, setup, state)
            if reason != NONE:
                state[i, WANTED] = 0.0
        if state[i, WANTED] == 0.0:
            leave(i, reason, state, account)
        entering |= state[i, ENTERING] > 0.0
    if setup[SIZING] < FIXED_FRACTION:
        set_anew(equity, setup, state, account)
    elif entering:
        enter(equity, setup, state, account)
