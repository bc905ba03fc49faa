"""When and at what price orders fill, by hand."""

from __future__ import annotations

import pytest
from tests.backtest.builders import fills, panel, run, signals

from hedgerow.risk import Costs, EqualWeight, FixedFraction


def approx(value: float) -> object:
    return pytest.approx(value, rel=0, abs=1e-6)


# ------------------------------------------------------------------------------------ Regression


def test_fills_at_the_next_open_with_the_cash_at_hand() -> None:
    made = panel([10, 10, 12, 12], open=[9, 11, 12, 13])
    done = run(made, signals(made, [1, 0, -1, 0]))
    # 100 shares were decided on at 10; at 11 the cash pays for 90.909091.
    assert fills(done) == [
        (1, 0, 90.909091, 11, "signal"),
        (3, 0, -90.909091, 13, "signal"),
    ]
    assert done.equity.tolist() == approx([1000, 909.0909090909, 1090.9090909091, 1181.8181818182])
    assert done.trades.row(0)[2:] == (
        1, 3, approx(1000 / 11), 11, 13, approx(181.8181818182), 0, 2, "signal",
    )  # fmt: skip


def test_fills_at_the_next_close() -> None:
    made = panel([10, 10, 12, 12], open=[9, 11, 12, 13])
    done = run(made, signals(made, [1, 0, -1, 0]), fill="next_close")
    assert fills(done) == [(1, 0, 100, 10, "signal"), (3, 0, -100, 12, "signal")]
    assert done.equity.tolist() == approx([1000, 1000, 1200, 1200])


def test_series_without_opens_fills_at_the_close() -> None:
    made = panel([[10, 20], [10, 20], [10, 20]], open=[[9, None]] * 3)
    done = run(made, signals(made, [[1, 1], [0, 0], [0, 0]]))
    assert fills(done) == [(1, 0, 50, 9, "signal"), (1, 1, 25, 20, "signal")]


def test_last_decision_never_fills() -> None:
    made = panel([10, 10])
    assert len(run(made, signals(made, [0, 1])).fills) == 0


def test_order_waits_for_the_next_bar_of_its_name() -> None:
    made = panel(
        [[10, 5], [None, 5], [None, 5], [12, 5]], open=[[10, 5], [None, 5], [None, 5], [8, 5]]
    )
    done = run(made, signals(made, [[1, 0], [0, 0], [0, 0], [0, 0]]))
    assert fills(done) == [(3, 0, 100, 8, "signal")]
    assert done.equity.tolist() == approx([1000, 1000, 1000, 1400])


def test_newer_decision_replaces_a_waiting_order() -> None:
    made = panel([[10, 5], [None, 5], [10, 5]], open=[[10, 5], [None, 5], [10, 5]])
    done = run(made, signals(made, [[1, 0], [0, 1], [0, 0]]))
    # The first name's order for everything became one for half when the second joined.
    assert fills(done) == [(2, 0, 50, 10, "signal"), (2, 1, 100, 5, "signal")]


def test_missing_bar_is_marked_at_the_last_close() -> None:
    made = panel([[10, 1], [11, 1], [None, 1], [13, 1]])
    done = run(made, signals(made, [[1, 0], [0, 0], [0, 0], [0, 0]]))
    assert done.equity.tolist() == approx([1000, 1000, 1000, 1000 / 11 * 13])


def test_sales_come_before_purchases() -> None:
    made = panel([[10, 20], [10, 20], [10, 20], [10, 20]])
    done = run(made, signals(made, [[0, 1], [1, -1], [0, 0], [0, 0]]))
    assert fills(done) == [
        (1, 1, 50, 20, "signal"),
        (2, 1, -50, 20, "signal"),
        (2, 0, 100, 10, "signal"),
    ]


def test_purchases_share_cash_in_the_order_of_the_panel() -> None:
    made = panel([[10, 10], [10, 10]], open=[[10, 10], [15, 15]])
    done = run(made, signals(made, [[1, 1], [0, 0]]))
    # 50 shares each were decided on; the first takes 750, the second what is left.
    assert fills(done) == [(1, 0, 50, 15, "signal"), (1, 1, 16.666667, 15, "signal")]
    assert done.cash[-1] == approx(0)


