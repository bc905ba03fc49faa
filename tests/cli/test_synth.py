"""The synthetic market and SQL answers on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]

SMALL = ("synth", "--symbols", "1", "--start", "2015")


class TestRegression:
    def test_the_same_market_may_grow(self, run: Run) -> None:
        for size in (("--bars", "60"), ("--bars", "90"), ("--bars", "30")):
            done = run(*SMALL, *size)
            assert done.code == 0, done.err
        assert run("synth", "--symbols", "2", "--bars", "90", "--start", "2015-01-01").code == 0
        first = run("sql", "select min(session) d, count(*) n from bars where symbol='S0002'")
        assert "2015-01-02" in first.out

    def test_nested_answers_are_written_as_json_text(self, ask: Run) -> None:
        query = "select [1, 2] l, {'a': 'x'} s, 'ab'::blob b, null::int[] n"
        done = ask("sql", query, "-f", "csv")
        assert done.code == 0, done.err
        assert done.out == 'l,s,b,n\n"[1,2]","{""a"":""x""}",6162,\n'
        rows = json.loads(ask("sql", query, "-f", "json").out)
        assert rows == [{"l": [1, 2], "s": {"a": "x"}, "b": "6162", "n": None}]

    def test_bytes_within_lists_are_one_line(self, ask: Run) -> None:
        for form in ("csv", "json"):
            done = ask("sql", "select ['a'::blob] l", "-f", form)
            assert (done.code, done.err.count("\n")) == (1, 1)
            assert "column 'l' holds bytes" in done.err


class TestValidation:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--seed", "8"), "another synthetic market"),
            (("--start", "2000"), "another synthetic market"),
            (("--start", "2020"), "another synthetic market"),
            (("--bars", "0"), "bars=0 is out of range"),
            (("--start", "1900"), "start=1900-01-01 lies before the first known session"),
            (("--start", "soon"), "start 'soon' is not a day"),
        ],
    )
    def test_what_cannot_be_is_one_line(
        self, run: Run, options: tuple[str, ...], said: str
    ) -> None:
        assert run(*SMALL, "--bars", "60").code == 0
        done = run(*SMALL, "--bars", "60", *options)
        assert done.code == 1
        assert said in done.err
        assert done.err.count("\n") == 1
