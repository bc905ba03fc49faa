"""The engine: each feature once, instruments apart, inputs untouched."""

from __future__ import annotations

import hypothesis.strategies as st
import polars as pl
import pytest
from hypothesis import given
from polars.testing import assert_frame_equal
from tests.features.builders import closes, frame, market, of_frame, values

from hedgerow.domain.market import Market
from hedgerow.errors import DataError, DefinitionError
from hedgerow.features import (
    Feature,
    atr,
    bollinger,
    close,
    col,
    compute,
    compute_in_batches,
    cs_rank,
    ema,
    high,
    indicator,
    low,
    macd,
    open_,
    pct_change,
    realized_vol,
    roc,
    rolling_beta,
    rsi,
    sma,
    volume_ratio,
    zscore,
)
from hedgerow.features.engine import _pending

MANY = {
    "change": pct_change(),
    "sma": sma(5),
    "ema": ema(5),
    "rsi": rsi(3),
    "macd": macd(2, 5, 3).histogram,
    "atr": atr(3),
    "band": bollinger(5).position,
    "z": zscore(5),
    "vol": realized_vol(4),
    "relative": volume_ratio(3),
    "mix": (close - low) / (high - low) * rsi(3),
}


class Spy:
    """An indicator's function that counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, price: pl.Expr) -> pl.Expr:
        self.calls += 1
        return price.map_batches(lambda column: column, return_dtype=pl.Float64)

    def feature(self) -> Feature:
        return indicator("spy", self, lookback=0)


# Each distinct feature once -------------------------------------------------------------------


def test_equal_features_are_computed_once() -> None:
    spy = Spy()

    made = compute(
        closes(1.0, 2.0),
        {
            "a": spy.feature(),
            "b": spy.feature() * 2,
            "c": sma(2, spy.feature()),
            "d": spy.feature(),
        },
    ).collect()

    assert spy.calls == 1
    assert made["d"].to_list() == [1.0, 2.0]
    assert made["c"].to_list() == [None, 1.5]


def test_an_input_that_is_more_than_a_column_is_evaluated_once() -> None:
    rows: list[int] = []

    def count(column: pl.Series) -> pl.Series:
        rows.append(len(column))
        return column

    def counted(price: pl.Expr) -> pl.Expr:
        return price.map_batches(count, return_dtype=pl.Float64)

    dear = indicator("dear", counted, lookback=0) * 2
    compute(closes(1.0, 2.0, 3.0), {"a": sma(2, dear), "b": ema(2, dear), "c": dear}).collect()

    assert rows == [3]


def test_only_what_is_selected_is_computed() -> None:
    def explode(price: pl.Expr) -> pl.Expr:
        def run(column: pl.Series) -> pl.Series:
            raise AssertionError("computed for nothing")

        return price.map_batches(run, return_dtype=pl.Float64)

    both = {"sma": sma(2), "unused": indicator("explode", explode, lookback=0)}

    assert compute(closes(1.0, 3.0), both).select("sma").collect()["sma"].to_list() == [None, 2.0]


def test_parts_are_shared_between_indicators() -> None:
    """The average of the z-score is the middle of the bands, the lag of ROC that of a change."""
    parts = _pending([sma(5), bollinger(5).middle, zscore(5), roc(3), pct_change(3)])

    assert sorted(map(str, parts)) == [
        "lag(close, bars=3)",
        "rolling_std(close, ddof=1, window=5)",
        "sma(close, window=5)",
    ]


def test_two_different_indicators_of_one_name_are_refused() -> None:
    def times(factor: float) -> Feature:
        return indicator("times", lambda price: price * factor, lookback=0)

    assert values(closes(1.0), times(2.0) + times(2.0)) == [4.0]
    with pytest.raises(DefinitionError, match="two different indicators are called times"):
        compute(closes(1.0), {"a": times(2.0), "b": times(3.0)})


def test_parameters_tell_indicators_of_one_name_apart() -> None:
    def times(factor: float) -> Feature:
        return indicator("times", lambda price, factor: price * factor, lookback=0, factor=factor)

    made = compute(closes(1.0), {"a": times(2.0), "b": times(3.0)}).collect()

    assert made.select("a", "b").row(0) == (2.0, 3.0)


# Instruments apart ---------------------------------------------------------------------------


def _bars(prices: list[float]) -> dict[str, list[float]]:
    return {
        "open": prices,
        "high": [price * 1.01 for price in prices],
        "low": [price * 0.98 for price in prices],
        "close": prices,
        "volume": [price * 10 for price in prices],
    }


prices = st.lists(st.floats(1.0, 100.0).map(lambda x: round(x, 2)), min_size=1, max_size=20)


@given(st.lists(prices, min_size=1, max_size=4))
def test_an_instrument_alone_gives_the_same_as_among_others(paths: list[list[float]]) -> None:
    stocks = {f"S{i}": _bars(path) for i, path in enumerate(paths)}

    together = compute(market(stocks), MANY).collect()

    alone = [compute(market({name: bars}), MANY).collect() for name, bars in stocks.items()]
    assert_frame_equal(together, pl.concat(alone), check_exact=True)


@given(st.lists(prices, min_size=1, max_size=4), st.integers(1, 40))
def test_batches_give_the_same_as_all_at_once(paths: list[list[float]], rows: int) -> None:
    bars = market({f"S{i}": _bars(path) for i, path in enumerate(paths)})

    batches = list(compute_in_batches(bars, MANY, rows=rows))

    assert_frame_equal(pl.concat(batches), compute(bars, MANY).collect(), check_exact=True)
    assert all(len(batch) <= rows or batch["symbol"].n_unique() == 1 for batch in batches)


def test_batches_refuse_what_compares_instruments() -> None:
    with pytest.raises(DefinitionError, match="feature 'rank' compares instruments"):
        compute_in_batches(closes(1.0), {"rank": sma(2, cs_rank())})


def test_batches_keep_the_columns_asked_for() -> None:
    batch = next(iter(compute_in_batches(closes(1.0, 3.0), {"sma": sma(2)}, columns=["symbol"])))

    assert batch.columns == ["symbol", "sma"]


# What goes in --------------------------------------------------------------------------------


def test_inputs_are_not_changed() -> None:
    bars = frame("A", _bars([1.0, 2.0, 3.0]))
    before = bars.clone()

    compute(of_frame(bars), MANY).collect()

    assert_frame_equal(bars, before)


def test_rows_and_columns_of_the_bars_stay() -> None:
    bars = market({"A": _bars([1.0, 2.0]), "B": _bars([3.0])})

    made = compute(bars, MANY).collect()

    given = bars.bars.collect()
    assert made.columns == [*given.columns, *MANY]
    assert_frame_equal(made.select(given.columns), given)


def test_no_bars_give_no_rows() -> None:
    made = compute(of_frame(frame("A", {"close": []})), MANY).collect()

    assert made.is_empty()
    assert list(MANY) == made.columns[-len(MANY) :]


def test_one_bar_knows_only_what_needs_no_past() -> None:
    made = compute(market({"A": _bars([5.0])}), {**MANY, "own": close / open_}).collect()

    assert made["own"].to_list() == [1.0]
    assert all(made[name].to_list() == [None] for name in MANY)


@pytest.mark.parametrize(
    "rows",
    [[1, 0, 2, 3], [0, 0, 1, 2], [2, 3, 0, 1], [0, 2, 1, 3], [0, 1, 2, 0]],
    ids=["time", "twice", "instruments", "mixed", "again"],
)
def test_bars_out_of_order_are_refused(rows: list[int]) -> None:
    bars = pl.concat([frame("A", {"close": [1.0, 2.0]}), frame("B", {"close": [3.0, 4.0]})])
    shuffled = of_frame(bars[rows])

    with pytest.raises(DataError, match=r"the bar of [AB] at 2020-01-0\d .* out of order"):
        compute(shuffled, {"sma": sma(2)}).collect()


def test_a_bar_on_a_day_without_trading_is_refused() -> None:
    days = pl.Series("date", ["2024-01-12", "2024-01-13"]).str.to_date()
    bars = pl.DataFrame({"date": days, "close": [1.0, 3.0]})

    with pytest.raises(DataError, match="ASSET at 2024-01-13 00:00Z has no available_at"):
        compute(Market.from_frames(bars), {"sma": sma(2)}).collect()
    assert values(Market.from_frames(bars, calendar="24/7"), sma(2)) == [None, 2.0]


def test_unsorted_frames_are_sorted_by_the_market() -> None:
    days = pl.Series("date", ["2024-01-03", "2024-01-02"]).str.to_date()
    bars = Market.from_frames(pl.DataFrame({"date": days, "close": [3.0, 1.0]}))

    assert values(bars, sma(2)) == [None, 2.0]


def test_a_value_that_is_no_number_counts_as_unknown() -> None:
    days = pl.Series("date", ["2024-01-02", "2024-01-03", "2024-01-04"]).str.to_date()
    bars = Market.from_frames(pl.DataFrame({"date": days, "close": [1.0, float("nan"), 1.0]}))

    assert values(bars, pct_change() > 0) == [None, None, None]


def test_a_feature_may_not_have_the_name_of_a_column() -> None:
    with pytest.raises(DefinitionError, match="feature 'close' has the name of a bar column"):
        compute(closes(1.0), {"close": sma(2)})


def test_a_feature_is_a_feature() -> None:
    with pytest.raises(DefinitionError, match="feature 'x' is 5: build it from indicators"):
        compute(closes(1.0), {"x": 5})  # type: ignore[dict-item]


def test_columns_of_a_strategy_belong_into_its_signal() -> None:
    with pytest.raises(DefinitionError, match=r"hr.col\('fast'\) belongs into signal"):
        compute(closes(1.0), {"x": sma(2, col("fast"))})


# The real thing ------------------------------------------------------------------------------


def test_slices_and_filters_after_the_fact_do_not_change_values(real_market: Market) -> None:
    wanted = {"sma": sma(20), "rsi": rsi(14), "rank": cs_rank(pct_change(5)), "b": rolling_beta(20)}
    lazy = compute(real_market, wanted)
    whole = lazy.collect()

    late = pl.col("session") >= pl.date(2010, 1, 1)
    assert_frame_equal(lazy.filter(late).collect(), whole.filter(late), check_exact=True)
    assert_frame_equal(lazy.head(50).collect(), whole.head(50), check_exact=True)
    assert_frame_equal(lazy.tail(50).collect(), whole.tail(50), check_exact=True)
    assert_frame_equal(lazy.collect(engine="streaming"), whole, check_exact=True)
