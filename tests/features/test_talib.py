"""Indicators against TA-Lib, an implementation that shares no code with ours, on real bars."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
import talib

from hedgerow.domain.market import Market
from hedgerow.features import (
    Feature,
    atr,
    bollinger,
    compute,
    ema,
    lag,
    macd,
    pct_change,
    roc,
    rolling_beta,
    rolling_max,
    rolling_min,
    rolling_std,
    rsi,
    sma,
    volume_ma,
)

Floats = npt.NDArray[np.float64]
Reference = Callable[[pl.DataFrame], Floats]

TOLERANCE = 1e-9


def _close(bars: pl.DataFrame) -> Floats:
    return bars["close"].to_numpy()


def _of_close(function: str, *arguments: float, output: int | None = None) -> Reference:
    def run(bars: pl.DataFrame) -> Floats:
        result = getattr(talib, function)(_close(bars), *arguments)
        return result if output is None else result[output]

    return run


def _atr(window: int) -> Reference:
    return lambda bars: talib.ATR(
        bars["high"].to_numpy(), bars["low"].to_numpy(), _close(bars), window
    )


WINDOWED: list[tuple[Feature, Reference]] = [
    *((sma(n), _of_close("SMA", n)) for n in (2, 3, 7, 20, 50, 64, 200)),
    *((ema(n), _of_close("EMA", n)) for n in (2, 5, 12, 20, 100)),
    *((rsi(n), _of_close("RSI", n)) for n in (2, 5, 14, 30)),
    *((roc(n), _of_close("ROC", n)) for n in (1, 10, 60)),
    *((pct_change(n), _of_close("ROCP", n)) for n in (1, 5, 21)),
    *((atr(n), _atr(n)) for n in (1, 5, 14, 50)),
    *((rolling_min(n), _of_close("MIN", n)) for n in (2, 20, 100)),
    *((rolling_max(n), _of_close("MAX", n)) for n in (2, 20, 100)),
    *((volume_ma(n), lambda bars, n=n: talib.SMA(bars["volume"].to_numpy(), n)) for n in (5, 20)),
]
BANDS: list[tuple[Feature, Reference]] = [
    (getattr(bollinger(n, width), name), _of_close("BBANDS", n, width, width, 0, output=output))
    for n, width in ((5, 1.0), (20, 2.0), (50, 2.5))
    for output, name in enumerate(("upper", "middle", "lower"))
]


@pytest.fixture(scope="module")
def by_symbol(real_bars: pl.DataFrame) -> list[pl.DataFrame]:
    return real_bars.partition_by("instrument_id", maintain_order=True)


def _assert_equal(
    market: Market, feature: Feature, parts: list[pl.DataFrame], reference: Reference, **how: float
) -> None:
    ours = compute(market, {"value": feature}).collect()["value"].to_numpy()
    theirs = np.concatenate([reference(part) for part in parts])
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, **{"rtol": TOLERANCE, "atol": 0.0, **how})


@pytest.mark.parametrize(
    ("feature", "reference"), WINDOWED, ids=lambda case: None if callable(case) else str(case)[:40]
)
def test_equals_talib(
    real_market: Market, by_symbol: list[pl.DataFrame], feature: Feature, reference: Reference
) -> None:
    # A change that is zero in truth may come out a rounding away from it.
    _assert_equal(real_market, feature, by_symbol, reference, atol=1e-12)


@pytest.mark.parametrize(
    ("feature", "reference"), BANDS, ids=lambda case: None if callable(case) else str(case)[:40]
)
def test_bands_equal_talib(
    real_market: Market, by_symbol: list[pl.DataFrame], feature: Feature, reference: Reference
) -> None:
    _assert_equal(real_market, feature, by_symbol, reference)


@pytest.mark.parametrize("window", [2, 20, 60])
def test_population_deviation_equals_talib(
    real_market: Market, by_symbol: list[pl.DataFrame], window: int
) -> None:
    # TA-Lib subtracts two large squares, so that a small deviation keeps few of its digits.
    feature = rolling_std(window, ddof=0)
    _assert_equal(real_market, feature, by_symbol, _of_close("STDDEV", window, 1.0), atol=1e-10)


@pytest.mark.parametrize("periods", [(12, 26, 9), (5, 35, 5), (3, 10, 16)])
@pytest.mark.parametrize("output", [0, 1, 2])
def test_macd_equals_talib(
    real_market: Market,
    by_symbol: list[pl.DataFrame],
    periods: tuple[int, int, int],
    output: int,
) -> None:
    feature = macd(*periods)[output]
    reference = _of_close("MACD", *periods, output=output)
    if output == 0:
        # Ours is shown as soon as it exists, TA-Lib's once there is a signal too.
        feature = feature + macd(*periods).signal * 0
    _assert_equal(real_market, feature, by_symbol, reference, atol=1e-11)


@pytest.mark.parametrize("window", [5, 20, 60])
def test_beta_equals_talib(real_market: Market, by_symbol: list[pl.DataFrame], window: int) -> None:
    index = real_market.context("SPX").select("session", market="close").collect()

    def reference(bars: pl.DataFrame) -> Floats:
        both = bars.join(index, on="session", how="left", maintain_order="left")
        return talib.BETA(both["market"].to_numpy(), _close(both), window)

    _assert_equal(real_market, rolling_beta(window), by_symbol, reference)


def test_indicators_of_indicators_equal_talib(
    real_market: Market, by_symbol: list[pl.DataFrame]
) -> None:
    def reference(bars: pl.DataFrame) -> Floats:
        return talib.EMA(talib.RSI(_close(bars), 14), 9)

    _assert_equal(real_market, ema(9, rsi(14)), by_symbol, reference)


def test_lag_is_the_value_before(real_market: Market, by_symbol: list[pl.DataFrame]) -> None:
    def reference(bars: pl.DataFrame) -> Floats:
        return np.concatenate([np.full(5, np.nan), _close(bars)[:-5]])

    _assert_equal(real_market, lag(5), by_symbol, reference, rtol=0.0)
