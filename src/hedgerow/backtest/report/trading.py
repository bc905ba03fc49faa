"""Trades and costs, summed up and packed for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from hedgerow.backtest.result import Result

# Columns of the trades table and of the CSV, in this order.
TRADE_COLUMNS = (
    "instrument_id",
    "symbol",
    "side",
    "entry_at",
    "exit_at",
    "quantity",
    "entry_price",
    "exit_price",
    "pnl",
    "return",
    "costs",
    "bars_held",
    "exit_reason",
    "open",
)
_REPEATING = ("instrument_id", "symbol", "side", "exit_reason")
_INSTANTS = ("entry_at", "exit_at")
_MEASURED = ("quantity", "entry_price", "exit_price", "pnl", "return", "costs")

_PRECISION = 9  # significant figures: a price to the hundredth of a cent, a quantity in full


def pack_trades(trades: pl.DataFrame, most: int) -> dict[str, object]:
    """Trades by column, for the table and the CSV that the page makes of them.

    Parameters
    ----------
    trades
        Columns of `hedgerow.domain.schemas.Trades`, in the order of the result.
    most
        Trades packed; later ones are left out and counted.

    Returns
    -------
    dict[str, object]
        ``total`` trades of the run, ``names`` of the columns and ``columns``: lists of the
        same length. Repeating text is ``{"words": [...], "at": [indices]}``; instants are
        whole seconds since 1970; a missing exit is None.
    """
    kept = trades.select(TRADE_COLUMNS).head(most)
    return {
        "total": trades.height,
        "names": list(TRADE_COLUMNS),
        "columns": [_pack_column(kept[name]) for name in TRADE_COLUMNS],
    }


def _pack_column(column: pl.Series) -> object:
    if column.name in _REPEATING:
        words = column.unique(maintain_order=True)
        places = column.replace_strict(words, pl.int_range(words.len(), eager=True))
        return {"words": words.to_list(), "at": places.to_list()}
    if column.name in _INSTANTS:
        return (column.dt.epoch("s")).to_list()
    if column.name in _MEASURED:
        return column.round_sig_figs(_PRECISION).to_list()
    return column.to_list()


@dataclass(frozen=True)
class Group:
    """Trades that share an exit reason or an instrument.

    Parameters
    ----------
    name
        What they share.
    trades
        How many.
    share
        Of all trades, a fraction.
    win_rate
        Share of the closed ones with a profit after costs, a fraction; None where all are open.
    mean_return
        Mean return of the closed ones, a fraction of the money put in; None where all are open.
    pnl, costs
        Sums in account currency, open trades at their last price.
    bars_held
        Mean number of bars from first to last fill.
    """

    name: str
    trades: int
    share: float
    win_rate: float | None
    mean_return: float | None
    pnl: float
    costs: float
    bars_held: float


def group_trades(trades: pl.DataFrame, by: str) -> list[Group]:
    """Sum trades up by a column, the most profitable group first.

    Parameters
    ----------
    trades
        Columns of `hedgerow.domain.schemas.Trades`.
    by
        ``exit_reason`` or ``symbol``.

    Returns
    -------
    list[Group]
        Ordered by profit, then name; empty without trades.

    Examples
    --------
    >>> trade = {"symbol": "KO", "pnl": 5.0, "return": 0.01, "costs": 1.0, "bars_held": 3}
    >>> [group.name for group in group_trades(pl.DataFrame([trade | {"open": False}]), "symbol")]
    ['KO']
    """
    closed = ~pl.col("open")
    summed = trades.group_by(by).agg(
        pl.len().alias("trades"),
        (pl.len() / trades.height).alias("share"),
        (pl.col("pnl").filter(closed) > 0).mean().alias("win_rate"),
        pl.col("return").filter(closed).mean().alias("mean_return"),
        pl.col("pnl").sum(),
        pl.col("costs").sum(),
        pl.col("bars_held").mean().alias("bars_held"),
    )
    ordered = summed.sort(["pnl", by], descending=[True, False])
    return [Group(*row) for row in ordered.iter_rows()]


@dataclass(frozen=True)
class CostLine:
    """One kind of cost over the whole run.

    Parameters
    ----------
    name
        What was paid for.
    amount
        Sum in account currency.
    of_capital
        Fraction of the starting capital.
    of_traded_bps
        Basis points of the value traded; None where nothing was traded.
    """

    name: str
    amount: float
    of_capital: float
    of_traded_bps: float | None


def cost_lines(result: Result) -> list[CostLine]:
    """Break the costs of a run down.

    Commission and slippage come from the fills. What the trades were charged beyond them
    is borrow.

    Returns
    -------
    list[CostLine]
        Commission, slippage, borrow where there was any, and the total.
    """
    commission = float(result.fills["commission"].sum())
    slippage = float(result.fills["slippage"].sum())
    total = max(float(result.trades["costs"].sum()), commission + slippage)
    amounts = [("Commission", commission), ("Spread and impact", slippage)]
    borrow = total - commission - slippage
    if borrow > max(0.005, 1e-9 * total):
        amounts.append(("Borrow", borrow))
    amounts.append(("Total", total))
    traded = traded_value(result)
    return [
        CostLine(name, amount, amount / result.capital, _bps(amount, traded))
        for name, amount in amounts
    ]


def traded_value(result: Result) -> float:
    """Value of all fills, buys and sells alike, in account currency."""
    return float(result.fills["value"].abs().sum())


def _bps(amount: float, traded: float) -> float | None:
    return amount / traded * 10_000 if traded else None
