"""The bars of the synthetic market: their number, their clock, and how they behave."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st
from polars.testing import assert_frame_equal

from hedgerow.errors import DefinitionError
from hedgerow.sources import SyntheticMarket
from hedgerow.sources.synthetic._bars import reach

INDICES = ["SPX", "VIX"]


def tables(market: SyntheticMarket) -> dict[str, pl.DataFrame]:
    parts: dict[str, list[pl.DataFrame]] = {}
    for batch in market.batches():
        parts.setdefault(batch.table.name, []).append(batch.frame)
    return {name: pl.concat(frames) for name, frames in parts.items()}


@pytest.fixture(scope="module")
def daily() -> dict[str, pl.DataFrame]:
    return tables(SyntheticMarket(symbols=60, bars=3_506, timeframe="1d"))


@pytest.fixture(scope="module")
def returns(daily) -> pl.DataFrame:
    """Total returns of the companies beside the index's, one row a bar."""
    events = daily["splits"].select("symbol", "ratio", session="ex_date")
    paid = daily["dividends"].select("symbol", "amount", session="ex_date")
    previous = pl.col("close").shift(1).over("symbol")
    worth = (pl.col("close") + pl.col("amount").fill_null(0)) * pl.col("ratio").fill_null(1)
    bars = (
        daily["bars"]
        .join(events, on=["symbol", "session"], how="left", maintain_order="left")
        .join(paid, on=["symbol", "session"], how="left", maintain_order="left")
        .with_columns(change=worth / previous - 1)
    )
    index = bars.filter(symbol="SPX").select("session", market="change")
    companies = bars.filter(~pl.col("symbol").is_in(INDICES))
    return companies.join(index, on="session", maintain_order="left").drop_nulls("change")


def closes(daily: dict[str, pl.DataFrame], symbol: str) -> np.ndarray:
    return daily["bars"].filter(symbol=symbol)["close"].to_numpy()


# Regression ---------------------------------------------------------------------------------


def test_reference_size_is_3506_sessions_of_8_hourly_bars():
    market = SyntheticMarket(symbols=2, bars=28_048, timeframe="1h", bars_per_session=8)
    bars = tables(market)["bars"]
    local = bars.filter(symbol="S0001").with_columns(
        hour=pl.col("timestamp").dt.convert_time_zone("America/New_York").dt.hour()
    )

    assert len(market.sessions) == 3_506
    assert market.sessions[0] == dt.date(2000, 1, 3)
    assert market.sessions[-1].year == 2013
    assert set(bars.group_by("symbol").len()["len"]) == {28_048}
    assert (
        local.group_by("session")
        .agg(pl.col("hour"))
        .filter(pl.col("hour").list.eval(pl.element().cast(pl.Int32)) != list(range(9, 17)))
        .is_empty()
    )


@pytest.mark.parametrize(
    ("timeframe", "expected"), [("1m", 390), ("5m", 78), ("15m", 26), ("30m", 13), ("1h", 7)]
)
def test_regular_hours_by_default(timeframe, expected):
    bars = tables(SyntheticMarket(symbols=1, bars=expected, timeframe=timeframe))["bars"]

    assert bars.filter(symbol="SPX")["session"].n_unique() == 1


def test_half_day_has_fewer_bars_unless_a_number_is_asked_for():
    day_before = dt.date(2024, 11, 27)
    free = tables(SyntheticMarket(symbols=1, bars=11, start=day_before))["bars"]
    fixed = tables(SyntheticMarket(symbols=1, bars=14, bars_per_session=7, start=day_before))

    assert free.filter(symbol="SPX").group_by("session").len().sort("session")["len"].to_list() == [
        7,
        4,
    ]
    assert set(fixed["bars"].filter(symbol="SPX").group_by("session").len()["len"]) == {7}


# Properties ---------------------------------------------------------------------------------


def test_a_company_is_the_same_in_any_company():
    many = tables(SyntheticMarket(symbols=43, bars=900, bars_per_session=8))
    few = tables(SyntheticMarket(symbols=2, bars=900, bars_per_session=8))
    chosen = pl.col("symbol").is_in([*INDICES, "S0001", "S0002"])

    for name, frame in few.items():
        assert_frame_equal(many[name].filter(chosen), frame, check_exact=True)


def test_more_bars_continue_the_same_market():
    short = tables(SyntheticMarket(symbols=3, bars=1_200, timeframe="1d"))
    long = tables(SyntheticMarket(symbols=3, bars=1_500, timeframe="1d"))
    last = short["bars"]["session"].max()

    assert_frame_equal(long["bars"].filter(pl.col("session") <= last), short["bars"])
    for name in ("splits", "dividends"):
        assert_frame_equal(long[name].filter(pl.col("ex_date") <= last), short[name])


def test_another_seed_is_another_market(daily):
    other = tables(SyntheticMarket(symbols=1, bars=3_506, timeframe="1d", seed=8))

    assert (closes(other, "SPX") != closes(daily, "SPX")).mean() > 0.99


@pytest.mark.parametrize("name", ["daily", "hourly"])
def test_prices_of_a_bar_are_in_order(daily, name):
    hourly = SyntheticMarket(symbols=5, bars=3_000, bars_per_session=8)
    bars = daily["bars"] if name == "daily" else tables(hourly)["bars"]
    high = bars["high"] >= bars.select(pl.max_horizontal("open", "close", "low")).to_series()
    low = bars["low"] <= bars.select(pl.min_horizontal("open", "close")).to_series()

    assert high.all()
    assert low.all()
    assert bars["low"].min() > 0


