"""Lots and ticks, in floats and in decimals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from hedgerow.risk import decimal_lots, decimal_tick, exact, floor_to_lot, round_to_tick

LOTS = st.sampled_from([0.0, 0.01, 0.1, 1.0, 10.0, 100.0])
TICKS = st.sampled_from([0.0, 0.0001, 0.01, 0.05, 0.25, 0.5])


# ------------------------------------------------------------------------------------ Regression


@pytest.mark.parametrize(
    ("quantity", "lot", "cut"),
    [(7.9, 1, 7), (0.3 / 0.1, 1, 3), (99.9, 100, 0), (0.1 + 0.2, 0.1, 0.3), (5.5, 0, 5.5)],
)
def test_lots_are_cut_toward_zero(quantity: float, lot: float, cut: float) -> None:
    assert floor_to_lot(quantity, lot) == pytest.approx(cut, abs=1e-12)


@pytest.mark.parametrize(
    ("price", "tick", "rounded"),
    [
        (10.005, 0.01, 10.0),  # a tie on paper, though not in binary: to the even tick
        (10.015, 0.01, 10.02),
        (10.0149, 0.01, 10.01),
        (2.675, 0.01, 2.68),
        (0.001, 0.01, 0.01),  # never to nothing
        (10.017, 0, 10.017),
    ],
)
def test_prices_round_half_to_even(price: float, tick: float, rounded: float) -> None:
    assert round_to_tick(price, tick) == pytest.approx(rounded, abs=1e-12)
    assert decimal_tick(exact(price), exact(tick)) == exact(rounded)


# ------------------------------------------------------------------------------------ Properties


@given(st.decimals(0, 100_000, places=4), LOTS)
def test_lots_in_floats_and_decimals_agree(quantity: Decimal, lot: float) -> None:
    cut = decimal_lots(quantity, exact(lot))
    assert floor_to_lot(float(quantity), lot) == pytest.approx(float(cut), abs=1e-9)
    assert 0 <= cut <= quantity + Decimal("1e-7")
    if lot:
        assert cut % exact(lot) == 0


@given(st.decimals("0.01", 10_000, places=5), TICKS)
def test_ticks_in_floats_and_decimals_agree(price: Decimal, tick: float) -> None:
    rounded = decimal_tick(price, exact(tick))
    assert round_to_tick(float(price), tick) == pytest.approx(float(rounded), abs=1e-9)
    if tick:
        assert rounded % exact(tick) == 0
        assert abs(rounded - price) <= exact(tick) / 2 or rounded == exact(tick)
