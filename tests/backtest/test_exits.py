"""Stops, targets, trailing stops, conditions and time, by hand."""

from __future__ import annotations

import pytest
from tests.backtest.builders import fills, panel, run, signals

from hedgerow.risk import Costs


def approx(value: float) -> object:
    return pytest.approx(value, rel=0, abs=1e-6)


def bars(*rows: tuple[float, float, float, float], events: dict | None = None) -> object:
    """Panel of one name from rows of open, high, low, close."""
    opened, high, low, close = zip(*rows, strict=True)
    return panel(close, open=opened, high=high, low=low, events=events)


FLAT = (100.0, 100.0, 100.0, 100.0)
BUY = [1, 0, 0, 0, 0, 0]


# ------------------------------------------------------------------------------------ Regression


@pytest.mark.parametrize(
    ("bar", "levels", "price", "reason"),
    [
        ((98, 99, 94, 97), {"stop": 0.05}, 95, "stop"),
        ((90, 92, 88, 91), {"stop": 0.05}, 90, "stop"),  # gapped: at the open
        ((98, 99, 95, 97), {"stop": 0.05}, 95, "stop"),  # touched exactly
        ((101, 112, 100, 108), {"target": 0.1}, 110, "target"),
        ((115, 118, 112, 116), {"target": 0.1}, 115, "target"),  # gapped: at the open
        ((100, 111, 94, 100), {"stop": 0.05, "target": 0.1}, 95, "stop"),  # order unknown
        ((112, 113, 90, 95), {"stop": 0.05, "target": 0.1}, 112, "target"),  # opened beyond
        ((99, 100, 89, 95), {"trailing": 0.1}, 90, "trailing"),
        ((99, 100, 89, 95), {"trailing": 0.1, "stop": 0.05}, 95, "stop"),  # the higher one
        ((99, 100, 89, 95), {"trailing": 0.05, "stop": 0.05}, 95, "stop"),  # a tie is a stop
    ],
)
def test_long_position_leaves_inside_the_bar(
    bar: tuple[float, ...], levels: dict[str, float], price: float, reason: str
) -> None:
    made = bars(FLAT, FLAT, bar, FLAT)
    done = run(made, signals(made, BUY[:4], **levels))
    assert fills(done) == [(1, 0, 10, 100, "signal"), (2, 0, -10, price, reason)]


@pytest.mark.parametrize(
    ("bar", "levels", "price", "reason"),
    [
        ((102, 106, 101, 103), {"stop": 0.05}, 105, "stop"),
        ((110, 112, 108, 109), {"stop": 0.05}, 110, "stop"),
        ((99, 100, 88, 92), {"target": 0.1}, 90, "target"),
        ((85, 88, 82, 84), {"target": 0.1}, 85, "target"),
        ((100, 106, 89, 100), {"stop": 0.05, "target": 0.1}, 105, "stop"),
        ((88, 110, 87, 105), {"stop": 0.05, "target": 0.1}, 88, "target"),
        ((101, 111, 100, 105), {"trailing": 0.1}, 110, "trailing"),
    ],
)
def test_short_position_is_the_mirror_image(
    bar: tuple[float, ...], levels: dict[str, float], price: float, reason: str
) -> None:
    made = bars(FLAT, FLAT, bar, FLAT)
    done = run(made, signals(made, [-1, 0, 0, 0], **levels), both_sides=True)
    assert fills(done) == [(1, 0, -10, 100, "signal"), (2, 0, 10, price, reason)]


def test_position_bought_at_the_open_may_leave_in_the_same_bar() -> None:
    made = bars(FLAT, (100, 101, 94, 96), FLAT)
    done = run(made, signals(made, BUY[:3], stop=0.05))
    assert fills(done) == [(1, 0, 10, 100, "signal"), (1, 0, -10, 95, "stop")]
    assert done.trades["bars_held"].item() == 0


def test_position_bought_at_the_close_is_safe_from_that_bar() -> None:
    made = bars(FLAT, (100, 101, 50, 100), FLAT)
    done = run(made, signals(made, BUY[:3], stop=0.05), fill="next_close")
    assert fills(done) == [(1, 0, 10, 100, "signal")]


