"""Every source of the package keeps the contract."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from hedgerow.sources import (
    FileBars,
    SampleCloses,
    SampleFx,
    SampleOhlcv,
    SyntheticMarket,
    read_bars,
)
from hedgerow.testing.sources import SourceContract

PRICES = """\
Date,Ticker,Open,High,Low,Close,Volume
2024-01-02,AAA,10,11,9.5,10.5,1000
2024-01-02,BBB,20,21,19.5,20.5,2000
2024-01-03,AAA,10.5,11,10,10.8,1100
"""


class TestSampleOhlcv(SourceContract):
    @pytest.fixture
    def source(self) -> SampleOhlcv:
        return SampleOhlcv()


class TestSampleCloses(SourceContract):
    @pytest.fixture
    def source(self) -> SampleCloses:
        return SampleCloses()


class TestSampleFx(SourceContract):
    @pytest.fixture
    def source(self) -> SampleFx:
        return SampleFx()


class TestHourlySyntheticMarket(SourceContract):
    @pytest.fixture
    def source(self) -> SyntheticMarket:
        return SyntheticMarket(symbols=45, bars=1_600, bars_per_session=8)


class TestDailySyntheticMarket(SourceContract):
    @pytest.fixture
    def source(self) -> SyntheticMarket:
        return SyntheticMarket(symbols=30, bars=1_500, timeframe="1d", start=dt.date(2005, 5, 17))


class TestMinuteSyntheticMarket(SourceContract):
    @pytest.fixture
    def source(self) -> SyntheticMarket:
        return SyntheticMarket(symbols=2, bars=900, timeframe="1m", start=dt.date(2024, 11, 27))


class TestFile(SourceContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> FileBars:
        path = tmp_path / "prices.csv"
        path.write_text(PRICES)
        return read_bars(path)
