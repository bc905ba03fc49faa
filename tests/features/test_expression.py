"""Row-wise arithmetic: what Python would say, null where an operand is unknown."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
from hypothesis import given

import hedgerow.features
from hedgerow.errors import DefinitionError
from hedgerow.features import (
    Feature,
    Field,
    as_feature,
    close,
    col,
    high,
    low,
    maximum,
    minimum,
    open_,
    preview,
    raw,
    rsi,
    side,
    sma,
    volume,
    walk,
    where,
)

numbers = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0]) | st.none()

PYTHON = {
    "+": (close + open_, lambda a, b: a + b),
    "-": (close - open_, lambda a, b: a - b),
    "*": (close * open_, lambda a, b: a * b),
    "/": (close / open_, lambda a, b: a / b if b else None),
    ">": (close > open_, lambda a, b: a > b),
    ">=": (close >= open_, lambda a, b: a >= b),
    "<": (close < open_, lambda a, b: a < b),
    "<=": (close <= open_, lambda a, b: a <= b),
    "==": (close == open_, lambda a, b: a == b),
    "!=": (close != open_, lambda a, b: a != b),
    "minimum": (minimum(close, open_), min),
    "maximum": (maximum(close, open_), max),
    "clip": ((close / 1).clip(open_, open_), lambda a, b: b),
    "negate": (-close + open_ * 0, lambda a, b: -a),
    "abs": (abs(close) + open_ * 0, lambda a, b: abs(a)),
    "sign": (close.sign() * open_ / open_, lambda a, b: math.copysign(a != 0, a) if b else None),
    "power": ((close / open_) ** 2, lambda a, b: (a / b) ** 2 if b else None),
    "log": ((close / open_).log(), lambda a, b: math.log(a / b) if b and a / b > 0 else None),
    "sqrt": ((close / open_).sqrt(), lambda a, b: math.sqrt(a / b) if b and a / b >= 0 else None),
    "where": (where(close > open_, close, open_), max),
    "side": (side(close > open_, close < open_), lambda a, b: (a > b) - (a < b)),
    "both": ((close > open_) & (close > 0), lambda a, b: a > b and a > 0),
    "either": ((close > open_) | (close > 0), lambda a, b: a > b or a > 0),
    "not": (~(close > open_), lambda a, b: not a > b),
}


@pytest.mark.parametrize("name", PYTHON)
@given(pairs=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8))
def test_is_what_python_says_and_null_where_an_operand_is(name, pairs) -> None:
    feature, python = PYTHON[name]
    left, right = (list(side) for side in zip(*pairs, strict=True))

    ours = preview(feature, close=left, open=right)

    for value, (a, b) in zip(ours, pairs, strict=True):
        if name in ("both", "either") and (a is None) != (b is None):
            continue  # three-valued logic: its own test below
        expected = None if a is None or b is None else python(a, b)
        assert value == (None if expected is None else pytest.approx(expected))


def test_logic_has_three_values() -> None:
    up, known = close > open_, high > 0
    bars = {"close": [2.0, 2.0, 1.0, 1.0], "open": [1.0] * 4, "high": [1.0, None, 1.0, None]}

    assert preview(up & known, **bars) == [True, None, False, False]
    assert preview(up | known, **bars) == [True, True, True, None]


def test_sides_that_both_hold_cancel_and_an_unknown_one_decides_nothing() -> None:
    bars = {"close": [2.0, 2.0, None], "open": [1.0, 3.0, 1.0]}

    assert preview(side(close > open_, close > 0), **bars) == [0, -1, None]


def test_unknown_values_can_be_asked_for_and_filled() -> None:
    assert preview(close.is_null(), close=[1.0, None]) == [False, True]
    assert preview(close.fill_null(open_), close=[1.0, None], open=[5.0, 6.0]) == [1.0, 6.0]


def test_an_unknown_condition_gives_an_unknown_value() -> None:
    assert preview(
        where(close > open_, high, low), close=[None], open=[1.0], high=[2.0], low=[1.0]
    ) == [None]


def test_numbers_on_the_left() -> None:
    assert preview(1 - close / close, close=[4.0]) == [0.0]
    assert preview(1 / (close / open_), close=[4.0], open=[2.0]) == [0.5]
    assert preview(2 * close / close + 1, close=[4.0]) == [3.0]


# Names and fingerprints -----------------------------------------------------------------------


def test_text_says_what_it_is() -> None:
    feature = where(sma(5) > raw("close") * 2, col("x"), -volume)

    assert str(feature) == (
        "where((sma(close, window=5) > (raw(close) * 2)), col(x), negate(volume))"
    )
    assert repr(sma(5)) == "<Feature sma(close, window=5)>"


def test_equal_features_have_equal_fingerprints_and_different_ones_do_not() -> None:
    features = [sma(5), sma(6), sma(5, open_), rsi(5), sma(5) + 1, sma(5) + 2, 1 + sma(5)]

    assert sma(5).fingerprint == sma(5).fingerprint
    assert len({feature.fingerprint for feature in features}) == len(features)


def test_a_fingerprint_never_changes_between_releases_unless_the_values_do() -> None:
    """Stored features are found by it: change a version, not these."""
    assert sma(20).fingerprint == "91e4110de180f5e4"
    assert rsi(14).fingerprint == "00f32121730660d8"


def test_walk_meets_inputs_first_and_equal_nodes_once() -> None:
    nodes = [str(node) for node in walk(sma(2) + sma(2) * close)]

    assert nodes[:2] == ["close", "sma(close, window=2)"]
    assert len(nodes) == len(set(nodes))


# Validation ----------------------------------------------------------------------------------


def test_python_logic_on_features_is_refused() -> None:
    with pytest.raises(
        DefinitionError, match=r"has no truth value yet: combine .* with &, \| and ~"
    ):
        bool(close > open_)
    with pytest.raises(DefinitionError, match="has no truth value"):
        1 < close < 5  # noqa: B015


@pytest.mark.parametrize("value", ["close", None, math.nan, math.inf, [1]])
def test_only_features_and_finite_numbers_combine(value: object) -> None:
    with pytest.raises(DefinitionError, match="cannot be part of a feature"):
        close + value  # type: ignore[operator]
    with pytest.raises(DefinitionError, match="cannot be part of a feature"):
        as_feature(value)


def test_unknown_fields_get_a_hint() -> None:
    with pytest.raises(
        DefinitionError, match=r"bar field 'clsoe' is not known\. Did you mean 'close'"
    ):
        Field("clsoe")
    with pytest.raises(DefinitionError, match="raw price 'volume' is not known"):
        raw("volume")


def test_public_names_are_sorted_and_there() -> None:
    public = hedgerow.features.__all__

    assert public == sorted(public, key=lambda name: (not name.isupper(), name.islower(), name))
    assert all(hasattr(hedgerow.features, name) for name in public)
    assert len(set(public)) == len(public)


def test_features_are_declared_not_changed() -> None:
    with pytest.raises(AttributeError):
        close.name = "open"  # type: ignore[attr-defined]
    assert isinstance(close, Feature)
