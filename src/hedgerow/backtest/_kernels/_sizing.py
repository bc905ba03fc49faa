"""How much of each name, and the orders that lead there."""

from __future__ import annotations

import math

from hedgerow.backtest._codes import (
    EQUAL_WEIGHT,
    FIXED_FRACTION,
    NONE,
    REBALANCE,
    SIGNAL,
    VOLATILITY_TARGET,
)
from hedgerow.backtest._kernels._columns import (
    CONFIDENCE,
    CUT,
    DUST,
    ENTERING,
    GOAL,
    GROSS,
    HELD,
    LAST,
    LOT,
    MAX_WEIGHT,
    MEMBER,
    ORDER,
    SHARE,
    SIZING,
    VOLATILITY,
    WAITING,
    WANTED,
    WEIGHT,
)
from hedgerow.backtest._kernels._jit import part, whole_lots


@part
def leave(i, reason, state, account):
    """Order out of a name that is not wanted; an order out that waits already stays."""
    if state[i, HELD] == 0.0:
        state[i, ORDER] = NONE
    elif state[i, ORDER] == NONE or state[i, GOAL] != 0.0:
        state[i, ORDER] = reason
        state[i, GOAL] = 0.0
        account[WAITING] = 1.0


@part
def place_order(i, shares, setup, state, account):
    goal = state[i, WANTED] * whole_lots(shares, setup[LOT])
    held = state[i, HELD]
    state[i, GOAL], state[i, CUT] = goal, 0.0
    if abs(goal - held) * state[i, LAST] < setup[DUST]:
        state[i, ORDER] = NONE
    else:
        state[i, ORDER] = SIGNAL if held == 0.0 or held * goal < 0.0 else REBALANCE
        account[WAITING] = 1.0


@part
def weigh(i, count, setup, state):
    if setup[SIZING] == EQUAL_WEIGHT:
        return setup[GROSS] / count * state[i, CONFIDENCE]
    weight = setup[MAX_WEIGHT]
    if state[i, VOLATILITY] > 0.0:
        weight = min(weight, setup[SHARE] / state[i, VOLATILITY] / count)
    return weight * state[i, CONFIDENCE]


@part
def is_active(i, setup, state):
    if state[i, WANTED] == 0.0:
        return False
    known = not math.isnan(state[i, VOLATILITY])
    return setup[SIZING] == EQUAL_WEIGHT or known


@part
def set_anew(equity, setup, state, account):
    """Sizes of all active names where the set changed, else of the names that changed side."""
    count, joined, turned, total = 0.0, False, False, 0.0
    for i in range(state.shape[0]):
        active = is_active(i, setup, state)
        count += 1.0 if active else 0.0
        joined |= active != (state[i, MEMBER] != 0.0)
        turned |= active and state[i, MEMBER] != state[i, WANTED]
    if not (joined or turned):
        return
    for i in range(state.shape[0]):
        if is_active(i, setup, state):
            state[i, WEIGHT] = weigh(i, count, setup, state)
            total += state[i, WEIGHT]
    too_much = setup[SIZING] == VOLATILITY_TARGET and total > setup[GROSS]
    for i in range(state.shape[0]):
        active = is_active(i, setup, state)
        if active and (joined or state[i, MEMBER] != state[i, WANTED]):
            weight = state[i, WEIGHT]
            if too_much:
                weight = weight * setup[GROSS] / total
            place_order(i, weight * equity / state[i, LAST], setup, state, account)
        state[i, MEMBER] = state[i, WANTED] if active else 0.0


@part
def enter(equity, setup, state, account):
    """Money for each name that enters, in the order of the panel, while there is room."""
    committed = 0.0
    for i in range(state.shape[0]):
        if state[i, WANTED] != 0.0 and state[i, ENTERING] == 0.0:
            shares = state[i, HELD] if state[i, ORDER] == NONE else state[i, GOAL]
            committed += abs(shares) * state[i, LAST]
    for i in range(state.shape[0]):
        if state[i, WANTED] == 0.0 or state[i, ENTERING] == 0.0:
            continue
        money = setup[SHARE] * state[i, CONFIDENCE]
        if setup[SIZING] == FIXED_FRACTION:
            money *= equity
        money = max(0.0, min(money, setup[GROSS] * equity - committed))
        shares = whole_lots(money / state[i, LAST], setup[LOT])
        if shares * state[i, LAST] < setup[DUST]:
            state[i, WANTED] = 0.0
            leave(i, SIGNAL, state, account)
        else:
            place_order(i, shares, setup, state, account)
            committed += shares * state[i, LAST]
