"""Against fills that another backtester made of the same prices."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from hedgerow.backtest import backtest
from hedgerow.risk import Costs
from hedgerow.strategies import SmaCross

# Entry and exit of each trade of a long-only crossing of the 10 and 30 day averages of GOOG
# 2004-08-19..2013-03-01 at the next open without costs, as backtesting.py 0.6.6 printed them.
# Left out: its first trade, which begins a bar late because it skips the first bar on which both
# averages are known, and its last, which it closes at the end of the data.
PUBLISHED = """
2004-12-21 186.31 2005-01-31 193.69
2005-02-08 196.96 2005-02-22 196.5
2005-04-08 193.69 2005-08-05 297.5
2005-09-09 297.28 2005-10-18 304.96
2005-10-25 345.78 2006-01-31 430.57
2006-04-03 389.53 2006-05-10 408.31
2006-06-15 386.62 2006-07-25 385.02
2006-09-08 376.72 2006-12-13 484.69
2007-01-12 501.99 2007-02-09 471.65
2007-03-30 462.1 2007-05-11 461.83
2007-05-30 484.5 2007-07-30 512.92
2007-09-04 515.02 2007-11-21 643.77
2007-12-06 697.8 2008-01-08 653
2008-04-07 477.03 2008-06-02 582.5
2008-08-20 494.72 2008-09-02 476.77
2008-12-17 318.64 2009-01-22 298.04
2009-01-30 344.69 2009-03-04 323.16
2009-03-26 353.13 2009-06-26 413.68
2009-07-21 430.94 2010-01-20 585.98
2010-03-08 564.78 2010-04-27 528.95
2010-06-24 479.66 2010-06-30 454.96
2010-07-22 483.23 2010-08-23 461.5
2010-09-20 492.5 2010-11-23 587.01
2010-12-21 598.57 2011-02-04 610.15
2011-02-15 627.32 2011-03-02 599.8
2011-07-11 528.18 2011-08-16 552.43
2011-09-20 549.4 2011-10-04 490.03
2011-10-18 580.19 2011-11-29 587.88
2011-12-08 621.04 2012-01-23 586
2012-02-17 604.97 2012-04-19 605.69
2012-05-22 613.44 2012-05-31 588.72
2012-07-10 590.19 2012-10-23 672.01
"""


def test_crossing_of_google_trades_where_it_was_published(shared_data: Path) -> None:
    prices = pl.read_csv(
        shared_data / "golden" / "backtesting_py" / "GOOG.csv", try_parse_dates=True
    ).rename({"": "date"})
    result = backtest(SmaCross(fast=10, slow=30), prices, costs=Costs.none(), benchmark=None)
    found = result.trades.slice(1, 32).select(
        pl.col("entry_at").dt.date(), "entry_price", pl.col("exit_at").dt.date(), "exit_price"
    )
    for mine, line in zip(found.rows(), PUBLISHED.strip().splitlines(), strict=True):
        entry, paid, exit_, got = line.split()
        assert mine[0] == dt.date.fromisoformat(entry)
        assert mine[2] == dt.date.fromisoformat(exit_)
        assert (mine[1], mine[3]) == pytest.approx((float(paid), float(got)))
