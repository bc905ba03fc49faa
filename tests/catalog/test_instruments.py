from __future__ import annotations

import pytest

from hedgerow.catalog import Catalog
from hedgerow.domain import Instrument, InstrumentKind
from hedgerow.errors import DataError

VIX = Instrument.of("VIX", exchange="XCBO", kind=InstrumentKind.INDEX, name="Cboe Volatility Index")

# --- Regression ---------------------------------------------------------------------------------


def test_every_fact_comes_back(catalog: Catalog) -> None:
    full = Instrument.of(
        "VOD",
        exchange="XLON",
        currency="GBP",
        kind=InstrumentKind.ETF,
        name="Vodafone – Société",
        sector="Communication",
        region="Europe",
        synthetic=True,
    )
    assert catalog.add_instruments([full, VIX]) == 2
    assert catalog.instruments() == [VIX, full]
    assert isinstance(catalog.instruments()[0].kind, InstrumentKind)


def test_instruments_are_sorted_by_the_bytes_of_their_symbols(catalog: Catalog) -> None:
    names = ["b", "A", "a", "B", "_", "BRK.B", "BRK"]
    catalog.add_instruments([Instrument.of(name) for name in names])
    assert [item.symbol for item in catalog.instruments()] == sorted(names)


def test_a_known_instrument_is_brought_up_to_date(stocked: Catalog) -> None:
    renamed = Instrument("AAPL.XNYS", "APPL", name="Apple")
    assert stocked.add_instruments([renamed, Instrument.of("KO")]) == 1
    assert stocked.instruments(["APPL"]) == [renamed]
    assert len(stocked.instruments()) == 4


def test_a_symbol_listed_twice_gives_both(catalog: Catalog) -> None:
    here, there = Instrument.of("ABB", exchange="XNYS"), Instrument.of("ABB", exchange="XSWX")
    catalog.add_instruments([there, here])
    assert catalog.instruments(["ABB"]) == [here, there]
    assert catalog.instruments(["ABB.XSWX"]) == [there]


# --- Properties ---------------------------------------------------------------------------------


def test_adding_again_changes_nothing(stocked: Catalog) -> None:
    before = stocked.table("instruments")
    assert stocked.add_instruments(stocked.instruments()) == 0
    assert stocked.table("instruments").equals(before)


def test_the_same_instrument_may_be_given_twice(catalog: Catalog) -> None:
    assert catalog.add_instruments([VIX, VIX]) == 1


def test_nothing_is_asked_of_the_database_for_nothing(catalog: Catalog) -> None:
    assert catalog.add_instruments([]) == 0
    assert catalog.instruments() == []
    assert catalog.instruments([]) == []


# --- Validation ---------------------------------------------------------------------------------


def test_an_unknown_symbol_suggests_the_nearest(stocked: Catalog) -> None:
    with pytest.raises(DataError, match=r"symbol 'AAPLE' is not known\. Did you mean 'AAPL'\?"):
        stocked.instruments(["MSFT", "AAPLE"])


def test_an_unknown_symbol_in_an_empty_catalog_says_that_it_is_empty(catalog: Catalog) -> None:
    with pytest.raises(DataError, match="the catalog holds no instruments"):
        catalog.instruments(["AAPL"])


def test_contradicting_facts_are_refused(catalog: Catalog) -> None:
    with pytest.raises(DataError, match=r"'KO\.XNYS' is given twice with different facts"):
        catalog.add_instruments([Instrument.of("KO"), Instrument.of("KO", name="Coca-Cola")])
    assert catalog.instruments() == []


@pytest.mark.parametrize(
    ("instrument", "message"),
    [
        (Instrument.of("A" * 40), "instrument_id|symbol in instruments is 40 characters long, 32"),
        (Instrument.of("KO", name="x" * 256), "name in instruments is 256 characters long, 255"),
        (Instrument.of("KO", name="Coca\x00Cola"), "name in instruments holds characters"),
        (Instrument.of("KO", name="Coca\ud800"), "name in instruments holds characters"),
        (Instrument("", "KO"), "instrument_id in instruments is empty"),
    ],
)
def test_what_some_database_would_cut_is_refused(
    catalog: Catalog, instrument: Instrument, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        catalog.add_instruments([VIX, instrument])
    assert catalog.instruments() == []


def test_an_empty_fact_does_not_replace_a_known_one(catalog: Catalog) -> None:
    catalog.add_instruments([VIX])
    bare = Instrument.of("VIX", exchange="XCBO", kind=InstrumentKind.INDEX, region="US")
    assert catalog.add_instruments([bare]) == 1
    (held,) = catalog.instruments()
    assert (held.name, held.region) == (VIX.name, "US")
    assert catalog.add_instruments([bare]) == 0


def test_a_known_currency_is_not_replaced(catalog: Catalog) -> None:
    catalog.add_instruments([VIX])
    other = Instrument.of("VIX", exchange="XCBO", currency="EUR", kind=InstrumentKind.INDEX)
    with pytest.raises(DataError, match=r"'VIX.XCBO' is known in USD, but is given in EUR"):
        catalog.add_instruments([Instrument.of("KO"), other])
    assert catalog.instruments() == [VIX]