def test_purchase_at_the_open_is_paid_by_a_sale_at_the_close() -> None:
    made = panel([[10, 20], [10, 20], [10, 25], [10, 30]], open=[[8, None]] * 4)
    done = run(made, signals(made, [[0, 1], [1, 0], [0, 0], [0, 0]]))
    # Decided at bar 1: 50 and 25 shares. The open of bar 2 finds no cash for the first; at its
    # close 25 shares sell at 25, and 625 pays the first in full at 10.
    assert fills(done) == [
        (1, 1, 50, 20, "signal"),
        (2, 1, -25, 25, "rebalance"),
        (2, 0, 50, 10, "signal"),
    ]
    assert done.cash.tolist() == approx([1000, 0, 125, 125])
    assert done.equity.tolist() == approx([1000, 1000, 1250, 1375])
    assert done.cuts == 0


def test_rest_of_a_purchase_waits_as_long_as_the_sale_does() -> None:
    close = [[20, 10, 10], [20, 10, 10], [10, None, 10], [10, None, 10], [10, 12, 10]]
    made = panel(close, open=[[20, None, 10]] * 2 + [[10, None, 10]] * 3)
    done = run(made, signals(made, [[1, 1, 0], [0, -1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]))
    # Bar 1 holds 25 and 50 shares. It decides on 50 of the third name, paid by the second, which
    # has no bar until bar 4 and sells there at 12: the third waits for it.
    assert fills(done)[2:] == [(4, 1, -50, 12, "signal"), (4, 2, 50, 10, "signal")]
    assert done.cash[-1] == approx(100)


def test_part_of_a_purchase_is_one_trade_with_its_rest() -> None:
    made = panel([[10, 20]] * 4, open=[[10, None], [10, None], [5, None], [10, None]])
    sides, sure = [[0, 1], [1, 0], [0, 0], [0, 0]], [[1, 0.9], [1, 1], [1, 1], [1, 1]]
    done = run(made, signals(made, sides, confidence=sure))
    # 45 shares of the second leave 100 in cash. Decided at bar 1: 50 of the first, and 22.5 of
    # the second. The open buys 20 of the first at 5 with them; the sale at the close pays for the
    # other 30 at 10.
    assert fills(done) == [
        (1, 1, 45, 20, "signal"),
        (2, 0, 20, 5, "signal"),
        (2, 1, -22.5, 20, "rebalance"),
        (2, 0, 30, 10, "signal"),
    ]
    trade = done.trades.filter(done.trades["instrument"] == 0)
    assert trade.select("quantity", "entry_price").row(0) == approx((50, 8))


def test_entry_sizing_waits_for_the_sale_that_makes_its_room() -> None:
    made = panel([[10, 10]] * 4, open=[[10, None]] * 4)
    done = run(made, signals(made, [[0, 1], [1, -1], [0, 0], [0, 0]]), sizing=FixedFraction(1.0))
    assert fills(done)[1:] == [(2, 1, -100, 10, "signal"), (2, 0, 100, 10, "signal")]


def test_rest_of_a_purchase_ends_with_the_position() -> None:
    """A stop inside the bar takes what the open could buy, and the rest is not bought after it."""
    made = panel(
        [[10, 20]] * 4,
        open=[[10, None], [10, None], [10, None], [10, None]],
        high=[[10, None]] * 4,
        low=[[10, None], [10, None], [8, None], [10, None]],
    )
    sides, sure = [[0, 1], [1, 0], [0, 0], [0, 0]], [[1, 0.9], [1, 1], [1, 1], [1, 1]]
    done = run(made, signals(made, sides, confidence=sure, stop=[[0.1, None]] * 4))
    assert fills(done)[1:] == [
        (2, 0, 10, 10, "signal"),
        (2, 0, -10, 9, "stop"),
        (2, 1, -22.5, 20, "rebalance"),
        (3, 1, 22.05, 20, "rebalance"),  # alone again: 0.9 of an equity of 990 is 44.55 shares
    ]


def test_orders_that_cash_cut_by_more_than_a_hundredth_are_counted() -> None:
    made = panel([[10, 10], [10, 10]], open=[[10, 10], [10.4, 10.4]])
    # 50 shares each: 520 for the first leaves 480, which buys 46.15 of the second.
    assert run(made, signals(made, [[1, 1], [0, 0]])).cuts == 1
    near = panel([[10, 10], [10, 10]], open=[[10, 10], [10.04, 10.04]])
    assert run(near, signals(near, [[1, 1], [0, 0]])).cuts == 0  # 49.6 of 50


def test_order_whose_sale_never_fills_is_counted() -> None:
    made = panel([[10, 10], [10, 10], [None, 10], [None, 10]])
    done = run(made, signals(made, [[1, 0], [0, 1], [0, 0], [0, 0]]))
    assert (len(done.fills), done.cuts) == (1, 1)


def test_purchase_leaves_room_for_its_commission() -> None:
    made = panel([10, 10])
    rate = run(made, signals(made, [1, 0]), costs=Costs(commission_bps=100, half_spread_bps=0))
    assert fills(rate) == [(1, 0, 99.009901, 10, "signal")]  # 1000 / 10.1
    assert rate.commission == approx(9.9009900990)
    assert rate.cash[-1] == approx(0)
    least = Costs(commission_bps=0, half_spread_bps=0, minimum=50)
    assert fills(run(made, signals(made, [1, 0]), costs=least)) == [(1, 0, 95, 10, "signal")]


def test_sides_reverse_in_one_fill() -> None:
    made = panel([10, 10, 20, 10])
    done = run(made, signals(made, [1, -1, 0, 0]), both_sides=True)
    assert fills(done) == [(1, 0, 100, 10, "signal"), (2, 0, -200, 20, "signal")]
    # Long from 10 to 20 made 1000; the short of 100 shares from 20 to 10 makes 1000.
    assert done.equity.tolist() == approx([1000, 1000, 2000, 3000])
    assert done.trades.select("side", "entry_bar", "exit_bar", "pnl", "reason").rows() == [
        (1, 1, 2, approx(1000), "signal"),
        (-1, 2, None, approx(1000), "open"),
    ]


def test_reversal_shares_its_commission_between_both_trades() -> None:
    made = panel([10, 10, 10, 10])
    costs = Costs(commission_bps=0, half_spread_bps=0, per_share=0.1)
    done = run(made, signals(made, [1, -1, 0, 0]), both_sides=True, costs=costs)
    bought, turned = done.fills["quantity"].to_list()
    short = -turned - bought
    assert done.trades["costs"].to_list() == approx([bought * 0.2, short * 0.1])


# ------------------------------------------------------------------------------ lots and ticks


def test_lots_are_cut_toward_zero() -> None:
    made = panel([3.3, 3.3, 3.3])
    done = run(made, signals(made, [1, -1, 0]), lot=100)
    assert fills(done) == [(1, 0, 300, 3.3, "signal"), (2, 0, -300, 3.3, "signal")]
    short = run(made, signals(made, [-1, 0, 0]), lot=100, both_sides=True)
    assert fills(short) == [(1, 0, -300, 3.3, "signal")]


def test_whole_lots_are_not_lost_to_rounding() -> None:
    made = panel([0.1, 0.1])
    done = run(made, signals(made, [1, 0]), capital=30.0, lot=100)
    assert fills(done) == [(1, 0, 300, 0.1, "signal")]  # 30 / 0.1 is 299.99999999999994


def test_close_sells_the_fraction_that_a_split_left() -> None:
    made = panel([100, 100, 80, 80], events={(2, 0): (1.25, 0)})
    done = run(made, signals(made, [1, 0, -1, 0]), lot=5)
    assert fills(done) == [(1, 0, 10, 100, "signal"), (3, 0, -12.5, 80, "signal")]


@pytest.mark.parametrize(
    ("price", "paid"), [(10.125, 10.0), (10.375, 10.5), (10.13, 10.25), (0.01, 0.25)]
)
def test_prices_round_half_to_even(price: float, paid: float) -> None:
    made = panel([100, price])
    assert run(made, signals(made, [1, 0]), tick=0.25).fills["price"].to_list() == [paid]


# -------------------------------------------------------------------------------------- costs


def test_half_spread_moves_the_price_against_the_order() -> None:
    made = panel([10, 10, 10, 10])
    costs = Costs(commission_bps=0, half_spread_bps=100)
    done = run(made, signals(made, [1, 0, -1, 0]), costs=costs)
    assert done.fills["price"].to_list() == approx([10.1, 9.9])
    assert done.slippage == approx(1000 / 10.1 * 0.2)
    assert done.trades["costs"].item() == approx(done.slippage)


def test_impact_follows_the_square_root_of_the_order() -> None:
    made = panel([10, 10], sigma=0.02, volume=10_000)
    costs = Costs(commission_bps=0, half_spread_bps=0, impact=1.0)
    done = run(made, signals(made, [1, 0]), costs=costs, sizing=FixedFraction(0.5))
    # 50 of 10,000 shares: 0.02 x sqrt(0.005).
    assert done.fills["price"].to_list() == approx([10 * (1 + 0.02 * 0.005**0.5)])


def test_impact_without_volume_is_not_charged() -> None:
    made = panel([10, 10], sigma=0.02)
    costs = Costs(commission_bps=0, half_spread_bps=0, impact=1.0)
    assert run(made, signals(made, [1, 0]), costs=costs).fills["price"].to_list() == [10]


def test_purchase_with_impact_keeps_cash_above_zero() -> None:
    made = panel([10, 10], sigma=0.1, volume=100)
    costs = Costs(commission_bps=0, half_spread_bps=0, impact=1.0)
    done = run(made, signals(made, [1, 0]), costs=costs)
    # Cut at the price of the whole order, then filled at the better price of what is left.
    assert done.fills["quantity"].to_list() == approx([1000 / 11])
    assert done.cash[-1] > 0


def test_borrow_is_paid_for_the_nights_a_short_was_carried() -> None:
    made = panel([10, 10, 8, 8], days=[0, 1, 3, 1])
    costs = Costs(commission_bps=0, half_spread_bps=0, borrow_annual=0.365)
    done = run(made, signals(made, [-1, 0, 1, 0]), costs=costs, both_sides=True)
    # Short 100 from bar 1: three nights on 1000 at the close of bar 1, one on 800.
    assert done.borrow == approx(1000 * 0.001 * 3 + 800 * 0.001 * 1)
    assert done.equity[2] == approx(1200 - 3)
    assert done.trades["pnl"].to_list()[0] == approx(200 - 3 - 0.8)


# ------------------------------------------------------------------------- splits and dividends


def test_split_changes_shares_and_not_worth() -> None:
    made = panel([10, 10, 5, 5], events={(2, 0): (2, 0)})
    done = run(made, signals(made, [1, 0, -1, 0]))
    assert fills(done) == [(1, 0, 100, 10, "signal"), (3, 0, -200, 5, "signal")]
    assert done.equity.tolist() == approx([1000] * 4)
    # On the share basis of the entry.
    assert done.trades.select("quantity", "entry_price", "exit_price", "pnl").row(0) == approx(
        (100, 10, 10, 0)
    )


def test_split_rescales_a_waiting_order() -> None:
    made = panel([10, 5, 5], events={(1, 0): (2, 0)})
    assert fills(run(made, signals(made, [1, 0, 0]))) == [(1, 0, 200, 5, "signal")]


def test_dividend_is_paid_on_the_shares_held_after_the_split() -> None:
    made = panel([10, 10, 5, 5], events={(2, 0): (2, 0.25)})
    done = run(made, signals(made, [1, 0, 0, 0]))
    assert done.dividends == approx(50)
    assert done.equity.tolist() == approx([1000, 1000, 1050, 1050])
    assert done.trades["pnl"].item() == approx(50)


def test_short_positions_pay_the_dividend() -> None:
    made = panel([10, 10, 10], events={(2, 0): (1, 0.5)})
    done = run(made, signals(made, [-1, 0, 0]), both_sides=True)
    assert done.dividends == approx(-50)
    assert done.equity[-1] == approx(950)


def test_shares_bought_on_the_ex_date_get_no_dividend() -> None:
    made = panel([10, 10, 10], events={(1, 0): (1, 0.5)})
    assert run(made, signals(made, [1, 0, 0])).dividends == 0


def test_split_and_dividend_return_equals_the_adjusted_one() -> None:
    """Buying and reinvesting nothing, a bar's return is (C + D) x ratio / previous C - 1."""
    made = panel([10, 10, 6], events={(2, 0): (2, 0.5)})
    done = run(made, signals(made, [1, 0, 0]), sizing=EqualWeight())
    assert done.equity[2] / done.equity[1] - 1 == approx((6 + 0.5) * 2 / 10 - 1)
