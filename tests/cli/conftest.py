"""Runs the command line in this process, as a user would."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hedgerow.cli import main
from hedgerow.workspace import Workspace


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``hedgerow`` with some words in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["hedgerow", *map(str, words)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return call


@pytest.fixture
def ask(run: Run, sample: Workspace) -> Run:
    """Run ``hedgerow`` on the bundled prices, which the command must not change."""

    def call(*words: str | Path) -> Ran:
        return run(*words, "-w", sample.path)

    return call
