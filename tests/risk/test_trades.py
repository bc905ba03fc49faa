"""Round trips out of events."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hedgerow.risk import Borrow, Deposit, Dividend, Fill, Split, round_trips

FIRST = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)


def day(number: int) -> dt.datetime:
    return FIRST + dt.timedelta(days=number)


def fill(
    at: int,
    quantity: int,
    price: int,
    commission: str = "0",
    slippage: str = "0",
    why: str = "signal",
) -> Fill:
    return Fill(
        day(at), "A", Decimal(quantity), Decimal(price), Decimal(commission), Decimal(slippage), why
    )


# ------------------------------------------------------------------------------------ Regression


def test_long_trade_by_hand() -> None:
    events = [
        Deposit(day(0), Decimal(10_000)),
        fill(0, 10, 100, "2", "1"),
        fill(1, 10, 110, "2", "1"),
        Dividend(day(2), "A", Decimal("0.5")),
        fill(3, -5, 120, "1", "1"),
        fill(4, -15, 130, "3", "1", "target"),
    ]
    (trade,) = round_trips(events, {})
    assert (trade.side, trade.entry_at, trade.exit_at) == ("long", day(0), day(4))
    assert (trade.quantity, trade.entry_price) == (20, 105)
    assert trade.exit_price == Decimal(600 + 1950) / 20
    assert trade.pnl == -1000 - 1100 + 600 + 1950 + 10 - 8
    assert trade.costs == 8 + 4
    assert trade.fraction == trade.pnl / 2100
    assert trade.exit_reason == "target"


def test_short_trade_by_hand() -> None:
    events = [
        fill(0, -10, 100),
        Dividend(day(1), "A", Decimal(1)),
        Borrow(day(1), "A", Decimal(3)),
        fill(2, 10, 90),
    ]
    (trade,) = round_trips(events, {})
    assert (trade.side, trade.pnl, trade.costs) == ("short", 100 - 10 - 3, 3)


def test_reversal_ends_one_trade_and_begins_another() -> None:
    events = [fill(0, 10, 100), fill(1, -30, 120, "6", "3"), fill(2, 20, 110)]
    first, second = round_trips(events, {})
    assert (first.side, first.exit_at, first.pnl, first.costs) == ("long", day(1), 198, 3)
    assert (second.side, second.entry_at, second.pnl, second.costs) == ("short", day(1), 196, 6)


def test_split_is_undone_in_prices_and_quantities() -> None:
    events = [fill(0, 10, 100), Split(day(1), "A", Decimal(4)), fill(2, -40, 30)]
    (trade,) = round_trips(events, {})
    assert (trade.quantity, trade.entry_price, trade.exit_price, trade.pnl) == (10, 100, 120, 200)


def test_open_trade_is_valued_at_the_last_price() -> None:
    events = [fill(0, 10, 100), Split(day(1), "A", Decimal(2)), fill(1, -5, 60)]
    (trade,) = round_trips(events, {"A": Decimal(55)})
    assert trade.exit_at is None
    assert trade.exit_reason == "open"
    assert trade.exit_price == 110
    assert trade.pnl == -1000 + 300 + 15 * 55


def test_events_of_names_not_held_belong_to_no_trade() -> None:
    events = [Split(day(0), "A", Decimal(2)), Dividend(day(0), "A", Decimal(1))]
    assert round_trips(events, {}) == ()
