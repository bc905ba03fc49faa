"""Every command, as a newcomer types it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hedgerow.cli._app import app
from hedgerow.errors import DataError

Run = Callable[..., Any]


class TestRegression:
    def test_init_makes_a_workspace_once(self, run: Run) -> None:
        first, second = run("init"), run("init")
        assert (first.code, second.code) == (0, 0)
        assert "Workspace made at workspace" in first.out
        assert "nothing was changed" in second.out

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

    def test_strategies_are_listed_and_explained(self, run: Run) -> None:
        assert "VixMomentum" in run("strategies").out
        explained = run("strategies", "mean-reversion").out
        assert "stop_atr" in explained
        assert "a number from 0.5 to 10" in explained

    def test_doctor_finds_all_well(self, ask: Run) -> None:
        done = ask("doctor")
        assert done.code == 0, done.out
        assert "All is well." in done.out

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
            (("universe", "show", "nobody"), "nobody"),
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

    def test_debug_shows_the_traceback(self, run: Run) -> None:
        with pytest.raises(DataError):
            run("--debug", "rank")
        assert run("rank").code == 1
