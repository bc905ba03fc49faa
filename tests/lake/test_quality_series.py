"""Rules that look at the bar before: stale runs and jumps."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st
from tests.lake.builders import close_only, daily_bars

from hedgerow.lake.quality import check_bars
from hedgerow.settings import Settings

SETTINGS = Settings(_env_file=None, stale_run=4, jump_warning=0.4)


def bars_of(closes: list[float], volumes: list[float | None] | None = None, symbol: str = "AAA"):
    bars = close_only(daily_bars(symbol, count=len(closes)))
    return bars.with_columns(
        close=pl.Series(closes, dtype=pl.Float64),
        volume=pl.Series(volumes or [None] * len(closes), dtype=pl.Float64),
    )


def stale_days(bars: pl.DataFrame, **more: object) -> list[int]:
    """Positions in the batch that were refused as stale."""
    report = check_bars(bars, None, SETTINGS, **more)
    assert set(report.counts) <= {"stale_run"}
    first = bars["timestamp"].min()
    order = bars["timestamp"].unique().sort().to_list()
    assert first is not None
    return [order.index(stamp) for stamp in report.bad["timestamp"]]


def split(ex_date: dt.date, ratio: float, instrument: str = "AAA.XNYS") -> pl.DataFrame:
    return pl.DataFrame({"instrument_id": [instrument], "ex_date": [ex_date], "ratio": [ratio]})


def jump_days(closes: list[float], splits: pl.DataFrame | None = None) -> list[int]:
    bars = bars_of(closes)
    report = check_bars(bars, splits, SETTINGS)
    assert report.good.height == bars.height
    order = bars["timestamp"].to_list()
    return (
        [order.index(stamp) for stamp in report.warnings["timestamp"]]
        if report.warnings.height
        else []
    )


# --------------------------------------------------------------------------------- regression


def test_the_first_bar_of_a_stale_run_stays():
    assert stale_days(bars_of([9, 10, 10, 10, 10, 11])) == [2, 3, 4]


def test_a_run_one_bar_too_short_stays_whole():
    assert stale_days(bars_of([9, 10, 10, 10, 11])) == []


@pytest.mark.parametrize(
    ("volumes", "refused"),
    [
        ([5, 0, 0, 0, 0], [1, 2, 3, 4]),
        ([5, None, 0, None, 0], [1, 2, 3, 4]),
        ([5, 5, 5, 5, 5], [1, 2, 3, 4]),
        ([5, 6, 7, 8, 9], []),
        ([5, 0, 0, 7, 0], []),
    ],
)
def test_trading_shows_in_the_volume(volumes, refused):
    assert stale_days(bars_of([10] * 5, volumes)) == refused


def test_a_moving_high_is_no_stale_run():
    bars = daily_bars("AAA", count=6).with_columns(
        close=pl.lit(10.0), volume=pl.lit(0.0), open=pl.lit(10.0), low=pl.lit(10.0)
    )
    assert stale_days(bars.with_columns(high=10.5 + pl.int_range(pl.len()))) == []
    assert stale_days(bars.with_columns(high=pl.lit(10.5))) == [1, 2, 3, 4, 5]


def test_series_do_not_run_into_each_other():
    bars = pl.concat([bars_of([10] * 3, symbol=name) for name in ("AAA", "BBB", "CCC")])
    assert check_bars(bars, None, SETTINGS).counts == {}


def test_the_order_in_which_bars_are_sent_does_not_matter():
    bars = bars_of([9, 10, 10, 10, 10, 11])
    assert sorted(stale_days(bars.sample(fraction=1, shuffle=True, seed=3))) == [2, 3, 4]


def test_a_run_is_seen_across_the_border_of_a_batch():
    bars = bars_of([9, 10, 10, 10, 10, 10])
    assert stale_days(bars.tail(2), before=bars.head(4)) == [0, 1]
    assert stale_days(bars.tail(2), before=bars.head(2)) == []


def test_a_large_move_is_a_warning_only():
    assert jump_days([10, 14.1, 14, 8.3, 8.3]) == [1, 3]


def test_a_move_of_just_the_limit_is_none():
    assert jump_days([10, 14.0, 8.5]) == []


def test_a_split_explains_its_jump():
    days = daily_bars("AAA", count=3)["session"]
    assert jump_days([70, 10.2, 10.3]) == [1]
    assert jump_days([70, 10.2, 10.3], split(days[1], 7.0)) == []
    assert jump_days([1, 10.2, 10.3], split(days[1], 0.1)) == []
    assert jump_days([70, 10.2, 10.3], split(days[2], 7.0)) == [1]
    assert jump_days([70, 10.2, 10.3], split(days[1], 7.0, "BBB.XNYS")) == [1]
    assert jump_days([70, 30.0, 30.0], split(days[1], 7.0)) == [1]


def test_a_split_on_a_day_without_a_bar_explains_the_next_bar():
    bars = bars_of([70, 69, 10.2])
    report = check_bars(bars[[0, 2]], split(bars["session"][1], 7.0), SETTINGS)
    assert report.warning_counts == {}


def test_a_split_reported_twice_counts_once():
    day = daily_bars("AAA", count=2)["session"][1]
    assert jump_days([70, 10.2], pl.concat([split(day, 7.0), split(day, 7.0)])) == []


def test_the_warning_tells_its_facts():
    report = check_bars(bars_of([10, 15]), None, SETTINGS)
    assert report.warning_counts == {"jump": 1}
    facts = report.warnings.row(0, named=True)
    assert (facts["previous_close"], facts["close"], facts["split_ratio"]) == (10, 15, 1)
    assert facts["move"] == pytest.approx(0.5)


def test_a_jump_is_seen_across_the_border_of_a_batch_and_told_once():
    bars = bars_of([10, 20, 40])
    report = check_bars(bars.tail(1), None, SETTINGS, before=bars.head(2))
    assert report.warnings["timestamp"].to_list() == bars["timestamp"].tail(1).to_list()


def test_a_refused_bar_makes_no_jump():
    report = check_bars(bars_of([10, -20, 10.1]), None, SETTINGS)
    assert (report.counts, report.warning_counts) == ({"non_positive_price": 1}, {})


# --------------------------------------------------------------------------------- properties


def slow_stale(closes: list[float], volumes: list[float | None], shortest: int) -> list[int]:
    refused: list[int] = []
    run = [0]
    for now in range(1, len(closes)):
        quiet = volumes[now] in (None, 0) or volumes[now] == volumes[now - 1]
        if closes[now] == closes[now - 1] and quiet:
            run.append(now)
            continue
        refused += run[1:] if len(run) >= shortest else []
        run = [now]
    return refused + (run[1:] if len(run) >= shortest else [])


@settings(max_examples=80)
@given(
    st.lists(
        st.tuples(st.sampled_from([10.0, 11.0]), st.sampled_from([None, 0.0, 5.0, 6.0])),
        min_size=1,
        max_size=25,
    )
)
def test_stale_runs_equal_the_slow_reference(pairs):
    closes, volumes = map(list, zip(*pairs, strict=True))
    assert stale_days(bars_of(closes, volumes)) == slow_stale(closes, volumes, 4)


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([5.0, 10.0, 12.0, 20.0]), min_size=1, max_size=12),
    st.dictionaries(st.integers(0, 11), st.sampled_from([0.5, 2.0, 4.0]), max_size=4),
)
def test_jumps_equal_the_slow_reference(closes, ratios):
    days = daily_bars("AAA", count=12)["session"]
    splits = pl.concat([split(days[0], 1.0), *(split(days[d], r) for d, r in ratios.items())])
    expected = [
        now
        for now in range(1, len(closes))
        if abs(closes[now] / closes[now - 1] - 1) > 0.4
        and abs(closes[now] * ratios.get(now, 1.0) / closes[now - 1] - 1) > 0.4
    ]
    if 0 in ratios:
        splits = splits.slice(1)
    assert jump_days(closes, splits) == expected
