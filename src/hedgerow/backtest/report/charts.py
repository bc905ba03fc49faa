"""Charts as data: what the script of the page draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from hedgerow.backtest.report.series import (
    CURVE,
    curve,
    histogram,
    rolling,
    rolling_window,
)
from hedgerow.backtest.report.thinning import thin

if TYPE_CHECKING:
    from hedgerow.backtest.result import Result

# Significant figures: a pixel is about one part in a thousand, a readout shows six figures.
_PRECISION = 7

Packed = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Parameters
    ----------
    column
        Column of the chart's frame.
    label
        Name in the legend.
    role
        Which colour: ``strategy``, ``benchmark``, ``loss`` or ``s1`` to ``s8``, with a dash
        number after a hyphen where colours repeat.
    filled
        Fill the area between the line and zero.
    """

    column: str
    label: str
    role: str
    filled: bool = False


def pack_lines(frame: pl.DataFrame, time: str, lines: Sequence[Line], unit: str) -> Packed:
    """Chart of lines over time.

    Parameters
    ----------
    frame
        The time column, dates or instants, and a column per line.
    time
        Name of the time column.
    lines
        What to draw; lines without any value are left out.
    unit
        ``money``, ``percent`` (of fractions) or ``ratio``.

    Returns
    -------
    dict[str, Any]
        ``time`` as the first second since 1970 and the steps from each to the next, ``unit``
        and ``series``.
    """
    seconds = frame[time].cast(pl.Datetime("us")).dt.epoch("s")
    steps = seconds.diff().fill_null(seconds.first() if frame.height else 0)
    drawn = [line for line in lines if frame[line.column].count() > 0]
    return {
        "kind": "lines",
        "time": steps.to_list(),
        "unit": unit,
        "series": [
            {
                "label": line.label,
                "role": line.role,
                "filled": line.filled,
                "values": frame[line.column].round_sig_figs(_PRECISION).to_list(),
            }
            for line in drawn
        ],
    }


def pack_histogram(values: pl.Series) -> Packed:
    """Chart of how often returns fell between bounds.

    Parameters
    ----------
    values
        Fractions; nulls are ignored.

    Returns
    -------
    dict[str, Any]
        ``low, high`` (fractions) and ``counts``, a bin each.

    Examples
    --------
    >>> sum(pack_histogram(pl.Series([-0.01, 0.02, None]))["counts"])
    2
    """
    bins = histogram(values)
    return {
        "kind": "bars",
        "unit": "percent",
        "low": bins["low"].round_sig_figs(_PRECISION).to_list(),
        "high": bins["high"].round_sig_figs(_PRECISION).to_list(),
        "counts": bins["count"].to_list(),
    }


def pack_result(
    result: Result, returns: pl.DataFrame, names: tuple[str, str], rows: int
) -> Mapping[str, Packed]:
    """Every chart of a tear sheet.

    Parameters
    ----------
    result
        The run.
    returns
        ``session, strategy, benchmark``.
    names
        Of the strategy and of the benchmark, for the legends.
    rows
        Most points of a line.

    Returns
    -------
    Mapping[str, dict[str, Any]]
        ``equity, drawdown, returns`` and, where the run is long enough, ``rolling_sharpe``
        and ``rolling_volatility``.
    """
    charts = _pack_curve(result, names, rows)
    charts["returns"] = pack_histogram(returns["strategy"])
    window = rolling_window(returns.height)
    if window is None:
        return charts
    figures = rolling(returns, window)
    figures = thin(figures, [name for name in figures.columns if name != "session"], rows)
    for measure, unit in (("sharpe", "ratio"), ("volatility", "percent")):
        lines = [
            Line(f"strategy_{measure}", names[0], "strategy"),
            Line(f"benchmark_{measure}", names[1], "benchmark"),
        ]
        charts[f"rolling_{measure}"] = pack_lines(figures, "session", lines, unit)
    return charts


def _pack_curve(result: Result, names: tuple[str, str], rows: int) -> dict[str, Packed]:
    frame = thin(curve(result), CURVE, rows)
    equity = [Line("equity", names[0], "strategy"), Line("benchmark", names[1], "benchmark")]
    drawdown = [
        Line("drawdown", names[0], "loss", filled=True),
        Line("benchmark_drawdown", names[1], "benchmark"),
    ]
    return {
        "equity": pack_lines(frame, "timestamp", equity, "money"),
        "drawdown": pack_lines(frame, "timestamp", drawdown, "percent"),
    }
