"""No registered feature sees the future, and the check that says so can tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from tests.features.builders import closes, frame, of_frame

from hedgerow.domain.calendar import sessions
from hedgerow.domain.market import Market
from hedgerow.errors import DataError
from hedgerow.features import (
    Feature,
    Leak,
    check_features,
    close,
    context,
    draw_instants,
    feature_entries,
    find_leaks,
    indicator,
    pct_change,
    sma,
    table,
)

REGISTERED = sorted(feature_entries())
STOCKS = ("A", "B", "C")


def _walk(rows: int, seed: int) -> np.ndarray:
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).standard_normal(rows) * 0.01))


def _sessions(first: dt.date) -> pl.Series:
    days = sessions()["session"]
    return days.filter(days.is_between(first, dt.date(2024, 2, 13)))


def _hourly_bars() -> pl.DataFrame:
    """Hourly bars of three stocks over 30 sessions, with a few unknown values."""
    hours = pl.DataFrame({"hour": list(range(14, 21))})
    clock = pl.DataFrame({"day": _sessions(dt.date(2024, 1, 2))}).join(hours, how="cross")
    stamps = clock.select(
        pl.col("day").cast(pl.Datetime("us", "UTC")) + pl.duration(hours="hour", minutes=30)
    ).to_series()
    bars = []
    for seed, symbol in enumerate(STOCKS):
        price = pl.Series(_walk(len(stamps), seed))
        unknown = pl.int_range(pl.len()) % (41 + seed) == 40
        one = pl.DataFrame({"timestamp": stamps, "close": price}).with_columns(
            symbol=pl.lit(symbol),
            open=pl.col("close").shift(1).fill_null(100.0),
            volume=(pl.col("close") * 1000).round(),
        )
        bars.append(
            one.with_columns(
                pl.when(~unknown).then("close").alias("close"),
                high=pl.max_horizontal("open", "close") * 1.002,
                low=pl.min_horizontal("open", "close") * 0.998,
            )
        )
    return pl.concat(bars)


def _daily(seed: int) -> pl.DataFrame:
    days = _sessions(dt.date(2023, 12, 1))
    return pl.DataFrame({"date": days, "close": _walk(len(days), seed)})


@pytest.fixture(scope="module")
def hourly() -> Market:
    series = {"VIX": _daily(10), "SPX": _daily(11)}
    return Market.from_frames(_hourly_bars(), timeframe="1h", context=series)


@pytest.fixture(scope="module")
def daily(real_market: Market) -> Market:
    recent = pl.col("session") >= dt.date(2011, 6, 1)
    return of_frame(
        real_market.bars.filter(recent).collect(),
        context={"SPX": real_market.context("SPX").filter(recent).collect()},
    )


# Every registered feature ---------------------------------------------------------------------


@pytest.mark.parametrize("name", REGISTERED)
def test_registered_feature_on_hourly_bars_with_daily_series(name: str, hourly: Market) -> None:
    assert check_features(hourly, feature_entries()[name].outputs, 10) == []


@pytest.mark.parametrize("name", REGISTERED)
def test_registered_feature_on_real_daily_bars(name: str, daily: Market) -> None:
    assert check_features(daily, feature_entries()[name].outputs, 6) == []


def test_contexts_and_tables(hourly: Market) -> None:
    news = pl.DataFrame(
        {
            "symbol": ["A", "B", "A"],
            "available_at": [dt.datetime(2024, 1, day, 17, tzinfo=dt.UTC) for day in (9, 10, 11)],
            "score": [1.0, 2.0, 3.0],
        }
    )
    bars = Market(
        bars=hourly.bars,
        timeframe=hourly.timeframe,
        contexts=hourly.contexts,
        tables=lambda name: news.lazy(),
    )
    features = {
        "vix": context("VIX"),
        "calm": context("VIX", sma(5)) > context("VIX"),
        "news": table("news", "score"),
    }

    assert check_features(bars, features, 20) == []


# Planted leaks --------------------------------------------------------------------------------


def _future(build: Callable[[pl.Expr], pl.Expr], name: str) -> Feature:
    return indicator(name, build, lookback=0)


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("tomorrow", lambda price: price.shift(-1)),
        ("centred", lambda price: price.rolling_mean(5, center=True)),
        ("whole_mean", lambda price: price / price.mean()),
        ("whole_max", lambda price: price.max()),
        ("backfilled", lambda price: price.backward_fill()),
        ("next_known", lambda price: price.interpolate()),
    ],
)
def test_a_planted_leak_is_caught(name: str, build: Callable, hourly: Market) -> None:
    leaks = check_features(hourly, {name: _future(build, name), "honest": pct_change()}, 20)

    assert {leak.column for leak in leaks} == {name}


def _vix_by_date(bars: Market) -> pl.DataFrame:
    """The mistake everyone makes once: a daily value joined to hourly bars by its date."""
    vix = bars.context("VIX").select("session", vix="close")
    return (
        bars.bars.select("instrument_id", "timestamp", "available_at", "session")
        .join(vix, on="session", how="left", maintain_order="left")
        .drop("session")
        .collect()
    )


def test_a_vix_joined_by_date_is_caught(hourly: Market) -> None:
    midday = dt.datetime(2024, 1, 17, 18, tzinfo=dt.UTC)

    leaks = find_leaks(_vix_by_date, hourly, [midday])

    assert leaks
    assert {leak.column for leak in leaks} == {"vix"}
    assert all(leak.timestamp.date() == midday.date() for leak in leaks)
    assert all(leak.before is not None and leak.after is None for leak in leaks)


def test_a_vix_joined_by_date_is_caught_at_drawn_instants(hourly: Market) -> None:
    assert find_leaks(_vix_by_date, hourly, 12)


def test_a_bar_that_disappears_is_a_leak() -> None:
    def without_the_last_but_one(bars: Market) -> pl.DataFrame:
        return bars.bars.select("instrument_id", "timestamp", "available_at").collect()[:-2]

    bars = closes(1.0, 2.0, 3.0, 4.0)
    instant = bars.bars.collect()["available_at"][2]

    leaks = find_leaks(without_the_last_but_one, bars, [instant])

    assert [leak.column for leak in leaks] == ["missing"]


# The check itself -----------------------------------------------------------------------------


def test_a_leak_says_where_and_what() -> None:
    bars = closes(1.0, 2.0, 3.0)
    instant = dt.datetime(2020, 1, 2, 23)  # naive: UTC

    leaks = check_features(
        bars, {"next": _future(lambda price: price.shift(-1), "next")}, [instant]
    )

    assert leaks == [
        Leak(
            instant=instant.replace(tzinfo=dt.UTC),
            instrument_id="ASSET",
            timestamp=dt.datetime(2020, 1, 2, tzinfo=dt.UTC),
            column="next",
            before=3.0,
            after=None,
        )
    ]


def test_nothing_to_check_is_not_a_pass() -> None:
    with pytest.raises(DataError, match="nothing to check"):
        check_features(of_frame(frame("A", {"close": []})), {"x": close / sma(2)})


def test_drawn_instants_are_the_same_every_time_and_lie_on_both_sides_of_a_bar() -> None:
    rows = closes(*[1.0] * 50).bars.collect()

    drawn = draw_instants(rows, 20)

    assert drawn == draw_instants(rows, 20)
    assert drawn != draw_instants(rows, 20, seed=1)
    assert drawn == sorted(drawn)
    assert {instant.microsecond for instant in drawn} == {0, 999_999}
    assert len(draw_instants(rows, 500)) == 50
