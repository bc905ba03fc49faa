"""A declared look-back is enough, to the last bit, and not more than needed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from hedgerow.domain.market import Market
from hedgerow.features import (
    Feature,
    close,
    compute,
    ema,
    feature_entries,
    lookback_of,
    macd,
    pct_change,
    rsi,
    sma,
    zscore,
)

FINITE = {
    output: feature
    for entry in feature_entries().values()
    for output, feature in entry.outputs.items()
    if lookback_of(feature) is not None
}
RECURSIVE = {"atr", "ema", "macd", "rsi"}


@pytest.fixture(scope="module")
def sessions(real_market: Market) -> list[dt.date]:
    return (
        real_market.bars.select("session").unique().sort("session").collect()["session"].to_list()
    )


def _last_values(market: Market, feature: Feature, days: list[dt.date]) -> list[object]:
    bars = market.bars.filter(pl.col("session").is_between(days[0], days[-1]))
    made = compute(replace(market, bars=bars), {"value": feature})
    return made.filter(pl.col("session") == days[-1]).collect()["value"].to_list()


@pytest.mark.parametrize("name", FINITE)
def test_look_back_bars_give_the_value_of_full_history_bit_for_bit(
    name: str, real_market: Market, sessions: list[dt.date]
) -> None:
    feature = FINITE[name]
    lookback = lookback_of(feature)
    assert lookback is not None
    whole = compute(real_market, {"value": feature}).collect()

    for end in (lookback + 1, 500, 1777, 3210):
        days = sessions[end - lookback - 1 : end]
        expected = whole.filter(pl.col("session") == days[-1])["value"].to_list()
        assert _last_values(real_market, feature, days) == expected
        assert None not in expected


@pytest.mark.parametrize("name", FINITE)
def test_one_bar_less_is_too_few(name: str, real_market: Market, sessions: list[dt.date]) -> None:
    lookback = lookback_of(FINITE[name])

    for days in [sessions[1000 : 1000 + lookback]] if lookback else []:
        assert set(_last_values(real_market, FINITE[name], days)) == {None}


def test_recursive_features_say_so() -> None:
    entries = feature_entries()

    assert {name for name in entries if entries[name].lookback is None} == RECURSIVE


@pytest.mark.parametrize(
    ("feature", "tolerance"),
    [(ema(20), 1e-12), (rsi(14), 1e-9), (macd().line, 1e-9)],
    ids=["ema", "rsi", "macd"],
)
def test_recursive_features_forget_with_time(
    feature: Feature, tolerance: float, real_market: Market, sessions: list[dt.date]
) -> None:
    expected = _last_values(real_market, feature, sessions[:3000])

    late = _last_values(real_market, feature, sessions[2500:3000])

    assert late == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        (close, 0),
        (close / sma(20), 19),
        (pct_change(5), 5),
        (sma(20, pct_change(5)), 24),
        (zscore(10, sma(5)) > zscore(50), 49),
        (sma(3, rsi(14)), None),
    ],
    ids=str,
)
def test_look_backs_add_up(feature: Feature, expected: int | None) -> None:
    assert lookback_of(feature) == expected
