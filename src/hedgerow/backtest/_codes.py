"""Codes and columns that the kernel and its callers share."""

from __future__ import annotations

# Why a fill happened; the code is the place in the tuple. Codes are floats because they live in
# tables of floats, and one type means one compilation.
REASONS = (
    "none",
    "signal",
    "rebalance",
    "stop",
    "target",
    "trailing",
    "condition",
    "time",
    "ruin",
)
NONE, SIGNAL, REBALANCE, STOP, TARGET, TRAILING, CONDITION, TIME, RUIN = map(
    float, range(len(REASONS))
)

# Columns of a fill: bar, instrument, signed shares, price, price that traded, commission, reason.
FILL_COLUMNS = ("bar", "instrument", "quantity", "price", "reference", "commission", "reason")

# Columns of a trade; bars are places on the panel's clock, exit bar -1 while the trade is open.
TRADE_COLUMNS = (
    "instrument",
    "side",
    "entry_bar",
    "exit_bar",
    "quantity",
    "entry_price",
    "exit_price",
    "pnl",
    "costs",
    "bars_held",
    "reason",
)

# Columns of the account's curve.
CURVE_COLUMNS = ("equity", "cash", "gross", "net")

# A buy that cash leaves short by more than this fraction of the position is counted; the dust
# keeps rounding from deciding a tie.
SHORT_OF_GOAL = 0.01 + 1e-9

EQUAL_WEIGHT, VOLATILITY_TARGET, FIXED_FRACTION, FIXED_AMOUNT = range(4)
