"""Backtests: signals over past bars through one account.

The order of things in a bar *t*, for kernel and reference alike:

1. **Carry.** Short positions pay borrow for the calendar days since the previous bar's session,
   on their value at the last close. Then splits with an ex-date on the bar multiply shares, and
   waiting orders with them, and divide average cost and best price; then dividends are paid on
   the shares held (short positions pay them). Stops are not moved by dividends.
2. **Orders at the open** (``next_open``). Every waiting order whose instrument has an open fills
   there. Orders that reduce a position go first, then the rest, each in the order of
   ``instrument_id``. In a long-only run a buy is cut to the cash at hand, commission included, at
   the price of the whole order. While a sale still waits for its own price, the rest of a buy
   waits with it: at this bar's close and at each later price of its name it buys what cash pays,
   the last time where no sale waits any more. What cash cannot pay then is not bought later.
3. **Inside the bar**, where it has open, high and low, for positions held since an earlier fill or
   this bar's open: the protective level is the higher of stop and trailing stop (for a long
   position). At the open: beyond the protective level, or else beyond the target, leaves at the
   open. Then the protective level, if the bar reaches it, else the target, each at its level. So
   where stop and target fall in one bar the stop wins, unless the bar opens beyond the target.
   The trailing stop follows the best price up to the previous bar.
4. **Orders at the close.** Waiting orders fill at the close: all of them for ``next_close``, and
   for ``next_open`` those of instruments without an open, and what is left of buys (step 2).
   Sales go first here too: they pay for what the same bar's open could not.
5. **Mark to market** at the close, the last one known where the bar is missing.
6. **Decide.** Signals of *t* give each instrument a wanted side; what they want is sized on the
   equity and the closes of *t* and becomes orders for the next bar of each instrument. A newer
   decision replaces a waiting order. Nothing decided on the last bar is filled.

Signals. +1 wants a long position; -1 wants none (``long``) or a short one (``long_short``); 0 and
null keep. A side once wanted stays wanted until a signal or an exit ends it. A signal of
confidence zero closes an opposite position and opens none. Confidence of the latest signal for the
wanted side counts.

Exits. Stop and target are fractions of the average entry price (fill prices, spread included);
trailing of the best price since entry. All three are read at the bar whose signal opened the
position. ``exit_when`` and ``max_bars`` are looked at in step 6 and leave at the next fill:
``max_bars`` at the close of the that-many-th bar of its own after the entry's bar. On a bar without
high and low the levels are compared with the close in step 6 and leave at the next fill. After any
such exit the same side is wanted again only by a signal of a bar later than the one of the exit's
fill. Reaching a level means within 1e-9 of it. A position closes in full whatever the lot.

Sizes. See ``hedgerow.risk.sizing``. A re-setting sizing orders every active name anew when a name
joins or leaves, and a name alone when it changes side; an entry it could not place stays wanted.
An entry sizing that finds no room, or an order of it that cash cannot pay at all, lapses: the
next signal asks again. Orders worth less than 1e-9 of the capital are not placed. If equity falls
to zero, everything closes at the next fill and nothing opens again. A note counts the buys that
ended more than 1 % below the position they led to because cash was short.

Every fill, stops and targets included, pays half the spread, impact and commission.
"""

import sys
from types import ModuleType

from hedgerow.backtest._backtest import backtest
from hedgerow.backtest.metrics import Metrics, measure
from hedgerow.backtest.result import Result
from hedgerow.backtest.simulate import warm_up

__all__ = ["Metrics", "Result", "backtest", "measure", "warm_up"]


class _Room(ModuleType):
    """The package, callable as the function it is named after.

    ``hedgerow.backtest`` is both: once the package is imported, Python makes its name an
    attribute of ``hedgerow``, whatever function that name stood for.
    """

    __call__ = staticmethod(backtest)


sys.modules[__name__].__class__ = _Room
