"""Series behind the charts: curve, drawdown, rolling figures and the spread of returns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from hedgerow.backtest.metrics import SESSIONS_PER_YEAR

if TYPE_CHECKING:
    from hedgerow.backtest.result import Result

# Longest window first; a window is used once twice its length has passed.
_WINDOWS = (126, 63, 21)

_MOST_BINS = 120

CURVE = ("equity", "benchmark", "drawdown", "benchmark_drawdown")


def curve(result: Result) -> pl.DataFrame:
    """Equity and drawdown at every bar.

    Drawdown is measured from the highest equity so far, the starting capital included.

    Returns
    -------
    pl.DataFrame
        ``timestamp, session, equity, benchmark`` (account currency), ``drawdown,
        benchmark_drawdown`` (fraction, zero or below). Benchmark columns are null without
        a benchmark.
    """
    frame = result.equity.select("timestamp", "session", "equity", "benchmark")
    return frame.with_columns(
        _drawdown("equity", result.capital).alias("drawdown"),
        _drawdown("benchmark", result.capital).alias("benchmark_drawdown"),
    )


def _drawdown(column: str, capital: float) -> pl.Expr:
    peak = pl.max_horizontal(pl.col(column).cum_max(), pl.lit(float(capital)))
    return pl.when(pl.col(column).is_not_null()).then(pl.col(column) / peak - 1)


def session_returns(result: Result) -> pl.DataFrame:
    """Returns of each session, the strategy's beside the benchmark's.

    Returns
    -------
    pl.DataFrame
        ``session, strategy, benchmark``; fractions. Benchmark null where it has none.
    """
    return result.session_returns.select(
        "session", pl.col("return").alias("strategy"), pl.col("benchmark").cast(pl.Float64)
    )


def rolling_window(sessions: int) -> int | None:
    """Sessions of the rolling figures: half a year, less for short runs, None for very short.

    Examples
    --------
    >>> rolling_window(1000), rolling_window(100), rolling_window(10)
    (126, 21, None)
    """
    return next((window for window in _WINDOWS if sessions >= 2 * window), None)


def rolling(returns: pl.DataFrame, window: int) -> pl.DataFrame:
    """Volatility and Sharpe ratio over the last sessions, annualised.

    Parameters
    ----------
    returns
        ``session, strategy, benchmark`` as `session_returns` gives them.
    window
        Sessions looked back on, the current one included.

    Returns
    -------
    pl.DataFrame
        ``session`` and, for ``strategy`` and ``benchmark``, ``_volatility`` (fraction a
        year) and ``_sharpe`` (risk-free rate zero). Rows begin with the first full window;
        a Sharpe ratio is null where nothing moved.
    """
    year = math.sqrt(SESSIONS_PER_YEAR)
    columns: list[pl.Expr] = []
    for name in ("strategy", "benchmark"):
        spread = pl.col(name).rolling_std(window)
        mean = pl.col(name).rolling_mean(window)
        columns.append((spread * year).alias(f"{name}_volatility"))
        # Rolling sums leave dust where nothing moved; below it there is no ratio to show.
        ratio = pl.when(spread > 1e-12).then(mean / spread * year)
        columns.append(ratio.alias(f"{name}_sharpe"))
    return returns.select("session", *columns).slice(window - 1)


def histogram(values: pl.Series) -> pl.DataFrame:
    """Count returns in bins of one round width, with a bin edge at zero.

    The width follows Freedman and Diaconis (1981), twice the interquartile range over the
    cube root of the count, rounded up to 1, 2 or 5 times a power of ten; wider where that
    would give more than 120 bins. No value is left out.

    Parameters
    ----------
    values
        Fractions; nulls are ignored.

    Returns
    -------
    pl.DataFrame
        ``low, high`` (fractions, low inclusive), ``count``; every bin between the extremes,
        empty ones too. Empty where no value is given.

    Examples
    --------
    >>> histogram(pl.Series([-0.01, 0.0, 0.01, 0.01]))["count"].sum()
    4
    """
    known = values.drop_nulls()
    if known.is_empty():
        return pl.DataFrame(schema={"low": pl.Float64, "high": pl.Float64, "count": pl.Int64})
    width = _bin_width(known)
    # Without the nudge 0.03 / 0.01 = 2.999... would fall one bin short.
    index = (known / width + 1e-9).floor().cast(pl.Int64).alias("bin")
    counts = index.value_counts(name="count").with_columns(pl.col("count").cast(pl.Int64))
    low, high = int(_quantile(index, 0.0)), int(_quantile(index, 1.0))
    every = pl.DataFrame({"bin": range(low, high + 1)}, schema={"bin": pl.Int64})
    bins = every.join(counts, on="bin", how="left", maintain_order="left")
    return bins.select(
        (pl.col("bin") * width).alias("low"),
        ((pl.col("bin") + 1) * width).alias("high"),
        pl.col("count").fill_null(0),
    )


def _bin_width(values: pl.Series) -> float:
    low, high = _quantile(values, 0.0), _quantile(values, 1.0)
    spread = _quantile(values, 0.75) - _quantile(values, 0.25)
    ideal = 2 * spread / math.cbrt(values.len())
    at_least = max((high - low) / _MOST_BINS, ideal)
    return _round_up(at_least) if at_least > 1e-9 else 0.001


def _quantile(values: pl.Series, level: float) -> float:
    return float(values.quantile(level) or 0.0)


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= value * 0.999999))
