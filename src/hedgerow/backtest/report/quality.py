"""The state of the stored bars as a page, and as a part of other reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hedgerow.backtest.report.page import render
from hedgerow.workspace.quality import PATIENCE

if TYPE_CHECKING:
    import polars as pl

# Beyond this a page is no longer read; the whole report is the table `quality`.
_MOST = 1_000


@dataclass(frozen=True)
class Checked:
    """What templates show of a quality report.

    Parameters
    ----------
    checked_at
        When the bars were checked, UTC.
    tiles
        Headline counts by label.
    rows
        Series, those with problems first, as mappings of the columns of ``quality`` and
        ``findings``: a list of texts.
    hidden
        Series that are not shown.
    """

    checked_at: str
    tiles: tuple[tuple[str, int], ...]
    rows: tuple[Mapping[str, Any], ...]
    hidden: int


def checked(report: pl.DataFrame, *, only_problems: bool = False) -> Checked | None:
    """View of a report as `hedgerow.Workspace.quality` gives it; None for an empty one.

    Parameters
    ----------
    report
        Rows of the table ``quality`` of one check.
    only_problems
        Whether series without a problem are left out.
    """
    if report.is_empty():
        return None
    wrong = report.filter(report["problems"] != "")
    fine = report.filter(report["problems"] == "")
    listed = [*wrong.iter_rows(named=True), *(() if only_problems else fine.iter_rows(named=True))]
    return Checked(
        checked_at=f"{report['checked_at'][0]:%Y-%m-%d %H:%M} UTC",
        tiles=(
            ("Series", report.height),
            ("With a problem", wrong.height),
            ("Behind", late(report)),
            ("Missing sessions", int(report["missing_sessions"].sum())),
            ("Refused rows", int(report["refused"].sum())),
            ("Stale bars", int(report["stale_bars"].sum())),
            ("Disagreeing bars", int(report["disagreeing_bars"].sum())),
        ),
        rows=tuple({**row, "findings": findings(row)} for row in listed[:_MOST]),
        hidden=max(0, len(listed) - _MOST),
    )


def late(report: pl.DataFrame) -> int:
    """Number of series that end before the last session but one, whoever their source is."""
    return int((report["sessions_behind"] > PATIENCE).sum())


def findings(row: Mapping[str, Any]) -> list[str]:
    """What is wrong with one series, in words and numbers.

    Examples
    --------
    >>> findings({"problems": "gaps, odd_splits", "missing_sessions": 1, "gaps": "2014-05-19",
    ...     "odd_splits": 2})
    ['1 session missing: 2014-05-19', '2 splits of no simple ratio']
    """
    named = [name for name in str(row["problems"]).split(", ") if name]
    return [_FINDINGS[name](row) for name in named]


def quality_report(title: str, report: pl.DataFrame) -> str:
    """Write the state of the stored bars as one HTML file.

    Parameters
    ----------
    title
        Heading of the page.
    report
        As `hedgerow.Workspace.quality` gives it.

    Returns
    -------
    str
        A complete HTML document without any external request: headline counts, and a
        sortable table of the series, those with problems first, at most 1,000.

    Examples
    --------
    >>> import polars as pl
    >>> "Nothing was checked." in quality_report("Data quality", pl.DataFrame())
    True
    """
    synthetic = "source" in report.columns and report["source"].str.contains("synthetic").any()
    return render(
        "quality.html.j2",
        {},
        title=title,
        checked=checked(report),
        glossary=(),
        synthetic=synthetic,
    )


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


_FINDINGS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "no_bars": lambda _: "no row was sound",
    "gaps": lambda row: f"{_counted(row['missing_sessions'], 'session')} missing: {row['gaps']}",
    "behind": lambda row: f"{_counted(row['sessions_behind'], 'session')} behind",
    "stale": lambda row: (
        f"{_counted(row['stale_runs'], 'stale run')}, the longest of "
        f"{_counted(row['longest_stale_run'], 'bar')}"
    ),
    "refused": lambda row: f"refused: {row['refused_by_rule']}",
    "disagreement": lambda row: (
        f"{row['disagreeing_bars']:,} of {row['compared_bars']:,} closes differ from "
        f"{row['disagrees_with']}'s, by up to {row['largest_disagreement_bps']:,.0f} bps"
    ),
    "odd_splits": lambda row: _counted(
        row["odd_splits"], "split of no simple ratio", "splits of no simple ratio"
    ),
    "large_dividends": lambda row: _counted(
        row["large_dividends"],
        "dividend above half of the price",
        "dividends above half of the price",
    ),
    "jumps": lambda row: (
        f"{_counted(row['jumps'], 'unexplained jump')}, the largest {row['largest_jump']:+.0%}"
    ),
}
