"""The tear sheet of one run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from hedgerow.backtest.report import facts as facts_of
from hedgerow.backtest.report.charts import pack_result
from hedgerow.backtest.report.figures import FIGURES, HEADLINE, Reading, read, read_all
from hedgerow.backtest.report.formatting import money, percent
from hedgerow.backtest.report.months import YearRow, by_year
from hedgerow.backtest.report.page import render
from hedgerow.backtest.report.series import rolling_window, session_returns
from hedgerow.backtest.report.trading import (
    CostLine,
    Group,
    cost_lines,
    group_trades,
    pack_trades,
    traded_value,
)
from hedgerow.domain.timeframe import Timeframe

if TYPE_CHECKING:
    from hedgerow.backtest.result import Result
    from hedgerow.strategies.decisions import NotRun

# Enough for every pixel of a wide screen; a page of this size still opens at once.
_CHART_ROWS = 2_400
_TRADES = 25_000

_NAMED_SYMBOLS = 40
_NAMED_GROUPS = 10


@dataclass(frozen=True)
class Limits:
    """How much of a run goes into the page.

    Parameters
    ----------
    chart_rows
        Most points of a line.
    trades
        Most trades in the table and its CSV.
    """

    chart_rows: int = _CHART_ROWS
    trades: int = _TRADES


@dataclass(frozen=True)
class Sheet:
    """What the template of a tear sheet shows; see ``templates/sheet.html.j2``."""

    id: str
    name: str
    subtitle: str
    synthetic: bool
    benchmark: str | None
    setup: list[facts_of.Row]
    headline: list[Reading]
    figures: dict[str, list[Reading]]
    years: list[YearRow]
    captions: Mapping[str, str]
    intraday: bool
    window: int | None
    exits: list[Group]
    instruments: list[Group]
    hidden_instruments: int
    costs: list[CostLine]
    traded: float
    trades: int
    packed_trades: int
    notes: tuple[str, ...]
    not_run: tuple[NotRun, ...]
    provenance: list[facts_of.Row]
    payload: dict[str, object]


def tear_sheet(result: Result) -> str:
    """Write the tear sheet of a run as one HTML file.

    Parameters
    ----------
    result
        A backtest. All its text (strategy, symbols, notes, facts) is escaped.

    Returns
    -------
    str
        A complete HTML document without any external request: set-up, figures beside the
        benchmark's, equity, drawdown, months, spread of returns, rolling figures, trades
        (to sort, filter and save as CSV), exits, costs, notes and data versions. The same
        result gives the same text. A banner says so where the prices are synthetic.

    Notes
    -----
    Charts keep at most 2,400 points of a line; each stretch's highest and lowest bar are
    among them. The table holds the first 25,000 trades and says how many more there are.

    Examples
    --------
    >>> from hedgerow.backtest import backtest
    >>> from hedgerow.strategies import BuyAndHold
    >>> days = [dt.date(2024, 1, day) for day in (2, 3, 4)]
    >>> run = backtest(BuyAndHold(), pl.DataFrame({"date": days, "close": [10.0, 10.0, 11.0]}))
    >>> tear_sheet(run).startswith("<!doctype html>")
    True
    """
    sheet = build_sheet(result, "run", Limits())
    return render(
        "tear_sheet.html.j2",
        {sheet.id: sheet.payload},
        title=f"{sheet.name} · tear sheet",
        sheet=sheet,
        glossary=FIGURES,
        synthetic=sheet.synthetic,
    )


def build_sheet(result: Result, sheet_id: str, limits: Limits) -> Sheet:
    """Work out everything a tear sheet shows.

    Parameters
    ----------
    result
        A backtest.
    sheet_id
        Unique in the page; letters, digits and hyphens.
    limits
        How much of it goes into the page.
    """
    metrics = result.metrics.to_dict()
    other = result.benchmark_metrics.to_dict() if result.benchmark_metrics else None
    benchmark = result.benchmark_name if other is not None else None
    returns = session_returns(result)
    instruments = group_trades(result.trades, "symbol")
    return Sheet(
        id=sheet_id,
        name=result.strategy,
        subtitle=_subtitle(result),
        synthetic=facts_of.is_synthetic(result.facts),
        benchmark=benchmark,
        setup=_setup(result),
        headline=[read(key, metrics, other) for key in HEADLINE],
        figures=read_all(metrics, other),
        years=by_year(returns),
        captions=_captions(result),
        intraday=_intraday(result),
        window=rolling_window(returns.height),
        exits=group_trades(result.trades, "exit_reason"),
        instruments=_best_and_worst(instruments),
        hidden_instruments=max(0, len(instruments) - 2 * _NAMED_GROUPS),
        costs=cost_lines(result),
        traded=traded_value(result),
        trades=result.trades.height,
        packed_trades=min(result.trades.height, limits.trades),
        notes=tuple(result.notes),
        not_run=tuple(result.not_run),
        provenance=facts_of.rows(result.facts),
        payload=_payload(result, returns, benchmark, limits),
    )


def _payload(
    result: Result, returns: pl.DataFrame, benchmark: str | None, limits: Limits
) -> dict[str, object]:
    names = (result.strategy, benchmark or "Benchmark")
    return {
        "name": result.strategy,
        "intraday": _intraday(result),
        "charts": pack_result(result, returns, names, limits.chart_rows),
        "trades": pack_trades(result.trades, limits.trades),
    }


def _intraday(result: Result) -> bool:
    return Timeframe.parse(result.timeframe).intraday


def _best_and_worst(groups: list[Group]) -> list[Group]:
    if len(groups) <= 2 * _NAMED_GROUPS:
        return groups
    return groups[:_NAMED_GROUPS] + groups[-_NAMED_GROUPS:]


def _period(result: Result) -> tuple[dt.date, dt.date, int] | None:
    sessions = result.equity["session"].unique().sort()
    return None if sessions.is_empty() else (sessions[0], sessions[-1], sessions.len())


def _subtitle(result: Result) -> str:
    period = _period(result)
    if period is None:
        return f"{result.timeframe} bars"
    start, end, sessions = period
    days = "1 session" if sessions == 1 else f"{sessions:,} sessions"
    return f"{facts_of.day(start)} to {facts_of.day(end)} · {days} · {result.timeframe} bars"


def _symbols(result: Result) -> str:
    shown = ", ".join(result.symbols[:_NAMED_SYMBOLS])
    more = len(result.symbols) - _NAMED_SYMBOLS
    return f"{len(result.symbols):,}: {shown}" + (f" and {more:,} more" if more > 0 else "")


def _setup(result: Result) -> list[facts_of.Row]:
    rows = [
        ("Parameters", facts_of.text(result.parameters)),
        ("Instruments", _symbols(result)),
        ("Benchmark", facts_of.text(result.benchmark_name)),
        ("Capital", money(result.capital)),
        ("Sizing", facts_of.settings(result.sizing)),
        ("Fills", facts_of.text(result.fill).replace("_", " ")),
        ("Costs", facts_of.settings(result.costs)),
        ("Lot and tick", facts_of.settings({"lot": result.lot, "tick": result.tick})),
    ]
    named = result.facts.get("universe")
    return [("Universe", facts_of.text(named)), *rows] if named else rows


def _captions(result: Result) -> dict[str, str]:
    """Say each chart in words, for those who cannot see it."""
    metrics = result.metrics
    period = _period(result)
    if period is None:
        return {"equity": "No session was run.", "drawdown": "", "returns": ""}
    start, end, sessions = period
    span = f"from {facts_of.day(start)} to {facts_of.day(end)}"
    final = float(result.equity["equity"][-1])
    return {
        "equity": f"Equity {span}: {money(result.capital)} became {money(final)}.",
        "drawdown": f"Drawdown {span}: at most {percent(metrics.max_drawdown)}.",
        "returns": f"Returns of {sessions:,} sessions, worst {percent(metrics.worst_session)}, "
        f"best {percent(metrics.best_session)}.",
    }
