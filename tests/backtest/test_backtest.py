"""The front door."""

from __future__ import annotations

import datetime as dt
import inspect
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest

import hedgerow as hr
from hedgerow.backtest import backtest
from hedgerow.domain import sessions as exchange_sessions
from hedgerow.domain.market import Market
from hedgerow.domain.schemas import EQUITY, TRADES
from hedgerow.errors import DataError, DefinitionError
from hedgerow.risk import Costs, EqualWeight, FixedFraction, VolatilityTarget
from hedgerow.strategies import BuyAndHold, MeanReversion, SmaCross

FREE = Costs.none()


def sessions(count: int) -> pl.Series:
    days = exchange_sessions()["session"]
    return days.filter(days >= dt.date(2023, 1, 3)).head(count)


def bars(
    symbols: str = "A", count: int = 120, *, ranges: bool = True, seed: int = 1
) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    frames = []
    for symbol in symbols:
        close = 50 * np.exp(np.cumsum(rng.normal(0.0005, 0.02, count)))
        opened = close * (1 + rng.normal(0, 0.003, count))
        frame = pl.DataFrame({"symbol": symbol, "date": sessions(count), "close": close})
        if ranges:
            frame = frame.with_columns(
                open=pl.Series(opened),
                high=pl.Series(np.maximum(opened, close) * 1.01),
                low=pl.Series(np.minimum(opened, close) * 0.99),
                volume=pl.Series(rng.uniform(1e6, 2e6, count)),
            )
        frames.append(frame)
    return pl.concat(frames)


# ------------------------------------------------------------------------------------ Regression


def test_moving_averages_by_a_plain_loop() -> None:
    """Next-open fills of a crossing, without costs, walked through with plain numbers."""
    frame = bars(count=300)
    close, opened = frame["close"].to_list(), frame["open"].to_list()
    cash, shares, wanted, order, curve = 100_000.0, 0.0, 0.0, None, []
    for bar in range(len(close)):
        if order == "buy":
            shares = min(wanted, cash / opened[bar])
            cash -= shares * opened[bar]
        elif order == "sell":
            cash, shares = cash + shares * opened[bar], 0.0
        order = None
        curve.append(cash + shares * close[bar])
        if bar >= 19:
            fast = sum(close[bar - 4 : bar + 1]) / 5
            slow = sum(close[bar - 19 : bar + 1]) / 20
            if fast > slow and shares == 0:
                order, wanted = "buy", cash / close[bar]
            elif fast < slow and shares > 0:
                order = "sell"
    result = backtest(SmaCross(fast=5, slow=20), frame, costs=FREE, benchmark=None)
    np.testing.assert_allclose(result.equity["equity"], curve, rtol=1e-12)
    assert len(result.fills) > 6


def test_results_fit_the_tables_of_the_lake() -> None:
    result = backtest(MeanReversion(), bars("AB", 300), sizing=FixedFraction(0.3))
    run = pl.lit("run").alias("run_id")
    for table, frame in ((EQUITY, result.equity), (TRADES, result.trades)):
        table.schema.validate(frame.with_columns(run), cast=False)
    assert len(result.trades) > 5


def test_trades_and_fills_in_words() -> None:
    frame = pl.DataFrame({"date": sessions(4), "close": [10.0, 10.0, 12.0, 12.0]})
    result = backtest(BuyAndHold(), frame, costs=Costs(commission_bps=0, half_spread_bps=10))
    fill = result.fills.row(0, named=True)
    assert fill["timestamp"] == dt.datetime(2023, 1, 4, tzinfo=dt.UTC)
    assert (fill["symbol"], fill["side"], fill["reason"]) == ("ASSET", "buy", "signal")
    assert fill["value"] == pytest.approx(100_000)
    assert fill["slippage"] == pytest.approx(fill["quantity"] * 0.01)
    trade = result.trades.row(0, named=True)
    assert (trade["side"], trade["open"], trade["exit_reason"]) == ("long", True, "open")
    assert trade["exit_at"] is None
    assert trade["return"] == pytest.approx(12 / 10.01 - 1)


