"""Numbers as text."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hedgerow.backtest.report.formatting import (
    MINUS,
    MISSING,
    count,
    decimal,
    money,
    multiple,
    percent,
    points,
    tone,
)

# --------------------------------------------------------------------------------- Regression


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (percent(0.0512), "5.12%"),
        (percent(-0.0512, 1), f"{MINUS}5.1%"),
        (percent(12.5), "1,250%"),
        (percent(0.2, 1, signed=True), "+20.0%"),
        (percent(0.0, signed=True), "0.00%"),
        (percent(-0.000001), "0.00%"),
        (percent(-1.0), f"{MINUS}100.00%"),
        (percent(float("inf")), "∞%"),
        (points(0.1234), "+12.3 pp"),
        (decimal(1234.567), "1,234.57"),
        (money(-1_234_567.8), f"{MINUS}1,234,568"),
        (money(12.3, 2, signed=True), "+12.30"),
        (multiple(6.416), "6.42×"),
        (count(10_000), "10,000"),
    ],
)
def test_numbers_are_written_for_readers(text, wanted):
    assert text == wanted


@pytest.mark.parametrize("write", [percent, points, decimal, money, multiple, count])
@pytest.mark.parametrize("value", [None, float("nan")])
def test_what_is_missing_is_an_en_dash(write, value):
    assert write(value) == MISSING


# --------------------------------------------------------------------------------- Properties


@given(st.floats(-1e6, 1e6))
def test_text_reads_back_as_the_number(value):
    text = decimal(value, 4).replace(",", "").replace(MINUS, "-")
    assert float(text) == pytest.approx(value, abs=0.5001e-4)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_no_hyphen_stands_for_a_minus_and_no_zero_is_signed(value):
    text = percent(value, signed=True)
    assert "-" not in text
    if not any(digit in text for digit in "123456789"):
        assert text[0] == "0"


@pytest.mark.parametrize(("value", "wanted"), [(1.0, "up"), (-1, "down"), (0, ""), (None, "")])
def test_tone_follows_the_sign(value, wanted):
    assert tone(value) == wanted
