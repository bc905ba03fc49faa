"""Alpha Vantage keeps the contract of vendors, on a paid key and on a free one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from hedgerow.domain import Instrument, Timeframe
from hedgerow.settings import Settings
from hedgerow.sources.alphavantage import AlphaVantage
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest
from hedgerow.testing.vendors.alphavantage import FakeAlphaVantage, Plan
from hedgerow.testing.vendors.contract import Connect, VendorContract

KEY = "planted-alphavantage-key"
END = dt.date(2026, 3, 31)
LONDON = Instrument.of("ZQL", exchange="XLON", currency="GBP")


def daily(instrument: Instrument, start: dt.date, end: dt.date = END) -> BarsRequest:
    return BarsRequest(instrument, Timeframe.parse("1d"), start, end)


class _Contract(VendorContract):
    secret = KEY
    plan: Plan = "premium"

    @pytest.fixture
    def fake(self) -> Iterator[FakeAlphaVantage]:
        with FakeAlphaVantage(key=KEY, plan=self.plan) as fake:
            yield fake

    @pytest.fixture
    def connect(self, fake: FakeAlphaVantage) -> Connect:
        settings = Settings(_env_file=None, alphavantage_url=fake.url, alphavantage_plan=self.plan)
        return lambda options: _connected(settings, options)


def _connected(settings: Settings, options: HttpOptions) -> AlphaVantage:
    return AlphaVantage(KEY, settings=settings, options=options)


class TestPaidKey(_Contract):
    @pytest.fixture
    def requests(self) -> list[BarsRequest]:
        long_ago = dt.date(2024, 1, 2)
        return [
            daily(Instrument.of("ZQX", exchange="XNAS"), long_ago),
            daily(Instrument.of("VEX"), long_ago),
            daily(Instrument.of("ZQXpA"), long_ago),
            daily(Instrument.of("ZQXPA"), long_ago),
            daily(Instrument.of("BRK.X"), dt.date(2026, 1, 2)),
            daily(Instrument.of("QUIT"), long_ago),
            daily(Instrument.of("NEWS", exchange="XNAS"), long_ago),
            daily(LONDON, long_ago),
        ]


class TestFreeKey(_Contract):
    plan: Plan = "free"

    @pytest.fixture
    def requests(self) -> list[BarsRequest]:
        lately = dt.date(2025, 12, 1)
        return [
            daily(Instrument.of("ZQX", exchange="XNAS"), lately),
            daily(Instrument.of("VEX"), lately),
            daily(LONDON, lately),
        ]
