"""Reported figures of the companies, as known at each filing and never earlier.

Revenue follows the company's market value of the quarters before, with noise of its own, so that
ratios stay plausible over decades; the quarter's surprise moves net income and, that night, the
price. A few revenues and net incomes are restated months later: a further row, not a change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hedgerow.domain.schemas import FUNDAMENTALS
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.synthetic._dividends import Dividends
from hedgerow.sources.synthetic._filings import Filings, evening
from hedgerow.sources.synthetic._grid import Floats, Grid
from hedgerow.sources.synthetic._traits import Traits

_QUARTERS = 4
_SESSIONS_A_YEAR = 252
_RESTATED_AFTER_DAYS = 120

# Unit of each item, and whether it is about the last four quarters.
_ITEMS: dict[str, tuple[str, bool]] = {
    "pe_ratio": ("ratio", True),
    "pb_ratio": ("ratio", False),
    "equity": ("USD", False),
    "book_value": ("USD/share", False),
    "revenue": ("USD", False),
    "net_income": ("USD", False),
    "roe": ("fraction", True),
    "roa": ("fraction", True),
    "debt_to_equity": ("ratio", False),
    "dividend_yield": ("fraction", True),
    "market_cap": ("USD", False),
    "shares_outstanding": ("shares", False),
}


@dataclass(frozen=True)
class PricesAtFiling:
    """What the market knew at each filing: arrays of shape (companies, quarters).

    Parameters
    ----------
    market_cap
        USD, at the close of the session before.
    share_count
        Shares that one first share has become.
    dividend_yield
        Dividends of the year before, as a fraction of the price.
    """

    market_cap: Floats
    share_count: Floats
    dividend_yield: Floats


def prices_at_filing(
    closes: Floats, share_count: Floats, dividends: Dividends, traits: Traits, filings: Filings
) -> PricesAtFiling:
    """Look up the closes that filings may use.

    Parameters
    ----------
    closes
        Price of one first share at each session's close: (companies, sessions).
    share_count
        Shares that one first share has become: (companies, sessions).
    dividends, traits, filings
        The companies, what they pay and when they file.
    """
    rows = np.arange(len(traits))[:, None]
    before = np.minimum(filings.session, closes.shape[1]) - 1
    on = np.clip(filings.session, 0, closes.shape[1] - 1)
    price = np.where(before < 0, traits.price[:, None], closes[rows, np.maximum(before, 0)])
    ex, asked = dividends.ex[:, None, :], before[:, :, None]
    within_year = (ex >= 0) & (ex <= asked) & (ex > asked - _SESSIONS_A_YEAR)
    paid = (within_year * dividends.amount[:, None, :]).sum(axis=2)
    return PricesAtFiling(
        market_cap=price * traits.shares[:, None],
        share_count=share_count[rows, on],
        dividend_yield=paid / price,
    )


def fundamentals_batch(
    grid: Grid, traits: Traits, filings: Filings, known: PricesAtFiling, names: pl.DataFrame
) -> SourceBatch:
    """Figures as rows, known when the filing is accepted.

    Parameters
    ----------
    grid
        Sessions.
    traits, filings, known
        The companies, when they file, and the prices they knew.
    names
        ``instrument_id, symbol`` of the companies, in order.

    Returns
    -------
    SourceBatch
        For ``fundamentals``. A company without earnings has no ``pe_ratio`` row.
    """
    figures = _figures(traits, filings, known)
    inside = filings.session < grid.shape[0]
    parts = [
        _rows(item, value, filings, inside & np.isfinite(value), names)
        for item, value in figures.items()
    ]
    parts += [
        _restated(item, figures[item], filings, grid, names) for item in ("revenue", "net_income")
    ]
    rows = pl.concat(parts).with_columns(source=pl.lit("synthetic"))
    return SourceBatch.of(
        FUNDAMENTALS, rows.sort("instrument_id", "item", "period_end", "available_at")
    )


def _figures(traits: Traits, filings: Filings, known: PricesAtFiling) -> dict[str, Floats]:
    noise = filings.noise
    cap = known.market_cap
    usual_cap = _mean_of_year(np.concatenate([cap[:, :1], cap[:, :-1]], axis=1))
    pace = np.exp(_slow(0.06 * noise[..., 0], 0.85))
    revenue = usual_cap * (traits.sales_yield / _QUARTERS)[:, None] * pace
    margin = traits.margin[:, None] * (1 + 0.25 * filings.surprise + 0.25 * noise[..., 1])
    net_income = revenue * margin
    earned = _QUARTERS * _mean_of_year(net_income)
    kept = np.cumsum(net_income - known.dividend_yield * cap / _QUARTERS, axis=1)
    book = np.maximum(cap[:, :1] * traits.book_share[:, None] + kept, 0.02 * cap)
    debt = traits.leverage[:, None] * np.exp(_slow(0.05 * noise[..., 2], 0.9))
    shares = np.rint(traits.shares[:, None] * known.share_count)
    with np.errstate(divide="ignore"):
        pe_ratio = np.where(earned > 0, cap / earned, np.nan)
    figures = {
        "pe_ratio": pe_ratio,
        "pb_ratio": cap / book,
        "equity": book,
        "book_value": book / shares,
        "revenue": revenue,
        "net_income": net_income,
        "roe": earned / book,
        "roa": earned / (book * (1.6 + debt)),
        "debt_to_equity": debt,
        "dividend_yield": known.dividend_yield,
        "market_cap": cap,
        "shares_outstanding": shares,
    }
    return {
        item: np.round(value, 0 if _ITEMS[item][0] == "USD" else 6)
        for item, value in figures.items()
    }


def _restated(
    item: str, value: Floats, filings: Filings, grid: Grid, names: pl.DataFrame
) -> pl.DataFrame:
    days = grid.days["session"].to_numpy()
    later = np.searchsorted(days, filings.accepted + np.timedelta64(_RESTATED_AFTER_DAYS, "D"))
    chosen = filings.restated & (later < len(days)) & (filings.session >= 0)
    changed = np.round(value * (1 + 0.04 * filings.noise[..., 2]), 0)
    moved = Filings(
        period_ends=filings.period_ends,
        accepted=days[np.minimum(later, len(days) - 1)],
        session=later,
        surprise=filings.surprise,
        noise=filings.noise,
        restated=filings.restated,
    )
    return _rows(item, changed, moved, chosen & (changed != value), names)


def _rows(
    item: str, value: Floats, filings: Filings, chosen: NDArray[np.bool_], names: pl.DataFrame
) -> pl.DataFrame:
    row, quarter = np.nonzero(chosen)
    unit, trailing = _ITEMS[item]
    ends = pl.Series("period_end", filings.period_ends[quarter])
    period = pl.lit("TTM") if trailing else pl.format("Q{}", pl.col("period_end").dt.quarter())
    return (
        names[row]
        .with_columns(
            ends,
            item=pl.lit(item),
            value=pl.Series(value[row, quarter]),
            unit=pl.lit(unit),
            accepted=pl.Series(filings.accepted[row, quarter]),
        )
        .with_columns(period=period, available_at=evening(pl.col("accepted")))
        .drop("accepted")
    )


def _mean_of_year(values: Floats) -> Floats:
    """Mean of a quarter and the three before it; the first stands in for what is missing."""
    first = np.repeat(values[:, :1], _QUARTERS - 1, axis=1)
    padded = np.concatenate([first, values], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _QUARTERS, axis=1)
    mean: Floats = windows.mean(axis=-1)
    return mean


def _slow(pushes: Floats, memory: float) -> Floats:
    """First-order autoregression along the quarters."""
    level = pushes.copy()
    for quarter in range(1, level.shape[1]):
        level[:, quarter] += memory * level[:, quarter - 1]
    return level
