"""The figures of a report: their names, units, meaning and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hedgerow.backtest.report.formatting import count, decimal, multiple, percent, tone

Number = float | int | None
Write = Callable[[Number], str]


def _signed(value: Number) -> str:
    return percent(value, signed=True)


def _share(value: Number) -> str:
    return percent(value, 1)


@dataclass(frozen=True)
class Figure:
    """How one performance measure is shown.

    Parameters
    ----------
    key
        Its name in `hedgerow.backtest.Metrics`.
    label
        Its name on the page.
    group
        Returns, risk or trading.
    write
        Turns the number into text.
    explanation
        What it says and its unit, in one or two sentences.
    toned
        Whether gains and losses are coloured.
    """

    key: str
    label: str
    group: str
    write: Write
    explanation: str
    toned: bool = False


FIGURES = (
    Figure(
        "total_return",
        "Total return",
        "Returns",
        _signed,
        "Growth of the account from start to end, after all costs. Percent of starting capital.",
        toned=True,
    ),
    Figure(
        "cagr",
        "CAGR",
        "Returns",
        _signed,
        "Compound annual growth rate: the constant yearly return that gives the same end value. "
        "Percent a year.",
        toned=True,
    ),
    Figure(
        "best_session",
        "Best session",
        "Returns",
        _signed,
        "Largest return of one session. Percent.",
    ),
    Figure(
        "worst_session",
        "Worst session",
        "Returns",
        _signed,
        "Smallest return of one session. Percent.",
    ),
    Figure(
        "alpha",
        "Alpha",
        "Returns",
        _signed,
        "Return that beta to the benchmark does not explain, by regression. Percent a year.",
    ),
    Figure(
        "beta",
        "Beta",
        "Risk",
        decimal,
        "Move of the account for a move of one in the benchmark, by regression on session "
        "returns. A ratio.",
    ),
    Figure(
        "sharpe",
        "Sharpe ratio",
        "Risk",
        decimal,
        "Mean session return over its standard deviation, annualised; risk-free rate zero. "
        "A ratio: above 1 is good, above 2 is rare.",
    ),
    Figure(
        "sortino",
        "Sortino ratio",
        "Risk",
        decimal,
        "Like the Sharpe ratio, but only session returns below zero count as risk. A ratio.",
    ),
    Figure(
        "calmar",
        "Calmar ratio",
        "Risk",
        decimal,
        "CAGR over the size of the maximum drawdown. A ratio.",
    ),
    Figure(
        "volatility",
        "Volatility",
        "Risk",
        percent,
        "Standard deviation of session returns, annualised. Percent a year.",
    ),
    Figure(
        "max_drawdown",
        "Max drawdown",
        "Risk",
        percent,
        "Deepest fall from a peak of the account to a later low, measured at session ends. "
        "Percent of the peak.",
    ),
    Figure(
        "max_drawdown_length",
        "Drawdown length",
        "Risk",
        count,
        "From the peak before the maximum drawdown to its recovery, or to the end of the run. "
        "Sessions.",
    ),
    Figure(
        "skew",
        "Skew",
        "Risk",
        decimal,
        "Asymmetry of session returns: below zero, large losses are more usual than large gains.",
    ),
    Figure(
        "kurtosis",
        "Excess kurtosis",
        "Risk",
        decimal,
        "Weight of the extremes among session returns: zero for a normal distribution, more "
        "for fatter tails.",
    ),
    Figure(
        "trades",
        "Trades",
        "Trading",
        count,
        "Round trips: from no position, or a reversal, to no position. Those still open count too.",
    ),
    Figure(
        "win_rate",
        "Win rate",
        "Trading",
        _share,
        "Share of closed trades with a profit after costs. Percent of closed trades.",
    ),
    Figure(
        "profit_factor",
        "Profit factor",
        "Trading",
        decimal,
        "Profits of the closed trades that won over the losses of those that lost. A ratio: "
        "above 1 makes money.",
    ),
    Figure(
        "average_trade",
        "Average trade",
        "Trading",
        _signed,
        "Mean return of closed trades after costs. Percent of the money put in.",
    ),
    Figure(
        "turnover",
        "Turnover",
        "Trading",
        multiple,
        "Half the value of all buys and sells, over the mean account value. Times a year: at 1 "
        "the account is turned over once.",
    ),
    Figure(
        "exposure",
        "Exposure",
        "Trading",
        _share,
        "Mean gross position, long plus short, over the account value. Percent.",
    ),
    Figure(
        "time_in_market",
        "Time in market",
        "Trading",
        _share,
        "Share of bars that end with any position. Percent of bars.",
    ),
)

BY_KEY = {figure.key: figure for figure in FIGURES}

# What the eye should meet first, in this order.
HEADLINE = ("total_return", "cagr", "sharpe", "max_drawdown", "volatility", "win_rate")


@dataclass(frozen=True)
class Reading:
    """One figure, written for the strategy and for the benchmark.

    Parameters
    ----------
    figure
        What it is.
    strategy, benchmark
        Text; an en dash where there is none.
    tone
        Style class of the strategy's value.
    """

    figure: Figure
    strategy: str
    benchmark: str
    tone: str


def read(
    key: str, metrics: Mapping[str, Number], benchmark: Mapping[str, Number] | None
) -> Reading:
    """Write one figure of a run.

    Parameters
    ----------
    key
        One of `BY_KEY`.
    metrics, benchmark
        Measures by name; None without a benchmark.

    Returns
    -------
    Reading
        An en dash stands for what is missing.

    Examples
    --------
    >>> read("max_drawdown", {"max_drawdown": -0.25}, None).strategy
    '−25.00%'
    """
    figure = BY_KEY[key]
    value = metrics.get(key)
    other = benchmark.get(key) if benchmark else None
    return Reading(
        figure=figure,
        strategy=figure.write(value),
        benchmark=figure.write(other),
        tone=tone(value) if figure.toned else "",
    )


def read_all(
    metrics: Mapping[str, Number], benchmark: Mapping[str, Number] | None
) -> dict[str, list[Reading]]:
    """Write every figure of a run.

    Parameters
    ----------
    metrics, benchmark
        Measures by name; None without a benchmark.

    Returns
    -------
    dict[str, list[Reading]]
        By group, in the order of the page.

    Examples
    --------
    >>> list(read_all({}, None))
    ['Returns', 'Risk', 'Trading']
    """
    groups: dict[str, list[Reading]] = {}
    for figure in FIGURES:
        groups.setdefault(figure.group, []).append(read(figure.key, metrics, benchmark))
    return groups
