"""Every command, as a newcomer types it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hedgerow.cli import _console
from hedgerow.cli._app import app
from hedgerow.errors import DataError
from hedgerow.settings import load_settings
from hedgerow.workspace import Workspace

Run = Callable[..., Any]


class TestRegression:
    def test_init_makes_a_workspace_once(self, run: Run) -> None:
        first, second = run("init"), run("init")
        assert (first.code, second.code) == (0, 0)
        assert "Workspace made at workspace" in first.out
        assert "nothing was changed" in second.out

    def test_init_takes_the_folder_either_way(self, run: Run) -> None:
        assert "Workspace made at a" in run("init", "a").out
        assert "Workspace made at b" in run("init", "-w", "b").out
        both = run("init", "a", "-w", "b")
        assert (both.code, both.err.count("\n")) == (1, 1)
        assert "give one" in both.err

    def test_init_beside_a_catalog_elsewhere_makes_the_folder_and_names_the_catalog(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEDGEROW_CATALOG_URL", f"sqlite:///{tmp_path}/shared.db")
        load_settings.cache_clear()
        done = run("init", "mine")
        load_settings.cache_clear()
        assert (done.code, (tmp_path / "mine").is_dir()) == (0, True)
        assert f"Workspace at mine uses the catalog sqlite:///{tmp_path}/shared.db" in done.out
        assert "already" not in done.out

    def test_universe_is_made_listed_shown_used_and_deleted(self, run: Run, tmp_path: Path) -> None:
        place = ("-w", tmp_path / "ws")
        assert run("synth", "--symbols", "3", "--bars", "300", *place).code == 0
        made = run("universe", "create", "mine", "S0001", "S0003", *place)
        assert made.out.strip() == "Universe mine: S0001, S0003"
        assert "mine" in run("universe", "list", *place).out
        assert "S0003" in run("universe", "show", "mine", *place).out
        ranked = run("rank", "mine", "--strategies", "BuyAndHold", *place)
        assert ranked.code == 0, ranked.err
        assert "BuyAndHold" in ranked.out
        assert run("universe", "delete", "mine", *place).code == 0
        assert "'mine' is not in the workspace" in run("rank", "mine", *place).err

    @pytest.mark.parametrize("form", ["table", "csv", "json"])
    def test_sql_prints_what_was_asked_for(self, ask: Run, form: str) -> None:
        query = "select symbol, count(*) n from bars where symbol = 'IBM' group by 1"
        done = ask("sql", query, "--format", form)
        assert done.code == 0
        if form == "json":
            assert json.loads(done.out) == [{"symbol": "IBM", "n": 3270}]
        elif form == "csv":
            assert done.out == "symbol,n\nIBM,3270\n"
        else:
            assert "3270" in done.out

    def test_features_are_listed_and_computed(self, ask: Run) -> None:
        listed = ask("features").out
        assert "rolling_beta" in listed
        assert "recursive" in listed
        shown = ask("features", "IBM", "--name", "sma", "--start", "2013-02-25")
        assert shown.code == 0, shown.err
        assert "sma" in shown.out

    @pytest.mark.parametrize("form", ["csv", "json"])
    def test_features_print_all_rows_when_asked(self, ask: Run, form: str) -> None:
        words = ("features", "IBM", "-n", "sma", "--start", "2012", "--as-of", "2012-06-29")
        assert "first 50 of 125 rows; --format csv or json gives all" in ask(*words).out
        done = ask(*words, "--format", form)
        assert done.code == 0, done.err
        rows = json.loads(done.out) if form == "json" else done.out.splitlines()[1:]
        assert len(rows) == 125
        assert "2012-06-29" in str(rows[-1])

    def test_analyze_all_lists_those_without_bars_in_the_span(
        self, run: Run, sample: Workspace, tmp_path: Path
    ) -> None:
        place = shutil.copytree(sample.path, tmp_path / "ws")
        done = run("analyze", "--all", "--start", "2022", "--export", "out", "-w", place)
        assert done.code == 0, done.err
        assert "not run: no bars between start and end (FB, GOOG, IBM)" in done.out
        named = run("analyze", "AAPL", "IBM", "--start", "2022", "-w", place)
        assert named.code == 1
        assert "IBM: no bars between start and end" in named.err

    def test_strategies_are_listed_and_explained(self, run: Run) -> None:
        assert "VixMomentum" in run("strategies").out
        explained = run("strategies", "mean-reversion").out
        assert "stop_atr" in explained
        assert "a number from 0.5 to 10" in explained

    def test_doctor_finds_all_well(self, ask: Run) -> None:
        done = ask("doctor")
        assert done.code == 0, done.out
        assert "All is well." in done.out

    def test_doctor_marks_what_is_optional_and_absent(
        self, ask: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("MASSIVE", "POLYGON"):
            for rest in ("API_KEY", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"):
                monkeypatch.delenv(f"{name}_{rest}", raising=False)
        monkeypatch.delenv("HEDGEROW_SECRETS", raising=False)
        monkeypatch.setenv("COLUMNS", "200")
        done = ask("doctor")
        lines = {line.split("│")[2].strip(): line for line in done.out.splitlines() if "│" in line}
        assert done.code == 0
        assert lines["key of Massive"].split("│")[1].strip() == "–"
        assert lines["settings"].split("│")[1].strip() == "ok"
        assert {"extra aws", "extra mysql", "extra postgres", "extra yahoo"} <= lines.keys()
        assert "MASSIVE_S3_ACCESS_KEY_ID" in done.out
        assert "MASSIVE_S3_SECRET_ACCESS_KEY" in done.out

    def test_doctor_finds_half_of_a_key(self, ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MASSIVE_S3_ACCESS_KEY_ID", "planted")
        for name in ("MASSIVE", "POLYGON"):
            monkeypatch.delenv(f"{name}_S3_SECRET_ACCESS_KEY", raising=False)
        done = ask("doctor")
        assert done.code == 1
        assert "1 of" in done.out

    def test_doctor_finds_a_lost_data_file(
        self, run: Run, sample: Workspace, tmp_path: Path
    ) -> None:
        place = shutil.copytree(sample.path, tmp_path / "ws")
        max((place / "lake" / "bars").rglob("*.parquet")).unlink()
        done = run("doctor", "-w", place)
        assert done.code == 1
        assert "table bars" in done.out
        assert "1 of" in done.out

    def test_doctor_finds_a_wrong_setting(self, ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HEDGEROW_STALE_RUN", "abc")
        done = ask("doctor")
        assert done.code == 1
        assert "HEDGEROW_STALE_RUN=abc" in done.out
        assert done.err == ""

    def test_synth_exports_the_three_files(self, run: Run, tmp_path: Path) -> None:
        options = ("--symbols", "2", "--bars", "16", "-t", "1h", "--bars-per-session", "8")
        done = run("synth", *options, "--export", tmp_path / "out")
        assert done.code == 0, done.err
        names = {path.name for path in (tmp_path / "out").iterdir()}
        assert names == {"spx_holdings_hourly.parquet", "vix_hourly.parquet", "spx_hourly.parquet"}
        assert pl.read_parquet(tmp_path / "out" / "spx_holdings_hourly.parquet").height == 32


class TestProperties:
    @pytest.mark.parametrize("command", [c.name for c in app.registered_commands])
    def test_every_command_explains_itself(self, run: Run, command: str) -> None:
        done = run(command, "--help")
        assert done.code == 0
        assert "Usage" in done.out

    @pytest.mark.parametrize("width", [60, 80, 100, 200])
    def test_tables_never_break_a_number(
        self, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(_console.console, "_width", width)
        columns = ["#", "strategy", "return", "max drawdown", "turnover/yr", "vs buy-and-hold", "x"]
        long = "a sentence that has quite a few words, and one_very_long_word_without_any_space"
        row = [1, "MeanReversion", "+1,449.2%", "−63.9%", "12.81×", "−457.0 pp", long]
        _console.show_table(columns, [row, [2, "BuyAndHold", None, "+0.0%", "0.02×", "–", ""]])
        out = capsys.readouterr().out
        assert all(str(cell) in out for cell in row[1:6])
        assert max(map(len, out.splitlines())) <= width

    @pytest.mark.parametrize(("width", "records"), [(100, True), (400, False)])
    def test_a_frame_too_wide_for_a_table_is_shown_row_by_row(
        self,
        width: int,
        records: bool,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(_console.console, "_width", width)
        values = {f"ratio_of_quantity_{place:02}": [f"value{place}"] for place in range(15)}
        frame = pl.DataFrame({**values, "text": ["[b]bold[/b]"], "none": [None]})
        _console.show_frame(pl.concat([frame] * 20), hint=_console.ALL_ROWS)
        out = capsys.readouterr().out
        assert "[b]bold[/b]" in out
        assert all(name in out for name in frame.columns)
        if records:
            assert "ratio_of_quantity_07  value7\n" in out
            assert out.count("── row ") == 10
            assert out.splitlines()[-2:] == [
                "17 columns are too wide for a table here: name those you need",
                "first 10 of 20 rows; --format csv or json gives all",
            ]
        else:
            assert "── row" not in out

    def test_numbers_are_written_out(self, capsys: pytest.CaptureFixture[str]) -> None:
        values = [9616123.4, 123456789.0, 1234.5678, 0.000123456789, -2.5, float("nan"), None]
        _console.show_frame(pl.DataFrame({"volume": values}, strict=False))
        words = capsys.readouterr().out.split()
        assert {"9,616,123", "123,456,789", "1,234.57", "0.000123457", "-2.5", "nan"} <= {*words}

    def test_a_frame_cut_short_gives_only_the_hint_of_its_command(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _console.show_frame(pl.DataFrame({"n": range(3)}), limit=2)
        assert capsys.readouterr().out.splitlines()[-1] == "first 2 of 3 rows"

    def test_help_loads_nothing_heavy(self) -> None:
        script = (
            "import sys\nsys.argv = ['hedgerow', '--help']\nfrom hedgerow.cli import main\n"
            "try:\n    main()\nexcept SystemExit:\n    pass\n"
            "heavy = {'numba', 'pandas', 'polars', 'deltalake', 'duckdb', 'sqlalchemy'}\n"
            "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        assert done.stderr.strip() == "[]"


class TestValidation:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("backtest", "SmaCros"), "strategy 'SmaCros' is not known. Did you mean 'SmaCross'?"),
            (("backtest", "SmaCross", "AAPLE"), "'AAPLE' is not in the workspace"),
            (("backtest", "SmaCross", "-p", "fats=3"), "no parameter 'fats'. Did you mean 'fast'?"),
            (("backtest", "SmaCross", "-p", "fast=x"), "fast='x' is not allowed"),
            (("backtest", "SmaCross", "-p", "fast"), "--param 'fast' is not NAME=VALUE"),
            (("backtest", "SmaCross", "AAPL", "--start", "soon"), "date 'soon' is not a day"),
            (("backtest", "SmaCross", "AAPL", "--fill", "nextopen"), "next_open"),
            (("backtest", "SmaCross", "AAPL", "--capital", "-1"), "capital"),
            (("backtest", "SmaCross", "AAPL", "--commission-bps", "-1"), "commission_bps"),
            (("rank", "AAPL", "--by", "sharp"), "Did you mean 'sharpe'?"),
            (("rank", "AAPL", "--start", "2050"), "there are no 1d bars"),
            (("sql", "select * from bras"), "table 'bras' is not known. Did you mean 'bars'?"),
            (("features", "AAPL", "--name", "smaa"), "Did you mean 'sma'?"),
            (("report", "no-such-run"), "no-such-run"),
            (("universe", "show", "nobody"), "make one with hedgerow universe create nobody"),
            (("sql", "select clos from bars"), "Did you mean 'close'"),
            (("analyze", "AAPLE"), "'AAPLE' is not in the workspace"),
        ],
    )
    def test_mistakes_are_one_clear_line_and_exit_1(
        self, ask: Run, words: tuple[str, ...], said: str
    ) -> None:
        done = ask(*words)
        assert done.code == 1
        assert done.err.startswith("error: ")
        assert done.err.count("\n") == 1
        assert said in done.err

    def test_a_missing_workspace_says_how_to_make_one(self, run: Run) -> None:
        done = run("rank")
        assert done.code == 1
        assert "make one with hedgerow init" in done.err

    @pytest.mark.parametrize("words", [("nonsense",), ("backtest",), ("sql", "--nope", "x")])
    def test_wrong_usage_exits_2(self, run: Run, words: tuple[str, ...]) -> None:
        assert run(*words).code == 2

    def test_a_wrong_setting_is_one_line(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HEDGEROW_STALE_RUN", "abc")
        for words in [("rank",), ("init",), ("demo",), ("sql", "select 1")]:
            done = run(*words)
            assert done.code == 1
            assert done.err.startswith("error: setting HEDGEROW_STALE_RUN=abc is not allowed")
            assert done.err.count("\n") == 1

    def test_ctrl_c_stops_with_one_word(self, ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        # What a signal raises in Python; a process in the background ignores the signal itself.
        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Workspace, "sql", interrupted)
        done = ask("sql", "select 1")
        assert (done.code, done.out, done.err) == (130, "", "stopped\n")

    def test_a_pipe_that_closes_is_quiet(self, sample: Workspace) -> None:
        words = ["sql", "select * from bars", "--format", "csv", "-w", str(sample.path)]
        script = (
            f"import sys\nsys.argv = ['hedgerow', *{words}]\nfrom hedgerow.cli import main\nmain()"
        )
        done = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.readline()
        done.stdout.close()
        assert done.stderr.read() == b""
        done.stderr.close()
        assert done.wait() in (0, 1)

    def test_debug_shows_the_traceback(self, run: Run) -> None:
        with pytest.raises(DataError):
            run("--debug", "rank")
        assert run("rank").code == 1
