"""Strategies ranked against each other, each with its tear sheet, in one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from hedgerow.backtest.report import facts as facts_of
from hedgerow.backtest.report.charts import Line, Packed, pack_lines
from hedgerow.backtest.report.figures import FIGURES
from hedgerow.backtest.report.ingest import summarise
from hedgerow.backtest.report.page import render
from hedgerow.backtest.report.quality import checked
from hedgerow.backtest.report.sheet import Limits, Sheet, build_sheet
from hedgerow.backtest.report.sparkline import Sparkline, sparkline
from hedgerow.backtest.report.thinning import thin
from hedgerow.domain.timeframe import Timeframe

if TYPE_CHECKING:
    from hedgerow.backtest.metrics import Metrics
    from hedgerow.backtest.result import Result
    from hedgerow.strategies.decisions import NotRun

# A ranking carries a dozen tear sheets, so each gets less than a page of its own would.
_SHEET = Limits(chart_rows=700, trades=500)
_CHART_ROWS = 1_400

_COLOURS = 8
_MOST_LINES = 24  # eight colours in three dashes; more could not be told apart

_INGEST = "ingest"
_QUALITY = "quality"


@dataclass(frozen=True)
class RankedResult:
    """One strategy of a ranking.

    Parameters
    ----------
    name
        What it is called in the table.
    result
        Its backtest.
    """

    name: str
    result: Result


@dataclass(frozen=True)
class RankingSection:
    """Strategies compared on the same instruments and sessions.

    Parameters
    ----------
    title
        Heading, such as the universe and the period.
    rows
        Best first; the order is kept.
    benchmark
        What they are measured against, such as ``buy and hold of the same names``; None
        takes the name the results give.
    not_run
        What the data could not serve, an instrument or a strategy, with the reason. The page
        gathers them by reason.
    note
        A sentence under the heading; empty for none.
    """

    title: str
    rows: tuple[RankedResult, ...]
    benchmark: str | None = None
    not_run: tuple[NotRun, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class RowView:
    """One line of a ranked table."""

    rank: int | None
    name: str
    sheet: str
    metrics: Metrics
    versus: float | None
    line: Sparkline


@dataclass(frozen=True)
class SectionView:
    """What the template shows of a section; see ``templates/ranking.html.j2``."""

    id: str
    title: str
    note: str
    subtitle: str
    benchmark: str | None
    rows: list[RowView]
    base: RowView | None
    not_run: tuple[NotRun, ...]
    hidden_lines: int
    caption: str


def ranking_report(
    title: str, sections: Sequence[RankingSection], facts: Mapping[str, object]
) -> str:
    """Write a ranking of strategies as one HTML file.

    Parameters
    ----------
    title
        Heading of the page.
    sections
        What was compared; each gives a table, a chart of all its curves and a list of what
        was not run.
    facts
        About the whole report, shown in the order given: ``as_of``, ``versions`` (table to
        version), ``source`` and so on. ``ingest`` (a list of `hedgerow.lake.IngestSummary`
        or of mappings with the same names) becomes the data quality table, ``quality`` (as
        `hedgerow.Workspace.quality` gives it) the table of series with a problem.

    Returns
    -------
    str
        A complete HTML document without any external request. Every strategy links to its
        tear sheet in the same file. The same input gives the same text. A banner says so
        where the prices of any run, or of the report, are synthetic.

    Notes
    -----
    The tear sheets inside keep 700 points of a line and the first 500 trades; `tear_sheet`
    gives the whole of one run.

    Examples
    --------
    >>> empty = RankingSection("Sample", rows=())
    >>> "Nothing was run." in ranking_report("Strategies ranked", [empty], {"as_of": "2019-01-03"})
    True
    """
    views = [_section_view(section, at) for at, section in enumerate(sections, start=1)]
    sheets = list(_sheets(sections, views))
    payloads: dict[str, object] = {
        view.id: _section_payload(section) for section, view in zip(sections, views, strict=True)
    }
    payloads |= {sheet.id: sheet.payload for sheet in sheets}
    summaries = facts.get(_INGEST) or ()
    ingest = summarise(summaries) if isinstance(summaries, Iterable) else None
    state = facts.get(_QUALITY)
    rest = {key: value for key, value in facts.items() if key not in (_INGEST, _QUALITY)}
    return render(
        "ranking.html.j2",
        payloads,
        title=title,
        sections=views,
        sheets=sheets,
        ingest=ingest,
        checked=checked(state, only_problems=True) if isinstance(state, pl.DataFrame) else None,
        provenance=facts_of.rows(rest),
        glossary=FIGURES,
        synthetic=facts_of.is_synthetic(facts) or any(sheet.synthetic for sheet in sheets),
    )


def _sheets(sections: Sequence[RankingSection], views: list[SectionView]) -> Iterable[Sheet]:
    for section, view in zip(sections, views, strict=True):
        for ranked, row in zip(section.rows, view.rows, strict=True):
            yield build_sheet(ranked.result, row.sheet, _SHEET)


def _section_view(section: RankingSection, at: int) -> SectionView:
    rows = [
        _row_view(ranked, rank, f"run-{at}-{rank}")
        for rank, ranked in enumerate(section.rows, start=1)
    ]
    benchmark = _benchmark_name(section)
    best = f"First by rank: {section.rows[0].name}." if section.rows else "Nothing was run."
    return SectionView(
        id=f"section-{at}",
        title=section.title,
        note=section.note,
        subtitle=_subtitle(section),
        benchmark=benchmark,
        rows=rows,
        base=_base_view(section, benchmark),
        not_run=section.not_run,
        hidden_lines=max(0, len(rows) - _MOST_LINES),
        caption=f"Growth of 100 of {len(rows)} strategies. {best}",
    )


def _benchmark_name(section: RankingSection) -> str | None:
    names = (row.result.benchmark_name for row in section.rows)
    return section.benchmark or next((name for name in names if name), None)


def _subtitle(section: RankingSection) -> str:
    ends = [
        (result["session"][0], result["session"][-1])
        for result in (row.result.equity for row in section.rows)
        if result.height
    ]
    if not ends:
        return ""
    start, end = min(first for first, _ in ends), max(last for _, last in ends)
    frames = ", ".join(sorted({row.result.timeframe for row in section.rows}))
    return f"{facts_of.day(start)} to {facts_of.day(end)} · {frames} bars"


def _row_view(ranked: RankedResult, rank: int, sheet: str) -> RowView:
    result = ranked.result
    other = result.benchmark_metrics
    return RowView(
        rank=rank,
        name=ranked.name,
        sheet=sheet,
        metrics=result.metrics,
        versus=_difference(result.metrics.total_return, other.total_return if other else None),
        line=sparkline(result.equity["equity"], result.capital),
    )


def _base_view(section: RankingSection, name: str | None) -> RowView | None:
    """Line of the benchmark, from the first run that has one."""
    for row in section.rows:
        result = row.result
        if result.benchmark_metrics is not None:
            return RowView(
                rank=None,
                name=name or "Benchmark",
                sheet="",
                metrics=result.benchmark_metrics,
                versus=None,
                line=sparkline(result.equity["benchmark"], result.capital),
            )
    return None


def _difference(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _section_payload(section: RankingSection) -> Packed:
    intraday = any(Timeframe.parse(row.result.timeframe).intraday for row in section.rows)
    if not section.rows:
        return {"name": section.title, "intraday": intraday, "charts": {}}
    drawn = section.rows[:_MOST_LINES]
    frame = _growth(drawn)
    lines = [Line(f"row {at}", row.name, _role(at)) for at, row in enumerate(drawn)]
    lines.append(Line("benchmark", _benchmark_name(section) or "Benchmark", "benchmark"))
    frame = thin(frame, [line.column for line in lines], _CHART_ROWS)
    chart = pack_lines(frame, "timestamp", lines, "index")
    return {"name": section.title, "intraday": intraday, "charts": {"growth": chart}}


def _role(at: int) -> str:
    colour, dash = at % _COLOURS + 1, at // _COLOURS
    return f"s{colour}-{dash}" if dash else f"s{colour}"


def _growth(rows: Sequence[RankedResult]) -> pl.DataFrame:
    """Curves of all rows on one time axis, each beginning at 100."""
    base = next((row for row in rows if row.result.benchmark_metrics is not None), rows[0])
    frame = _rebased(base.result, "benchmark", "benchmark")
    for at, row in enumerate(rows):
        curve = _rebased(row.result, "equity", f"row {at}")
        frame = frame.join(curve, on="timestamp", how="full", coalesce=True)
    return frame.sort("timestamp")


def _rebased(result: Result, column: str, name: str) -> pl.DataFrame:
    return result.equity.select("timestamp", (pl.col(column) / result.capital * 100).alias(name))