def test_metrics_come_from_the_sessions() -> None:
    result = backtest(SmaCross(fast=5, slow=20), bars("ABC", 300))
    curve = result.equity["equity"].to_numpy()
    returns = np.diff(curve, prepend=100_000.0) / np.concatenate([[100_000.0], curve[:-1]])
    np.testing.assert_allclose(result.session_returns["return"], returns, atol=1e-15)
    assert result.metrics.total_return == pytest.approx(curve[-1] / 100_000 - 1)
    assert result.metrics.trades == len(result.trades)
    traded = result.fills["value"].sum() / 2 / curve.mean() / (300 / 252)
    assert result.metrics.turnover == pytest.approx(traded)


def test_intraday_returns_are_those_of_sessions() -> None:
    hours = [
        dt.datetime(2024, 1, day, hour, 30, tzinfo=dt.UTC)
        for day in (2, 3, 4)
        for hour in (14, 15, 16, 17)
    ]
    frame = pl.DataFrame({"timestamp": hours, "close": [10.0 + k for k in range(12)]})
    result = backtest(BuyAndHold(), frame, costs=FREE)
    assert result.timeframe == "1h"
    assert len(result.session_returns) == 3
    assert result.session_returns["return"].to_list() == pytest.approx(
        [13 / 11 - 1, 17 / 13 - 1, 21 / 17 - 1]
    )


def test_start_and_end_cut_decisions_and_keep_history() -> None:
    frame = bars(count=200)
    start, end = frame["date"][100], frame["date"][149]
    strategy = SmaCross(fast=5, slow=20, direction="long_short")
    cut = backtest(strategy, frame, start=start, end=str(end))
    assert (cut.start, cut.end, len(cut.equity)) == (start, end, 50)
    # The averages are known from the first bar on, so the first decision fills in the second.
    assert cut.fills["timestamp"][0].date() == frame["date"][101]


def test_decisions_made_before_are_used() -> None:
    market = Market.from_frames(bars(count=100))
    decided = SmaCross(fast=5, slow=20).decide(market)
    opposite = replace(decided, frame=decided.frame.with_columns(-pl.col("signal")))
    given = backtest(SmaCross(fast=5, slow=20), market, decisions=opposite)
    own = backtest(SmaCross(fast=5, slow=20), market)
    assert given.sha256() != own.sha256()


def test_pandas_frames_are_taken() -> None:
    frame = bars(count=100).drop("symbol")
    plain = backtest(SmaCross(fast=5, slow=20), frame)
    frame_of_pandas = pd.DataFrame(
        {name.title(): frame[name].to_numpy() for name in frame.columns if name != "date"},
        index=pd.DatetimeIndex(frame["date"].to_numpy()),
    )
    assert backtest(SmaCross(fast=5, slow=20), frame_of_pandas).sha256() == plain.sha256()


def test_the_package_is_the_function() -> None:
    """``hr.backtest`` runs a backtest although a package of that name is imported."""
    result = hr.backtest(BuyAndHold(), bars(count=30))
    assert isinstance(result, hr.Result)


def test_notes_say_what_closes_only_means() -> None:
    small, costs = FixedFraction(0.1), Costs(impact=0.5)
    assert backtest(MeanReversion(), bars(count=200), costs=costs, sizing=small).notes == ()
    closes = bars("AB", 60, ranges=False)
    decided = BuyAndHold().decide(Market.from_frames(closes))
    stopped = replace(decided, frame=decided.frame.with_columns(stop=pl.lit(0.05)))
    noted = backtest(BuyAndHold(), closes, decisions=stopped, costs=costs, sizing=small).notes
    opens, ranges, volumes = noted
    assert opens == "A, B: no opens, so orders fill at the next close."
    assert ranges.startswith("A, B: no highs and lows, so stops and targets are checked at the")
    assert volumes == "A, B: no volumes, so no impact is charged."


