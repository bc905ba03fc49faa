"""Financial Modeling Prep keeps the contract of vendors, and says what else it sends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.sources.fmp.asking import KEY, VEX, ZQL, ZQX, bars_request, open_fmp

from hedgerow.sources.vendor import (
    BarsRequest,
    DescribesInstruments,
    SendsActions,
    SendsBars,
    SendsFundamentals,
)
from hedgerow.testing.vendors.contract import Connect, VendorContract
from hedgerow.testing.vendors.fmp import FakeFmp


class TestFmp(VendorContract):
    """Raw daily bars of three companies, one of them in pence."""

    secret = KEY

    @pytest.fixture
    def fake(self) -> Iterator[FakeFmp]:
        with FakeFmp(key=KEY) as fake:
            yield fake

    @pytest.fixture
    def connect(self, fake: FakeFmp) -> Connect:
        return lambda options: open_fmp(fake, options)

    @pytest.fixture
    def requests(self) -> list[BarsRequest]:
        return [bars_request(one) for one in (ZQX, VEX, ZQL)]


@pytest.mark.parametrize(
    "protocol", [SendsBars, DescribesInstruments, SendsActions, SendsFundamentals]
)
def test_says_what_it_sends(protocol: type) -> None:
    with FakeFmp(key=KEY) as fake:
        assert isinstance(open_fmp(fake), protocol)
