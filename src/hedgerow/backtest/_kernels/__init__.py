"""The simulation in machine code; ``reference.py`` says the same plainly, and tests compare them.

The order of a bar, and the function that owns each step (rules in ``hedgerow.backtest``):

1. carry: borrow fee of the shorts held since the last bar ``borrow``, splits and dividends
   ``actions``
2. orders that fill at the open ``fill_waiting``
3. stops, targets and trailing stops inside the bar ``exit_inside``
4. orders that fill at the close ``fill_waiting``
5. mark to market ``mark``
6. signals and exits known at the close ``decide``; sizes and new orders ``set_anew`` or ``enter``

Every table is ``bars x instruments``, or has one row or one column where that says it all.
Nothing is allocated while it runs: it stops at a bar where a list may not have room, and goes
on from there with larger lists.
"""

from hedgerow.backtest._kernels import _columns as columns
from hedgerow.backtest._kernels._run import simulate

__all__ = ["columns", "simulate"]