def test_trailing_stop_follows_the_previous_bar() -> None:
    made = bars(FLAT, (100, 100, 99, 100), (100, 120, 100, 118), (118, 119, 107, 110), FLAT)
    done = run(made, signals(made, BUY[:5], trailing=0.1))
    # In bar 2 the level is still 90; in bar 3 it is 0.9 x 120.
    assert fills(done)[1] == (3, 0, -10, 108, "trailing")


def test_trailing_stop_of_a_short_follows_the_lowest_low() -> None:
    made = bars(FLAT, FLAT, (99, 100, 80, 82), (82, 89, 81, 88), FLAT)
    done = run(made, signals(made, [-1, 0, 0, 0, 0], trailing=0.1), both_sides=True)
    assert fills(done)[1] == (3, 0, 10, 88, "trailing")


def test_levels_come_from_the_fill_price() -> None:
    made = bars(FLAT, (110, 110, 110, 110), (110, 110, 104.6, 105), (105, 105, 104, 104))
    done = run(made, signals(made, BUY[:4], stop=0.05))
    assert fills(done)[1] == (3, 0, approx(-1000 / 110), 104.5, "stop")


def test_levels_are_read_where_the_entry_was_decided() -> None:
    made = bars(FLAT, FLAT, (100, 100, 96, 97), FLAT)
    done = run(made, signals(made, [1, 1, 1, 0], stop=[0.05, 0.01, 0.01, 0.01]))
    assert len(done.fills) == 1


def test_stop_pays_spread_and_commission() -> None:
    made = bars(FLAT, FLAT, (98, 99, 90, 97), FLAT)
    costs = Costs(commission_bps=10, half_spread_bps=100)
    done = run(made, signals(made, BUY[:4], stop=0.05), costs=costs)
    # 5 % below a fill of 101, less 1 %.
    assert done.fills["price"].to_list() == approx([101, 101 * 0.95 * 0.99])
    assert done.fills["commission"].to_list()[1] == approx(
        0.001 * done.fills["quantity"][0] * 101 * 0.95 * 0.99
    )


def test_split_moves_the_levels_with_the_shares() -> None:
    half = (50.0, 50.0, 48.0, 49.0)
    made = bars(FLAT, FLAT, half, (49, 49, 47, 48), FLAT, events={(2, 0): (2.0, 0.0)})
    done = run(made, signals(made, BUY[:5], stop=0.05))
    assert fills(done)[1] == (3, 0, -20, 47.5, "stop")
    assert done.trades["exit_price"].item() == approx(95)


# ------------------------------------------------------------------------------ closes only


def test_closes_only_leave_at_the_fill_after_the_break() -> None:
    made = panel([100, 100, 94, 90, 100])
    done = run(made, signals(made, BUY[:5], stop=0.05))
    assert fills(done) == [(1, 0, 10, 100, "signal"), (3, 0, -10, 90, "stop")]


def test_closes_only_trailing_stop_looks_at_the_previous_closes() -> None:
    made = panel([100, 100, 120, 109, 107, 100])
    done = run(made, signals(made, BUY, trailing=0.1))
    assert fills(done)[1] == (5, 0, -10, 100, "trailing")  # 107 broke 108


def test_closes_only_target() -> None:
    made = panel([100, 100, 111, 108, 100])
    assert fills(run(made, signals(made, BUY[:5], target=0.1)))[1] == (3, 0, -10, 108, "target")


def test_bar_without_range_is_checked_at_its_close() -> None:
    made = panel(
        [100, 100, 94, 93, 93], open=[100] * 5, high=[100, 100, None, 100, 100],
        low=[100, 100, None, 100, 100],
    )  # fmt: skip
    done = run(made, signals(made, BUY[:5], stop=0.05))
    assert fills(done)[1] == (3, 0, -10, 100, "stop")


# ------------------------------------------------------------------------ time and condition


