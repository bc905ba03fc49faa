"""Weights and money of the sizing rules."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from hedgerow.errors import DefinitionError
from hedgerow.risk import EqualWeight, FixedAmount, FixedFraction, VolatilityTarget

CONFIDENCES = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=20)


# ------------------------------------------------------------------------------------ Regression


def test_volatility_target_by_hand() -> None:
    sizing = VolatilityTarget(annual=0.2, gross=1.0, max_weight=0.6)
    # 0.2 / 0.1 / 2 is 1, cut to 0.6; 0.2 / 0.4 / 2 is 0.25 at half confidence.
    assert sizing.weights([1.0, 0.5], [0.1, 0.4]) == pytest.approx([0.6, 0.125])


def test_room_of_a_fixed_fraction() -> None:
    sizing = FixedFraction(0.25, gross=1.0)
    assert sizing.money(1_000.0, confidence=1.0, committed=900.0) == pytest.approx(100.0)
    assert sizing.money(1_000.0, confidence=1.0, committed=1_200.0) == 0.0


# ------------------------------------------------------------------------------------ Properties


@given(CONFIDENCES, st.floats(0.1, 3.0))
def test_equal_weights_keep_to_the_gross(confidence: list[float], gross: float) -> None:
    weights = EqualWeight(gross).weights(confidence)
    assert sum(weights) <= gross * (1 + 1e-12)
    full = [w / c for w, c in zip(weights, confidence, strict=True)]
    assert full == pytest.approx([gross / len(confidence)] * len(confidence))


@given(CONFIDENCES, st.data())
def test_volatility_weights_keep_to_their_limits(
    confidence: list[float], data: st.DataObject
) -> None:
    count = len(confidence)
    volatility = data.draw(st.lists(st.floats(0.0, 2.0), min_size=count, max_size=count))
    sizing = VolatilityTarget(annual=0.15, gross=1.2, max_weight=0.5)
    weights = sizing.weights(confidence, volatility)
    assert all(0 <= weight <= 0.5 for weight in weights)
    assert sum(weights) <= 1.2 * (1 + 1e-12)


# ------------------------------------------------------------------------------------ Validation


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: EqualWeight(gross=0.0), "gross=0.0"),
        (lambda: FixedFraction(fraction=-0.1), "fraction=-0.1"),
        (lambda: FixedAmount(amount=math.inf), "amount=inf"),
        (lambda: VolatilityTarget(annual=math.nan), "annual=nan"),
        (lambda: VolatilityTarget(window=1), "window=1"),
        (lambda: VolatilityTarget(window=2.5), "window=2.5"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(make: object, name: str) -> None:
    with pytest.raises(DefinitionError, match=name):
        make()  # type: ignore[operator]


def test_settings_for_the_run_record() -> None:
    assert FixedFraction(0.2).to_dict() == {"name": "FixedFraction", "fraction": 0.2, "gross": 1.0}
