"""Market and decisions as aligned tables: what a simulation runs on.

1. ``build_panel`` collects the bars of the deciding instruments once, checks them, and lays the
   prices out as tables of bars x instruments on the union of their timestamps.
2. ``estimates`` adds what sizing and impact must know of the past.
3. ``_events`` keeps splits and dividends as a list by bar, for there are few.
4. ``_read_signals`` lays the decisions out on the same places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from hedgerow.backtest.estimates import ESTIMATES, estimates
from hedgerow.backtest.layout import Bytes, Floats, Layout, Places, lay_out
from hedgerow.domain import Adjustment
from hedgerow.domain.market import Market
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DataError

SESSIONS_PER_YEAR = 252.0
_DAYS_PER_YEAR = 365.25
_KEY = ("instrument_id", "timestamp")
_PRICES = ("raw_open", "raw_high", "raw_low", "raw_close")
_LEVELS = ("stop", "target", "trailing")


@dataclass(frozen=True)
class Panel:
    """Prices and events on one clock.

    Parameters
    ----------
    instrument_ids, symbols
        Of each column; the symbol is the instrument's last.
    clock
        ``timestamp, session, available_at`` of each row, sorted: the union over instruments,
        available when the last of them is.
    open, high, low, close
        Prices as traded, bars x instruments; NaN where there is no bar or no such price. One
        cell where it says it all.
    event_start
        Where each bar's events begin in the four lists below; one longer than the clock.
    event_instrument, split_ratio, dividend
        Column, new shares for one old (1.0 for none), and cash per new share (0.0 for none).
    days
        Calendar days since the previous bar's session.
    sigma, volume, volatility
        Standard deviation of returns and average volume for impact, annual volatility for
        sizing, each known at that bar; one NaN cell where not asked for.
    bars_per_year, sessions_per_year
        For annualising: 252 sessions a year times the median bars of one; for bars longer than
        a day both are their number in 365.25 days.
    adjusted
        Symbols whose vendor has put splits or dividends into the prices already, sorted.
    """

    instrument_ids: tuple[str, ...]
    symbols: tuple[str, ...]
    clock: pl.DataFrame
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    event_start: Places
    event_instrument: Places
    split_ratio: Floats
    dividend: Floats
    days: Floats
    sigma: Floats
    volume: Floats
    volatility: Floats
    bars_per_year: float
    sessions_per_year: float
    adjusted: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Bars and instruments."""
        return len(self.clock), len(self.instrument_ids)


@dataclass(frozen=True)
class SignalTables:
    """Decisions on the places of a panel: bars x instruments, or one cell.

    Parameters
    ----------
    signal
        +1 buy, -1 sell, 0 keep or unknown; always the full table.
    confidence
        0 to 1.
    stop, target, trailing
        Fraction of the entry price; NaN where none, as where it is decided as zero.
    exit_when
        1 where the position is to be given up.
    """

    signal: Bytes
    confidence: Floats
    stop: Floats
    target: Floats
    trailing: Floats
    exit_when: Bytes


def build_panel(
    market: Market,
    decisions: pl.DataFrame,
    *,
    impact: bool = False,
    volatility_window: int | None = None,
) -> tuple[Panel, SignalTables]:
    """Panel of the bars that a strategy decided on, with its decisions.

    Parameters
    ----------
    market
        Where the prices come from; bars before its start serve the estimates only.
    decisions
        ``Decisions.frame``: sorted by instrument and time, one row a bar.
    impact
        Whether to estimate the return deviation and volume that market impact needs.
    volatility_window
        Bars of the volatility estimate; None where no sizing asks for one.

    Returns
    -------
    tuple[Panel, SignalTables]
        On the union of the instruments' timestamps.

    Raises
    ------
    DataError
        A decision has no bar, a price or split ratio is not positive, or a dividend or an
        exit level is negative.
    """
    clock = _clock(decisions)
    bars_per_year = _bars_per_year(market.timeframe, clock)
    bars = _bars(market, decisions, bars_per_year, impact, volatility_window)
    _check_bars(bars, decisions)
    layout = lay_out(bars, clock)
    opened, high, low, close = (layout.prices(bars[name]) for name in _PRICES)
    start, instrument, ratio, dividend = _events(bars, layout)
    sessions = clock["session"].cast(pl.Int32).to_numpy()
    names = decisions.group_by("instrument_id", maintain_order=True).agg(pl.col("symbol").last())
    symbols = names["symbol"].to_list()
    adjusted = np.unique(layout.column[bars["_adjusted"].to_numpy()])
    known = {name: layout.table(bars[name]) for name in ESTIMATES if name in bars.columns}
    panel = Panel(
        instrument_ids=tuple(names["instrument_id"].to_list()),
        symbols=tuple(symbols),
        clock=clock,
        open=opened,
        high=high,
        low=low,
        close=close,
        event_start=start,
        event_instrument=instrument,
        split_ratio=ratio,
        dividend=dividend,
        days=np.diff(sessions, prepend=sessions[:1]).astype(np.float64),
        sigma=known.get("_sigma", _nothing()),
        volume=known.get("_volume", _nothing()),
        volatility=known.get("_volatility", _nothing()),
        bars_per_year=bars_per_year,
        sessions_per_year=min(bars_per_year, SESSIONS_PER_YEAR),
        adjusted=tuple(sorted(symbols[i] for i in adjusted)),
    )
    return panel, _read_signals(layout, decisions)


