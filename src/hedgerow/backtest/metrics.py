"""How good a run was: performance measures from session returns, trades and the account's curve.

A session's return is its last equity over the last equity of the session before, less one; the
first session is measured against the capital. Measures that cannot be told from the run (too
few returns, no dispersion, no losing trade) are None, never NaN or infinite.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl

from hedgerow.backtest.layout import Floats

SESSIONS_PER_YEAR = 252.0
_FLAT = 1e-30  # variance below which a series does not move
_LARGEST = 600.0  # logarithm above which a growth is no number to show


def _measure(unit: str, doc: str) -> Any:
    return field(default=None, metadata={"unit": unit, "doc": doc})


@dataclass(frozen=True)
class Metrics:
    """Performance measures of a run, with the unit of each in its field's metadata.

    Fractions are fractions (0.05 is 5 %); ``max_drawdown`` is negative. None where a measure
    cannot be told from the run.

    Examples
    --------
    >>> Metrics.__dataclass_fields__["cagr"].metadata["unit"]
    'fraction per year'
    """

    total_return: float | None = _measure("fraction", "growth of the account over the run")
    cagr: float | None = _measure("fraction per year", "constant growth with the same end")
    volatility: float | None = _measure("fraction per year", "deviation of session returns")
    sharpe: float | None = _measure("ratio", "mean excess return over its deviation, yearly")
    sortino: float | None = _measure("ratio", "mean excess return over downside deviation, yearly")
    calmar: float | None = _measure("ratio", "CAGR over the size of the maximum drawdown")
    max_drawdown: float | None = _measure("fraction", "deepest fall below an earlier peak")
    max_drawdown_length: int | None = _measure("sessions", "its peak to its recovery or the end")
    alpha: float | None = _measure("fraction per year", "return that beta does not explain")
    beta: float | None = _measure("ratio", "slope of session returns on the benchmark's")
    best_session: float | None = _measure("fraction", "largest session return")
    worst_session: float | None = _measure("fraction", "smallest session return")
    skew: float | None = _measure("ratio", "asymmetry of session returns")
    kurtosis: float | None = _measure("ratio", "excess kurtosis of session returns")
    trades: int | None = _measure("count", "round trips, those still open included")
    win_rate: float | None = _measure("fraction", "closed trades with a profit after costs")
    profit_factor: float | None = _measure("ratio", "profits over losses of closed trades")
    average_trade: float | None = _measure("fraction", "mean return of closed trades")
    turnover: float | None = _measure("per year", "half the value traded over mean equity")
    exposure: float | None = _measure("fraction", "mean gross position over equity")
    time_in_market: float | None = _measure("fraction", "bars that end with any position")

    def to_dict(self) -> dict[str, float | int | None]:
        """Measures by name.

        Examples
        --------
        >>> Metrics(trades=3).to_dict()["trades"]
        3
        """
        return asdict(self)


def measure(
    returns: Floats,
    *,
    benchmark: Floats | None = None,
    risk_free: float = 0.0,
    sessions_per_year: float = SESSIONS_PER_YEAR,
) -> Metrics:
    """Measures of a series of session returns.

    Parameters
    ----------
    returns
        One per session, fractions, finite.
    benchmark
        Of the same sessions; NaN where not known, which leaves the session out of alpha and
        beta only.
    risk_free
        Return per session of what costs no risk, fraction.
    sessions_per_year
        For annualising.

    Returns
    -------
    Metrics
        Without those of trades and positions. Volatility and the Sharpe ratio use the sample
        deviation (one degree of freedom less), skew and kurtosis the plain moments. A run
        that lost everything has a CAGR of -1.

    References
    ----------
    W. Sharpe, "The Sharpe ratio", *Journal of Portfolio Management*, 1994; F. Sortino and
    L. Price, *Journal of Investing*, 1994; T. Young, "Calmar ratio", *Futures*, 1991. Values
    equal those of ``empyrical-reloaded`` to 1e-12.

    Examples
    --------
    >>> round(measure(np.array([0.01, -0.02, 0.03])).max_drawdown, 4)
    -0.02
    """
    if len(returns) == 0:
        return Metrics()
    growth = np.cumprod(1.0 + returns, dtype=np.float64)
    total = float(growth[-1])
    drawdown, length = _max_drawdown(growth)
    cagr = _compound(total, sessions_per_year / len(returns)) if total > 0 else -1.0
    alpha, beta = _alpha_beta(returns, benchmark, risk_free, sessions_per_year)
    excess = returns - risk_free
    deviation = float(excess.std(ddof=1)) if len(returns) > 1 else None
    moves = deviation is not None and deviation**2 >= _FLAT
    below = float(np.mean(np.minimum(excess, 0.0) ** 2))
    yearly = math.sqrt(sessions_per_year)
    mean = float(excess.mean())
    return Metrics(
        total_return=total - 1.0,
        cagr=cagr,
        volatility=None if deviation is None else deviation * yearly,
        sharpe=mean / deviation * yearly if moves and deviation else None,
        sortino=mean / math.sqrt(below) * yearly if len(returns) > 1 and below >= _FLAT else None,
        calmar=cagr / -drawdown if drawdown < 0 and cagr is not None else None,
        max_drawdown=drawdown,
        max_drawdown_length=length,
        alpha=alpha,
        beta=beta,
        best_session=float(returns.max()),
        worst_session=float(returns.min()),
        skew=_moment(returns, 3) if moves and len(returns) > 2 else None,
        kurtosis=_excess_kurtosis(returns) if moves and len(returns) > 3 else None,
    )


def trade_measures(trades: pl.DataFrame) -> dict[str, float | int | None]:
    """Measures of round trips.

    Parameters
    ----------
    trades
        ``pnl`` (money after costs), ``return`` (fraction) and ``open`` of each trade.

    Returns
    -------
    dict
        ``trades`` counts all; ``win_rate``, ``profit_factor`` and ``average_trade`` look at
        closed ones. ``profit_factor`` is None where no closed trade lost.
    """
    closed = trades.filter(~pl.col("open"))
    pnl = closed["pnl"].to_numpy()
    won, lost = float(pnl[pnl > 0].sum()), float(-pnl[pnl < 0].sum())
    return {
        "trades": len(trades),
        "win_rate": float((pnl > 0).mean()) if len(pnl) else None,
        "profit_factor": won / lost if lost > 0 else None,
        "average_trade": float(closed["return"].to_numpy().mean()) if len(pnl) else None,
    }


def position_measures(
    equity: Floats, gross: Floats, *, traded: float, sessions: int, sessions_per_year: float
) -> dict[str, float | int | None]:
    """Measures of how much was held and traded.

    Parameters
    ----------
    equity, gross
        Of each bar's end, money.
    traded
        Sum of the values of all fills, buys and sells alike.
    sessions
        Sessions of the run.
    sessions_per_year
        For annualising.

    Returns
    -------
    dict
        ``turnover``: half of what was traded, over mean equity, per year; ``exposure``: mean
        of gross over equity, over bars with equity above zero; ``time_in_market``.
    """
    alive = equity > 0
    mean = float(equity.mean()) if len(equity) else 0.0
    years = sessions / sessions_per_year
    return {
        "turnover": traded / 2.0 / mean / years if mean > 0 and years > 0 else None,
        "exposure": float((gross[alive] / equity[alive]).mean()) if alive.any() else None,
        "time_in_market": float((gross > 0).mean()) if len(gross) else None,
    }


def _max_drawdown(growth: Floats) -> tuple[float, int]:
    """Deepest fall below an earlier peak, and sessions from that peak to recovery or the end."""
    curve = np.concatenate([[1.0], growth])
    peaks = np.maximum.accumulate(curve)
    below = curve / peaks - 1.0
    low = int(np.argmin(below))
    if below[low] >= 0.0:
        return 0.0, 0
    peak = int(np.flatnonzero(curve[: low + 1] == peaks[low])[-1])
    recovered = np.flatnonzero(curve[low:] >= peaks[low])
    end = low + int(recovered[0]) if len(recovered) else len(curve) - 1
    return float(below[low]), end - peak


def _alpha_beta(
    returns: Floats, benchmark: Floats | None, risk_free: float, sessions_per_year: float
) -> tuple[float | None, float | None]:
    if benchmark is None:
        return None, None
    known = ~np.isnan(benchmark)
    own, other = returns[known] - risk_free, benchmark[known] - risk_free
    if len(own) < 2:
        return None, None
    centred = other - other.mean()
    variance = float(np.mean(centred**2))
    if variance < _FLAT:
        return None, None
    beta = float(np.mean(centred * own)) / variance
    unexplained = float(np.mean(own - beta * other))
    return _compound(1.0 + unexplained, sessions_per_year), beta


def _compound(growth: float, times: float) -> float | None:
    """Growth repeated, as a fraction; None where nothing is left to grow or it has no bounds."""
    if growth <= 0 or times * math.log(growth) > _LARGEST:
        return None
    return float(growth**times) - 1.0


def _moment(values: Floats, order: int) -> float:
    """Standardised central moment."""
    centred = values - values.mean()
    variance = float(np.mean(centred**2))
    return float(np.mean(centred**order) / variance ** (order / 2))


def _excess_kurtosis(values: Floats) -> float:
    return _moment(values, 4) - 3.0
