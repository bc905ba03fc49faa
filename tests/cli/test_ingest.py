"""``hedgerow ingest`` at the command line, against fake vendors over HTTP."""

from __future__ import annotations

import datetime as dt

import pytest

from hedgerow.settings import load_settings
from hedgerow.testing.vendors import faults
from hedgerow.testing.vendors.massive import FakeMassive
from hedgerow.testing.vendors.server import FakeServer, Response
from hedgerow.workspace import Workspace

KEY = "planted-massive-key"
SPAN = ("--from", "2025-01-02", "--to", "2026-03-31")


@pytest.fixture
def fake():
    with FakeMassive(key=KEY) as server:
        yield server


@pytest.fixture
def massive(fake, tmp_path, monkeypatch):
    """The fake vendor, configured as a user would configure the true one."""
    monkeypatch.setenv("MASSIVE_API_KEY", KEY)
    monkeypatch.setenv("HEDGEROW_MASSIVE_URL", fake.url)
    monkeypatch.setenv("HEDGEROW_MASSIVE_PLAN", "premium")
    monkeypatch.setenv("HEDGEROW_CACHE", str(tmp_path / "cache"))
    for name in ("POLYGON_API_KEY", "ALPHA_VANTAGE_API_KEY", "FMP_API_KEY", "HEDGEROW_SECRETS"):
        monkeypatch.delenv(name, raising=False)
    load_settings.cache_clear()
    yield fake
    load_settings.cache_clear()


def bars_in(tmp_path) -> dict[str, int]:
    rows = Workspace(tmp_path / "workspace").lake.scan("bars").collect()
    return dict(rows.group_by("symbol").len().sort("symbol").iter_rows())


@pytest.mark.parametrize("name", ["massive", "polygon"])
def test_bars_are_loaded_and_told(run, massive, tmp_path, name):
    ran = run("ingest", "bars", "ZQX", "VEX", "--source", name, *SPAN, "--timeframe", "1d")
    assert ran.code == 0, ran.err
    assert bars_in(tmp_path) == {"VEX": 311, "ZQX": 311}
    assert "2 of 2 symbols (massive 2): 622 loaded" in ran.out
    assert "2026-03-31" in ran.out


def test_a_second_loading_asks_nobody(run, massive):
    run("ingest", "bars", "ZQX", "--source", "massive", *SPAN)
    asked = len(massive.requests)
    ran = run("ingest", "bars", "ZQX", "--source", "massive", *SPAN)
    assert ran.code == 0
    assert "up to date" in ran.out
    assert len(massive.requests) == asked


def test_the_vendor_with_a_key_is_asked_where_none_is_named(run, massive):
    ran = run("ingest", "bars", "ZQX", *SPAN)
    assert ran.code == 0, ran.err
    assert "massive 1" in ran.out


def test_a_symbol_that_fails_is_told_and_the_exit_says_so(run, massive, tmp_path):
    ran = run("ingest", "bars", "ZQX", "NIX", "--source", "massive", *SPAN)
    assert ran.code == 1
    assert "error: NIX: massive knows no ticker 'NIX'" in ran.err
    assert bars_in(tmp_path) == {"ZQX": 311}


def test_holes_are_an_error_unless_they_are_allowed(run, massive, tmp_path):
    massive.world = massive.world.without("ZQX", dt.date(2025, 6, 3))
    ran = run("ingest", "bars", "ZQX", "-s", "massive", *SPAN)
    assert ran.code == 1
    assert "lacks 1 session (2025-06-03) of XNAS" in ran.err
    ran = run("ingest", "bars", "ZQX", "-s", "massive", *SPAN, "--allow-gaps")
    assert ran.code == 0
    assert "warning: ZQX is loaded without 1 session (2025-06-03)" in ran.err
    assert "1 gap" in ran.out
    assert bars_in(tmp_path) == {"ZQX": 310}


def test_restated_bars_are_kept_beside_raw_ones(run, massive, tmp_path):
    run("ingest", "bars", "ZQX", "-s", "massive", *SPAN)
    ran = run("ingest", "bars", "ZQX", "-s", "massive", *SPAN, "--adjusted")
    assert ran.code == 0
    kinds = Workspace(tmp_path / "workspace").lake.scan("bars").collect()["adjustment"]
    assert kinds.value_counts(sort=True)["count"].to_list() == [311, 311]


