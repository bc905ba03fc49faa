"""Markets and decisions laid out as tables."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from hedgerow.backtest.panel import always_buy, build_panel, last_bars
from hedgerow.domain import sessions
from hedgerow.domain.market import Market
from hedgerow.errors import DataError

DAYS = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8)]


def market(
    rows: dict[str, list[tuple[int, float]]],
    *,
    start: dt.date | None = None,
    end: dt.date | None = None,
    **columns: list[object],
) -> Market:
    """Market of (day, close) by symbol; more columns in the order of the rows."""
    flat = [(symbol, DAYS[day], close) for symbol, bars in rows.items() for day, close in bars]
    frame = pl.DataFrame(flat, schema=["symbol", "date", "close"], orient="row")
    frame = frame.with_columns(pl.col("close").cast(pl.Float64))
    frame = frame.with_columns(pl.Series(name, values) for name, values in columns.items())
    return Market.from_frames(frame, start=start, end=end)


def decisions(of: Market, **columns: object) -> pl.DataFrame:
    plain = {
        "signal": pl.lit(0, dtype=pl.Int8),
        "confidence": pl.lit(1.0),
        "stop": pl.lit(None, dtype=pl.Float64),
        "target": pl.lit(None, dtype=pl.Float64),
        "trailing": pl.lit(None, dtype=pl.Float64),
        "exit_when": pl.lit(value=False),
    }
    bars = of.bars
    if of.start is not None:
        bars = bars.filter(pl.col("session") >= of.start)
    if of.end is not None:
        bars = bars.filter(pl.col("session") <= of.end)
    names = ("instrument_id", "symbol", "timestamp", "session", "available_at")
    frame = bars.select(*names).with_columns(**plain).collect()
    return frame.with_columns(pl.Series(name, values) for name, values in columns.items())


THREE = {"A": [(0, 10), (1, 11), (3, 13)], "B": [(1, 21), (2, 22), (3, 23), (4, 24)]}


# ------------------------------------------------------------------------------------ Regression


def test_rows_are_the_union_of_the_timestamps() -> None:
    on = market(THREE)
    panel, _ = build_panel(on, decisions(on))
    assert panel.clock["session"].to_list() == DAYS
    assert panel.instrument_ids == panel.symbols == ("A", "B")
    nan = np.nan
    np.testing.assert_array_equal(
        panel.close, [[10, nan], [11, 21], [nan, 22], [13, 23], [nan, 24]]
    )
    assert panel.days.tolist() == [0, 1, 1, 1, 3]
    assert last_bars(panel) == [3, 4]


def test_prices_that_no_name_has_take_one_cell() -> None:
    on = market(THREE)
    panel, _ = build_panel(on, decisions(on))
    assert panel.open.shape == panel.high.shape == panel.low.shape == (1, 1)
    assert np.isnan(panel.open).all()
    assert panel.sigma.shape == panel.volatility.shape == (1, 1)


def test_constant_prices_keep_their_missing_bars() -> None:
    on = market(THREE, open=[5.0] * 7)
    panel, _ = build_panel(on, decisions(on))
    assert panel.open.shape == panel.close.shape
    np.testing.assert_array_equal(np.isnan(panel.open), np.isnan(panel.close))


def test_complete_blocks_are_laid_out_alike() -> None:
    rows = {name: [(day, 10.0 * i + day + 1) for day in range(5)] for i, name in enumerate("ABC")}
    on = market(rows)
    panel, signals = build_panel(on, decisions(on, signal=list(range(-1, 2)) * 5))
    np.testing.assert_array_equal(panel.close[:, 1], [11, 12, 13, 14, 15])
    by_column = np.array([-1, 0, 1] * 5, dtype=np.int8).reshape(3, 5).T
    np.testing.assert_array_equal(signals.signal, by_column)


def test_one_name_can_be_run_on() -> None:
    """A single column is not laid out anew, so its table must not be a read-only view."""
    on = market({"A": [(day, 10.0 + day) for day in range(5)]})
    panel, signals = build_panel(on, decisions(on, signal=[1, 0, 0, 0, 0]))
    for table in (panel.close, signals.signal):
        assert table.flags.writeable
        assert table.flags.c_contiguous


def test_events_are_listed_by_bar() -> None:
    split = [1.0, 1.0, 2.0, 1.0, 1.0, 3.0, None]
    dividend = [0.0, 0.5, 0.0, 0.0, 0.0, 0.25, 0.0]
    on = market(THREE, split_ratio=split, dividend=dividend)
    panel, _ = build_panel(on, decisions(on))
    assert panel.event_start.tolist() == [0, 0, 1, 1, 3, 3]
    assert panel.event_instrument.tolist() == [0, 0, 1]
    assert panel.split_ratio.tolist() == [1.0, 2.0, 3.0]
    assert panel.dividend.tolist() == [0.5, 0.0, 0.25]


def test_decisions_take_one_cell_where_one_value_says_all() -> None:
    on = market(THREE)
    levels = [None, 0.1, 0.2, None, None, None, None]
    given = decisions(on, stop=levels, confidence=[None, 0.5, 1, 1, 1, 1, 1.0])
    _, signals = build_panel(on, given)
    assert signals.target.shape == signals.exit_when.shape == (1, 1)
    np.testing.assert_array_equal(signals.stop[:, 0], [np.nan, 0.1, np.nan, 0.2, np.nan])
    assert signals.confidence[0, 0] == 0  # unknown confidence opens nothing


def test_levels_of_zero_or_without_bounds_are_none() -> None:
    on = market(THREE)
    levels = [0.0, 0.1, float("inf"), float("nan"), None, 0.2, 0.3]
    _, signals = build_panel(on, decisions(on, stop=levels))
    np.testing.assert_array_equal(signals.stop[:, 0], [np.nan, 0.1, np.nan, np.nan, np.nan])
    assert signals.stop[3, 1] == 0.2


def test_unknown_signals_keep() -> None:
    on = market(THREE)
    given = decisions(on).with_columns(
        pl.Series("signal", [None, 1, -1, None, 0, 1, None], dtype=pl.Int8)
    )
    _, signals = build_panel(on, given)
    assert signals.signal.tolist() == [[0, 0], [1, 0], [0, 0], [-1, 1], [0, 0]]


def test_bars_outside_the_window_serve_estimates_only() -> None:
    closes = [(day, 10.0 * 1.1 ** (day % 2)) for day in range(5)]
    on = market({"A": closes}, start=DAYS[3], end=DAYS[3])
    panel, _ = build_panel(on, decisions(on), volatility_window=2)
    assert panel.shape == (1, 1)
    returns = [1 / 1.1 - 1, 1.1 - 1]
    assert panel.volatility[0, 0] == pytest.approx(np.std(returns, ddof=1) * 252**0.5)


def test_names_that_were_not_decided_on_are_left_out() -> None:
    on = market(THREE)
    panel, _ = build_panel(on, decisions(on).filter(pl.col("symbol") == "B"))
    assert panel.symbols == ("B",)
    assert panel.shape == (4, 1)


def test_intraday_years_have_more_bars() -> None:
    hours = [
        dt.datetime(2024, 1, day, hour, 30, tzinfo=dt.UTC)
        for day in (2, 3)
        for hour in range(14, 20)
    ]
    on = Market.from_frames(pl.DataFrame({"timestamp": hours, "close": 1.0}), timeframe="1h")
    panel, _ = build_panel(on, decisions(on))
    assert panel.bars_per_year == 252 * 6
    assert panel.sessions_per_year == 252


def test_weekly_years_have_weeks() -> None:
    weeks = [dt.date(2024, 1, 2) + dt.timedelta(days=7 * k) for k in range(4)]
    on = Market.from_frames(pl.DataFrame({"date": weeks, "close": 1.0}), timeframe="1w")
    panel, _ = build_panel(on, decisions(on))
    assert panel.bars_per_year == panel.sessions_per_year == pytest.approx(365.25 / 7)


def test_always_buy_signals_where_there_are_bars() -> None:
    on = market(THREE)
    panel, _ = build_panel(on, decisions(on))
    assert always_buy(panel).signal.sum() == 7


# --------------------------------------------------------------- estimates, against slow loops


def test_estimates_equal_slow_loops() -> None:
    rng = np.random.default_rng(8)
    count = 60
    days = sessions()["session"]
    days = days.filter(days >= dt.date(2024, 1, 2)).head(count)
    ratio = np.ones(count)
    ratio[30] = 4.0
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, count))) / np.cumprod(ratio)
    dividend = np.where(np.arange(count) == 40, 0.7, 0.0)
    volume = rng.uniform(1e5, 2e5, count) * np.cumprod(ratio)
    on = Market.from_frames(
        pl.DataFrame(
            {
                "date": days,
                "close": close,
                "volume": volume,
                "split_ratio": ratio,
                "dividend": dividend,
            }
        )
    )
    panel, _ = build_panel(on, decisions(on), impact=True, volatility_window=20)
    for bar in range(count):
        returns = [
            (close[k] + dividend[k]) * ratio[k] / close[k - 1] - 1 for k in range(1, bar + 1)
        ][-20:]
        shares = [
            volume[k] * np.prod(ratio[k + 1 : bar + 1]) for k in range(max(0, bar - 19), bar + 1)
        ]
        known = len(returns) >= 2
        assert np.isnan(panel.sigma[bar, 0]) != known
        if known:
            assert panel.sigma[bar, 0] == pytest.approx(np.std(returns, ddof=1), rel=1e-9)
        if len(shares) >= 2:
            assert panel.volume[bar, 0] == pytest.approx(np.mean(shares), rel=1e-9)
        if len(returns) == 20:
            yearly = np.std(returns, ddof=1) * 252**0.5
            assert panel.volatility[bar, 0] == pytest.approx(yearly, rel=1e-9)
        else:
            assert np.isnan(panel.volatility[bar, 0])


# ------------------------------------------------------------------------------------ Validation


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"open": [1, 1, 1, -1, 1, 1, 1]}, "B has a price that is not positive at 2024-01-03"),
        ({"split_ratio": [1.0, 0.0, 1, 1, 1, 1, 1]}, "A has a split ratio that is not positive"),
        ({"dividend": [0.0, -0.1, 0, 0, 0, 0, 0]}, "A has a negative dividend"),
        ({"close": [None, 1.0, 1, 1, 1, 1, 1]}, "A has no close at 2024-01-02"),
        ({"close": [float("nan"), 1.0, 1, 1, 1, 1, 1]}, "A has no close at 2024-01-02"),
    ],
)
def test_impossible_bars_are_named(columns: dict[str, list[object]], message: str) -> None:
    on = market(THREE, **columns)
    with pytest.raises(DataError, match=message):
        build_panel(on, decisions(on))


def test_bars_that_come_twice_are_named() -> None:
    on = market({"A": [(0, 10), (1, 11), (1, 12)]})
    with pytest.raises(DataError, match="A has two bars or bars out of order at 2024-01-03"):
        build_panel(on, decisions(on))


def test_decisions_must_match_the_bars() -> None:
    on = market(THREE)
    with pytest.raises(DataError, match="6 decisions, 7 bars"):
        build_panel(on, decisions(on).head(6))


@pytest.mark.parametrize("name", ["stop", "target", "trailing"])
def test_exit_levels_are_above_zero(name: str) -> None:
    on = market(THREE)
    given = decisions(on, **{name: [0.1, -0.1, None, None, None, None, None]})
    with pytest.raises(DataError, match=f"{name}=-0.1 of A at 2024-01-03 00:00 must be above zero"):
        build_panel(on, given)