def test_notes_name_what_was_adjusted_and_what_ended() -> None:
    adjusted = bars("AB", 60).with_columns(adjustment=pl.lit("total"))
    short = adjusted.filter((pl.col("symbol") == "A") | (pl.col("date") < dt.date(2023, 2, 1)))
    prices, ended = backtest(BuyAndHold(), short, sizing=FixedFraction(0.1)).notes
    assert prices.startswith("Prices of A, B were adjusted by their vendor: splits and dividends")
    assert ended == "B: bars end before the run does; held at the last close."


@pytest.mark.parametrize(
    ("opened", "note"),
    [
        (10.1, ()),  # 9,900.99 of 10,000 shares
        (11.0, ("Cash ran short: 1 buy order ended more than 1 % below the position aimed for.",)),
    ],
)
def test_a_buy_that_cash_cut_is_told(opened: float, note: tuple[str, ...]) -> None:
    frame = pl.DataFrame({"date": sessions(2), "open": [10.0, opened], "close": [10.0, 10.0]})
    assert backtest(BuyAndHold(), frame, costs=Costs.none()).notes == note


def test_a_name_without_opens_pays_for_one_with_them() -> None:
    """One is held when the other joins: half of it moves at that bar's close, on both fills."""
    days = sessions(5)
    held = pl.DataFrame({"symbol": "B", "date": days, "close": [10.0, 10.0, 20.0, 25.0, 25.0]})
    joins = pl.DataFrame({"symbol": "A", "date": days[2:], "close": [40.0, 50.0, 100.0]})
    frame = pl.concat([held, joins.with_columns(open=pl.col("close") - 1)], how="diagonal")
    for fill in ("next_open", "next_close"):
        result = backtest(BuyAndHold(), frame, costs=Costs.none(), fill=fill)
        # 10,000 shares of B are worth 200,000 when A joins at 40: 5,000 sell at 25, which pays
        # for 2,500 of A at 50. It doubles.
        assert result.fills["quantity"].to_list() == [10_000, 5_000, 2_500]
        assert result.equity["equity"].to_list() == [100_000, 100_000, 200_000, 250_000, 375_000]
        assert result.equity["benchmark"].equals(result.equity["equity"], check_names=False)
        assert not [note for note in result.notes if note.startswith("Cash")]


def test_a_lost_account_is_told() -> None:
    frame = pl.DataFrame({"date": sessions(5), "close": [10.0, 10.0, 40.0, 40.0, 40.0]})
    decided = BuyAndHold().decide(Market.from_frames(frame))
    sell = decided.frame.with_columns(signal=-pl.col("signal"))
    result = backtest(
        BuyAndHold(), frame, decisions=replace(decided, frame=sell, direction="long_short")
    )
    assert result.notes[0].startswith("The account was lost on 2023-01-05")
    assert result.metrics.cagr == -1
    assert result.fills["reason"].to_list() == ["signal", "ruin"]


# ------------------------------------------------------------------------------------ Properties


@pytest.mark.parametrize("sizing", [EqualWeight(), FixedFraction(0.2), VolatilityTarget()])
@pytest.mark.parametrize("fill", ["next_open", "next_close"])
def test_same_input_same_bytes(sizing: EqualWeight, fill: str) -> None:
    frame = bars("ABCD", 200)
    first, again = (
        backtest(SmaCross(fast=5, slow=20), frame, sizing=sizing, fill=fill) for _ in range(2)
    )
    assert first.sha256() == again.sha256()
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=3)
    assert backtest(SmaCross(fast=5, slow=20), shuffled, sizing=sizing, fill=fill).sha256() == (
        first.sha256()
    )


def test_higher_costs_earn_less() -> None:
    frame = bars("AB", 300)
    finals = [
        backtest(
            SmaCross(fast=3, slow=8), frame, costs=Costs(half_spread_bps=spread), benchmark=None
        ).equity["equity"][-1]
        for spread in (0.0, 5.0, 20.0)
    ]
    assert finals == sorted(finals, reverse=True)