def test_a_universe_is_loaded_by_name(run, massive, tmp_path):
    run("ingest", "bars", "ZQX", "VEX", "-s", "massive", *SPAN[:2], "--to", "2025-01-10")
    run("universe", "create", "pair", "ZQX", "VEX")
    ran = run("ingest", "universe", "pair", "-s", "massive", *SPAN)
    assert ran.code == 0, ran.err
    assert bars_in(tmp_path) == {"VEX": 311, "ZQX": 311}
    ran = run("ingest", "universe", "pear", "-s", "massive")
    assert ran.code == 1
    assert "universe 'pear' is not known. Did you mean 'pair'?" in ran.err


def test_the_key_is_in_no_word_that_is_printed(run, massive, tmp_path):
    massive.script(faults.status(403, f'{{"error": "key {KEY} is not entitled"}}'), times=9)
    ran = run("--debug", "ingest", "bars", "ZQX", "-s", "massive", *SPAN)
    assert ran.code == 1
    assert KEY not in ran.out + ran.err
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in kept if KEY in str(path) or KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bars", "ZQX", "-s", "massif"], "source 'massif' is not known. Did you mean 'massive'?"),
        (["bars", "ZQX", "-s", "ecb"], "source 'ecb' has no bars"),
        (["bars", "ZQX", "--from", "soon"], "date 'soon' is not a day"),
        (["bars", "ZQX", "--adjustment", "splits"], "Did you mean 'split'?"),
        (["bars", "ZQX", "-t", "1y"], "timeframe '1y' is not known"),
        (["macro", "-s", "ecb"], "source 'ecb' has no macroeconomic series"),
    ],
)
def test_a_wrong_word_is_told_in_one_line(run, massive, words, told):
    ran = run("ingest", *words)
    assert ran.code == 1
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_without_a_key_the_way_to_give_one_is_told(run, massive, monkeypatch):
    monkeypatch.delenv("MASSIVE_API_KEY")
    ran = run("ingest", "bars", "ZQX", "-s", "massive")
    assert ran.code == 1
    assert "MASSIVE_API_KEY" in ran.err
    ran = run("ingest", "bars", "ZQX")
    assert ran.code == 1
    assert "no source of bars is configured" in ran.err
    assert "set one of MASSIVE_API_KEY" in ran.err
    for name in ("cboe", "fred", "yahoo"):
        assert f"--source {name}" in ran.err


class Charts(FakeServer):
    """FRED's files of every series, up to today."""

    def answer(self, request):
        days = [dt.date.today() - dt.timedelta(days=back) for back in range(30, 0, -1)]
        rows = [f"{day},1.5" for day in days if day.weekday() < 5]
        return Response.text("\n".join([f"observation_date,{request.query['id']}", *rows]))


@pytest.fixture
def fred(tmp_path, monkeypatch):
    """FRED without its API, as a user without a key meets it."""
    with Charts() as server:
        monkeypatch.setenv("HEDGEROW_FRED_URL", server.url)
        monkeypatch.setenv("HEDGEROW_FRED_FILES_URL", server.url)
        monkeypatch.setenv("HEDGEROW_CACHE", str(tmp_path / "cache"))
        for name in ("FRED_API_KEY", "HEDGEROW_SECRETS"):
            monkeypatch.delenv(name, raising=False)
        load_settings.cache_clear()
        yield server
        load_settings.cache_clear()


def test_macro_without_a_key_loads_what_needs_none_and_says_what_a_key_adds(run, fred):
    ran = run("ingest", "macro")
    assert ran.code == 0, ran.err
    assert {one.query["id"] for one in fred.requests} == {"VIXCLS", "DGS3MO", "DGS10", "DFF"}
    assert ran.out.count("FRED_API_KEY") == 1
    assert "CPIAUCSL, UNRATE, GDP" in ran.out


def test_a_series_that_wants_a_key_is_still_refused_by_name(run, fred):
    ran = run("ingest", "macro", "GDP")
    assert ran.code == 1
    assert "FRED_API_KEY" in ran.err
    assert "FRED_API_KEY" not in ran.out


def test_macro_with_a_key_asks_for_all_the_usual_series(run, fred, monkeypatch):
    monkeypatch.setenv("FRED_API_KEY", "abcdefghijklmnopqrstuvwxyz123456")
    run("ingest", "macro")
    asked = {one.query.get("series_id") for one in fred.requests}
    assert {"CPIAUCSL", "UNRATE", "GDP", "VIXCLS"} <= asked
