"""The formulas of the market analysis, against plain Python bar by bar."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st
from polars.testing import assert_frame_equal
from tests.pipelines.analysis_reference import (
    FIRST_HOUR,
    HOUR,
    hourly_bars,
    random_walk,
    reference,
    series,
)

from hedgerow.domain.schemas import Analysis
from hedgerow.errors import DefinitionError
from hedgerow.pipelines.analysis import AnalysisRules, analyze_bars

AGE = dt.timedelta(days=5)
CLOSES = st.integers(90, 110).map(float)


def analysed(bars, vix, spx, timeframe="1h", **rules):
    lazies = (frame.lazy() for frame in (bars, vix, spx))
    return analyze_bars(*lazies, timeframe=timeframe, rules=AnalysisRules(**rules)).collect()


def assert_as_reference(found, bars, vix, spx, **options):
    expected = pl.DataFrame(
        reference(bars, vix, spx, **options),
        schema_overrides={n: t for n, t in found.schema.items() if n in found.columns},
        infer_schema_length=None,
    )
    assert_frame_equal(
        found.select(expected.columns), expected, rel_tol=1e-12, abs_tol=1e-12, check_exact=False
    )


# --- Regression ---------------------------------------------------------------------------------


def test_by_hand():
    bars = hourly_bars("X", [100, 102, 101, 101, 101.1])
    vix = series([15.0, 15.0, 30.0, 60.0, 60.0])
    spx = series([4000.0, 4040.0, 4040.0, 4000.0, 4000.0])
    found = analysed(bars, vix, spx, beta_window=2)
    assert found["price_change_pct"].round(6).to_list() == [None, 2.0, -0.980392, 0.0, 0.09901]
    assert found["spx_change_pct"].round(6).to_list() == [None, 1.0, 0.0, -0.990099, 0.0]
    assert found["beta"].round(6).to_list() == [None, 2.0, None, 0.0, None]
    assert found["buy_threshold"].to_list() == [0.5, 0.5, 1.0, 2.0, 2.0]
    assert found["sell_threshold"].to_list() == [-0.5, -0.5, -1.0, -2.0, -2.0]
    assert found["signal"].to_list() == ["hold", "buy", "hold", "hold", "hold"]
    assert found["trade_quality"].to_list() == ["neutral", "bad", "neutral", "neutral", "neutral"]


@pytest.mark.parametrize(
    ("closes", "signal", "quality"),
    [
        ([100, 102, 103], "buy", "good"),
        ([100, 102, 101], "buy", "bad"),
        ([100, 102, 102], "buy", "neutral"),
        ([100, 98, 97], "sell", "good"),
        ([100, 98, 99], "sell", "bad"),
        ([100, 98, 98], "sell", "neutral"),
        ([100, 100.2, 110], "hold", "neutral"),
    ],
)
def test_quality_comes_from_the_next_close(closes, signal, quality):
    flat = series([15.0, 15.0, 15.0])
    found = analysed(hourly_bars("X", closes), flat, flat)
    assert found.select("signal", "trade_quality").row(1) == (signal, quality)
    assert found["trade_quality"][2] == "neutral"


@pytest.mark.parametrize("close", [112.5, 87.5])  # exact in binary, as is the ratio
def test_the_threshold_itself_is_not_exceeded(close):
    flat = series([15.0, 15.0])
    found = analysed(hourly_bars("X", [100, close]), flat, flat, band=12.5)
    assert found["signal"].to_list() == ["hold", "hold"]


def test_a_daily_vix_is_not_known_before_it_is_published():
    """Published at 16:15 New York: every hourly bar of the day sees the day before."""
    opens = dt.datetime(2024, 1, 3, 14, tzinfo=dt.UTC)
    bars = hourly_bars("X", random_walk(8, seed=1), first=opens)
    published = dt.datetime(2024, 1, 2, 21, 15, tzinfo=dt.UTC)
    vix = series([13.2, 14.0], first=published, step=dt.timedelta(days=1))
    found = analysed(bars, vix, series(random_walk(8, seed=2), first=opens + HOUR))
    assert bars["available_at"][6] == dt.datetime(2024, 1, 3, 21, tzinfo=dt.UTC)
    assert found["VIX"].to_list() == [13.2] * 7 + [14.0]  # the bar after 16:15 sees the new one


def test_the_price_shown_is_the_one_that_traded():
    """On a 2:1 split the raw close halves; the move is that of the adjusted close."""
    bars = hourly_bars("X", [50, 51, 52]).with_columns(raw_close=pl.Series([100.0, 102.0, 52.0]))
    flat = series([15.0, 15.0, 15.0])
    found = analysed(bars, flat, flat)
    assert found["price"].to_list() == [100.0, 102.0, 52.0]
    assert found["price_change_pct"].round(6).to_list() == [None, 2.0, 1.960784]
    assert found["signal"].to_list() == ["hold", "buy", "buy"]


def test_a_value_counts_up_to_its_age_limit():
    bars = hourly_bars("X", random_walk(4, seed=3))
    vix = series([15.0])
    found = analysed(bars, vix, series([4000.0]), max_age=2 * HOUR)
    assert found["VIX"].to_list() == [15.0, 15.0, 15.0, None]
    assert found["SPX"].to_list() == [4000.0, 4000.0, 4000.0, None]
    assert found["signal"][3] == "hold"


@pytest.mark.parametrize(("timeframe", "days"), [("1m", 5), ("1h", 5), ("1d", 7), ("1w", 14)])
def test_default_age_limits(timeframe, days):
    assert AnalysisRules().age_limit(timeframe) == dt.timedelta(days=days)


# --- Properties ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_reference_on_random_walks(seed):
    bars = pl.concat(
        hourly_bars(symbol, random_walk(300, seed=seed * 10 + n), skip=range(n * 20, n * 40, 3))
        for n, symbol in enumerate(("A", "B", "C"))
    )
    vix = series(random_walk(70, seed=seed + 90, start=18.0, sigma=0.05), step=4 * HOUR)
    spx = series(random_walk(300, seed=seed + 99, start=4000.0))
    found = analysed(bars, vix, spx)
    assert_as_reference(found, bars, vix, spx, max_age=AGE)
    assert found["rolling_beta"].null_count() < found.height  # the windows do fill


@settings(max_examples=60)
@given(data=st.data())
def test_equals_the_reference_on_gaps_unmoved_indices_and_missing_values(data):
    count = data.draw(st.integers(1, 12))
    places = st.sets(st.integers(0, count - 1), max_size=count - 1)
    bars = pl.concat(
        hourly_bars(
            symbol,
            data.draw(st.lists(CLOSES, min_size=count, max_size=count)),
            skip=data.draw(places),
        )
        for symbol in data.draw(st.sampled_from([("A",), ("A", "B")]))
    )
    missing = st.one_of(st.none(), CLOSES)
    vix = series(data.draw(st.lists(missing, max_size=count)), step=2 * HOUR)
    spx = series(data.draw(st.lists(missing, max_size=count)))
    rules = {"beta_window": data.draw(st.integers(2, 5)), "band": data.draw(st.floats(0.1, 3))}
    age = data.draw(st.sampled_from([HOUR, 3 * HOUR, AGE]))
    found = analysed(bars, vix, spx, max_age=age, **rules)
    options = {"band": rules["band"], "window": rules["beta_window"]}
    assert_as_reference(found, bars, vix, spx, max_age=age, **options)


@settings(max_examples=25)
@given(data=st.data())
def test_symbols_do_not_bleed_into_each_other(data):
    frames = [
        hourly_bars(symbol, data.draw(st.lists(CLOSES, min_size=1, max_size=8)))
        for symbol in ("A", "B", "C")
    ]
    vix, spx = series([15.0] * 8), series(data.draw(st.lists(CLOSES, min_size=8, max_size=8)))
    together = analysed(pl.concat(frames), vix, spx, beta_window=3)
    alone = pl.concat(analysed(frame, vix, spx, beta_window=3) for frame in frames)
    assert_frame_equal(together, alone, check_exact=True)


def test_the_order_of_the_series_does_not_matter():
    bars, spx = hourly_bars("X", random_walk(30, seed=5)), series(random_walk(30, seed=6))
    vix = series(random_walk(30, seed=7, start=15.0))
    shuffled = analysed(bars, vix.sample(fraction=1, shuffle=True, seed=1), spx.reverse())
    assert_frame_equal(shuffled, analysed(bars, vix, spx), check_exact=True)


# --- Validation ---------------------------------------------------------------------------------


def test_the_result_fits_its_schema():
    bars = hourly_bars("X", random_walk(100, seed=8))
    index = series(random_walk(100, seed=9))
    assert Analysis.validate(analysed(bars, index, index)).height == 100


def test_one_bar_alone():
    row = analysed(hourly_bars("X", [100]), series([15.0]), series([4000.0])).row(0, named=True)
    assert row["VIX"] == 15.0
    assert [row[name] for name in ("price_change_pct", "spx_change_pct", "beta")] == [None] * 3
    assert (row["signal"], row["trade_quality"]) == ("hold", "neutral")


def test_no_bars_at_all():
    nothing = hourly_bars("X", [100]).clear()
    assert analysed(nothing, series([15.0]), series([4000.0])).is_empty()


def test_nothing_known_of_the_market_holds():
    bars = hourly_bars("X", [100, 110, 90])
    late = series([15.0], first=FIRST_HOUR + 90 * HOUR)
    found = analysed(bars, late, late)
    assert found["signal"].to_list() == ["hold"] * 3
    assert found["VIX"].null_count() == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"band": 0.0}, "band 0.0 must be above zero"),
        ({"band": float("nan")}, "band nan must be above zero"),
        ({"reference_vix": -1.0}, r"reference_vix -1.0 must be above zero"),
        ({"beta_window": 1}, "beta_window 1 is too short"),
        ({"max_age": dt.timedelta(0)}, "max_age 0:00:00 must be above zero"),
    ],
)
def test_rules_out_of_range(wrong, message):
    with pytest.raises(DefinitionError, match=message):
        AnalysisRules(**wrong)
