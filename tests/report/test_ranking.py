"""The ranking as a file: every strategy, its tear sheet, and what the data went through."""

from __future__ import annotations

import pytest
from tests.report.builders import result
from tests.report.markup import Markup

from hedgerow.backtest.report import RankedResult, RankingSection, ranking_report
from hedgerow.backtest.report.formatting import decimal, percent, points
from hedgerow.backtest.report.ingest import summarise
from hedgerow.lake import IngestSummary
from hedgerow.strategies import NotRun

INGEST = [
    {"table": "bars", "source": "sample_closes", "rows": 1010, "loaded": 1000, "corrected": 0,
     "unchanged": 0, "quarantined": {"stale_run": 8, "ohlc_order": 2}, "warnings": {"jump": 3}},
    {"table": "splits", "source": "sample_ohlcv", "rows": 5, "loaded": 5},
]  # fmt: skip
FACTS = {"as_of": "2019-01-03", "versions": {"bars": 3}, "ingest": INGEST}
NAMES = ("Momentum", "SmaCross", "MeanReversion", "RsiReversion", "VixMomentum", "BuyAndHold")


def section(title="Names", sessions=200, trades=30, names=NAMES, **changes):
    rows = tuple(
        RankedResult(name, result(sessions, trades, seed=at, strategy=name))
        for at, name in enumerate(names)
    )
    return RankingSection(title, rows, **changes)


@pytest.fixture(scope="module")
def sections():
    return [
        section("Closes", note="Long only.", not_run=(NotRun("SPX", "needs high/low"),)),
        section("OHLCV", sessions=300, benchmark="buy and hold of the same names"),
    ]


@pytest.fixture(scope="module")
def page(sections):
    return ranking_report("Ranked", sections, FACTS)


# --------------------------------------------------------------------------------- Regression


def test_every_row_shows_the_metrics_of_its_run(page, sections):
    text = Markup(page).text
    for part in sections:
        for row in part.rows:
            metrics, other = row.result.metrics, row.result.benchmark_metrics
            assert percent(metrics.total_return, 1, signed=True) in text
            assert points(metrics.total_return - other.total_return) in text
            assert decimal(metrics.sharpe) in text
            assert percent(metrics.max_drawdown, 1) in text


def test_every_strategy_links_to_its_tear_sheet(page):
    markup = Markup(page)
    links = {address[1:] for address in markup.addresses}
    assert {f"run-{part}-{rank}" for part in (1, 2) for rank in range(1, 7)} <= links
    assert links <= set(markup.ids)
    assert markup.payload("run-2-6")["name"] == "BuyAndHold"


def test_the_chart_holds_all_strategies_and_the_benchmark_from_one_hundred(page, sections):
    series = Markup(page).payload("section-1")["charts"]["growth"]["series"]
    assert [line["label"] for line in series] == [*NAMES, "Buy and hold"]
    for line, row in zip(series, sections[0].rows, strict=False):
        last = row.result.equity["equity"][-1] / row.result.capital * 100
        assert line["values"][-1] == pytest.approx(last, rel=1e-6)


def test_what_the_data_went_through_is_shown(page):
    text = " ".join(Markup(page).text.split())
    assert "Quarantined by rule: stale_run 8, ohlc_order 2." in text
    assert "Warnings by rule: jump 3." in text
    assert "1,005" in text
    assert "needs high/low: SPX" in text
    assert "Long only." in text


def test_a_row_that_failed_two_rules_counts_once():
    refused = {"not_finite": 1, "missing_close": 1}
    summary = IngestSummary("bars", "files", 7, 6, 0, 0, refused=1, quarantined=refused)
    total = summarise([summary]).total
    assert (total.rows, total.loaded, total.quarantined) == (7, 6, 1)
    assert "missing_close 1, not_finite 1" in ranking_report("t", [], {"ingest": [summary]})


def test_one_synthetic_run_marks_the_whole_report():
    made_up = RankedResult("x", result(60, 5, facts={"source": "synthetic"}))
    assert "SYNTHETIC DATA" in ranking_report("t", [RankingSection("s", (made_up,))], {})
    assert "SYNTHETIC DATA" not in ranking_report("t", [section(names=("a",))], {})


# --------------------------------------------------------------------------------- Properties


def test_the_file_is_whole_closed_and_the_same_each_time(page, sections):
    markup = Markup(page)
    assert markup.mistakes == []
    assert len(markup.ids) == len(set(markup.ids))
    assert all(address.startswith("#") for address in markup.addresses)
    assert markup.styled == markup.handlers == []
    assert ranking_report("Ranked", sections, FACTS) == page


def test_names_and_titles_are_never_markup():
    evil = "<img src=x onerror=alert(1)>"
    part = section(evil, names=(evil,), benchmark=evil, note=evil, not_run=(NotRun(evil, evil),))
    facts = {evil: evil, "ingest": [{"table": evil, "source": evil, "quarantined": {evil: 1}}]}
    page = ranking_report(evil, [part], facts)
    assert "<img" not in page
    assert Markup(page).mistakes == []


# --------------------------------------------------------------------------------- Validation


def test_a_report_without_sections_or_rows_is_no_error():
    page = ranking_report("Nothing", [RankingSection("Empty", ())], {})
    assert "Nothing was run." in page
    assert Markup(ranking_report("Nothing", [], {})).mistakes == []


def test_a_long_list_of_what_was_not_run_is_gathered_and_cut():
    missing = tuple(NotRun(f"N{at:03}", "needs volume") for at in range(100))
    page = ranking_report("t", [RankingSection("s", (), not_run=missing)], {})
    text = " ".join(Markup(page).text.split())
    assert "needs volume: N000, N001" in text
    assert "N059 and 40 more" in text


def test_runs_without_benchmark_rank_without_comparison():
    row = RankedResult("alone", result(60, 5, benchmark=False))
    markup = Markup(ranking_report("t", [RankingSection("s", (row,))], {}))
    series = markup.payload("section-1")["charts"]["growth"]["series"]
    assert [line["label"] for line in series] == ["alone"]


def test_runs_of_different_length_share_one_time_axis():
    rows = (RankedResult("long", result(90, 5)), RankedResult("short", result(50, 5, seed=2)))
    markup = Markup(ranking_report("t", [RankingSection("s", rows)], {}))
    chart = markup.payload("section-1")["charts"]["growth"]
    assert [len(line["values"]) for line in chart["series"]] == [90, 90, 90]
    assert chart["series"][1]["values"].count(None) == 40


def test_thirty_strategies_fit_and_the_chart_says_what_it_leaves_out():
    page = ranking_report("t", [section(names=[f"S{at}" for at in range(30)])], {})
    assert "first 24; 6 more" in page


def test_a_demo_sized_report_stays_small():
    parts = [section("a", 1258, 900), section("b", 3280, 1500)]
    assert len(ranking_report("t", parts, FACTS).encode()) < 1_500_000
