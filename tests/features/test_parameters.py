"""Wrong parameters are refused when an indicator is built, in words that say what is right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from hedgerow.errors import DefinitionError
from hedgerow.features import (
    as_feature,
    atr,
    bollinger,
    context,
    cs_rank,
    ema,
    indicator,
    lag,
    macd,
    pct_change,
    realized_vol,
    roc,
    rolling_beta,
    rolling_max,
    rolling_min,
    rolling_std,
    rsi,
    sma,
    volume_ma,
    volume_ratio,
    zscore,
)

FROM_ONE = [
    ("sma", sma, "window"),
    ("ema", ema, "window"),
    ("lag", lag, "bars"),
    ("pct_change", pct_change, "bars"),
    ("roc", roc, "window"),
    ("atr", atr, "window"),
    ("rolling_min", rolling_min, "window"),
    ("rolling_max", rolling_max, "window"),
    ("volume_ma", volume_ma, "window"),
    ("volume_ratio", volume_ratio, "window"),
    ("macd", macd, "fast"),
    ("macd", macd, "slow"),
    ("macd", macd, "signal"),
]
FROM_TWO = [
    ("rsi", rsi, "window"),
    ("zscore", zscore, "window"),
    ("rolling_std", rolling_std, "window"),
    ("bollinger", bollinger, "window"),
    ("realized_vol", realized_vol, "window"),
    ("rolling_beta", rolling_beta, "window"),
]


@pytest.mark.parametrize(("name", "build", "parameter"), FROM_ONE + FROM_TWO)
@pytest.mark.parametrize("value", [0, -3, 2.0, 1.5, "20", None, True, float("nan")])
def test_windows_are_whole_numbers_of_bars(
    name: str, build: Callable[..., object], parameter: str, value: object
) -> None:
    expected = rf"^{name}: {parameter}={value!r} must be a whole number of bars, [12] or more$"
    with pytest.raises(DefinitionError, match=expected) as caught:
        build(**{parameter: value})
    assert caught.value.facts["parameter"] == parameter


@pytest.mark.parametrize(("name", "build", "parameter"), FROM_TWO)
def test_a_spread_needs_two_bars(name: str, build: Callable[..., object], parameter: str) -> None:
    with pytest.raises(DefinitionError, match=f"{name}: {parameter}=1 must be .* 2 or more"):
        build(**{parameter: 1})


@pytest.mark.parametrize(
    ("name", "build", "parameter"),
    [("bollinger", bollinger, "width"), ("realized_vol", realized_vol, "bars_per_year")],
)
@pytest.mark.parametrize("value", [0, -1.0, float("inf"), float("nan"), "2", None])
def test_numbers_are_finite_and_above_zero(
    name: str, build: Callable[..., object], parameter: str, value: object
) -> None:
    with pytest.raises(DefinitionError, match=f"{name}: {parameter}=.* finite number above zero"):
        build(**{parameter: value})


@pytest.mark.parametrize(
    ("name", "build"),
    [("sma", sma), ("rsi", rsi), ("zscore", zscore), ("bollinger", bollinger), ("macd", macd)],
)
@pytest.mark.parametrize("of", ["close", 5, None])
def test_what_it_is_taken_of_is_a_feature(
    name: str, build: Callable[..., object], of: object
) -> None:
    with pytest.raises(DefinitionError, match=f"{name}: of={of!r} must be a feature"):
        build(of=of)


def test_what_is_compared_across_instruments_is_a_feature() -> None:
    with pytest.raises(DefinitionError, match="cs_rank: of='close' must be a feature"):
        cs_rank("close")


def test_the_fast_average_is_below_the_slow_one() -> None:
    with pytest.raises(DefinitionError, match="macd: fast=26 must be below slow=12"):
        macd(26, 12)


def test_degrees_of_freedom() -> None:
    with pytest.raises(DefinitionError, match="rolling_std: ddof=2 must be 0"):
        rolling_std(20, ddof=2)


def test_the_market_has_a_name() -> None:
    with pytest.raises(DefinitionError, match="rolling_beta: market='' must name a series"):
        rolling_beta(20, market="")


def test_numbers_of_numpy_count_as_numbers() -> None:
    """A sweep over ``np.arange`` builds the same features as one over ``range``."""
    assert str(sma(np.int64(20))) == str(sma(20))
    assert str(bollinger(20, np.float64(2)).upper) == str(bollinger(20, 2).upper)
    assert str(as_feature(np.float64(0.5))) == "0.5"
    assert str(as_feature(np.int32(3))) == "3"


def test_an_indicator_needs_a_name_an_input_and_a_past() -> None:
    def same(price):
        return price

    with pytest.raises(DefinitionError, match="needs a name"):
        indicator("", same, lookback=0)
    with pytest.raises(DefinitionError, match="must hold a feature"):
        indicator("same", same, of=(), lookback=0)
    with pytest.raises(DefinitionError, match="lookback=-1 looks ahead"):
        indicator("same", same, lookback=-1)
    with pytest.raises(DefinitionError, match="'close' cannot be part of a feature"):
        indicator("same", same, of=("close",), lookback=0)


def test_an_age_is_above_zero() -> None:
    with pytest.raises(DefinitionError, match=r"max_age .* must be above zero"):
        context("VIX", max_age=dt.timedelta())
