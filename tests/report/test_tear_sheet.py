"""The tear sheet as a file: whole, closed to the network, honest, harmless."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import re
from importlib.resources import files

import polars as pl
import pytest
from tests.report.builders import result
from tests.report.markup import Markup, style_of

from hedgerow.backtest import backtest
from hedgerow.backtest.metrics import Metrics
from hedgerow.backtest.report import tear_sheet
from hedgerow.backtest.report.formatting import MISSING, percent
from hedgerow.backtest.report.page import render
from hedgerow.backtest.report.sheet import Limits, build_sheet
from hedgerow.strategies import BuyAndHold, NotRun

EVIL = '</script><script>window.pwned=1</script><img src=x onerror="window.pwned=2">\'&amp;'


def evil_result():
    base = result(120, 20)
    return dataclasses.replace(
        base,
        strategy=EVIL,
        parameters={EVIL: EVIL},
        benchmark_name=EVIL,
        notes=(EVIL,),
        not_run=(NotRun(EVIL, EVIL),),
        facts={EVIL: EVIL, "source": EVIL},
        trades=base.trades.with_columns(
            pl.lit(EVIL).alias("symbol"), pl.lit(EVIL).alias("exit_reason")
        ),
        fills=base.fills.with_columns(pl.lit(EVIL).alias("symbol")),
    )


def ruined_result():
    base = result(120, 20)
    row = pl.int_range(pl.len())
    equity = base.equity.with_columns(
        pl.when(row > 50).then(0.0).otherwise("equity").alias("equity")
    )
    returns = base.session_returns.with_columns(
        pl.when(row > 51).then(0.0).when(row > 50).then(-1.0).otherwise("return").alias("return")
    )
    metrics = dataclasses.replace(base.metrics, total_return=-1.0, max_drawdown=-1.0, cagr=-1.0)
    return dataclasses.replace(base, equity=equity, session_returns=returns, metrics=metrics)


def nameless_result():
    nothing = Metrics()
    base = result(120, 20)
    return dataclasses.replace(base, metrics=nothing, benchmark_metrics=nothing)


CASES = {
    "plain": lambda: result(300, 80),
    "no trades, no benchmark": lambda: result(300, 0, benchmark=False),
    "one session": lambda: result(1, 0),
    "no measure": nameless_result,
    "all lost": ruined_result,
    "markup in every text": evil_result,
    "not ASCII": lambda: result(60, 9, strategy="日経225 – Überschlag", facts={"source": "Börse"}),
    "very long name": lambda: result(60, 9, strategy="Momentum-" * 60),
    "nothing recorded": lambda: result(60, 9, facts={}, notes=(), not_run=()),
}


@pytest.fixture(scope="module", params=CASES, ids=lambda name: name.replace(" ", "-"))
def page(request):
    return tear_sheet(CASES[request.param]())


# --------------------------------------------------------------------------------- Regression


def test_the_headline_equals_the_metrics():
    run = result(300, 80)
    figures = Markup(tear_sheet(run)).figures
    assert figures["total_return"] == percent(run.metrics.total_return, signed=True)
    assert figures["cagr"] == percent(run.metrics.cagr, signed=True)
    assert figures["max_drawdown"] == percent(run.metrics.max_drawdown)
    assert figures["sharpe"] == f"{run.metrics.sharpe:.2f}".replace("-", "−")
    assert figures["win_rate"] == percent(run.metrics.win_rate, 1)


def test_the_chart_ends_where_the_account_ends_and_holds_the_extremes():
    run = result(2000, 10, bars_per_session=7)
    payload = Markup(tear_sheet(run)).payload("run")
    equity = payload["charts"]["equity"]["series"][0]["values"]
    assert len(equity) <= 2400
    assert equity[0] == pytest.approx(run.equity["equity"][0], rel=1e-6)
    assert equity[-1] == pytest.approx(run.equity["equity"][-1], rel=1e-6)
    assert max(equity) == pytest.approx(run.equity["equity"].max(), rel=1e-6)
    assert min(equity) == pytest.approx(run.equity["equity"].min(), rel=1e-6)
    steps = payload["charts"]["equity"]["time"]
    assert sum(steps) == run.equity["timestamp"][-1].timestamp()


def test_figures_without_a_value_are_dashes():
    figures = Markup(tear_sheet(nameless_result())).figures
    assert set(figures.values()) == {MISSING}


@pytest.mark.parametrize(
    "facts", [{"source": "synthetic"}, {"sources": ["a", "synthetic_us"]}, {"synthetic": True}]
)
def test_synthetic_prices_carry_a_banner(facts):
    assert "SYNTHETIC DATA" in Markup(tear_sheet(result(60, 5, facts=facts))).text


def test_real_prices_carry_no_banner():
    assert "SYNTHETIC" not in tear_sheet(result(60, 5))


def test_what_the_run_was_made_of_is_on_the_page():
    text = Markup(tear_sheet(result(60, 5))).text
    for words in ("fast 20, slow 50", "commission 1 bps", "Equal weight", "100,000",
                  "2019-01-03 21:00:00 UTC", "bars 3, splits 1", "sample_closes",
                  "needs high/low", "SPX, VIX", "vendor's adjusted closes"):  # fmt: skip
        assert words in text, words


def test_left_out_trades_are_announced():
    sheet = build_sheet(result(300, 80), "run", Limits(trades=30))
    page = render("tear_sheet.html.j2", {}, title="", glossary=(), synthetic=False, sheet=sheet)
    assert "first 30 of 80 trades; 50 more" in Markup(page).text


# --------------------------------------------------------------------------------- Properties


def test_the_markup_is_well_formed(page):
    markup = Markup(page)
    assert markup.mistakes == []
    assert len(markup.ids) == len(set(markup.ids))


def test_nothing_is_asked_of_the_network(page):
    markup = Markup(page)
    assert all(address.startswith("#") for address in markup.addresses)
    style = style_of(page)
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import)\(", page
    )


def test_only_our_own_script_runs(page):
    markup = Markup(page)
    assert len(markup.scripts) == 1
    assert markup.handlers == []
    assert markup.styled == []
    digest = base64.b64encode(hashlib.sha256(markup.scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page.replace("&#39;", "'")


def test_every_explanation_that_is_pointed_to_exists(page):
    named = set(re.findall(r'aria-describedby="([^"]+)"', page))
    assert named <= set(Markup(page).ids)


@pytest.mark.parametrize("name", CASES)
def test_the_same_result_gives_the_same_bytes(name):
    assert tear_sheet(CASES[name]()) == tear_sheet(CASES[name]())


def test_text_of_a_run_is_never_markup():
    page = tear_sheet(evil_result())
    assert "<img" not in page
    assert page.count("<script>") == 1
    assert EVIL in Markup(page).text


# --------------------------------------------------------------------------------- Validation


@pytest.mark.parametrize(
    ("sessions", "bars", "trades", "most"),
    [(1258, 1, 400, 250_000), (5040, 7, 10_000, 900_000)],
)
def test_files_stay_small(sessions, bars, trades, most):
    page = tear_sheet(result(sessions, trades, bars_per_session=bars))
    assert len(page.encode()) < most


def test_the_licence_of_the_chart_library_travels_along():
    page = tear_sheet(result(60, 5))
    assert "Copyright (c) 2022 Leon Sorokin" in page
    assert "The above copyright notice and this permission notice" in page


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("uplot.min.js", "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"),
        ("uplot.min.css", "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04"),
    ],
)
def test_the_chart_library_is_the_published_one(name, digest):
    """uplot 1.6.32 of the npm registry, dist/uPlot.iife.min.js and dist/uPlot.min.css."""
    asset = files("hedgerow.backtest.report") / "assets" / name
    assert hashlib.sha256(asset.read_bytes()).hexdigest() == digest


def test_a_backtest_writes_its_own_report(tmp_path):
    days = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8)]
    frame = pl.DataFrame({"date": days, "close": [10.0, 11.0, 10.5, 12.0, 12.5]})
    run = backtest(BuyAndHold(), frame)
    page = run.report(tmp_path / "new" / "run.html").read_text(encoding="utf-8")
    markup = Markup(page)
    assert markup.mistakes == []
    assert markup.figures["total_return"] == percent(run.metrics.total_return, signed=True)
    assert "BuyAndHold" in markup.text
    assert len(markup.payload("run")["charts"]["equity"]["series"]) == 2
