"""How much of each name, by hand."""

from __future__ import annotations

import pytest
from tests.backtest.builders import fills, panel, run, signals

from hedgerow.risk import Costs, EqualWeight, FixedAmount, FixedFraction, VolatilityTarget


def approx(value: object) -> object:
    return pytest.approx(value, rel=0, abs=1e-6)


# ------------------------------------------------------------------------------------ Regression


def test_equal_weight_is_set_anew_when_a_name_joins_or_leaves() -> None:
    made = panel([[10, 20], [10, 20], [10, 20], [10, 20], [20, 20], [20, 20]])
    done = run(made, signals(made, [[1, 0], [0, 0], [0, 1], [0, -1], [0, 0], [0, 0]]))
    assert fills(done) == [
        (1, 0, 100, 10, "signal"),
        (3, 0, -50, 10, "rebalance"),
        (3, 1, 25, 20, "signal"),
        (4, 1, -25, 20, "signal"),
        (4, 0, 25, 20, "rebalance"),  # 100 shares were decided on at 10
    ]
    assert done.equity.tolist() == approx([1000, 1000, 1000, 1000, 1500, 1500])


def test_equal_weight_leaves_drift_alone_while_the_set_stays() -> None:
    made = panel([[10, 10], [10, 10], [20, 10], [30, 10], [30, 10]])
    done = run(made, signals(made, [[1, 1]] * 5))
    assert len(done.fills) == 2


def test_confidence_scales_the_weight() -> None:
    made = panel([[10, 10], [10, 10]])
    done = run(made, signals(made, [[1, 1], [0, 0]], confidence=[[1.0, 0.5], [1.0, 1.0]]))
    assert fills(done) == [(1, 0, 50, 10, "signal"), (1, 1, 25, 10, "signal")]


def test_latest_confidence_counts_when_sizes_are_set() -> None:
    made = panel([[10, 10]] * 4)
    sides = [[1, 0], [1, 0], [0, 1], [0, 0]]
    sure = [[1.0, 1.0], [0.4, 1.0], [0.9, 1.0], [1.0, 1.0]]
    done = run(made, signals(made, sides, confidence=sure))
    # Bar 2 sets both names anew; the first's latest signal had 0.4.
    assert fills(done)[1:] == [(3, 0, -80, 10, "rebalance"), (3, 1, 50, 10, "signal")]


def test_no_confidence_opens_nothing_and_closes_the_opposite() -> None:
    made = panel([10, 10, 10, 10, 10])
    sure = [0.0, 1.0, 1.0, 0.0, 1.0]
    done = run(made, signals(made, [1, 1, 0, -1, 0], confidence=sure), both_sides=True)
    assert fills(done) == [(2, 0, 100, 10, "signal"), (4, 0, -100, 10, "signal")]
    assert done.net[-1] == 0


def test_gross_of_long_and_short_may_exceed_the_capital() -> None:
    made = panel([[10, 20], [10, 20]])
    done = run(
        made, signals(made, [[1, -1], [0, 0]]), both_sides=True, sizing=EqualWeight(gross=3.0)
    )
    assert fills(done) == [(1, 0, 150, 10, "signal"), (1, 1, -75, 20, "signal")]
    assert (done.gross[-1], done.net[-1], done.cash[-1]) == approx((3000, 0, 1000))


def test_reversal_sets_only_its_own_name() -> None:
    made = panel([[10, 10], [10, 10], [20, 10], [20, 10]])
    done = run(made, signals(made, [[1, 1], [0, 0], [0, -1], [0, 0]]), both_sides=True)
    # Equity is 1500 at bar 2: half of it short in the second name, the first untouched.
    assert fills(done)[2:] == [(3, 1, -125, 10, "signal")]


def test_fixed_fraction_enters_once_and_is_left_alone() -> None:
    made = panel([[10, 10], [10, 10], [20, 10], [20, 10]])
    done = run(made, signals(made, [[1, 0], [0, 0], [0, 1], [0, 0]]), sizing=FixedFraction(0.5))
    # 50 shares at 10; then half of an equity of 1500, cut to the cash of 500.
    assert fills(done) == [(1, 0, 50, 10, "signal"), (3, 1, 50, 10, "signal")]


