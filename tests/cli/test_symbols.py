from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from hedgerow.testing.vendors.massive import FakeMassive

# --- Regression ---------------------------------------------------------------------------------


def test_symbols_are_added_listed_and_found(run: Run) -> None:
    assert run("symbols", "add", "ZQXpA", "ZQXPA").out == "2 added or changed\n"
    again = run("symbols", "add", "ZQXpA", "VEX", "--exchange", "XNYS")
    assert again.out == "1 added or changed, 1 known already\n"
    named = ("--exchange", "XLON", "--currency", "gbp", "--name", "Quality plc", "--region", "GB")
    assert run("symbols", "add", "ZQL", *named).code == 0
    listed = run("symbols", "list").out
    assert [line for line in listed.splitlines() if "Europe/London" in line and "GBP" in line]
    assert all(name in listed for name in ("ZQXpA", "ZQXPA", "VEX", "America/New_York"))
    assert "VEX" not in run("symbols", "list", "--exchange", "XLON").out
    assert "ZQL.XLON" in run("symbols", "find", "quality", "PLC").out
    found = run("symbols", "find", "zqxpa").out
    assert "ZQXpA.XNYS" in found
    assert "ZQXPA.XNYS" in found
    asked = run("sql", "select symbol, type, time_zone from symbol_master where symbol = 'ZQL'")
    assert "Europe/London" in asked.out


def test_membership_is_imported_and_shown_by_day(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "small.csv"
    file.write_text("ticker,start_date,end_date\nZQX,2020-01-02,\nVEX,2020-01-02,2021-06-15\n")
    made = run("universe", "import", "small", file)
    assert "2 spans of 2 companies, 2 of them new here" in made.out
    assert "VEX" in run("universe", "show", "small", "--on", "2021-06-14").out
    assert "VEX" not in run("universe", "show", "small", "--on", "2021-06-15").out
    assert "VEX" not in run("universe", "show", "small").out
    assert "small" in run("universe", "list").out


def test_reference_data_and_listing_are_loaded_from_a_vendor(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MASSIVE_API_KEY", "planted-massive-key")
    monkeypatch.setenv("HEDGEROW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HEDGEROW_MASSIVE_PLAN", "premium")
    with FakeMassive() as fake:
        monkeypatch.setenv("HEDGEROW_MASSIVE_URL", fake.url)
        listed = run("ingest", "symbols", "--source", "polygon")
        assert listed.code == 0, listed.err
        assert listed.out.startswith("Listing from massive: ")
        done = run("ingest", "reference", "--source", "massive")
    assert done.code == 0, done.err
    assert re.search(r"current_splits +│ massive +│ +\d+", done.out)
    assert len(re.findall(r"massive +│ dividends", done.out)) == 1  # and not one a batch
    ratio = run("sql", "select ratio from current_splits where symbol = 'ZQX'", "--format", "csv")
    assert ratio.out == "ratio\n4.0\n"


# --- Validation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("symbols", "add", "ZQX", "--exchange", "XXXX"), "'XXXX' is not known"),
        (("symbols", "add", "ZQX", "--currency", "dollars"), "'dollars' is not a three-letter"),
        (("symbols", "add", "ZQX", "--kind", "equities"), "Did you mean 'equity'?"),
        (("symbols", "add", "ZQX", "VEX", "--name", "Both"), "--name is for one symbol"),
        (("symbols", "list"), "there is no workspace"),
    ],
)
def test_what_cannot_be_done_is_explained(run: Run, words: tuple[str, ...], message: str) -> None:
    ran = run(*words)
    assert ran.code == 1
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


def test_members_by_day_are_asked_of_an_index_only(run: Run) -> None:
    run("symbols", "add", "ZQX")
    run("universe", "create", "mine", "ZQX")
    ran = run("universe", "show", "mine", "--on", "2020-01-02")
    assert (ran.code, "are not known by day" in ran.err) == (1, True)


def test_a_known_ticker_is_not_listed_a_second_time(run: Run) -> None:
    london = ("--exchange", "XLON", "--currency", "GBP")
    assert run("symbols", "add", "ZQL", *london).out == "1 added or changed\n"
    assert run("symbols", "add", "ZQL").out == "0 added or changed, 1 known already\n"
    assert run("symbols", "add", "ZQL", "--exchange", "XNYS").out == "1 added or changed\n"
