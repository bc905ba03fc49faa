"""Market and decisions as aligned tables: what a simulation runs on.

1. ``build_panel`` collects the bars of the deciding instruments once, checks them, and lays the
   prices out as tables of bars x instruments on the union of their timestamps.
2. ``_events`` keeps splits and dividends as a list by bar, for there are few.
3. ``estimates`` (next file) adds what sizing and impact must know of the past.
4. ``read_signals`` lays the decisions out on the same places.

A table that holds one value throughout is kept as one cell; the kernel reads it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from hedgerow.backtest.estimates import ESTIMATES, estimates
from hedgerow.domain.market import Market
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DataError

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.int8]
Places = npt.NDArray[np.int64]

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
        Fraction of the entry price; NaN where none.
    exit_when
        1 where the position is to be given up.
    """

    signal: Bytes
    confidence: Floats
    stop: Floats
    target: Floats
    trailing: Floats
    exit_when: Bytes


@dataclass(frozen=True)
class _Layout:
    """Where each row of a long frame goes; ``cell`` is None where the frame is a full block."""

    shape: tuple[int, int]
    cell: Places | None

    def table(self, column: pl.Series) -> Floats:
        """Values as a table; one cell where the column holds one value."""
        values = column.cast(pl.Float64)
        if values.null_count() == len(values):
            return np.full((1, 1), np.nan)
        if values.null_count() == 0 and values.min() == values.max() and values.is_finite().all():
            return np.full((1, 1), float(values[0]))
        return self._place(values.fill_null(np.nan).to_numpy(), np.nan)

    def prices(self, column: pl.Series) -> Floats:
        """Values as a full table, NaN where there is no bar; one NaN cell where all are null."""
        if column.null_count() == len(column):
            return np.full((1, 1), np.nan)
        return self._place(column.cast(pl.Float64).fill_null(np.nan).to_numpy(), np.nan)

    def codes(self, column: pl.Series) -> Bytes:
        """Small whole numbers as a full table, 0 where there is no bar."""
        return self._place(column.cast(pl.Int8).fill_null(0).to_numpy(), 0)

    def _place(self, values: npt.NDArray, fill: float) -> npt.NDArray:  # type: ignore[type-arg]
        bars, instruments = self.shape
        if self.cell is None:
            return np.array(values.reshape(instruments, bars).T, order="C")
        table = np.full(bars * instruments, fill, dtype=values.dtype)
        table[self.cell] = values
        return table.reshape(self.shape)


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
        A decision has no bar, a price or split ratio is not positive, a dividend is
        negative, or an exit level is not above zero.
    """
    clock = _clock(decisions)
    bars_per_year = _bars_per_year(market.timeframe, clock)
    bars = _bars(market, decisions, bars_per_year, impact, volatility_window)
    _check_bars(bars, decisions)
    ids = bars["instrument_id"].rle().struct.field("value").to_list()
    layout, row, column = _layout(bars, clock, len(ids))
    opened, high, low, close = (layout.prices(bars[name]) for name in _PRICES)
    start, instrument, ratio, dividend = _events(bars, row, column, len(clock))
    sessions = clock["session"].cast(pl.Int32).to_numpy()
    names = decisions.group_by("instrument_id", maintain_order=True).agg(pl.col("symbol").last())
    known = {name: layout.table(bars[name]) for name in ESTIMATES if name in bars.columns}
    panel = Panel(
        instrument_ids=tuple(ids),
        symbols=tuple(names["symbol"].to_list()),
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
    )
    return panel, _read_signals(layout, decisions)


def _nothing() -> Floats:
    return np.full((1, 1), np.nan)


def _read_signals(layout: _Layout, decisions: pl.DataFrame) -> SignalTables:
    for name in _LEVELS:
        if decisions.select((pl.col(name) <= 0).any()).item():
            raise DataError(f"decisions: {name} must be above zero: a fraction of the entry price")
    leaves = decisions["exit_when"].any()
    stop, target, trailing = (layout.table(decisions[name]) for name in _LEVELS)
    return SignalTables(
        signal=layout.codes(decisions["signal"]),
        confidence=layout.table(decisions["confidence"].fill_null(0.0)),
        stop=stop,
        target=target,
        trailing=trailing,
        exit_when=layout.codes(decisions["exit_when"]) if leaves else np.zeros((1, 1), np.int8),
    )


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
    rows = market.bars.with_columns(**asked)
    if market.start is not None:
        rows = rows.filter(pl.col("session") >= market.start)
    if market.end is not None:
        rows = rows.filter(pl.col("session") <= market.end)
    bars = rows.select(*_KEY, *_PRICES, "split_ratio", "dividend", *asked).collect()
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


def _layout(
    bars: pl.DataFrame, clock: pl.DataFrame, instruments: int
) -> tuple[_Layout, Places, Places]:
    shape = (len(clock), instruments)
    column = bars["instrument_id"].rle_id().cast(pl.Int64).to_numpy()
    if len(bars) == shape[0] * shape[1]:
        row = np.tile(np.arange(shape[0]), instruments)
        return _Layout(shape, None), row, column
    places = clock.select("timestamp").with_row_index("_row")
    joined = bars.select("timestamp").join(
        places, on="timestamp", how="left", maintain_order="left"
    )
    row = joined["_row"].cast(pl.Int64).to_numpy()
    return _Layout(shape, row * instruments + column), row, column


def _events(
    bars: pl.DataFrame, row: Places, column: Places, count: int
) -> tuple[Places, Places, Floats, Floats]:
    ratio = bars["split_ratio"].fill_null(1.0).to_numpy()
    dividend = bars["dividend"].fill_null(0.0).to_numpy()
    happens = np.flatnonzero((ratio != 1.0) | (dividend != 0.0))
    order = happens[np.lexsort((column[happens], row[happens]))]
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
