"""Columns of the tables that the simulation keeps while it runs."""

from __future__ import annotations

# The state: one row per instrument.
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
    CUT,  # 1 where cash has left the waiting order well short of its goal
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
) = range(36)
STATE_WIDTH = 36

# The account: one row.
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
    CUTS,  # orders done with that cash left well short
) = range(11)
ACCOUNT_WIDTH = 11

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
