"""Tickers and exchanges: the vendor's spelling and ours, there and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.sources.fmp.asking import with_fmp

from hedgerow.domain import Instrument
from hedgerow.domain.exchanges import exchange_zone
from hedgerow.domain.instrument import InstrumentKind
from hedgerow.errors import DataError, NotFound
from hedgerow.sources.fmp.snapshot import Profile
from hedgerow.sources.fmp.spelling import _EXCHANGES, own_symbol, sent_symbol
from hedgerow.testing.vendors import World
from hedgerow.testing.vendors.fmp import FakeFmp, sent


@pytest.fixture
def fake() -> Iterator[FakeFmp]:
    with FakeFmp() as fake:
        yield fake


@pytest.mark.parametrize("company", World.small().companies, ids=lambda one: one.symbol)
def test_every_company_of_the_world_is_found_and_comes_back(fake: FakeFmp, company: object) -> None:
    currency = "GBP" if company.currency == "GBX" else company.currency
    instrument = Instrument.of(company.symbol, exchange=company.mic, currency=currency)
    assert sent_symbol(instrument) == sent(company)
    found = with_fmp(fake, lambda vendor: vendor.describe(sent(company)))
    assert found.instrument_id == instrument.instrument_id
    assert (found.currency, found.name) == (currency, company.name)


@pytest.mark.parametrize(
    ("typed", "identity"),
    [
        ("BRK.X", "BRK.X.XNYS"),
        ("BRK-X", "BRK.X.XNYS"),
        ("ZQXpA", "ZQXpA.XNYS"),
        ("ZQXPA", "ZQXPA.XNYS"),
        ("ZQL.L", "ZQL.XLON"),
        (" ZQX ", "ZQX.XNAS"),
    ],
)
def test_what_people_type_is_understood(fake: FakeFmp, typed: str, identity: str) -> None:
    assert with_fmp(fake, lambda vendor: vendor.describe(typed)).instrument_id == identity


def test_an_unknown_ticker_is_not_found(fake: FakeFmp) -> None:
    with pytest.raises(NotFound, match="does not know NOPE"):
        with_fmp(fake, lambda vendor: vendor.describe("NOPE"))


@pytest.mark.parametrize("mic", _EXCHANGES)
def test_every_exchange_has_a_calendar(mic: str) -> None:
    """Exchanges whose zone is known are those that have one."""
    assert exchange_zone(mic)


@pytest.mark.parametrize(
    ("spelt", "symbol", "mic"),
    [
        ("BRK-X", "BRK.X", ""),
        ("ZQX-PA", "ZQXpA", ""),
        ("ZQN-B.CO", "ZQN-B", "XCSE"),
        ("9999.T", "9999", "XTKS"),
        ("ZQX", "ZQX", ""),
    ],
)
def test_the_vendors_spelling_is_read(spelt: str, symbol: str, mic: str) -> None:
    assert own_symbol(spelt) == (symbol, mic)
    if mic:
        assert sent_symbol(Instrument.of(symbol, exchange=mic)) == spelt


def test_a_fund_is_no_company() -> None:
    row = {"symbol": "ZQE", "exchange": "AMEX", "currency": "USD", "isEtf": True}
    assert Profile(row, "x").instrument().kind is InstrumentKind.ETF


def test_an_exchange_without_a_calendar_is_named() -> None:
    row = {"symbol": "ZQX", "exchange": "MOON", "currency": "USD"}
    with pytest.raises(DataError, match="ZQX trades on 'MOON'"):
        Profile(row, "x").instrument()


def test_a_currency_that_is_none_is_named() -> None:
    row = {"symbol": "ZQX", "exchange": "NYSE", "currency": None}
    with pytest.raises(DataError, match="currency '' is not"):
        Profile(row, "x").instrument()
