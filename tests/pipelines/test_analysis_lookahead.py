"""No column but the outcome may know what was not yet available; a planted leak must be found."""

from __future__ import annotations

import datetime as dt
import random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.pipelines.analysis_reference import HOUR, hourly_bars, random_walk

from hedgerow.domain import stamp
from hedgerow.domain.clock import PUBLICATION_DELAY
from hedgerow.pipelines.analysis import AnalysisRules, analyze_bars

OUTCOME = "trade_quality"
RULES = AnalysisRules(beta_window=10)
SESSIONS = [dt.date(2024, 11, day) for day in (25, 26, 27, 29)]  # the last is a half day


def test_truncation_changes_nothing_that_was_known():
    market = hourly_bars_with_daily_vix()
    assert changed_by_truncation(analyze_bars, market) == []


def test_a_vix_joined_on_the_session_date_is_caught():
    """The value of the day, published after the close, seen by every bar of the day."""

    def leaking(bars, vix, spx, **options):
        first_bar = bars.group_by("session").agg(pl.col("available_at").min())
        early = vix.drop("available_at").join(first_bar, on="session")
        return analyze_bars(bars, early, spx, **options)

    found = changed_by_truncation(leaking, hourly_bars_with_daily_vix())
    assert "VIX" in found
    assert "buy_threshold" in found


def test_an_outcome_does_look_ahead():
    """The check has teeth: with the outcome included it fails."""
    found = changed_by_truncation(analyze_bars, hourly_bars_with_daily_vix(), ignore=())
    assert found == [OUTCOME]


@pytest.mark.parametrize("hour", [15, 19, 20, 21, 22])
def test_what_a_bar_sees_by_hand(hour):
    """27 November 2024 closes at 21:00 UTC: its VIX is out at 21:15."""
    bars, vix, spx = hourly_bars_with_daily_vix()
    ends = dt.datetime(2024, 11, 27, hour, tzinfo=dt.UTC)
    one = bars.with_columns(pl.lit(ends).dt.cast_time_unit("us").alias("available_at")).head(1)
    seen = analyze_bars(one.lazy(), vix.lazy(), spx.lazy(), timeframe="1h").collect()["VIX"][0]
    day = dt.date(2024, 11, 27 if hour == 22 else 26)
    assert seen == vix.filter(pl.col("session") == day)["close"].item()


def hourly_bars_with_daily_vix():
    frames = []
    for number, symbol in enumerate(("A", "B")):
        for place, session in enumerate(SESSIONS):
            opens = dt.datetime.combine(session, dt.time(14), tzinfo=dt.UTC)
            closes = random_walk(8, seed=number * 100 + place)
            frames.append(hourly_bars(symbol, closes, first=opens))
    bars = pl.concat(frames).with_columns(session=pl.col("timestamp").dt.date())
    days = pl.DataFrame(
        {
            "timestamp": [
                dt.datetime(2024, 11, day, tzinfo=dt.UTC) for day in (22, 25, 26, 27, 29)
            ],
            "close": [15.2, 14.6, 14.1, 14.3, 13.5],
        },
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )
    vix = stamp(days.lazy(), "1d", delay=PUBLICATION_DELAY["VIX"]).collect()
    instants = bars["available_at"].unique().sort()
    spx = pl.DataFrame(
        {"available_at": instants, "close": random_walk(len(instants), seed=9, start=5900.0)}
    )
    return bars.sort("instrument_id", "timestamp"), vix, spx


def changed_by_truncation(analysis, market, *, ignore=(OUTCOME,), cuts=25):
    """Columns whose values, known by a random instant, differ when the future is cut away."""

    def run(frames):
        lazies = (frame.lazy() for frame in frames)
        return analysis(*lazies, timeframe="1h", rules=RULES).collect()

    whole = run(market)
    first, last = whole["available_at"].min(), whole["available_at"].max()
    draw = random.Random(11)
    changed = set()
    for _ in range(cuts):
        instant = first + draw.random() * (last - first) + draw.choice([0, 1]) * HOUR
        cut = run([frame.filter(pl.col("available_at") <= instant) for frame in market])
        before = whole.filter(pl.col("available_at") <= instant)
        assert cut.height == before.height
        for name in whole.columns:
            if name not in ignore and not cut[name].equals(before[name], null_equal=True):
                changed.add(name)
    return sorted(changed)


def test_the_cut_is_exact_to_the_bit():
    market = hourly_bars_with_daily_vix()
    whole = analyze_bars(*(f.lazy() for f in market), timeframe="1h", rules=RULES).collect()
    instant = dt.datetime(2024, 11, 27, 18, tzinfo=dt.UTC)
    kept = pl.col("available_at") <= instant
    cut = analyze_bars(
        *(f.lazy().filter(kept) for f in market), timeframe="1h", rules=RULES
    ).collect()
    assert_frame_equal(cut.drop(OUTCOME), whole.filter(kept).drop(OUTCOME), check_exact=True)