@given(
    move=st.floats(-0.5, 0.5),
    deviation=st.floats(1e-6, 0.5),
    draws=st.tuples(st.floats(1e-12, 1, exclude_max=True), st.floats(1e-12, 1, exclude_max=True)),
)
@settings(max_examples=200, deadline=None)
def test_reach_encloses_start_and_end(move, deviation, draws):
    above, below = reach(np.array([move]), np.array([deviation]), np.array(draws)[:, None])

    assert above[0] >= max(move, 0) - 1e-15
    assert below[0] <= min(move, 0) + 1e-15


def test_reach_has_the_law_of_a_brownian_bridge():
    """Against paths walked in small steps: the same average reach, to the step's own error."""
    rng = np.random.default_rng(1)
    steps, paths, move, deviation = 2_000, 2_000, 0.01, 0.02
    walk = np.cumsum(rng.standard_normal((paths, steps)), axis=1) * deviation / np.sqrt(steps)
    share = np.arange(1, steps + 1) / steps
    bridge = walk - share * walk[:, -1:] + share * move
    above, _ = reach(np.full(100_000, move), np.full(100_000, deviation), rng.random((2, 100_000)))

    assert above.mean() == pytest.approx(np.maximum(bridge.max(axis=1), 0).mean(), rel=0.05)


def test_volatility_comes_in_clusters(daily):
    move = np.diff(np.log(closes(daily, "SPX")))
    size = np.abs(move)
    sizes = [np.corrcoef(size[:-lag], size[lag:])[0, 1] for lag in (1, 5, 20)]
    squares = np.corrcoef(move[:-1] ** 2, move[1:] ** 2)[0, 1]

    assert min(sizes) > 0.05
    assert squares > 0.05
    assert abs(np.corrcoef(move[:-1], move[1:])[0, 1]) < 0.06


def test_tails_are_fat(daily, returns):
    move = np.diff(np.log(closes(daily, "SPX")))
    kurtosis = returns.group_by("symbol").agg(pl.col("change").kurtosis(fisher=False))["change"]

    assert ((move - move.mean()) ** 4).mean() / move.var() ** 2 > 4
    assert kurtosis.min() > 3


def test_companies_move_with_the_market(returns):
    correlation = returns.group_by("symbol").agg(r=pl.corr("change", "market"))["r"]

    assert 0.3 < correlation.median() < 0.7
    assert correlation.is_between(0.05, 0.95).all()


def test_the_index_is_the_market_of_the_companies(returns):
    average = returns.group_by("session").agg(pl.col("change").mean(), pl.col("market").first())

    assert average.select(pl.corr("change", "market")).item() > 0.95


def test_vix_looks_like_a_vix(daily):
    vix, spx = closes(daily, "VIX"), closes(daily, "SPX")
    fall = np.corrcoef(np.diff(np.log(vix)), np.diff(np.log(spx)))[0, 1]

    assert 15 < vix.mean() < 23
    assert 8.5 < vix.min() < 11
    assert vix.max() > 60
    assert -0.9 < fall < -0.5


def test_vix_tells_the_volatility_that_follows(daily):
    vix, move = closes(daily, "VIX"), np.diff(np.log(closes(daily, "SPX")))
    windows = np.lib.stride_tricks.sliding_window_view(move, 21)
    realised = windows.std(axis=1) * np.sqrt(252) * 100
    quoted = vix[: len(realised)]

    assert np.corrcoef(quoted, realised)[0, 1] > 0.5
    assert 1.0 < quoted.mean() / realised.mean() < 1.35


def test_volume_is_u_shaped_and_rises_with_the_move():
    bars = tables(SyntheticMarket(symbols=20, bars=7 * 250))["bars"]
    traded = bars.filter(~pl.col("symbol").is_in(INDICES)).with_columns(
        hour=pl.col("timestamp").dt.convert_time_zone("America/New_York").dt.hour(),
        move=(pl.col("close") / pl.col("open") - 1).abs(),
    )
    by_hour = dict(traded.group_by("hour").agg(pl.col("volume").mean()).rows())
    ranked = traded.group_by("symbol", "hour").agg(r=pl.corr("volume", "move", method="spearman"))

    assert by_hour[10] > by_hour[12]
    assert by_hour[15] > by_hour[12]
    assert ranked["r"].mean() > 0.2


def test_everything_is_marked_as_synthetic():
    market = SyntheticMarket(symbols=200, bars=10)
    listed = market.instruments()

    assert {frame["source"][0] for name, frame in tables(market).items() if len(frame)} == {
        "synthetic"
    }
    assert all(i.synthetic and i.instrument_id.endswith(".SYN") for i in listed)
    assert len({i.symbol for i in listed}) == len({i.name for i in listed}) == 202
    assert len({i.sector for i in listed if i.sector}) == 11
    assert {i.region for i in listed} == {"US", "UK", "Europe", "Japan"}


# Validation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"symbols": 0}, "symbols=0 is out of range: from 1 to 9999"),
        ({"bars": 0}, "bars=0 is out of range"),
        ({"seed": -1}, "seed=-1 is out of range"),
        ({"timeframe": "1w"}, "timeframe 1w is too long"),
        ({"timeframe": "24h"}, "timeframe 24h is too long"),
        ({"timeframe": "hourly"}, "timeframe 'hourly' is not known"),
        ({"timeframe": "1d", "bars": 5, "bars_per_session": 8}, "needs bars within a day"),
        ({"bars_per_session": 16}, "from 1 to 15 bars of 1h"),
        ({"timeframe": "1d"}, "would end after 2035-11-01: ask for at most"),
    ],
)
def test_impossible_markets_are_refused(options, message):
    with pytest.raises(DefinitionError, match=message):
        SyntheticMarket(**options)
