"""The front door: a strategy and data in, a result out."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Any, Protocol, TypeAlias, get_args

import polars as pl

from hedgerow.backtest.assemble import Run, assemble
from hedgerow.backtest.benchmark import BUY_AND_HOLD, BenchmarkLike, run_benchmark
from hedgerow.backtest.panel import build_panel
from hedgerow.backtest.result import Result
from hedgerow.backtest.rules import FILLS, NEXT_OPEN, Rules
from hedgerow.backtest.simulate import simulate
from hedgerow.domain.market import Market
from hedgerow.domain.span import check_span
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DataError, DefinitionError, did_you_mean
from hedgerow.risk import Costs, EqualWeight, Sizing, VolatilityTarget
from hedgerow.strategies import LONG_SHORT, Decisions

_DAY = 86_400

# A few bars around weekends and holidays do not tell how long they are.
_TELLING = 20

Day: TypeAlias = str | dt.date | None


class PandasFrame(Protocol):
    """A pandas frame, as far as it is read here: pandas itself is never imported."""

    index: Any

    def reset_index(self) -> Any:
        """Columns with the index among them."""
        ...

    def rename_axis(self, mapper: str) -> Any:
        """The frame with its index named."""
        ...


Data: TypeAlias = Market | pl.DataFrame | pl.LazyFrame | PandasFrame


class Decides(Protocol):
    """Anything that decides on a market, as ``hedgerow.strategies.Strategy`` does."""

    def decide(self, market: Market) -> Decisions:
        """Signals on every bar of a market."""
        ...


def backtest(  # noqa: PLR0913 - options, all named
    strategy: Decides,
    data: Data,
    *,
    costs: Costs | None = None,
    sizing: Sizing | None = None,
    fill: str = NEXT_OPEN,
    capital: float = 100_000.0,
    benchmark: BenchmarkLike = BUY_AND_HOLD,
    lot: float = 0.0,
    tick: float = 0.0,
    start: Day = None,
    end: Day = None,
    decisions: Decisions | None = None,
) -> Result:
    """Trade a strategy's signals over past bars: one account, shared by all instruments.

    Parameters
    ----------
    strategy
        A strategy with its parameters.
    data
        A market, or a frame of bars as ``Market.from_frames`` takes (Polars or pandas; names
        in any case, dates may be the pandas index).
    costs
        What an order pays; ``Costs()`` where not given.
    sizing
        How much of each name; ``EqualWeight()`` where not given.
    fill
        ``next_open``: a decision at one bar's close fills at the next bar's open (at its close
        where the series has no open). ``next_close``: at the next bar's close.
    capital
        Money at the start, in account currency.
    benchmark
        ``buy_and_hold`` of the same names at the same costs; a series of the market such as
        ``SPX``; a frame with ``close``; None for none.
    lot, tick
        Shares in a lot and smallest price step; 0 for fractions of a share and any price.
    start, end
        First and last session to decide on, dates or ISO 8601 text; those of the market
        where not given. Bars before ``start`` serve look-backs.
    decisions
        What the strategy decided on this very market, where it was asked already.

    Returns
    -------
    Result
        Curve, trades, fills, measures and notes. Deterministic.

    Raises
    ------
    DefinitionError
        An option is not one that is known or possible.
    DataError
        There are no bars, or none of the instruments can serve the strategy.

    Notes
    -----
    Decisions of the last bar never fill. The rules of a bar, in order, are in
    ``hedgerow.backtest``.

    Examples
    --------
    >>> from hedgerow.strategies import BuyAndHold
    >>> days = [dt.date(2024, 1, day) for day in (2, 3, 4)]
    >>> frame = pl.DataFrame({"date": days, "close": [10.0, 10.0, 11.0]})
    >>> result = backtest(BuyAndHold(), frame, costs=Costs.none(), benchmark=None)
    >>> result.equity["equity"].to_list()
    [100000.0, 100000.0, 110000.0]
    """
    options = Rules(
        costs=costs or Costs(),
        sizing=sizing or EqualWeight(),
        fill=fill,
        capital=capital,
        lot=lot,
        tick=tick,
    )
    _check(strategy, options)
    market = _within(_market(data), start, end)
    decided = decisions or strategy.decide(market)
    _check_decisions(decided)
    rules = replace(options, both_sides=decided.direction == LONG_SHORT, max_bars=decided.max_bars)
    if rules.sizing.gross > 1 and not rules.both_sides:
        raise DefinitionError(
            f"gross={rules.sizing.gross:g} needs direction long_short: a long-only account does "
            "not borrow"
        )
    panel, signals = build_panel(
        market,
        decided.frame,
        impact=rules.costs.impact > 0,
        volatility_window=_window(rules.sizing),
    )
    simulation = simulate(panel, signals, rules)
    compared = run_benchmark(benchmark, market, panel, rules)
    return assemble(Run(market, decided, rules, panel, signals, simulation, compared))


def _window(sizing: Sizing) -> int | None:
    return sizing.window if isinstance(sizing, VolatilityTarget) else None


def _check(strategy: object, rules: Rules) -> None:
    if isinstance(strategy, type) or not hasattr(strategy, "decide"):
        shown = strategy.__name__ if isinstance(strategy, type) else repr(strategy)
        raise DefinitionError(f"strategy {shown} must be an instance such as SmaCross(fast=20)")
    if not isinstance(rules.costs, Costs):
        raise DefinitionError(f"costs={rules.costs!r} must be hr.Costs(…)")
    if not isinstance(rules.sizing, get_args(Sizing)):
        kinds = ", ".join(kind.__name__ for kind in get_args(Sizing))
        raise DefinitionError(f"sizing={rules.sizing!r} must be one of {kinds}")
    if rules.fill not in FILLS:
        hint = did_you_mean(str(rules.fill), FILLS)
        raise DefinitionError(f"fill={rules.fill!r} is not known. {hint}", fill=rules.fill)
    if not 0 < rules.capital < math.inf:
        raise DefinitionError(f"capital={rules.capital!r} must be positive and finite")
    for name in ("lot", "tick"):
        if not 0 <= getattr(rules, name) < math.inf:
            raise DefinitionError(f"{name}={getattr(rules, name)!r} must be finite, not negative")


def _check_decisions(decisions: Decisions) -> None:
    if len(decisions.frame):
        return
    reasons = "; ".join(f"{entry.symbol} {entry.reason}" for entry in decisions.not_run[:5])
    more = f" and {len(decisions.not_run) - 5} more" if len(decisions.not_run) > 5 else ""
    because = f": {reasons}{more}" if reasons else ": there are no bars in this period"
    raise DataError(f"{decisions.strategy} has nothing to decide on{because}")


def _market(data: Data) -> Market:
    if isinstance(data, Market):
        return data
    if isinstance(data, pl.DataFrame | pl.LazyFrame):
        frame = data.lazy().collect()
    elif type(data).__module__.split(".")[0] == "pandas":
        frame = _from_pandas(data)
    else:
        raise DefinitionError(
            f"data of type {type(data).__name__} must be a Market or a frame of bars"
        )
    frame = frame.rename({name: name.strip().lower().replace(" ", "_") for name in frame.columns})
    if frame.is_empty():
        raise DataError("data has no bars")
    return Market.from_frames(frame, timeframe=_timeframe(frame))


def _from_pandas(data: PandasFrame) -> pl.DataFrame:
    index = data.index
    if index.name is None and type(index).__name__ == "DatetimeIndex":
        data = data.rename_axis("timestamp")
    named = data.index.name is not None
    frame = data.reset_index() if named else data
    return pl.DataFrame(pl.from_pandas(frame))


def _timeframe(frame: pl.DataFrame) -> Timeframe:
    """Length of bars from the usual distance between them; daily where there is no telling."""
    name = "timestamp" if "timestamp" in frame.columns else "date"
    if name not in frame.columns or not frame[name].dtype.is_temporal():
        return Timeframe.parse("1d")
    by = ["symbol"] if "symbol" in frame.columns else []
    ordered = frame.select(*by, pl.col(name).cast(pl.Datetime("us"))).sort(*by, name)
    gaps = ordered[name].diff().dt.total_seconds()
    usual = gaps.filter(gaps > 0).mode().min()
    if not isinstance(usual, int) or usual == _DAY:
        return Timeframe.parse("1d")
    if usual == 7 * _DAY:
        return Timeframe.parse("1w")
    if usual > _DAY and len(frame) < _TELLING:
        return Timeframe.parse("1d")
    if usual > _DAY or usual % 60:
        raise DataError(
            f"bars lie {dt.timedelta(seconds=usual)} apart, which is no length known here: "
            "give hr.Market.from_frames(frame, timeframe=…)"
        )
    return Timeframe.parse(f"{usual // 3600}h" if usual % 3600 == 0 else f"{usual // 60}m")


def _within(market: Market, start: Day, end: Day) -> Market:
    first = market.start if start is None else _day("start", start)
    last = market.end if end is None else _day("end", end)
    check_span(first, last, DefinitionError)
    return replace(market, start=first, end=last)


def _day(name: str, value: str | dt.date) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise DefinitionError(f"{name}={value!r} is not a date: write 2014-01-03") from None
