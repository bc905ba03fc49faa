"""Results: how they show themselves and what they hash to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.backtest.test_backtest import bars

from hedgerow.backtest import Result, backtest
from hedgerow.strategies import NotRun, SmaCross


@pytest.fixture(scope="module")
def result() -> Result:
    return backtest(SmaCross(fast=5, slow=20), bars("ABCD", 200))


# ------------------------------------------------------------------------------------ Regression


def test_text_shows_the_run_beside_its_benchmark(result: Result) -> None:
    shown = repr(replace(result, notes=("Mind this.",), not_run=(NotRun("X", "needs high/low"),)))
    first, *rest = shown.splitlines()
    assert first == (
        "SmaCross(direction=long, fast=5, slow=20) on 4 × 1d (A, B, C …), "
        f"{result.start} to {result.end}"
    )
    body = "\n".join(rest)
    assert f"{result.metrics.total_return:,.2%}" in body
    assert "Buy and hold" in body
    assert "note: Mind this." in body
    assert "not run: X needs high/low" in body


def test_notebook_view_escapes_what_it_shows(result: Result) -> None:
    shown = replace(result, strategy="<script>", notes=("a < b",))._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "a &lt; b" in shown
    assert shown.count("<tr>") == 13


def test_what_cannot_be_told_is_a_dash(result: Result) -> None:
    untold = replace(result, metrics=replace(result.metrics, sharpe=None))
    assert "–" in repr(untold)


def test_report_is_written_where_asked(result: Result, tmp_path: Path) -> None:
    place = result.report(tmp_path / "deep" / "sheet.html")
    assert place.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html")


# ------------------------------------------------------------------------------------ Properties


def test_hash_sees_every_table(result: Result) -> None:
    base = result.sha256()
    nudged = pl.col("price") * (1 + 2**-52)
    assert replace(result, fills=result.fills.with_columns(nudged)).sha256() != base
    assert replace(result, trades=result.trades.head(1)).sha256() != base
    assert replace(result, equity=result.equity.with_columns(cash=pl.lit(0.0))).sha256() != base


def test_hash_sees_nulls_and_does_not_see_the_order_of_trades(result: Result) -> None:
    base = result.sha256()
    turned = result.trades.sort("symbol", "entry_at", descending=True)
    assert replace(result, trades=turned).sha256() == base
    without = result.equity.with_columns(benchmark=pl.lit(None, dtype=pl.Float64))
    assert replace(result, equity=without).sha256() != base


def test_results_cannot_be_changed(result: Result) -> None:
    with pytest.raises(AttributeError):
        result.capital = 1.0  # type: ignore[misc]
