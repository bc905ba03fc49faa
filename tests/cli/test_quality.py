"""``hedgerow quality`` as people use it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.workspace.builders import bars, days, store

from hedgerow.workspace import Workspace

DAYS = days(30)


@pytest.fixture
def holed(tmp_path: Path) -> Path:
    """Workspace with one whole series and one that lacks three sessions."""
    ws = Workspace(tmp_path / "ws")
    prices = [100.0 + day.toordinal() % 5 for day in DAYS]
    store(ws, bars("VEX", "me", DAYS, prices))
    store(ws, bars("ZQX", "me", [*DAYS[:10], *DAYS[13:]], [*prices[:10], *prices[13:]]))
    return ws.path


def test_every_series_is_listed_with_what_is_wrong(run: Run, holed: Path) -> None:
    ran = run("quality", "--as-of", DAYS[-1], "-w", holed)
    assert ran.code == 0
    assert f"3 sessions missing: {DAYS[10]} to {DAYS[12]} (3)" in ran.out
    assert "VEX" in ran.out
    assert "2 series checked, 1 with a problem" in ran.out
    assert Workspace(holed).lake.scan("quality").collect().height == 2


def test_problems_leaves_the_sound_ones_out(run: Run, holed: Path) -> None:
    ran = run("quality", "--problems", "--as-of", DAYS[-1], "-w", holed)
    assert "ZQX" in ran.out
    assert "VEX" not in ran.out


def test_json_has_every_column(run: Run, holed: Path) -> None:
    ran = run("quality", "zqx", "-t", "1d", "--as-of", DAYS[-1], "-f", "json", "-w", holed)
    (row,) = json.loads(ran.out)
    assert (row["symbol"], row["missing_sessions"], row["problems"]) == ("ZQX", 3, "gaps")


def test_csv_is_a_table(run: Run, holed: Path) -> None:
    ran = run("quality", "--as-of", DAYS[-1], "-f", "csv", "-w", holed)
    lines = ran.out.splitlines()
    assert lines[0].startswith("checked_at,timeframe,instrument_id,source")
    assert len(lines) == 3


def test_the_page_is_written_and_asks_nothing_of_the_network(run: Run, holed: Path) -> None:
    ran = run("quality", "--html", "--as-of", DAYS[-1], "-w", holed)
    page = (holed / "reports" / "quality.html").read_text()
    assert "Report:" in ran.out
    assert f"3 sessions missing: {DAYS[10]} to {DAYS[12]} (3)" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "Simulated results" not in page


def test_a_late_series_of_a_vendor_says_how_late(run: Run, holed: Path) -> None:
    store(Workspace(holed), bars("LATE", "massive", DAYS, [100.0 + d.day % 5 for d in DAYS]))
    later = DAYS[-1] + dt.timedelta(days=7)  # the 19th of February was a holiday
    ran = run("quality", "LATE", "--as-of", later, "-w", holed)
    assert "4 sessions behind" in ran.out
    assert "1 series checked, 1 with a problem" in ran.out


def test_old_prices_of_ones_own_are_no_problem_and_counted_apart(run: Run, holed: Path) -> None:
    ran = run("quality", "--problems", "--as-of", "2032-03-01", "-w", holed)
    assert "VEX" not in ran.out
    assert "2 series checked, 1 with a problem" in ran.out
    assert "1 without a problem end before the last session" in ran.out
    assert " 2,0" in run("quality", "VEX", "--as-of", "2032-03-01", "-w", holed).out


def test_an_unknown_symbol_fails_with_one_line(run: Run, holed: Path) -> None:
    ran = run("quality", "NOPE", "-w", holed)
    assert ran.code == 1
    assert ran.err.startswith("error: symbol 'NOPE' is not in the workspace")
