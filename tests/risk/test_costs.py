"""The cost formulas, in floats and in decimals."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from hedgerow.errors import DefinitionError
from hedgerow.risk import (
    Costs,
    affordable,
    borrow_charge,
    commission,
    exact,
    fill_price,
    impact_fraction,
)

MONEY = st.floats(0.01, 1e6)
RATE = st.floats(0, 100)


# ------------------------------------------------------------------------------------ Regression


def test_commission_by_hand() -> None:
    assert commission(20_000.0, 200.0, 5.0, 0.01, 1.0) == pytest.approx(12.0)
    assert commission(20_000.0, 200.0, 0.0, 0.0, 1.0) == 1.0


def test_fill_price_is_moved_against_the_order() -> None:
    assert fill_price(100.0, 1.0, 10.0, 0.001) == pytest.approx(100.2)
    assert fill_price(100.0, -1.0, 10.0, 0.001) == pytest.approx(99.8)


def test_impact_is_four_times_the_shares_twice_the_price_move() -> None:
    one = impact_fraction(0.5, 0.02, 1_000.0, 50_000.0)
    assert one == pytest.approx(0.5 * 0.02 * math.sqrt(0.02))
    assert impact_fraction(0.5, 0.02, 4_000.0, 50_000.0) == pytest.approx(2 * one)


@pytest.mark.parametrize(
    ("sigma", "volume"), [(math.nan, 100.0), (0.02, math.nan), (0.0, 100.0), (0.02, 0.0)]
)
def test_impact_of_what_is_not_known_is_none(sigma: float, volume: float) -> None:
    assert impact_fraction(1.0, sigma, 10.0, volume) == 0.0


def test_borrow_by_hand() -> None:
    assert borrow_charge(0.05, 73_000.0, 3.0) == pytest.approx(30.0)


# ------------------------------------------------------------------------------------ Properties


@given(cash=MONEY, price=MONEY, bps=RATE, per_share=st.floats(0, 0.1), minimum=st.floats(0, 20))
def test_what_is_affordable_costs_no_more_than_the_cash(
    cash: float, price: float, bps: float, per_share: float, minimum: float
) -> None:
    shares = affordable(cash, price, bps, per_share, minimum)
    assert shares >= 0
    if shares > 0:
        spent = shares * price + commission(shares * price, shares, bps, per_share, minimum)
        assert spent == pytest.approx(cash, rel=1e-9)


@given(value=MONEY, shares=MONEY, bps=RATE, per_share=st.floats(0, 0.1), minimum=st.floats(0, 20))
def test_decimals_and_floats_agree(
    value: float, shares: float, bps: float, per_share: float, minimum: float
) -> None:
    given_values = (value, shares, bps, per_share, minimum)
    in_decimals = commission(*map(exact, given_values))
    assert isinstance(in_decimals, Decimal)
    assert float(in_decimals) == pytest.approx(commission(*given_values), rel=1e-12)


# ------------------------------------------------------------------------------------ Validation


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("commission_bps", -1.0),
        ("per_share", -0.01),
        ("minimum", math.inf),
        ("half_spread_bps", 10_000.0),
        ("impact", math.nan),
        ("borrow_annual", -0.1),
    ],
)
def test_a_wrong_cost_is_named_with_its_value(field: str, value: float) -> None:
    with pytest.raises(DefinitionError, match=f"{field}={value!r}") as caught:
        Costs(**{field: value})
    assert caught.value.facts["field"] == field


def test_costs_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Costs().impact = 1.0  # type: ignore[misc]
