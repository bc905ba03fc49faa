from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from hedgerow.catalog import Catalog
from hedgerow.domain import Instrument
from hedgerow.errors import DataError, DefinitionError

IDS = [f"{name}.XNYS" for name in ("AAPL", "BRK.B", "KO", "MSFT")]

# --- Regression ---------------------------------------------------------------------------------


def test_a_universe_gives_its_instruments(stocked: Catalog) -> None:
    stocked.create_universe("tech", ["MSFT.XNYS", "AAPL.XNYS", "MSFT.XNYS"])
    assert stocked.universe("tech") == [Instrument.of("AAPL"), Instrument.of("MSFT")]
    assert stocked.universes() == {"tech": 2}


def test_a_universe_is_kept_when_the_catalog_is_closed(stocked: Catalog, url: str) -> None:
    stocked.create_universe("tech", IDS)
    stocked.close()
    with Catalog(url) as again:
        assert again.universes() == {"tech": 4}


def test_members_change_only_when_asked(stocked: Catalog) -> None:
    stocked.create_universe("mine", IDS[:2])
    with pytest.raises(DefinitionError, match="universe 'mine' already holds 2 other instruments"):
        stocked.create_universe("mine", IDS[:3])
    stocked.create_universe("mine", IDS[1:], replace=True)
    assert [item.instrument_id for item in stocked.universe("mine")] == IDS[1:]


def test_creating_it_again_keeps_its_first_instant(stocked: Catalog) -> None:
    first, later = (dt.datetime(2024, 1, day, tzinfo=dt.UTC) for day in (2, 3))
    stocked.create_universe("mine", IDS, created_at=first)
    stocked.create_universe("mine", reversed(IDS), created_at=later)
    assert stocked.table("universes").to_dicts() == [{"name": "mine", "created_at": first}]


def test_deleting_forgets_the_set_and_keeps_the_instruments(stocked: Catalog) -> None:
    stocked.create_universe("mine", IDS)
    stocked.delete_universe("mine")
    assert stocked.universes() == {}
    assert stocked.table("universe_members").is_empty()
    assert len(stocked.instruments()) == 4


def test_the_trading_universe_lists_members_with_their_facts(stocked: Catalog) -> None:
    stocked.create_universe("b", ["KO.XNYS"])
    stocked.create_universe("a", ["MSFT.XNYS", "AAPL.XNYS"])
    frame = stocked.table("trading_universe")
    assert frame.select("universe", "symbol").rows() == [("a", "AAPL"), ("a", "MSFT"), ("b", "KO")]
    assert set(frame.columns) == {"universe", *stocked.table("instruments").columns}


# --- Properties ---------------------------------------------------------------------------------

NAMES = st.from_regex(r"[a-z][A-Za-z0-9_.-]{0,8}", fullmatch=True)
SETS = st.dictionaries(NAMES, st.lists(st.sampled_from(IDS), min_size=1), max_size=4)


@given(sets=SETS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_universes_behave_like_a_mapping_of_sets(
    stocked: Catalog, sets: dict[str, list[str]]
) -> None:
    for name, members in sets.items():
        stocked.create_universe(name, members)
        stocked.create_universe(name, reversed(members))
    assert stocked.universes() == {name: len(set(sets[name])) for name in sorted(sets)}
    assert list(stocked.universes()) == sorted(sets)
    for name, members in sets.items():
        found = [item.instrument_id for item in stocked.universe(name)]
        assert found == sorted(set(members))
    members = stocked.table("universe_members")
    assert members.height == sum(stocked.universes().values())
    assert members.equals(members.unique().sort(pl.all()))
    for name in sets:
        stocked.delete_universe(name)
    assert stocked.universes() == {}


# --- Validation ---------------------------------------------------------------------------------


def test_an_unknown_universe_suggests_the_nearest(stocked: Catalog) -> None:
    with pytest.raises(
        DefinitionError,
        match=r"universe 'mine' is not known\. .*hedgerow universe create mine SYMBOLS",
    ):
        stocked.universe("mine")
    stocked.create_universe("mine", IDS)
    with pytest.raises(DefinitionError, match=r"'mines' is not known\. Did you mean 'mine'\?"):
        stocked.universe("mines")
    with pytest.raises(DefinitionError, match=r"'Mine' is not known\. Did you mean 'mine'\?"):
        stocked.delete_universe("Mine")


def test_an_unknown_member_is_refused_and_nothing_is_stored(stocked: Catalog) -> None:
    with pytest.raises(DataError, match=r"'AAPL' is not known\. Did you mean 'AAPL\.XNYS'\?"):
        stocked.create_universe("mine", ["AAPL", "KO.XNYS"])
    assert stocked.universes() == {}


@pytest.mark.parametrize("name", ["", "1st", "a b", "a" * 65, "a/b", "ä", "-", "mine\n"])
def test_a_name_that_cannot_be_typed_is_refused(stocked: Catalog, name: str) -> None:
    with pytest.raises(DefinitionError, match=r"universe name .* cannot be used: begin with"):
        stocked.create_universe(name, IDS)


@pytest.mark.parametrize("name", ["AAPL", "AAPL.XNYS"])
def test_a_universe_cannot_be_called_like_a_symbol(stocked: Catalog, name: str) -> None:
    with pytest.raises(DefinitionError, match=f"cannot be called '{name}': an instrument has"):
        stocked.create_universe(name, IDS)


def test_a_universe_needs_a_member(stocked: Catalog) -> None:
    with pytest.raises(DefinitionError, match="'mine' needs at least one instrument"):
        stocked.create_universe("mine", [])


def test_an_instant_without_a_zone_is_refused(stocked: Catalog) -> None:
    with pytest.raises(DataError, match="2024-01-02T00:00:00 has no time zone"):
        stocked.create_universe("mine", IDS, created_at=dt.datetime(2024, 1, 2))
    assert stocked.universes() == {}
