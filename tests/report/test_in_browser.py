"""Reports in a real browser: no error, no request, charts drawn, controls that work."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack

import polars as pl
import pytest
from tests.report.browser import BrowserGoneError, browser_page, find_browser
from tests.report.builders import result
from tests.report.test_tear_sheet import CASES, EVIL, evil_result

from hedgerow.backtest.report import RankedResult, RankingSection, ranking_report, tear_sheet

READY = (
    "[...document.querySelectorAll('[data-run]')].filter(node => !node.closest('[hidden]'))"
    ".every(node => node.dataset.ready)"
)

KEEP_DOWNLOAD = """
  window.made = [];
  const address = URL.createObjectURL;
  URL.createObjectURL = (blob) => { made.push(blob); return address(blob); };
  HTMLAnchorElement.prototype.click = () => {};
"""


def heading(table, label):
    buttons = f"[...document.querySelectorAll('{table} .sort')]"
    return f"{buttons}.find(button => button.textContent === '{label}')"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium is installed: its page tests need one")
    with ExitStack() as stack:
        try:
            page = stack.enter_context(browser_page(path, tmp_path_factory.mktemp("profile")))
        except BrowserGoneError as gone:
            pytest.skip(f"{path} does not start here: {gone}")
        yield page


@pytest.fixture
def show(browser, tmp_path):
    """Open a report, wait for its charts, and check what every page must pass."""
    browser.size(1280)
    browser.dark(False)

    def open_page(text, fragment=""):
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8")
        browser.events.clear()
        browser.open(file, fragment)
        browser.wait(READY)
        browser.wait("document.querySelectorAll('.plot canvas').length > 0")
        assert browser.errors() == []
        assert [url for url in browser.requests() if not url.startswith("file:")] == []
        return browser

    yield open_page
    browser.call("Page.navigate", url="about:blank")


# --------------------------------------------------------------------------------- Regression


def test_every_chart_of_a_tear_sheet_has_ink(show):
    page = show(tear_sheet(result(300, 60)))
    charts = page.run("[...document.querySelectorAll('[data-chart]')].map(c => c.dataset.chart)")
    assert charts == ["equity", "drawdown", "returns", "rolling_sharpe", "rolling_volatility"]
    page.wait("[...document.querySelectorAll('.chart[data-chart]')].every(c => c.dataset.drawn)")
    ink = page.run(
        "[...document.querySelectorAll('.plot canvas')].map(c => new Set(new Uint32Array("
        "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size)"
    )
    assert len(ink) == 5
    assert min(ink) > 5


def test_the_crosshair_reads_the_values_of_the_run(show):
    run = result(300, 60)
    page = show(tear_sheet(run))
    plot = "document.querySelector('[data-chart=equity] .plot')"
    press = f"{plot}.dispatchEvent(new KeyboardEvent('keydown', {{key: '%s', bubbles: true}}))"
    page.run(press % "Home")
    page.run(press % "ArrowRight")
    read = "document.querySelector('[data-chart=equity] .legend').innerText"
    page.wait(f"{read}.includes('{run.equity['equity'][1]:,.0f}')")
    day = run.equity["session"][1]
    assert f"{day.day} {day:%b} {day.year}" in page.run(read)
    assert f"{run.equity['benchmark'][1]:,.0f}" in page.run(read)


def test_the_log_scale_switches_and_refuses_a_curve_that_reaches_zero(show):
    button = "document.querySelector('[data-chart=equity] [data-scale=log]')"
    page = show(tear_sheet(result(300, 60)))
    page.run(f"{button}.click()")
    assert page.run(f"{button}.getAttribute('aria-pressed')") == "true"
    assert page.errors() == []
    assert show(tear_sheet(CASES["all lost"]())).run(f"{button}.disabled")


def test_trades_filter_sort_and_stop_at_five_hundred(show):
    run = result(2000, 1200)
    page = show(tear_sheet(run))
    rows = "document.querySelectorAll('.trades tbody tr').length"
    count = "document.querySelector('.trade-count').textContent"
    assert page.run(rows) == 500
    assert page.run(count) == "500 of 1,200 shown, 700 more match"
    page.run("{const i = document.querySelector('.trades input'); i.value = 'msft'; "
             "i.dispatchEvent(new Event('input'))}")  # fmt: skip
    assert page.run(rows) == run.trades.filter(pl.col("symbol") == "MSFT").height
    page.run(f"{heading('.trades', 'Profit')}.click()")
    first = page.run("document.querySelector('.trades tbody tr').children[7].textContent")
    best = run.trades.filter(pl.col("symbol") == "MSFT")["pnl"].max()
    assert first == f"+{best:,.2f}"


def test_the_csv_holds_every_trade_and_no_formula(show):
    run = result(300, 700)
    cells = pl.Series(["=1+1", 'a "quoted", name', "plain"]).gather([at % 3 for at in range(700)])
    run = dataclasses.replace(run, trades=run.trades.with_columns(cells.alias("symbol")))
    page = show(tear_sheet(run))
    page.run(KEEP_DOWNLOAD)
    page.run("document.querySelector('.save').click()")
    text = page.run("made[0].text()")
    rows = pl.read_csv(text.encode())
    assert rows.height == 700
    assert rows["symbol"][0] == "'=1+1"
    assert rows["symbol"][1] == 'a "quoted", name'
    assert rows["pnl"].to_list() == pytest.approx(run.trades["pnl"].to_list(), rel=1e-8)
    assert rows["entry_at"][0] == str(run.trades["entry_at"][0].date())


def test_a_ranking_leads_to_a_tear_sheet_and_back(show):
    rows = tuple(RankedResult(f"S{at}", result(200, 30, seed=at)) for at in range(3))
    page = show(ranking_report("Ranked", [RankingSection("All", rows)], {}))
    seen = "[...document.querySelectorAll('[data-view]')].filter(v => !v.hidden).map(v => v.id)"
    assert page.run(seen) == ["ranking"]
    page.run("document.querySelector('a[href=\"#run-1-2\"]').click()")
    page.wait("document.querySelector('#run-1-2 .plot canvas')")
    assert page.run(seen) == ["run-1-2"]
    page.run("document.querySelector('#run-1-2 .back a').click()")
    page.wait("!document.querySelector('#ranking').hidden")
    assert page.errors() == []


def test_a_ranking_sorts_with_missing_values_last(show):
    runs = [result(200, 30, seed=at) for at in range(3)]
    runs[1] = dataclasses.replace(
        runs[1], metrics=dataclasses.replace(runs[1].metrics, sharpe=None)
    )
    rows = tuple(RankedResult(f"S{at}", run) for at, run in enumerate(runs))
    page = show(ranking_report("Ranked", [RankingSection("All", rows)], {}))
    sharpe = heading(".ranking", "Sharpe")
    names = "[...document.querySelectorAll('.ranking tbody .name')].map(n => n.textContent)"
    for _ in range(2):
        page.run(f"{sharpe}.click()")
        assert page.run(names)[-1] == "S1"


def test_explanations_show_on_focus(show):
    page = show(tear_sheet(result(100, 5)))
    page.run("document.querySelector('.card .term').focus()")
    page.wait("!document.querySelector('#tip').hidden")
    assert "Growth of the account" in page.run("document.querySelector('#tip').textContent")


def test_the_theme_follows_the_system_until_it_is_chosen(show, browser):
    browser.dark(True)
    page = show(tear_sheet(result(100, 5)))
    assert page.run("document.documentElement.dataset.theme") == "dark"
    page.run("document.querySelector('#theme').click()")
    assert page.run("document.documentElement.dataset.theme") == "light"
    page.run("localStorage.clear()")


# --------------------------------------------------------------------------------- Properties


@pytest.mark.parametrize("name", CASES)
def test_no_case_breaks_the_page_at_phone_width(show, browser, name):
    browser.size(390, mobile=True)
    page = show(tear_sheet(CASES[name]()))
    assert page.run("document.documentElement.scrollWidth") <= 390


CONTRAST = """
(() => {
  const level = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (!/, 0\\)|transparent/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const poor = [];
  for (const node of document.querySelectorAll("main *, header *, footer, .synthetic *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility()) continue;
    const [a, b] = [level(getComputedStyle(node).color), level(paper(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${node.outerHTML.slice(0, 80)}`);
  }
  return poor;
})()
"""


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_has_enough_contrast(show, browser, dark):
    browser.dark(dark)
    page = show(tear_sheet(result(900, 60, facts={"source": "synthetic"})))
    assert page.run(CONTRAST) == []


# --------------------------------------------------------------------------------- Validation


def test_hostile_text_runs_nothing(show):
    rows = (RankedResult(EVIL, evil_result()),)
    report = ranking_report(EVIL, [RankingSection(EVIL, rows)], {EVIL: EVIL})
    for page in (show(tear_sheet(evil_result())), show(report, "#run-1-1")):
        assert page.run("window.pwned") is None
        assert page.run("document.querySelectorAll('main img, main script').length") == 0
