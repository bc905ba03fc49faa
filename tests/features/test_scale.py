"""Rules that a later split would change are refused, and only those."""

from __future__ import annotations

import pytest
from tests.features.builders import market

from hedgerow.errors import DefinitionError
from hedgerow.features import (
    Feature,
    as_feature,
    atr,
    bollinger,
    close,
    col,
    compute,
    context,
    cs_rank,
    ema,
    high,
    low,
    macd,
    maximum,
    open_,
    pct_change,
    preview,
    raw,
    realized_vol,
    rolling_std,
    rsi,
    sma,
    volume,
    volume_ma,
    volume_ratio,
    where,
    zscore,
)
from hedgerow.features.expression import Field
from hedgerow.features.scale import scale_of

ALLOWED: list[tuple[Feature, int]] = [
    (close, 1),
    (volume, -1),
    (Field("trade_count"), 0),
    (close * 2, 1),
    (-close, 1),
    (close.abs(), 1),
    (close + sma(20), 1),
    (close / sma(20), 0),
    ((high - low) / close, 0),
    (close * volume, 0),
    (volume / volume_ma(20), 0),
    ((close / open_).log(), 0),
    ((close / open_).sqrt(), 0),
    (close**2 / (open_ * open_), 0),
    (close > sma(20), 0),
    (macd().histogram > 0, 0),
    (macd().line, 1),
    (close > 0, 0),
    (atr(14), 1),
    (atr(14) / close, 0),
    (ema(9, rsi(14)), 0),
    (rsi(14) < 30, 0),
    (zscore(20) > 2, 0),
    (pct_change() > 0.01, 0),
    (realized_vol(20) < 0.4, 0),
    (rolling_std(20), 1),
    (bollinger().upper, 1),
    (bollinger().position < 0.1, 0),
    (volume_ratio(20) > 2, 0),
    (raw("close") < 5, 0),
    (raw("high") / raw("low"), 0),
    (context("VIX") > 20, 0),
    (cs_rank(pct_change(20)) > 0.9, 0),
    (cs_rank(raw("close")), 0),
    (sma(5, cs_rank(raw("close"))), 0),
    (where(close > open_, high, low), 1),
    (where(rsi() > 50, 1, -1), 0),
    (close.fill_null(0), 1),
    (maximum(close, open_), 1),
    (close.is_null(), 0),
    (close.sign(), 0),
]

REFUSED = [
    close < 5,
    as_feature(5) > close,
    close == 100,
    sma(20) > 50,
    volume > 1_000_000,
    volume_ma(20) > 1_000_000,
    close + 1,
    close - 0.5,
    close > volume,
    atr(14) > 2,
    close.log() * 1,
    close.sqrt() * 1,
    close**0.5,
    maximum(close, 10),
    close.clip(5, 100),
    where(rsi() > 50, close, 1),
    raw("close") > close,
    raw("close") > sma(20),
]


@pytest.mark.parametrize(("feature", "scale"), ALLOWED, ids=lambda case: str(case)[:40])
def test_power_of_the_price_unit(feature: Feature, scale: int) -> None:
    assert scale_of(feature) == scale


@pytest.mark.parametrize("feature", REFUSED, ids=str)
def test_a_rule_that_a_split_would_change_is_refused(feature: Feature) -> None:
    with pytest.raises(DefinitionError, match=r"split|hr\.raw|whole power"):
        scale_of(feature)


@pytest.mark.parametrize(
    "feature",
    [sma(20, raw("close")), sma(20, raw("close") * 2), pct_change(1, raw("open"))],
    ids=str,
)
def test_a_window_over_prices_as_they_traded_is_refused(feature: Feature) -> None:
    with pytest.raises(DefinitionError, match=r"jump at every split: use hr\.close"):
        scale_of(feature)


@pytest.mark.parametrize("feature", [cs_rank(close), cs_rank(volume), cs_rank(sma(20))], ids=str)
def test_adjusted_prices_of_different_instruments_are_not_compared(feature: Feature) -> None:
    with pytest.raises(DefinitionError, match="of different instruments"):
        scale_of(feature)


def test_the_inside_of_a_context_is_checked_too() -> None:
    with pytest.raises(DefinitionError, match="compare prices with prices"):
        scale_of(context("SPX", close > 1000))


def test_columns_have_the_scale_of_what_they_stand_for() -> None:
    columns = {"fast": sma(10), "rsi": rsi(14)}

    assert scale_of(col("fast") > col("close"), {**columns, "close": close}) == 0
    with pytest.raises(DefinitionError, match="compare prices with prices"):
        scale_of(col("fast") > 100, columns)


def test_the_power_of_a_price_is_a_whole_constant() -> None:
    with pytest.raises(DefinitionError, match="power must be a constant"):
        scale_of(close ** rsi())  # type: ignore[operator]


def test_nothing_is_read_before_the_scales_are_checked() -> None:
    bars = market({"A": {"close": [1.0]}})

    with pytest.raises(DefinitionError, match="compare prices with prices"):
        compute(bars, {"cheap": close < 5})


def test_the_way_out_that_the_message_names_works() -> None:
    assert preview(raw("close") < 5, close=[4.0, 6.0]) == [True, False]
