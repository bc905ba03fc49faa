"""Fills: what they cost, and the trades they make."""

from __future__ import annotations

from hedgerow.backtest._codes import STOP, TIME
from hedgerow.backtest._kernels._columns import (
    AVERAGE,
    BASIS,
    BLOCKED_BAR,
    BLOCKED_SIDE,
    CASH,
    CLOSE_ENTRY,
    COMMISSION,
    COMMISSION_BPS,
    COST,
    ENTRY_BAR,
    ENTRY_SEEN,
    FILLS,
    FLOW,
    GUARDED,
    HALF_SPREAD,
    HELD,
    IMPACT,
    LARGEST,
    MINIMUM,
    MONEY_IN,
    MONEY_OUT,
    NEXT_STOP,
    NEXT_TARGET,
    NEXT_TRAILING,
    PEAK,
    PER_SHARE,
    SEEN,
    SHARES_IN,
    SHARES_OUT,
    SIDE,
    SIGMA,
    SLIPPAGE,
    STOP_AT,
    TARGET_AT,
    TICK,
    TRADES,
    TRAILING_AT,
    VOLUME,
)
from hedgerow.backtest._kernels._jit import (
    commission,
    impact_of,
    moved_price,
    on_tick,
    part,
    side_of,
)


@part
def paid_price(i, quantity, traded, setup, state):
    impact = impact_of(setup[IMPACT], state[i, SIGMA], abs(quantity), state[i, VOLUME])
    moved = moved_price(traded, side_of(quantity), setup[HALF_SPREAD], impact)
    return on_tick(moved, setup[TICK])


@part
def begin_trade(bar, i, side, price, at_close, state, account):
    state[i, SIDE] = side
    state[i, ENTRY_BAR] = bar
    state[i, ENTRY_SEEN] = state[i, SEEN]
    state[i, CLOSE_ENTRY] = bar if at_close > 0.0 else -1
    state[i, BASIS] = 1.0
    for column in range(LARGEST, COST + 1):
        state[i, column] = 0.0
    state[i, AVERAGE] = price
    state[i, PEAK] = price
    state[i, STOP_AT] = state[i, NEXT_STOP]
    state[i, TARGET_AT] = state[i, NEXT_TARGET]
    state[i, TRAILING_AT] = state[i, NEXT_TRAILING]
    if is_guarded(i, state):
        account[GUARDED] += 1


@part
def is_guarded(i, state):
    return state[i, STOP_AT] > 0.0 or state[i, TARGET_AT] > 0.0 or state[i, TRAILING_AT] > 0.0


@part
def write_trade(i, exit_bar, price, reason, bars, state, account, trades):
    row = int(account[TRADES])
    trades[row, 0] = i
    trades[row, 1] = state[i, SIDE]
    trades[row, 2] = state[i, ENTRY_BAR]
    trades[row, 3] = exit_bar
    trades[row, 4] = state[i, LARGEST]
    trades[row, 5] = state[i, MONEY_IN] / state[i, SHARES_IN]
    trades[row, 6] = price
    trades[row, 7] = state[i, FLOW]
    trades[row, 8] = state[i, COST]
    trades[row, 9] = bars
    trades[row, 10] = reason
    account[TRADES] += 1


@part
def close_shares(bar, i, shares, price, paid, cost, reason, state, account, trades):
    side = state[i, SIDE]
    state[i, FLOW] += side * shares * price - paid
    state[i, COST] += cost
    state[i, SHARES_OUT] += shares / state[i, BASIS]
    state[i, MONEY_OUT] += shares * price
    if shares < abs(state[i, HELD]):
        state[i, HELD] -= side * shares
        return
    state[i, HELD] = 0.0
    mean = state[i, MONEY_OUT] / state[i, SHARES_OUT]
    bars = state[i, SEEN] - state[i, ENTRY_SEEN]
    write_trade(i, float(bar), mean, reason, bars, state, account, trades)
    if is_guarded(i, state):
        account[GUARDED] -= 1
    if STOP <= reason <= TIME:  # forced out: stop, target, trailing, condition or time
        state[i, BLOCKED_BAR] = bar
        state[i, BLOCKED_SIDE] = side


@part
def open_shares(i, side, shares, price, paid, cost, state):
    before = abs(state[i, HELD])
    state[i, AVERAGE] = (before * state[i, AVERAGE] + shares * price) / (before + shares)
    state[i, HELD] += side * shares
    state[i, FLOW] -= side * shares * price + paid
    state[i, COST] += cost
    state[i, SHARES_IN] += shares / state[i, BASIS]
    state[i, MONEY_IN] += shares * price
    state[i, LARGEST] = max(state[i, LARGEST], abs(state[i, HELD]) / state[i, BASIS])


@part
def fill(bar, i, quantity, traded, reason, at_close, setup, state, account, fills, trades):
    price = paid_price(i, quantity, traded, setup, state)
    size, side, held = abs(quantity), side_of(quantity), state[i, HELD]
    paid = commission(size * price, size, setup[COMMISSION_BPS], setup[PER_SHARE], setup[MINIMUM])
    slipped = quantity * (price - traded)
    account[CASH] -= quantity * price + paid
    account[COMMISSION] += paid
    account[SLIPPAGE] += slipped
    row = int(account[FILLS])
    fills[row, 0], fills[row, 1], fills[row, 2], fills[row, 3] = bar, i, quantity, price
    fills[row, 4], fills[row, 5], fills[row, 6] = traded, paid, reason
    account[FILLS] += 1
    closing = min(size, abs(held)) if held * quantity < 0.0 else 0.0
    if closing > 0.0:
        part = closing / size
        cost = (paid + slipped) * part
        close_shares(bar, i, closing, price, paid * part, cost, reason, state, account, trades)
    opening = size - closing
    if opening > 0.0:
        part = opening / size
        if state[i, HELD] == 0.0:
            begin_trade(bar, i, side, price, at_close, state, account)
        open_shares(i, side, opening, price, paid * part, (paid + slipped) * part, state)
