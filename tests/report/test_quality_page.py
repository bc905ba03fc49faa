"""The state of the stored bars as a page, and within a ranking."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from tests.report.markup import Markup

from hedgerow.backtest.report import RankingSection, quality_report, ranking_report
from hedgerow.domain.schemas import QUALITY

AT = dt.datetime(2024, 3, 1, 22, tzinfo=dt.UTC)


def series(symbol: str, problems: str = "", **changes: object) -> dict[str, object]:
    whole = {name: 0 for name, kind in QUALITY.columns.items() if kind == pl.Int64}
    texts = {name: "" for name, kind in QUALITY.columns.items() if kind == pl.String}
    facts = {"checked_at": AT, "instrument_id": f"{symbol}.XNYS", "source": "me", "symbol": symbol}
    span = {"first_session": dt.date(2024, 1, 2), "last_session": dt.date(2024, 3, 1)}
    return whole | texts | facts | span | {"coverage": 1.0, "problems": problems} | changes


def report(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=QUALITY.columns)


GAPPED = series("ZQX", "gaps", missing_sessions=3, gaps="2024-01-05", longest_gap=1)


def test_series_with_problems_come_first() -> None:
    page = Markup(quality_report("Data quality", report(series("AAA"), GAPPED)))
    assert page.text.index("ZQX") < page.text.index("AAA")
    assert "3 sessions missing: 2024-01-05" in page.text
    assert "As stored at 2024-03-01 22:00 UTC" in page.text


def test_the_cards_count_series_that_end_early_whether_or_not_that_is_a_problem() -> None:
    late = [series(name, sessions_behind=days) for name, days in (("LA", 2), ("LB", 900))]
    rows = report(*late, series("AAA", sessions_behind=1), series("NIX", sessions_behind=None))
    text = quality_report("Data quality", rows)
    assert '<span class="card-label">Behind</span><strong>2</strong>' in text
    assert '<span class="card-label">With a problem</span><strong>0</strong>' in text


def test_the_page_is_sound_and_asks_nothing_of_the_network() -> None:
    page = Markup(quality_report("Data quality", report(series("AAA"), GAPPED)))
    assert page.mistakes == []
    assert [one for one in page.addresses if not one.startswith("#")] == []
    assert page.handlers == page.styled == []
    assert len(page.ids) == len(set(page.ids))


def test_a_ranking_shows_only_series_with_a_problem() -> None:
    facts = {"quality": report(series("AAA"), GAPPED)}
    text = ranking_report("Ranked", [RankingSection("Sample", rows=())], facts)
    assert "Stored bars" in text
    assert ">ZQX<" in text
    assert ">AAA<" not in text


def test_a_ranking_without_the_report_has_no_such_part() -> None:
    text = ranking_report("Ranked", [RankingSection("Sample", rows=())], {})
    assert "Stored bars" not in text


def test_text_from_vendors_is_escaped() -> None:
    evil = series("<script>x</script>", "refused", refused=1, refused_by_rule="<b> 1")
    text = quality_report("Data quality", report(evil))
    assert "<script>x" not in text
    assert "&lt;b&gt; 1" in text


@pytest.mark.parametrize("source", ["synthetic", "me"])
def test_generated_prices_are_marked(source: str) -> None:
    text = quality_report("Data quality", report(series("AAA", source=source)))
    assert ("SYNTHETIC DATA" in text) == (source == "synthetic")