# ------------------------------------------------------------------------------------ Validation


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"capital": 0.0}, "capital=0.0 must be positive"),
        ({"capital": float("nan")}, "capital=nan must be positive"),
        ({"fill": "next_opne"}, "fill='next_opne' is not known. Did you mean 'next_open'?"),
        ({"lot": -1.0}, "lot=-1.0 must be finite, not negative"),
        ({"tick": float("inf")}, "tick=inf must be finite"),
        ({"sizing": "equal"}, "sizing='equal' must be one of EqualWeight"),
        ({"costs": 5.0}, "costs=5.0 must be hr.Costs"),
        ({"start": "2023-13-01"}, "start='2023-13-01' is not a date"),
        ({"start": "2024-01-01", "end": "2023-01-01"}, "start 2024-01-01 is after end 2023-01-01"),
    ],
)
def test_options_are_refused_in_one_line(options: dict[str, object], message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        backtest(BuyAndHold(), bars(count=5), **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_class_is_not_a_strategy() -> None:
    with pytest.raises(DefinitionError, match="strategy BuyAndHold must be an instance"):
        backtest(BuyAndHold, bars(count=5))  # type: ignore[arg-type]


def test_data_of_another_kind_is_refused() -> None:
    with pytest.raises(DefinitionError, match="data of type list must be a Market or a frame"):
        backtest(BuyAndHold(), [1, 2])  # type: ignore[arg-type]


def test_no_bars_are_refused() -> None:
    with pytest.raises(DataError, match="data has no bars"):
        backtest(BuyAndHold(), bars(count=5).clear())
    with pytest.raises(DataError, match="nothing to decide on: there are no bars in this period"):
        backtest(BuyAndHold(), bars(count=5), start="2030-01-01")


def test_instruments_that_cannot_serve_are_named() -> None:
    with pytest.raises(DataError, match="nothing to decide on: A needs high/low; B needs high/low"):
        backtest(MeanReversion(), bars("AB", 60, ranges=False))


def test_options_are_named() -> None:
    kinds = {name: item.kind for name, item in inspect.signature(backtest).parameters.items()}
    assert [name for name, kind in kinds.items() if kind is not inspect.Parameter.KEYWORD_ONLY] == [
        "strategy",
        "data",
    ]


def test_weekly_frames_are_annualised_by_weeks() -> None:
    fridays = [dt.date(2020, 1, 3) + dt.timedelta(weeks=week) for week in range(157)]
    closes = [100 * 1.1 ** (week / 52) for week in range(157)]
    frame = pl.DataFrame({"date": fridays, "close": closes}).filter(
        ~pl.col("date").is_in([dt.date(2020, 4, 10), dt.date(2020, 12, 25), dt.date(2021, 1, 1)])
    )
    result = backtest(BuyAndHold(), frame, costs=Costs.none(), benchmark=None)
    assert result.timeframe == "1w"
    assert result.metrics.cagr == pytest.approx(0.10, abs=0.01)


def test_lengths_that_are_not_known_are_refused() -> None:
    months = pl.date_range(dt.date(2015, 1, 2), dt.date(2019, 1, 2), "30d", eager=True)
    frame = pl.DataFrame({"date": months, "close": [1.0] * len(months)})
    with pytest.raises(DataError, match="bars lie 30 days"):
        backtest(BuyAndHold(), frame)


def test_a_long_only_account_does_not_borrow() -> None:
    frame = pl.DataFrame({"date": [dt.date(2024, 1, 2), dt.date(2024, 1, 3)], "close": [1.0, 2.0]})
    with pytest.raises(DefinitionError, match=r"gross=1\.5 needs direction long_short"):
        backtest(BuyAndHold(), frame, sizing=EqualWeight(gross=1.5))


def test_infinite_prices_are_refused() -> None:
    frame = pl.DataFrame(
        {"date": [dt.date(2024, 1, 2), dt.date(2024, 1, 3)], "close": [1.0, float("inf")]}
    )
    with pytest.raises(DataError, match="not finite"):
        backtest(BuyAndHold(), frame)
