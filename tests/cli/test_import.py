"""Importing one's own files: good rows in, bad rows kept aside, bad files refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hedgerow.domain import Instrument
from hedgerow.workspace import Workspace

Run = Callable[..., Any]

GOOD = """Date,Ticker,Open,High,Low,Close,Volume
2024-01-02,AAA,10,11,9,10.5,1000
2024-01-03,AAA,10.5,12,10,11.5,1100
2024-01-04,AAA,11.5,12,11,11.8,900
"""

DIRTY = """Date,Ticker,Open,High,Low,Close,Volume
2024-01-02,AAA,10,11,9,10.5,1000
2024-01-03,AAA,10,11,9,-10.5,1000
2024-01-04,AAA,10,11,9,NaN,1000
2024-01-05,AAA,10,9,11,10,1000
2024-01-06,AAA,10,11,9,10.5,1000
2024-01-08,AAA,10,11,9,10.1,1000
2024-01-08,AAA,10,11,9,10.2,1000
2024-01-09,AAA,ten,11,9,10.2,1000
"""


@pytest.fixture
def load(run: Run, tmp_path: Path) -> Run:
    """Write a file and import it as bars."""

    def call(content: str | bytes, *options: str, name: str = "prices.csv") -> Any:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return run("import", "bars", path, *options)

    return call


def stored(tmp_path: Path) -> int:
    ws = Workspace(tmp_path / "workspace")
    return ws.lake.scan("bars").collect().height


class TestRegression:
    def test_good_bars_are_loaded_once(self, load: Run, tmp_path: Path) -> None:
        first, second = load(GOOD), load(GOOD)
        assert (first.code, second.code) == (0, 0), first.err
        assert "close = Close" in first.out
        assert stored(tmp_path) == 3

    def test_dirty_rows_are_kept_aside_by_rule(self, load: Run, run: Run, tmp_path: Path) -> None:
        done = load(DIRTY)
        assert done.code == 0, done.err
        # Left: the 2nd, and the later of the two rows of the 8th.
        assert stored(tmp_path) == 2
        # A negative close is below the low of its bar too.
        assert "quarantined by ohlc_order: 2" in done.out
        for rule in (
            "non_positive_price",
            "non_session_day",
            "duplicate_key",
            "unreadable_number",
        ):
            assert f"quarantined by {rule}: 1" in done.out
        kept = run("sql", "select count(*) n from quarantine", "-f", "csv")
        assert kept.out == "n\n6\n"

    def test_a_table_of_ones_own_becomes_a_feature(
        self, run: Run, load: Run, tmp_path: Path
    ) -> None:
        load(GOOD)
        mood = tmp_path / "mood.csv"
        mood.write_text(
            "symbol,day,known,mood\n"
            "AAA,2024-01-02,2024-01-02T20:00:00Z,1.0\n"
            "AAA,2024-01-03,2024-01-04T09:00:00Z,-1.0\n"
        )
        options = ("--key", "symbol", "--time", "day", "--available-at", "known")
        done = run("import", "table", mood, *options)
        assert done.code == 0, done.err
        assert "hr.table('mood', 'mood')" in done.out
        import hedgerow as hr

        market = Workspace(tmp_path / "workspace").market("AAA")
        rows = hr.compute(market, {"mood": hr.table("mood", "mood")}).collect()
        # The value about the 3rd became known before the close of the 4th only.
        assert rows["mood"].to_list() == [1.0, 1.0, -1.0]

    def test_a_known_symbol_keeps_its_instrument(self, load: Run, run: Run, tmp_path: Path) -> None:
        ws = Workspace(tmp_path / "workspace")
        apple = Instrument.of("AAPL", exchange="XNAS", name="Apple", sector="Technology")
        ws.catalog.add_instruments([apple])
        done = load(GOOD.replace("AAA", "AAPL"))
        assert done.code == 0, done.err
        assert done.err == ""
        assert ws.instruments("AAPL") == [apple]
        assert ws.bars("AAPL").collect()["instrument_id"].unique().to_list() == ["AAPL.XNAS"]

    def test_a_second_instrument_of_a_symbol_is_said(self, load: Run, tmp_path: Path) -> None:
        assert load(GOOD).code == 0
        done = load(GOOD, "--exchange", "XNAS")
        assert done.code == 0, done.err
        assert (
            "warning: a second instrument of AAA now exists: AAA.XNAS beside AAA.XNYS" in done.err
        )
        assert load(GOOD, "--exchange", "XNAS").err == ""

    def test_refused_rows_make_nothing_known(self, load: Run, tmp_path: Path) -> None:
        done = load("Date,Ticker,Close\n2024-01-02,AAA,-1\n")
        assert done.code == 0, done.err
        assert Workspace(tmp_path / "workspace").catalog.instruments() == []


class TestValidation:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--currency", "XXX"), "ISO 4217"),
            (("--currency", "EUR"), "known in USD"),
            (("--source", "sample_closes"), "Hedgerow's own data"),
        ],
    )
    def test_options_that_cannot_be_are_one_line(
        self, load: Run, tmp_path: Path, options: tuple[str, ...], said: str
    ) -> None:
        assert load(GOOD).code == 0
        done = load(GOOD.replace("10.5", "10.4"), *options)
        assert done.code == 1
        assert said in done.err
        assert done.err.count("\n") == 1
        assert stored(tmp_path) == 3

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "empty"),
            ("Date,Open,High,Low\n2024-01-02,1,2,1\n", "close"),
            ("Ticker,Close\nAAA,1\n", "timestamp"),
            (GOOD.replace("2024-01-03", "03/01/2024"), "prices.csv"),
            (GOOD.replace("AAA", "Æble").encode("latin-1"), "encoding"),
            (b"PK\x03\x04" + bytes(range(256)), "prices.csv"),
            ("Date,Ticker,Close\nx,AAA,1\ny,AAA,2\n", "prices.csv"),
        ],
        ids=["empty", "no close", "no date", "mixed dates", "encoding", "not text", "no readable"],
    )
    def test_bad_files_are_one_clear_line_and_nothing_is_written(
        self, load: Run, tmp_path: Path, content: str | bytes, said: str
    ) -> None:
        done = load(content)
        assert done.code == 1
        assert done.err.startswith("error: ")
        assert done.err.count("\n") == 1
        assert said in done.err
        assert not (tmp_path / "workspace").exists()

    def test_a_missing_file_is_named(self, run: Run) -> None:
        done = run("import", "bars", "absent.csv")
        assert done.code == 1
        assert "absent.csv" in done.err

    def test_a_workspace_that_cannot_be_made_is_one_line(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file")
        done = run("init", tmp_path / "taken")
        assert done.code == 1
        assert done.err.startswith("error: workspace ")
        assert done.err.count("\n") == 1

    def test_a_full_disk_is_one_line_and_nothing_is_half_written(
        self, load: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        import errno

        from hedgerow.lake import merge as merging

        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        assert load(GOOD).code == 0
        monkeypatch.setattr(merging, "write_deltalake", full)
        done = load(GOOD.replace("AAA", "BBB"))
        assert done.code == 1
        assert "space" in done.err.lower()
        assert done.err.count("\n") == 1
        assert stored(tmp_path) == 3
