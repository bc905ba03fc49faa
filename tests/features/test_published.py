"""Indicators against numbers that others have published."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.features.builders import frame, of_frame, values

from hedgerow.features import (
    Feature,
    atr,
    bollinger,
    ema,
    preview,
    roc,
    rolling_beta,
    rolling_std,
    rsi,
    sma,
    zscore,
)

# Facts copied by hand ------------------------------------------------------------------------

# StockCharts ChartSchool, "Relative Strength Index (RSI)", worked example of QQQQ from
# 2009-12-14: closes, and RSI(14) from the fifteenth close on.
CHARTSCHOOL_CLOSES = [
    44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826,
    45.8931, 46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439,
    46.2122, 46.2521, 45.7137, 46.4515, 45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672,
    43.4205, 42.6628, 43.1314,
]  # fmt: skip
CHARTSCHOOL_RSI = [
    70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99,
    41.46, 41.87, 45.46, 37.30, 33.08, 37.77,
]  # fmt: skip

# StockCharts ChartSchool, "Average True Range (ATR)", worked example of QQQQ from 2010-04-01.
CHARTSCHOOL_HIGH = [
    48.70, 48.72, 48.90, 48.87, 48.82, 49.05, 49.20, 49.35, 49.92, 50.19, 50.12, 49.66, 49.88,
    50.19, 50.36, 50.57,
]  # fmt: skip
CHARTSCHOOL_LOW = [
    47.79, 48.14, 48.39, 48.37, 48.24, 48.635, 48.94, 48.86, 49.50, 49.87, 49.20, 48.90, 49.43,
    49.725, 49.26, 50.09,
]  # fmt: skip
CHARTSCHOOL_CLOSE = [
    48.16, 48.61, 48.75, 48.63, 48.74, 49.03, 49.07, 49.32, 49.91, 50.13, 49.53, 49.50, 49.75,
    50.03, 50.31, 50.52,
]  # fmt: skip
CHARTSCHOOL_ATR = [0.5550, 0.5939, 0.5858]


def test_rsi_of_chartschool() -> None:
    ours = preview(rsi(14), close=CHARTSCHOOL_CLOSES)

    assert ours[:14] == [None] * 14
    assert ours[14:] == pytest.approx(CHARTSCHOOL_RSI, abs=0.005)


def test_atr_of_chartschool_whose_first_bar_counts() -> None:
    # A close within the first bar's range, one bar before it, makes its true range high - low.
    ours = preview(
        atr(14),
        high=[48.0, *CHARTSCHOOL_HIGH],
        low=[48.0, *CHARTSCHOOL_LOW],
        close=[48.0, *CHARTSCHOOL_CLOSE],
    )

    assert ours[:14] == [None] * 14
    assert ours[14:] == pytest.approx(CHARTSCHOOL_ATR, abs=5e-5)


# Files of development data, not shipped ------------------------------------------------------


@pytest.fixture
def golden(shared_data: Path) -> Path:
    return shared_data / "golden"


def _compare(feature: Feature, bars: pl.DataFrame, expected: pl.Series, tolerance: float) -> None:
    """Compare where the publisher has a value, to the digits it prints."""
    fields = [name for name in ("open", "high", "low", "close", "volume") if name in bars.columns]
    complete = frame("ASSET", {name: bars[name].cast(pl.Float64).to_list() for name in fields})
    ours = np.array(values(of_frame(complete), feature), dtype=float)
    theirs = expected.cast(pl.Float64).to_numpy()
    known = ~np.isnan(theirs)
    assert known.sum() >= 8
    np.testing.assert_allclose(ours[known], theirs[known], rtol=tolerance, atol=tolerance)


def _lean(golden: Path, name: str) -> pl.DataFrame:
    table = pl.read_csv(golden / "lean_indicators" / name, infer_schema_length=None)
    return table.rename({column: column.lower() for column in table.columns}).with_columns(
        pl.col(pl.String).str.strip_chars()
    )


@pytest.mark.parametrize(
    ("feature", "name", "column", "tolerance"),
    [
        (sma(14), "spy_with_indicators.txt", "sma14", 1e-5),
        (rsi(14), "spy_with_indicators.txt", "rsi 14 wilder", 1e-5),
        (ema(14), "spy_ema.csv", "ema14", 1e-12),
        (bollinger(20).middle, "spy_bollinger_bands.txt", "moving average 20", 1e-6),
        (bollinger(20).upper, "spy_bollinger_bands.txt", "bollinger bands® 20 2 top", 1e-5),
        (bollinger(20).lower, "spy_bollinger_bands.txt", "bollinger bands® 20 2 bottom", 1e-5),
        (bollinger(20).position, "spy_bollinger_bands.txt", "%b", 6e-5),
        (bollinger(20).bandwidth * 100, "spy_bollinger_bands.txt", "bandwidth", 6e-5),
        # Published in single precision.
        (roc(50), "spy_with_rocp50.txt", "rate of change % 50", 1e-5),
    ],
    ids=lambda case: str(case)[:40],
)
def test_lean(golden: Path, feature: Feature, name: str, column: str, tolerance: float) -> None:
    table = _lean(golden, name)
    _compare(feature, table, table[column].cast(pl.Float64, strict=False), tolerance)


def _skender(golden: Path, name: str, key: str) -> tuple[pl.DataFrame, pl.Series]:
    folder = golden / "stock_indicators"
    bars = pl.read_csv(folder / "quotes" / "default.csv")
    rows = json.loads((folder / "results" / f"{name}.standard.json").read_text("utf-8-sig"))
    return bars, pl.Series([row[key] for row in rows], dtype=pl.Float64)


@pytest.mark.parametrize(
    ("feature", "name", "key"),
    [
        (sma(20), "sma", "sma"),
        (atr(14), "atr", "atr"),
        (rolling_std(14, ddof=0), "stdev", "stdDev"),
        # Their deviation is the population's, ours the sample's.
        (zscore(14) * (14 / 13) ** 0.5, "stdev", "zScore"),
    ],
    ids=lambda case: str(case)[:40],
)
def test_stock_indicators(golden: Path, feature: Feature, name: str, key: str) -> None:
    bars, expected = _skender(golden, name, key)
    _compare(feature, bars, expected, 1e-9)


@pytest.mark.parametrize(
    ("feature", "name", "column"),
    [
        (bollinger(20).upper, "cs-bbands.csv", "HighBand"),
        (bollinger(20).lower, "cs-bbands.csv", "LowBand"),
        (roc(12), "cs-roc.csv", "ROC"),
    ],
    ids=lambda case: str(case)[:40],
)
def test_stockcharts_sheets(golden: Path, feature: Feature, name: str, column: str) -> None:
    sheet = pl.read_csv(golden / "ta_stockcharts" / name, infer_schema_length=None)
    bars = sheet.select(close="Close")
    _compare(feature, bars, sheet[column].cast(pl.Float64, strict=False), 1e-6)


def test_beta_of_stock_indicators(golden: Path) -> None:
    bars, expected = _skender(golden, "beta", "beta")
    quotes = golden / "stock_indicators" / "quotes"
    other = pl.read_csv((quotes / "compare.csv").read_text("utf-8-sig").encode())
    stock = frame("ASSET", {"close": other["close"].to_list()})
    index = frame("INDEX", {"close": bars["close"].to_list()})
    market = of_frame(stock, context={"INDEX": index})
    # Their window counts prices' returns from the second bar on, like ours.
    ours = np.array(values(market, rolling_beta(50, market="INDEX")), dtype=float)
    known = expected.is_not_null().to_numpy()
    assert known.sum() > 400
    np.testing.assert_allclose(ours[known], expected.to_numpy()[known], rtol=1e-9)
