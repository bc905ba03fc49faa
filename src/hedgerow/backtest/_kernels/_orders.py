"""Orders that wait for the next bar, and how much of them is filled."""

from __future__ import annotations

import math

from hedgerow.backtest._codes import FIXED_FRACTION, NONE, SHORT_OF_GOAL
from hedgerow.backtest._kernels._booking import fill, paid_price
from hedgerow.backtest._kernels._columns import (
    BOTH_SIDES,
    CASH,
    COMMISSION_BPS,
    CUT,
    CUTS,
    DUST,
    GOAL,
    HELD,
    LOT,
    MINIMUM,
    ORDER,
    PER_SHARE,
    SIZING,
    WAITING,
    WANTED,
)
from hedgerow.backtest._kernels._jit import affordable, cell, part, side_of, whole_lots


@part
def to_trade(held, goal, lot):
    if goal == 0.0:
        return -held
    if held * goal < 0.0:
        return side_of(goal) * whole_lots(abs(goal), lot) - held
    return side_of(goal - held) * whole_lots(abs(goal - held), lot)


@part
def fill_order(bar, i, traded, at_close, sale_waits, setup, state, account, fills, trades):
    reason, goal, held = state[i, ORDER], state[i, GOAL], state[i, HELD]
    state[i, ORDER], state[i, CUT] = NONE, 0.0
    asked = quantity = to_trade(held, goal, setup[LOT])
    if setup[BOTH_SIDES] == 0.0 and quantity > 0.0:
        price = paid_price(i, quantity, traded, setup, state)
        most = affordable(
            account[CASH], price, setup[COMMISSION_BPS], setup[PER_SHARE], setup[MINIMUM]
        )
        quantity = min(quantity, whole_lots(most, setup[LOT]))
        state[i, CUT] = 1.0 if asked - quantity > goal * SHORT_OF_GOAL else 0.0
    waits = sale_waits and (asked - quantity) * traded >= setup[DUST]
    if waits:
        state[i, ORDER] = reason
    else:
        account[CUTS] += state[i, CUT]
    if abs(quantity) * traded >= setup[DUST] or (goal == 0.0 and held != 0.0):
        fill(bar, i, quantity, traded, reason, at_close, setup, state, account, fills, trades)
    elif setup[SIZING] >= FIXED_FRACTION and held == 0.0 and not waits:
        state[i, WANTED] = 0.0


@part
def fill_waiting(bar, prices, at_close, setup, state, account, fills, trades):
    account[WAITING], sale_waits = 0.0, False
    for reducing in (True, False):
        for i in range(state.shape[0]):
            if state[i, ORDER] == NONE:
                continue
            traded = cell(prices, bar, i)
            reduces = (state[i, GOAL] - state[i, HELD]) * state[i, HELD] < 0.0
            account[WAITING] = 1.0
            if math.isnan(traded):
                sale_waits |= reduces
            elif reduces == reducing:
                fill_order(
                    bar, i, traded, at_close, sale_waits, setup, state, account, fills, trades
                )