def test_time_exit_counts_bars_after_the_entry() -> None:
    made = panel([100, 101, 102, 103, 104, 105], open=[100, 101, 102, 103, 104, 105])
    done = run(made, signals(made, BUY), max_bars=2)
    # Bought in bar 1; two bars later the close decides and bar 4 fills.
    assert fills(done)[1] == (4, 0, approx(-1000 / 101), 104, "time")
    assert done.trades["bars_held"].item() == 3


def test_time_exit_counts_bars_of_its_own() -> None:
    made = panel([[100, 1], [100, 1], [None, 1], [None, 1], [100, 1], [100, 1], [100, 1]])
    done = run(made, signals(made, [[1, 0]] + [[0, 0]] * 6), max_bars=1)
    assert fills(done)[1][0] == 5


def test_condition_leaves_at_the_next_fill() -> None:
    made = panel([100, 100, 110, 120, 100])
    done = run(made, signals(made, BUY[:5], exit_when=[0, 0, 1, 0, 0]))
    assert fills(done)[1] == (3, 0, -10, 120, "condition")


def test_condition_is_nothing_to_a_name_not_held() -> None:
    made = panel([100, 100, 100])
    assert len(run(made, signals(made, [1, 0, 0], exit_when=[1, 0, 0])).fills) == 1


def test_signal_names_the_exit_before_the_condition() -> None:
    made = panel([100, 100, 100, 100])
    done = run(made, signals(made, [1, 0, -1, 0], exit_when=[0, 0, 1, 0]))
    assert fills(done)[1][4] == "signal"


# ------------------------------------------------------------------------------ entering again


def test_same_side_enters_again_only_on_a_later_bar() -> None:
    made = bars(FLAT, FLAT, (98, 99, 94, 97), FLAT, FLAT, FLAT)
    standing = run(made, signals(made, [1, 1, 1, 1, 1, 1], stop=0.05))
    # Stopped in bar 2; bar 2's own signal is passed over, bar 3's buys in bar 4.
    assert [row[0] for row in fills(standing)] == [1, 2, 4]
    single = run(made, signals(made, [1, 1, 1, 0, 0, 0], stop=0.05))
    assert [row[0] for row in fills(single)] == [1, 2]


def test_opposite_signal_of_the_exit_bar_counts() -> None:
    made = bars(FLAT, FLAT, (98, 99, 94, 97), FLAT)
    done = run(made, signals(made, [1, 0, -1, 0], stop=0.05), both_sides=True)
    assert [(row[0], row[4]) for row in fills(done)] == [(1, "signal"), (2, "stop"), (3, "signal")]


def test_waiting_exit_is_not_undone_by_a_standing_signal() -> None:
    made = panel([100, 100, 94, 100, 100, 100])
    done = run(made, signals(made, [1] * 6, stop=0.05))
    # Broken at bar 2, out at bar 3 whose signal is passed over, in again at bar 5.
    assert [row[0] for row in fills(done)] == [1, 3, 5]


def test_stop_cancels_an_order_for_more_of_the_same() -> None:
    flat = [(100.0, 10.0)] * 5
    low = [(100.0, 10.0), (100.0, 10.0), (100.0, 10.0), (90.0, 10.0), (100.0, 10.0)]
    made = panel(flat, open=flat, high=flat, low=low)
    sides = [[1, 1], [0, 0], [0, -1], [0, 0], [0, 0]]
    done = run(made, signals(made, sides, stop=0.05), fill="next_close")
    # Bar 2 sells the second name and orders twice as much of the first; the first is stopped out
    # in bar 3 before the order could fill at its close.
    assert [(row[0], row[1], row[4]) for row in fills(done)] == [
        (1, 0, "signal"), (1, 1, "signal"), (3, 0, "stop"), (3, 1, "signal"),
    ]  # fmt: skip


def test_stop_leaves_a_waiting_reversal_to_fill() -> None:
    made = bars(FLAT, FLAT, FLAT, (100, 100, 90, 100), FLAT)
    done = run(made, signals(made, [1, 0, -1, 0, 0], stop=0.05), both_sides=True, fill="next_close")
    assert fills(done) == [
        (1, 0, 10, 100, "signal"),
        (3, 0, -10, 95, "stop"),
        (3, 0, -10, 100, "signal"),
    ]