def test_fixed_fraction_is_cut_to_the_room_and_lapses_without_it() -> None:
    made = panel([[10, 10, 10]] * 6)
    sides = [[1, 1, 1], [0, 0, 0], [-1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]]
    done = run(made, signals(made, sides), sizing=FixedFraction(0.6))
    # The second name gets the 40 % left, the third nothing; a later signal finds room again.
    assert fills(done) == [
        (1, 0, 60, 10, "signal"),
        (1, 1, 40, 10, "signal"),
        (3, 0, -60, 10, "signal"),
        (5, 2, 60, 10, "signal"),
    ]


def test_order_of_a_fixed_fraction_that_cash_cannot_pay_lapses() -> None:
    made = panel(
        [[10, 10], [10, 10], [10, 10], [10, 10]], open=[[10, 10], [20, 10], [10, 10], [10, 10]]
    )
    sides = [[1, 1], [0, 1], [0, 0], [0, 0]]
    done = run(made, signals(made, sides), sizing=FixedFraction(0.5))
    # The first name's open took all cash; the second's order filled nothing. Its signal of bar 1
    # asks for half of 500, and there is no cash at bar 2 either.
    assert fills(done) == [(1, 0, 50, 20, "signal")]


def test_fixed_amount_is_the_same_money_each_time() -> None:
    made = panel([[10, 20]] * 2)
    done = run(made, signals(made, [[1, 1], [0, 0]]), sizing=FixedAmount(300.0))
    assert fills(done) == [(1, 0, 30, 10, "signal"), (1, 1, 15, 20, "signal")]


def test_volatility_target_weighs_by_the_inverse() -> None:
    made = panel([[10, 10]] * 2, volatility=[[0.2, 0.4]] * 2)
    done = run(made, signals(made, [[1, 1], [0, 0]]), sizing=VolatilityTarget(annual=0.1))
    # 0.1 / 0.2 / 2 and 0.1 / 0.4 / 2 of 1000.
    assert fills(done) == [(1, 0, 25, 10, "signal"), (1, 1, 12.5, 10, "signal")]


def test_volatility_target_keeps_to_its_limits() -> None:
    made = panel([[10, 10]] * 2, volatility=[[0.01, 0.0]] * 2)
    done = run(
        made, signals(made, [[1, 1], [0, 0]]), sizing=VolatilityTarget(annual=0.1, max_weight=0.8)
    )
    # Both would be 0.8, still names included; scaled down to a gross of 1.
    assert fills(done) == [(1, 0, 50, 10, "signal"), (1, 1, 50, 10, "signal")]


def test_volatility_target_waits_until_it_is_known() -> None:
    made = panel([10] * 4, volatility=[None, None, 0.2, 0.2])
    done = run(made, signals(made, [1, 0, 0, 0]), sizing=VolatilityTarget(annual=0.1))
    assert fills(done) == [(3, 0, 50, 10, "signal")]


def test_lost_account_closes_everything_for_good() -> None:
    made = panel([10, 10, 25, 30, 30, 30])
    done = run(made, signals(made, [-1, 0, 0, 0, 1, 0]), both_sides=True)
    # Short 100 at 10: at 25 the equity is -500.
    assert fills(done) == [(1, 0, -100, 10, "signal"), (3, 0, 100, 30, "ruin")]
    assert done.ruined
    assert done.equity.tolist() == approx([1000, 1000, -500, -1000, -1000, -1000])


def test_orders_not_worth_placing_are_not_placed() -> None:
    made = panel([[10, 10]] * 4)
    done = run(made, signals(made, [[1, 0], [0, 1], [0, 0], [0, 0]], confidence=1e-10))
    assert len(done.fills) == 0


def test_slot_of_a_name_too_dear_for_a_lot_stays_taken() -> None:
    made = panel([[10, 2000]] * 3)
    done = run(made, signals(made, [[1, 1], [1, 1], [0, 0]]), lot=1, costs=Costs.none())
    assert fills(done) == [(1, 0, 50, 10, "signal")]
