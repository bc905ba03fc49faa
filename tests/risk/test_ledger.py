"""The ledger: what an account holds after any sequence of events."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, getcontext, localcontext

import pytest
from hypothesis import given, strategies as st

from hedgerow.errors import DataError
from hedgerow.risk import Borrow, Deposit, Dividend, Event, Fill, Ledger, Position, Split, exact

NOW = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
NAMES = ("A", "B")
CENT = Decimal("1e-20")


def whole(low: int, high: int) -> st.SearchStrategy[Decimal]:
    return st.integers(low, high).map(Decimal)


def cents(low: str, high: str) -> st.SearchStrategy[Decimal]:
    return st.decimals(low, high, places=2)


NAME = st.sampled_from(NAMES)
FILL = st.builds(
    Fill,
    at=st.just(NOW),
    instrument_id=NAME,
    quantity=whole(-300, 300).filter(bool),
    price=cents("0.01", "500"),
    commission=cents("0", "20"),
)
SPLIT = st.builds(
    Split,
    at=st.just(NOW),
    instrument_id=NAME,
    ratio=st.sampled_from([Decimal(2), Decimal("0.1"), Decimal("1.5"), Decimal(3)]),
)
DIVIDEND = st.builds(Dividend, at=st.just(NOW), instrument_id=NAME, amount=cents("0", "5"))
BORROW = st.builds(Borrow, at=st.just(NOW), instrument_id=NAME, amount=cents("0", "5"))
DEPOSIT = st.builds(Deposit, at=st.just(NOW), amount=cents("-1000", "100000"))
EVENTS = st.lists(st.one_of(FILL, FILL, FILL, SPLIT, DIVIDEND, BORROW, DEPOSIT), max_size=40)
PRICES = st.fixed_dictionaries({name: cents("0.01", "500") for name in NAMES})


def booked(events: list[Event]) -> Ledger:
    ledger = Ledger()
    for event in events:
        ledger.book(event)
    return ledger


# ------------------------------------------------------------------------------------ Properties


@given(EVENTS, PRICES)
def test_money_adds_up(events: list[Event], prices: dict[str, Decimal]) -> None:
    ledger = booked(events)
    made = ledger.realised + ledger.unrealised(prices) + ledger.dividends
    paid = ledger.commission + ledger.borrow
    assert abs(ledger.equity(prices) - (ledger.deposits + made - paid)) < CENT
    assert ledger.equity(prices) == ledger.cash + ledger.market_value(prices)


@given(EVENTS, NAME, st.sampled_from([Decimal(2), Decimal("0.25"), Decimal("1.5")]), PRICES)
def test_a_split_changes_no_value(
    events: list[Event], name: str, ratio: Decimal, prices: dict[str, Decimal]
) -> None:
    ledger = booked(events)
    before = (ledger.equity(prices), ledger.unrealised(prices), ledger.cash)
    ledger.book(Split(NOW, name, ratio))
    after_prices = prices | {name: prices[name] / ratio}
    after = (ledger.equity(after_prices), ledger.unrealised(after_prices), ledger.cash)
    assert all(abs(new - old) < CENT for new, old in zip(after, before, strict=True))


@given(EVENTS, PRICES)
def test_every_gain_belongs_to_a_trade(events: list[Event], prices: dict[str, Decimal]) -> None:
    """Where borrow is charged to open positions only, trades explain the whole result."""
    ledger = Ledger()
    for event in events:
        if not isinstance(event, Borrow) or event.instrument_id in ledger.positions:
            ledger.book(event)
    trades = ledger.round_trips(prices)
    gained = ledger.equity(prices) - ledger.deposits
    assert abs(sum((trade.pnl for trade in trades), Decimal(0)) - gained) < CENT
    assert {trade.instrument_id for trade in trades if trade.exit_at is None} == set(
        ledger.positions
    )


@given(EVENTS)
def test_positions_are_the_sum_of_fills_and_splits(events: list[Event]) -> None:
    ledger = booked(events)
    for name in NAMES:
        shares = Decimal(0)
        for event in events:
            if isinstance(event, Fill) and event.instrument_id == name:
                shares += event.quantity
            if isinstance(event, Split) and event.instrument_id == name:
                shares *= event.ratio
        assert abs(ledger.quantity(name) - shares) < CENT


@given(EVENTS)
def test_average_cost_is_positive_and_flat_names_are_absent(events: list[Event]) -> None:
    for held in booked(events).positions.values():
        assert held.quantity != 0
        assert held.average_cost > 0


# ------------------------------------------------------------------------------------ Regression


def fill(name: str, quantity: int, price: str, commission: str = "0") -> Fill:
    return Fill(NOW, name, Decimal(quantity), Decimal(price), Decimal(commission))


def test_average_cost_by_hand() -> None:
    ledger = booked([fill("A", 10, "100"), fill("A", 30, "120"), fill("A", -20, "130")])
    assert ledger.positions["A"] == Position(Decimal(20), Decimal(115))
    assert ledger.realised == 300


def test_turning_round_takes_the_new_price_as_cost() -> None:
    ledger = booked([fill("A", 10, "100"), fill("A", -15, "110")])
    assert ledger.positions["A"] == Position(Decimal(-5), Decimal(110))
    assert ledger.realised == 100
    assert ledger.unrealised({"A": Decimal(100)}) == 50


def test_short_positions_pay_dividends() -> None:
    ledger = booked([fill("A", -10, "100"), Dividend(NOW, "A", Decimal("0.5"))])
    assert ledger.cash == 995
    assert ledger.dividends == -5


def test_pennies_are_exact() -> None:
    ledger = booked([Deposit(NOW, exact(0.1)), Deposit(NOW, exact(0.2))])
    assert ledger.cash == Decimal("0.3")


def test_lots_and_ticks() -> None:
    ledger = Ledger(lot=100, tick="0.05")
    assert ledger.whole_lots(Decimal("299.99")) == 200
    assert ledger.on_tick(Decimal("10.075")) == Decimal("10.10")  # 201.5 ticks: the even 202
    assert ledger.on_tick(Decimal("10.025")) == Decimal("10.00")


def test_precision_of_the_caller_does_not_matter() -> None:
    events = [fill("A", 7, "33.33", "0.01"), fill("A", -3, "33.37")]
    with localcontext() as context:
        context.prec = 4
        rough = booked(events)
    assert rough.cash == booked(events).cash
    assert getcontext().prec == 28


# ------------------------------------------------------------------------------------ Validation


def test_events_are_booked_in_order_of_time() -> None:
    ledger = booked([Deposit(NOW, Decimal(1))])
    with pytest.raises(DataError, match="before the last one booked"):
        ledger.book(Deposit(NOW - dt.timedelta(days=1), Decimal(1)))


def test_a_held_name_needs_a_price() -> None:
    with pytest.raises(DataError, match="A is held but has no price"):
        booked([fill("A", 1, "1")]).equity({})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fill("A", 0, "1"), "fill quantity=0 must be finite and not zero"),
        (lambda: fill("A", 1, "0"), "fill price=0 must be positive"),
        (lambda: fill("A", 1, "1", "-1"), "fill commission=-1 must be not negative"),
        (lambda: fill("A", 1, "NaN"), "fill price=NaN"),
        (lambda: Split(NOW, "A", Decimal(0)), "split ratio=0 must be positive"),
        (lambda: Dividend(NOW, "A", Decimal(-1)), "dividend amount=-1"),
        (lambda: Borrow(NOW, "A", Decimal(-1)), "borrow amount=-1"),
        (lambda: Deposit(NOW, Decimal("inf")), "deposit amount=Infinity must be finite"),
        (lambda: exact(float("nan")), "nan is not a finite number"),
    ],
)
def test_impossible_events_are_refused(make: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        make()  # type: ignore[operator]