def _nothing() -> Floats:
    return np.full((1, 1), np.nan)


def _read_signals(layout: Layout, decisions: pl.DataFrame) -> SignalTables:
    leaves = decisions["exit_when"].any()
    stop, target, trailing = (layout.table(_level(decisions, name)) for name in _LEVELS)
    return SignalTables(
        signal=layout.codes(decisions["signal"]),
        confidence=layout.table(decisions["confidence"].fill_null(0.0)),
        stop=stop,
        target=target,
        trailing=trailing,
        exit_when=layout.codes(decisions["exit_when"]) if leaves else np.zeros((1, 1), np.int8),
    )


def _level(decisions: pl.DataFrame, name: str) -> pl.Series:
    level = pl.col(name).cast(pl.Float64)
    bad = decisions.filter(level < 0).head(1)
    if len(bad):
        symbol, at, value = bad.select("symbol", "timestamp", name).row(0)
        raise DataError(
            f"decisions: {name}={value} of {symbol} at {at:%Y-%m-%d %H:%M} must be above zero: "
            "it is a fraction of the entry price"
        )
    return decisions.select(pl.when(level.is_finite() & (level > 0)).then(level)).to_series()


def _bars(
    market: Market,
    decisions: pl.DataFrame,
    bars_per_year: float,
    impact: bool,  # noqa: FBT001 - private, named at its one call
    volatility_window: int | None,
) -> pl.DataFrame:
    names = market.bars.collect_schema().names()
    asked = estimates(
        volume="raw_volume" if "raw_volume" in names else "volume",
        bars_per_year=bars_per_year,
        impact=impact,
        volatility_window=volatility_window,
    )
    own = pl.col("adjustment") != Adjustment.RAW if "adjustment" in names else pl.lit(value=False)
    rows = market.bars.with_columns(_adjusted=own.fill_null(value=False), **asked)
    if market.start is not None:
        rows = rows.filter(pl.col("session") >= market.start)
    if market.end is not None:
        rows = rows.filter(pl.col("session") <= market.end)
    bars = rows.select(*_KEY, *_PRICES, "split_ratio", "dividend", "_adjusted", *asked).collect()
    if len(bars) == len(decisions):
        return bars
    decided = decisions.select(pl.col("instrument_id").unique())
    return bars.join(decided, on="instrument_id", how="semi", maintain_order="left")


def _check_bars(bars: pl.DataFrame, decisions: pl.DataFrame) -> None:
    if not bars.select(_KEY).equals(decisions.select(_KEY)):
        raise DataError(
            f"decisions and bars do not match: {len(decisions)} decisions, {len(bars)} bars of the "
            "same instruments and sessions; decide on exactly the bars of the market, sorted by "
            "instrument and time"
        )
    same = pl.col("instrument_id") == pl.col("instrument_id").shift(1)
    rules = {
        "two bars or bars out of order": same
        & (pl.col("timestamp") <= pl.col("timestamp").shift(1)),
        "a price that is not finite": pl.any_horizontal(pl.col(_PRICES).is_infinite()),
        "a price that is not positive": pl.any_horizontal(pl.col(_PRICES) <= 0),
        "a split ratio that is not positive": pl.col("split_ratio") <= 0,
        "a negative dividend": pl.col("dividend") < 0,
        "no close": pl.col("raw_close").is_null() | pl.col("raw_close").is_nan(),
    }
    for what, rule in rules.items():
        bad = bars.filter(rule).head(1)
        if len(bad):
            name, at = bad.select(_KEY).row(0)
            raise DataError(f"bars: {name} has {what} at {at:%Y-%m-%d %H:%M}", symbol=name, at=at)


def _clock(decisions: pl.DataFrame) -> pl.DataFrame:
    return (
        decisions.group_by("timestamp")
        .agg(pl.col("session", "available_at").max())
        .sort("timestamp")
    )


def _bars_per_year(timeframe: Timeframe, clock: pl.DataFrame) -> float:
    if timeframe.seconds > 86_400:  # longer than a day
        return _DAYS_PER_YEAR * 86_400 / timeframe.seconds
    median = clock.group_by("session").len()["len"].median()
    return SESSIONS_PER_YEAR * (float(median) if isinstance(median, float) else 1.0)


def _events(bars: pl.DataFrame, layout: Layout) -> tuple[Places, Places, Floats, Floats]:
    row, column = layout.row, layout.column
    ratio = bars["split_ratio"].fill_null(1.0).to_numpy()
    dividend = bars["dividend"].fill_null(0.0).to_numpy()
    happens = np.flatnonzero((ratio != 1.0) | (dividend != 0.0))
    order = happens[np.lexsort((column[happens], row[happens]))]
    count = layout.shape[0]
    start = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(row[order], minlength=count), out=start[1:])
    return start, column[order].astype(np.int64), ratio[order].copy(), dividend[order].copy()


def always_buy(panel: Panel) -> SignalTables:
    """Signals that buy every instrument at its first bar and keep it."""
    one = np.ones((1, 1))
    none = np.full((1, 1), np.nan)
    signal = (~np.isnan(panel.close)).astype(np.int8)
    return SignalTables(signal, one, none, none, none, np.zeros((1, 1), dtype=np.int8))


def last_bars(panel: Panel) -> Sequence[int]:
    """Place on the clock of each instrument's last bar."""
    known = ~np.isnan(panel.close)
    return [int(place) for place in known.shape[0] - 1 - np.argmax(known[::-1], axis=0)]
