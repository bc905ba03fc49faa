"""Massive keeps the contract of every vendor of bars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from hedgerow.domain import Instrument, Timeframe
from hedgerow.settings import Settings
from hedgerow.sources.massive import Massive
from hedgerow.sources.vendor import BarsRequest
from hedgerow.testing.vendors.contract import Connect, VendorContract
from hedgerow.testing.vendors.massive import FakeMassive

KEY = "planted-massive-key"

ASKED = [
    ("ZQX", "XNAS", "1d", dt.date(2024, 1, 2), dt.date(2026, 3, 31)),
    ("ZQXpA", "XNYS", "1d", dt.date(2025, 1, 2), dt.date(2025, 6, 30)),
    ("VEX", "XNYS", "1w", dt.date(2025, 1, 6), dt.date(2025, 6, 27)),
    ("ZQX", "XNAS", "1m", dt.date(2025, 3, 7), dt.date(2025, 3, 10)),
    ("VEX", "XNYS", "15m", dt.date(2025, 10, 31), dt.date(2025, 11, 3)),
]


class TestMassive(VendorContract):
    secret = KEY

    @pytest.fixture
    def fake(self) -> Iterator[FakeMassive]:
        with FakeMassive(key=KEY, page_size=200) as fake:
            yield fake

    @pytest.fixture
    def connect(self, fake) -> Connect:
        settings = Settings(_env_file=None, massive_url=fake.url, massive_plan="premium")
        return lambda options: Massive(KEY, settings=settings, options=options)

    @pytest.fixture
    def requests(self) -> list[BarsRequest]:
        return [
            BarsRequest(Instrument.of(symbol, exchange=mic), Timeframe.parse(length), start, end)
            for symbol, mic, length, start, end in ASKED
        ]
