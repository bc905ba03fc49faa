"""Alpha Vantage keeps the contract of vendors, on a paid key and on a free one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from hedgerow.domain import Instrument, Timeframe
from hedgerow.settings import Settings
from hedgerow.sources.alphavantage import AlphaVantage
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest
from hedgerow.testing.vendors.alphavantage import FakeAlphaVantage, Plan
from hedgerow.testing.vendors.contract import Connect, VendorContract, Waits
from hedgerow.testing.vendors.world import World

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

    @pytest.fixture
    def options(self, tmp_path: Path, waits: Waits) -> HttpOptions:
        """As everywhere, but with time for a long answer on a busy machine."""
        return HttpOptions(
            cache=tmp_path / "cache",
            clock=World.small().clock,
            sleep=waits,
            attempts=3,
            timeout=3.0,
            unlimited=True,
        )


def _connected(settings: Settings, options: HttpOptions) -> AlphaVantage:
    return AlphaVantage(KEY, settings=settings, options=options)


class TestPaidKey(_Contract):
    @pytest.fixture
    def requests(self) -> list[BarsRequest]:
        long_ago, lately = dt.date(2024, 1, 2), dt.date(2026, 1, 2)
        return [
            daily(Instrument.of("ZQX", exchange="XNAS"), long_ago),
            daily(Instrument.of("VEX"), long_ago),
            daily(Instrument.of("ZQXpA"), lately),
            daily(Instrument.of("BRK.X"), lately),
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
