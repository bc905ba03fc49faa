"""The simulation in machine code; ``reference.py`` says the same plainly, and tests compare them.

The order of a bar, and the function that owns each step (rules in ``hedgerow.backtest``):

1. carry: borrow fee of the shorts held over night ``_borrow``; splits and dividends ``_actions``
2. orders that fill at the open ``_fill_waiting``
3. stops, targets and trailing stops inside the bar ``_exit_inside``
4. orders that fill at the close ``_fill_waiting``
5. mark to market ``_mark``
6. signals and exits known at the close ``_decide``, sizes and new orders ``_set_anew`` or ``_enter``

Every table is ``bars x instruments``, or has one row or one column where that says it all.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import float64, int8, int64, njit, types

from hedgerow.backtest._codes import (
    CONDITION,
    EQUAL_WEIGHT,
    FILL_COLUMNS,
    FIXED_FRACTION,
    NONE,
    REBALANCE,
    RUIN,
    SIGNAL,
    STOP,
    TARGET,
    TIME,
    TRADE_COLUMNS,
    TRAILING,
    VOLATILITY_TARGET,
)
from hedgerow.risk import costs, rounding

# ------------------------------------------------------------------ one formula, compiled here

# Parts are called from machine code only: no wrappers for Python, which halves compile time.
_part = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy")

FORMULAS = (
    costs.commission,
    costs.fill_price,
    costs.impact_fraction,
    costs.borrow_charge,
    costs.affordable,
    rounding.floor_to_lot,
    rounding.round_to_tick,
)
_commission, _moved, _impact, _fee, _affordable, _lots, _tick = (_part(f) for f in FORMULAS)

# ------------------------------------------------- columns of the state: a row per instrument

(
    HELD,  # signed shares
    AVERAGE,  # average fill price of the shares held
    LAST,  # last close known
    SEEN,  # bars of its own so far
    WANTED,  # side: -1, 0, +1
    CONFIDENCE,  # of the latest signal for the wanted side
    ENTERING,  # 1 where this bar's signal changed the wanted side
    MEMBER,  # side in the set that sizes were last set for
    WEIGHT,
    VOLATILITY,
    ORDER,  # reason of the waiting order; NONE where none waits
    GOAL,  # signed shares the waiting order leads to
    NEXT_STOP,  # fractions of the decision that wants to enter
    NEXT_TARGET,
    NEXT_TRAILING,
    STOP_AT,  # fractions of the position held; NaN where not set
    TARGET_AT,
    TRAILING_AT,
    PEAK,  # best price since entry, up to the previous bar
    CLOSE_ENTRY,  # bar at whose close the position was entered; -1 where at an open
    BLOCKED_BAR,  # bar of the last forced exit, and the side it left
    BLOCKED_SIDE,
    SIGMA,
    VOLUME,
    SIDE,  # of the trade under way
    ENTRY_BAR,
    ENTRY_SEEN,
    BASIS,  # today's shares for one share of the entry
    LARGEST,
    SHARES_IN,
    MONEY_IN,
    SHARES_OUT,
    MONEY_OUT,
    FLOW,
    COST,
) = range(35)
STATE_WIDTH = 35

# ------------------------------------------------------------- columns of the account and setup

(
    CASH,
    COMMISSION,
    SLIPPAGE,
    BORROW,
    DIVIDENDS,
    FILLS,  # written so far
    TRADES,
    GUARDED,  # positions with a stop, target or trailing stop
    WAITING,  # whether any order may be waiting
    RUINED,
) = range(10)
ACCOUNT_WIDTH = 10

(
    COMMISSION_BPS,
    PER_SHARE,
    MINIMUM,
    HALF_SPREAD,
    IMPACT,
    BORROW_ANNUAL,
    LOT,
    TICK,
    DUST,
    CAPITAL,
    SIZING,
    SHARE,  # annual, fraction or amount, by the sizing
    GROSS,
    MAX_WEIGHT,
    BOTH_SIDES,
    AT_OPEN,
    MAX_BARS,  # 0 where there is no time exit
) = range(17)
SETUP_WIDTH = 17


@_part
def _cell(table, bar, i):  # type: ignore[no-untyped-def]
    return table[min(bar, table.shape[0] - 1), min(i, table.shape[1] - 1)]


@_part
def _side(quantity):  # type: ignore[no-untyped-def]
    return 1.0 if quantity > 0.0 else -1.0 if quantity < 0.0 else 0.0


# ------------------------------------------------------------------------------ step 1: carry


@_part
def _borrow(days, setup, state, account):  # type: ignore[no-untyped-def]
    for i in range(state.shape[0]):
        if state[i, HELD] < 0.0:
            fee = _fee(setup[BORROW_ANNUAL], -state[i, HELD] * state[i, LAST], days)
            account[CASH] -= fee
            account[BORROW] += fee
            state[i, FLOW] -= fee
            state[i, COST] += fee


@_part
def _actions(first, last, instruments, ratios, dividends, state, account):  # type: ignore[no-untyped-def]
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


# ------------------------------------------------------------------------------------- booking


@_part
def _price(i, quantity, traded, setup, state):  # type: ignore[no-untyped-def]
    impact = _impact(setup[IMPACT], state[i, SIGMA], abs(quantity), state[i, VOLUME])
    moved = _moved(traded, _side(quantity), setup[HALF_SPREAD], impact)
    return _tick(moved, setup[TICK])


@_part
def _begin_trade(bar, i, side, price, at_close, state, account):  # type: ignore[no-untyped-def]
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
    if _guarded(i, state):
        account[GUARDED] += 1


@_part
def _guarded(i, state):  # type: ignore[no-untyped-def]
    return state[i, STOP_AT] > 0.0 or state[i, TARGET_AT] > 0.0 or state[i, TRAILING_AT] > 0.0


@_part
def _write_trade(i, exit_bar, price, reason, bars, state, account, trades):  # type: ignore[no-untyped-def]
    row = trades[int(account[TRADES])]
    row[0] = i
    row[1] = state[i, SIDE]
    row[2] = state[i, ENTRY_BAR]
    row[3] = exit_bar
    row[4] = state[i, LARGEST]
    row[5] = state[i, MONEY_IN] / state[i, SHARES_IN]
    row[6] = price
    row[7] = state[i, FLOW]
    row[8] = state[i, COST]
    row[9] = bars
    row[10] = reason
    account[TRADES] += 1


@_part
def _close_shares(bar, i, shares, price, paid, cost, reason, state, account, trades):  # type: ignore[no-untyped-def]
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
    _write_trade(i, float(bar), mean, reason, bars, state, account, trades)
    if _guarded(i, state):
        account[GUARDED] -= 1
    if STOP <= reason <= TIME:  # forced out: stop, target, trailing, condition or time
        state[i, BLOCKED_BAR] = bar
        state[i, BLOCKED_SIDE] = side


@_part
def _open_shares(i, side, shares, price, paid, cost, state):  # type: ignore[no-untyped-def]
    before = abs(state[i, HELD])
    state[i, AVERAGE] = (before * state[i, AVERAGE] + shares * price) / (before + shares)
    state[i, HELD] += side * shares
    state[i, FLOW] -= side * shares * price + paid
    state[i, COST] += cost
    state[i, SHARES_IN] += shares / state[i, BASIS]
    state[i, MONEY_IN] += shares * price
    state[i, LARGEST] = max(state[i, LARGEST], abs(state[i, HELD]) / state[i, BASIS])


@_part
def _fill(bar, i, quantity, traded, reason, at_close, setup, state, account, fills, trades):  # type: ignore[no-untyped-def]
    price = _price(i, quantity, traded, setup, state)
    size, side, held = abs(quantity), _side(quantity), state[i, HELD]
    paid = _commission(
        size * price, size, setup[COMMISSION_BPS], setup[PER_SHARE], setup[MINIMUM]
    )
    slipped = quantity * (price - traded)
    account[CASH] -= quantity * price + paid
    account[COMMISSION] += paid
    account[SLIPPAGE] += slipped
    row = fills[int(account[FILLS])]
    row[0], row[1], row[2], row[3] = bar, i, quantity, price
    row[4], row[5], row[6] = traded, paid, reason
    account[FILLS] += 1
    closing = min(size, abs(held)) if held * quantity < 0.0 else 0.0
    if closing > 0.0:
        part = closing / size
        cost = (paid + slipped) * part
        _close_shares(bar, i, closing, price, paid * part, cost, reason, state, account, trades)
    opening = size - closing
    if opening > 0.0:
        part = opening / size
        if state[i, HELD] == 0.0:
            _begin_trade(bar, i, side, price, at_close, state, account)
        _open_shares(i, side, opening, price, paid * part, (paid + slipped) * part, state)


# ------------------------------------------------------------------ steps 2 and 4: waiting orders


@_part
def _to_trade(held, goal, lot):  # type: ignore[no-untyped-def]
    if goal == 0.0:
        return -held
    if held * goal < 0.0:
        return _side(goal) * _lots(abs(goal), lot) - held
    return _side(goal - held) * _lots(abs(goal - held), lot)


@_part
def _fill_order(bar, i, traded, at_close, setup, state, account, fills, trades):  # type: ignore[no-untyped-def]
    reason, goal, held = state[i, ORDER], state[i, GOAL], state[i, HELD]
    state[i, ORDER] = NONE
    quantity = _to_trade(held, goal, setup[LOT])
    if setup[BOTH_SIDES] == 0.0 and quantity > 0.0:
        price = _price(i, quantity, traded, setup, state)
        most = _affordable(
            account[CASH], price, setup[COMMISSION_BPS], setup[PER_SHARE], setup[MINIMUM]
        )
        quantity = min(quantity, _lots(most, setup[LOT]))
    if abs(quantity) * traded >= setup[DUST] or (goal == 0.0 and held != 0.0):
        _fill(bar, i, quantity, traded, reason, at_close, setup, state, account, fills, trades)
    elif setup[SIZING] >= FIXED_FRACTION and held == 0.0:
        state[i, WANTED] = 0.0


@_part
def _fill_waiting(bar, prices, at_close, setup, state, account, fills, trades):  # type: ignore[no-untyped-def]
    account[WAITING] = 0.0
    for reducing in (True, False):
        for i in range(state.shape[0]):
            if state[i, ORDER] == NONE:
                continue
            traded = _cell(prices, bar, i)
            reduces = (state[i, GOAL] - state[i, HELD]) * state[i, HELD] < 0.0
            account[WAITING] = 1.0
            if not math.isnan(traded) and reduces == reducing:
                _fill_order(bar, i, traded, at_close, setup, state, account, fills, trades)


# ------------------------------------------------------------------ step 3: exits inside the bar


@_part
def _levels(i, state):  # type: ignore[no-untyped-def]
    """Protective level with its reason, and target; in prices times the side, NaN where unset."""
    side, average = state[i, SIDE], state[i, AVERAGE]
    guard, reason = -math.inf, NONE
    if state[i, STOP_AT] > 0.0:
        guard, reason = side * average * (1.0 - side * state[i, STOP_AT]), STOP
    if state[i, TRAILING_AT] > 0.0:
        trail = side * state[i, PEAK] * (1.0 - side * state[i, TRAILING_AT])
        if reason == NONE or not _reached(guard, trail):
            guard, reason = trail, TRAILING
    target = math.inf
    if state[i, TARGET_AT] > 0.0:
        target = side * average * (1.0 + side * state[i, TARGET_AT])
    return guard, reason, target


@_part
def _reached(price, level):  # type: ignore[no-untyped-def]
    """Whether a price is at or above a level, both times a side, within 1e-9."""
    return price >= level - abs(level) * 1e-9


@_part
def _exit_level(i, opened, high, low, state):  # type: ignore[no-untyped-def]
    """Price and reason of an exit inside the bar; reason NONE where none."""
    side = state[i, SIDE]
    guard, reason, target = _levels(i, state)
    best, worst = (high, low) if side > 0.0 else (low, high)
    if reason != NONE and _reached(-side * opened, -guard):
        return opened, reason
    if _reached(side * opened, target):
        return opened, TARGET
    if reason != NONE and _reached(-side * worst, -guard):
        return side * guard, reason
    if _reached(side * best, target):
        return side * target, TARGET
    return 0.0, NONE


@_part
def _exit_inside(bar, open_, high, low, setup, state, account, fills, trades):  # type: ignore[no-untyped-def]
    for i in range(state.shape[0]):
        if state[i, HELD] == 0.0 or not _guarded(i, state):
            continue
        o, h, low_ = _cell(open_, bar, i), _cell(high, bar, i), _cell(low, bar, i)
        if math.isnan(o) or math.isnan(h) or math.isnan(low_):
            continue
        price, reason = _exit_level(i, o, h, low_, state)
        side = state[i, SIDE]
        if reason == NONE:
            state[i, PEAK] = side * max(side * state[i, PEAK], side * (h if side > 0.0 else low_))
            continue
        quantity = -state[i, HELD]
        _fill(bar, i, quantity, price, reason, 0.0, setup, state, account, fills, trades)
        if state[i, WANTED] == side:
            state[i, WANTED] = 0.0
        if state[i, GOAL] * side >= 0.0:
            state[i, ORDER] = NONE


# ------------------------------------------------------------------------ step 5: mark to market


@_part
def _mark(bar, close, sigma, volume, volatility, state):  # type: ignore[no-untyped-def]
    gross, net = 0.0, 0.0
    for i in range(state.shape[0]):
        price = close[bar, i]
        if not math.isnan(price):
            state[i, LAST] = price
            state[i, SEEN] += 1
            state[i, SIGMA] = _cell(sigma, bar, i)
            state[i, VOLUME] = _cell(volume, bar, i)
            state[i, VOLATILITY] = _cell(volatility, bar, i)
        if state[i, HELD] != 0.0:
            value = state[i, HELD] * state[i, LAST]
            gross += abs(value)
            net += value
    return gross, net


# ---------------------------------------------------------------------- step 6: decide and order


@_part
def _read_signal(bar, i, signal, confidence, stop, target, trailing, setup, state):  # type: ignore[no-untyped-def]
    want = 1.0 if signal > 0 else -setup[BOTH_SIDES]
    wanted = state[i, WANTED]
    if want != 0.0 and want == state[i, BLOCKED_SIDE] and bar == state[i, BLOCKED_BAR]:
        return
    sure = _cell(confidence, bar, i)
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
        state[i, NEXT_STOP] = _cell(stop, bar, i)
        state[i, NEXT_TARGET] = _cell(target, bar, i)
        state[i, NEXT_TRAILING] = _cell(trailing, bar, i)


@_part
def _closing_reason(bar, i, price, whole_bar, condition, setup, state):  # type: ignore[no-untyped-def]
    """Why a wanted position must close at its next fill; NONE where it need not."""
    side = state[i, SIDE]
    if not whole_bar and _guarded(i, state) and state[i, CLOSE_ENTRY] != bar:
        guard, reason, target = _levels(i, state)
        state[i, PEAK] = side * max(side * state[i, PEAK], side * price)
        if reason != NONE and _reached(-side * price, -guard):
            return reason
        if _reached(side * price, target):
            return TARGET
    if condition:
        return CONDITION
    if setup[MAX_BARS] > 0.0 and state[i, SEEN] - state[i, ENTRY_SEEN] > setup[MAX_BARS]:
        return TIME
    return NONE


@_part
def _leave(i, reason, state, account):  # type: ignore[no-untyped-def]
    """Order out of a name that is not wanted; an order out that waits already stays."""
    if state[i, HELD] == 0.0:
        state[i, ORDER] = NONE
    elif state[i, ORDER] == NONE or state[i, GOAL] != 0.0:
        state[i, ORDER] = reason
        state[i, GOAL] = 0.0
        account[WAITING] = 1.0


@_part
def _order(i, shares, setup, state, account):  # type: ignore[no-untyped-def]
    goal = state[i, WANTED] * _lots(shares, setup[LOT])
    held = state[i, HELD]
    state[i, GOAL] = goal
    if abs(goal - held) * state[i, LAST] < setup[DUST]:
        state[i, ORDER] = NONE
    else:
        state[i, ORDER] = SIGNAL if held == 0.0 or held * goal < 0.0 else REBALANCE
        account[WAITING] = 1.0


@_part
def _weigh(i, count, setup, state):  # type: ignore[no-untyped-def]
    if setup[SIZING] == EQUAL_WEIGHT:
        return setup[GROSS] / count * state[i, CONFIDENCE]
    weight = setup[MAX_WEIGHT]
    if state[i, VOLATILITY] > 0.0:
        weight = min(weight, setup[SHARE] / state[i, VOLATILITY] / count)
    return weight * state[i, CONFIDENCE]


@_part
def _active(i, setup, state):  # type: ignore[no-untyped-def]
    if state[i, WANTED] == 0.0:
        return False
    known = not math.isnan(state[i, VOLATILITY])
    return setup[SIZING] == EQUAL_WEIGHT or known


@_part
def _set_anew(equity, setup, state, account):  # type: ignore[no-untyped-def]
    """Sizes of all active names where the set changed, else of the names that changed side."""
    count, joined, turned, total = 0.0, False, False, 0.0
    for i in range(state.shape[0]):
        active = _active(i, setup, state)
        count += 1.0 if active else 0.0
        joined |= active != (state[i, MEMBER] != 0.0)
        turned |= active and state[i, MEMBER] != state[i, WANTED]
    if not (joined or turned):
        return
    for i in range(state.shape[0]):
        if _active(i, setup, state):
            state[i, WEIGHT] = _weigh(i, count, setup, state)
            total += state[i, WEIGHT]
    too_much = setup[SIZING] == VOLATILITY_TARGET and total > setup[GROSS]
    for i in range(state.shape[0]):
        active = _active(i, setup, state)
        if active and (joined or state[i, MEMBER] != state[i, WANTED]):
            weight = state[i, WEIGHT]
            if too_much:
                weight = weight * setup[GROSS] / total
            _order(i, weight * equity / state[i, LAST], setup, state, account)
        state[i, MEMBER] = state[i, WANTED] if active else 0.0


@_part
def _enter(equity, setup, state, account):  # type: ignore[no-untyped-def]
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
        shares = _lots(money / state[i, LAST], setup[LOT])
        if shares * state[i, LAST] < setup[DUST]:
            state[i, WANTED] = 0.0
            _leave(i, SIGNAL, state, account)
        else:
            _order(i, shares, setup, state, account)
            committed += shares * state[i, LAST]


@_part
def _liquidate(state, account):  # type: ignore[no-untyped-def]
    account[RUINED] = account[WAITING] = 1.0
    for i in range(state.shape[0]):
        state[i, WANTED] = 0.0
        state[i, GOAL] = 0.0
        state[i, ORDER] = RUIN if state[i, HELD] != 0.0 else NONE


@_part
def _decide(  # type: ignore[no-untyped-def]
    bar, equity, open_, high, low, close, signals, confidence, stop, target, trailing, exit_when,
    setup, state, account,
):  # fmt: skip
    if account[RUINED] > 0.0:
        return
    if equity <= 0.0:
        _liquidate(state, account)
        return
    entering = False
    for i in range(state.shape[0]):
        state[i, ENTERING] = 0.0
        price = close[bar, i]
        if math.isnan(price):
            continue
        signal = signals[bar, i]
        if signal != 0:
            _read_signal(bar, i, signal, confidence, stop, target, trailing, setup, state)
        reason = SIGNAL
        if state[i, WANTED] * state[i, HELD] > 0.0:
            whole = not (
                math.isnan(_cell(open_, bar, i))
                or math.isnan(_cell(high, bar, i))
                or math.isnan(_cell(low, bar, i))
            )
            condition = _cell(exit_when, bar, i) != 0
            reason = _closing_reason(bar, i, price, whole, condition, setup, state)
            if reason != NONE:
                state[i, WANTED] = 0.0
        if state[i, WANTED] == 0.0:
            _leave(i, reason, state, account)
        entering |= state[i, ENTERING] > 0.0
    if setup[SIZING] < FIXED_FRACTION:
        _set_anew(equity, setup, state, account)
    elif entering:
        _enter(equity, setup, state, account)


# ------------------------------------------------------------------------------- the whole run


@_part
def _larger(table, wanted):  # type: ignore[no-untyped-def]
    larger = np.empty((2 * table.shape[0] + wanted, table.shape[1]))
    for row in range(table.shape[0]):  # a slice here would add half a second of compiling
        for column in range(table.shape[1]):
            larger[row, column] = table[row, column]
    return larger


def _build(stamp: int) -> Callable[..., Any]:
    """Simulation over a panel.

    ``stamp`` is captured only because the cache of compiled code asks what a function captures:
    a formula changed in another file then compiles again.
    """

    def simulate(  # type: ignore[no-untyped-def]
        open_, high, low, close, event_start, event_instrument, ratio, dividend, days,
        sigma, volume, volatility, signals, confidence, stop, target, trailing, exit_when, setup,
    ):  # fmt: skip
        bars, count = close.shape
        state = np.zeros((count, STATE_WIDTH + 0 * stamp))
        for i in range(count):
            state[i, SIGMA] = state[i, VOLUME] = state[i, VOLATILITY] = math.nan
            state[i, BLOCKED_BAR] = -1.0
        account = np.zeros(ACCOUNT_WIDTH)
        account[CASH] = setup[CAPITAL]
        curve = np.empty((bars, 4))
        fills = np.empty((1024 + 2 * count, len(FILL_COLUMNS)))
        trades = np.empty((1024 + 2 * count, len(TRADE_COLUMNS)))
        for bar in range(bars):
            if account[FILLS] + 2 * count > fills.shape[0]:
                fills = _larger(fills, 2 * count)
            if account[TRADES] + 2 * count > trades.shape[0]:
                trades = _larger(trades, 2 * count)
            if setup[BORROW_ANNUAL] > 0.0 and days[bar] > 0.0:
                _borrow(days[bar], setup, state, account)
            if event_start[bar + 1] > event_start[bar]:
                _actions(
                    event_start[bar], event_start[bar + 1], event_instrument, ratio, dividend,
                    state, account,
                )  # fmt: skip
            if setup[AT_OPEN] > 0.0 and account[WAITING] > 0.0:
                _fill_waiting(bar, open_, 0.0, setup, state, account, fills, trades)
            if account[GUARDED] > 0.0:
                _exit_inside(bar, open_, high, low, setup, state, account, fills, trades)
            if account[WAITING] > 0.0:
                _fill_waiting(bar, close, 1.0, setup, state, account, fills, trades)
            gross, net = _mark(bar, close, sigma, volume, volatility, state)
            equity = account[CASH] + net
            curve[bar, 0], curve[bar, 1], curve[bar, 2], curve[bar, 3] = (
                equity, account[CASH], gross, net,
            )  # fmt: skip
            _decide(
                bar, equity, open_, high, low, close, signals, confidence, stop, target,
                trailing, exit_when, setup, state, account,
            )  # fmt: skip
        for i in range(count):
            if state[i, HELD] != 0.0:
                state[i, FLOW] += state[i, HELD] * state[i, LAST]
                price = state[i, LAST] * state[i, BASIS]
                held = state[i, SEEN] - 1 - state[i, ENTRY_SEEN]
                _write_trade(i, -1.0, price, NONE, held, state, account, trades)
        return curve, fills, trades, account

    return simulate


_TABLE = float64[:, ::1]
_SIGNATURE = types.Tuple((_TABLE, _TABLE, _TABLE, float64[::1]))(
    *[_TABLE] * 4,
    int64[::1],
    int64[::1],
    *[float64[::1]] * 3,
    *[_TABLE] * 3,
    int8[:, ::1],
    *[_TABLE] * 4,
    int8[:, ::1],
    float64[::1],
)


def _stamp() -> int:
    text = "".join(f"{f.__code__.co_code!r}{f.__code__.co_consts!r}" for f in FORMULAS)
    return zlib.crc32(text.encode())


simulate = njit(_SIGNATURE, cache=True, nogil=True, error_model="numpy")(_build(_stamp()))
