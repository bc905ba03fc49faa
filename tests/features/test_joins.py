"""Other series and tables reach a bar by the clock: what was known when the bar was."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from tests.features.builders import CLOSING, DAY, FIRST, frame, market, of_frame, values

from hedgerow.domain.market import Market
from hedgerow.errors import DataError, DefinitionError
from hedgerow.features import (
    close,
    compute,
    context,
    pct_change,
    rolling_beta,
    sma,
    table,
)

NEW_YORK = "America/New_York"


def _at(hour: int, minute: int = 0, day: int = 0) -> dt.datetime:
    return FIRST + day * DAY + dt.timedelta(hours=hour, minutes=minute)


# Contexts ------------------------------------------------------------------------------------


def _hourly(*sessions: str) -> pl.DataFrame:
    """Hourly bars of New York's session, which starts at half past nine."""
    starts = [f"{day}T{hour:02}:30" for day in sessions for hour in range(9, 16)]
    stamps = pl.Series("timestamp", starts).str.to_datetime("%Y-%m-%dT%H:%M", time_zone=NEW_YORK)
    return pl.DataFrame({"timestamp": stamps.dt.convert_time_zone("UTC")}).with_columns(close=100.0)


@pytest.mark.parametrize("month", ["01", "07"])
def test_a_daily_vix_on_hourly_bars_is_yesterdays_until_a_quarter_past_four(month: str) -> None:
    days = [f"2024-{month}-{day}" for day in ("09", "10", "11")]
    vix = pl.DataFrame({"date": days, "close": [9.0, 10.0, 11.0]}).with_columns(
        pl.col("date").str.to_date()
    )
    bars = Market.from_frames(_hourly(*days[1:]), timeframe="1h", context={"VIX": vix})

    joined = compute(bars, {"vix": context("VIX")}).collect()

    # The bar that starts at half past two ends at half past three, the last one at half past four.
    assert joined["vix"].to_list() == [9.0] * 6 + [10.0] * 7 + [11.0]
    known = joined["available_at"].dt.convert_time_zone(NEW_YORK).dt.time()
    assert known[5] == dt.time(15, 30)
    assert known[6] == dt.time(16, 30)


def test_a_daily_stock_sees_the_vix_of_the_session_before_and_the_spx_of_its_own() -> None:
    days = pl.Series("date", ["2024-01-09", "2024-01-10", "2024-01-11"]).str.to_date()
    level = pl.DataFrame({"date": days, "close": [9.0, 10.0, 11.0]})
    bars = Market.from_frames(level, context={"VIX": level, "SPX": level})

    joined = compute(bars, {"vix": context("VIX"), "spx": context("SPX")}).collect()

    assert joined["vix"].to_list() == [None, 9.0, 10.0]
    assert joined["spx"].to_list() == [9.0, 10.0, 11.0]


def test_a_value_known_at_the_very_instant_counts() -> None:
    stock = frame("A", {"close": [1.0, 2.0]})
    same, later = (
        stock.select("timestamp", "close", available_at=pl.col("available_at") + delay)
        for delay in (dt.timedelta(), dt.timedelta(microseconds=1))
    )
    bars = of_frame(stock, context={"SAME": _series(same), "LATER": _series(later)})

    assert values(bars, context("SAME")) == [1.0, 2.0]
    assert values(bars, context("LATER")) == [None, 1.0]


def _series(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(instrument_id=pl.lit("X"), symbol=pl.lit("X"))


def test_a_value_older_than_the_limit_is_unknown() -> None:
    stock = frame("A", {"close": [1.0] * 12})
    bars = of_frame(stock, context={"VIX": frame("VIX", {"close": [20.0]})})

    assert values(bars, context("VIX")) == [20.0] * 8 + [None] * 4
    assert values(bars, context("VIX", max_age=2 * DAY)) == [20.0] * 3 + [None] * 9
    assert values(bars, context("VIX", max_age=DAY / 2)) == [20.0] + [None] * 11


def test_an_unknown_value_leaves_the_one_before_in_force() -> None:
    stock = frame("A", {"close": [1.0] * 3})
    bars = of_frame(stock, context={"VIX": frame("VIX", {"close": [20.0, None, 22.0]})})

    assert values(bars, context("VIX")) == [20.0, 20.0, 22.0]


def test_of_two_rows_known_at_once_the_later_bar_counts() -> None:
    stock = frame("A", {"close": [1.0, 1.0]})
    both = frame("VIX", {"close": [20.0, 21.0]}).with_columns(available_at=FIRST + CLOSING)

    assert values(of_frame(stock, context={"VIX": both}), context("VIX")) == [21.0, 21.0]


def test_a_feature_of_the_series_is_computed_on_its_own_bars() -> None:
    stock = frame("A", {"close": [1.0] * 2}).filter(pl.col("timestamp") > FIRST)
    bars = of_frame(stock, context={"SPX": frame("SPX", {"close": [100.0, 110.0]})})

    assert values(bars, context("SPX", pct_change())) == [pytest.approx(0.1)]


def test_a_series_needs_no_more_than_its_clock_and_its_close() -> None:
    index = frame("SPX", {"close": [1.0, 3.0]}).select("timestamp", "available_at", "close")
    bars = of_frame(frame("A", {"close": [1.0, 1.0]}), context={"SPX": index})

    assert values(bars, context("SPX", sma(2))) == [None, 2.0]


def test_every_instrument_gets_its_own_row() -> None:
    stocks = {"A": {"close": [1.0, 2.0, 3.0]}, "B": {"close": [4.0, 5.0, 6.0]}}
    bars = market(stocks, context={"VIX": frame("VIX", {"close": [7.0, 8.0, 9.0]})})

    joined = compute(bars, {"vix": context("VIX"), "ratio": close / context("VIX")}).collect()

    assert joined["symbol"].to_list() == ["A"] * 3 + ["B"] * 3
    assert joined["vix"].to_list() == [7.0, 8.0, 9.0] * 2
    assert joined["ratio"].to_list() == pytest.approx([1 / 7, 2 / 8, 3 / 9, 4 / 7, 5 / 8, 6 / 9])


def test_a_series_that_is_not_there_is_named() -> None:
    bars = Market.from_frames(pl.DataFrame({"date": [dt.date(2024, 1, 2)], "close": [1.0]}))

    with pytest.raises(DataError, match="context 'VIX' was not given"):
        compute(bars, {"vix": context("VIX")})


def test_the_price_of_a_series_that_split_is_refused_but_its_change_is_not() -> None:
    split = frame("QQQ", {"close": [50.0, 51.0]}).with_columns(
        split_ratio=pl.when(pl.col("timestamp") > FIRST).then(2.0).otherwise(1.0)
    )
    bars = of_frame(frame("A", {"close": [1.0, 2.0]}), context={"QQQ": split})

    with pytest.raises(DefinitionError, match="reads the price level of a series that has split"):
        compute(bars, {"level": context("QQQ")})
    assert values(bars, context("QQQ", pct_change())) == [None, pytest.approx(0.02)]
    assert values(bars, rolling_beta(2, market="QQQ")) == [None, None]


def test_hourly_beta_to_a_daily_market_moves_once_a_session() -> None:
    days = ["2024-01-09", "2024-01-10", "2024-01-11"]
    level = pl.DataFrame({"date": days, "close": [100.0, 101.0, 99.0]}).with_columns(
        pl.col("date").str.to_date()
    )
    bars = Market.from_frames(_hourly(*days), timeframe="1h", context={"SPX": level})

    returns = compute(bars, {"move": pct_change(1, context("SPX"))}).collect()["move"]

    assert returns.drop_nulls().to_list() == pytest.approx(
        [0.0] * 6 + [0.01] + [0.0] * 6 + [99 / 101 - 1]
    )


# Tables --------------------------------------------------------------------------------------

SCORES = pl.DataFrame(
    {
        "symbol": ["A", "B", "A"],
        "available_at": [_at(8), _at(9), _at(8, day=1)],
        "score": [1.0, 2.0, 3.0],
        "good": [True, False, None],
    }
)


def test_a_table_with_symbols_is_joined_by_symbol() -> None:
    stocks = {"A": {"close": [1.0, 1.0]}, "B": {"close": [1.0, 1.0]}, "C": {"close": [1.0, 1.0]}}
    bars = market(stocks, tables={"scores": SCORES})

    joined = compute(
        bars, {"score": table("scores", "score"), "good": table("scores", "good")}
    ).collect()

    assert joined["symbol"].to_list() == ["A", "A", "B", "B", "C", "C"]
    assert joined["score"].to_list() == [1.0, 3.0, 2.0, 2.0, None, None]
    assert joined["good"].to_list() == [True, True, False, False, None, None]


def test_a_table_with_instruments_is_joined_by_instrument() -> None:
    scores = SCORES.rename({"symbol": "instrument_id"}).with_columns(symbol=pl.lit("whatever"))
    bars = market({"A": {"close": [1.0, 1.0]}}, tables={"scores": scores})

    assert values(bars, table("scores", "score")) == [1.0, 3.0]


def test_a_table_of_neither_is_the_same_for_all() -> None:
    rates = SCORES.drop("symbol")
    bars = market({"A": {"close": [1.0, 1.0]}, "B": {"close": [1.0, 1.0]}}, tables={"r": rates})

    assert values(bars, table("r", "score")) == [2.0, 3.0, 2.0, 3.0]


def test_a_row_of_a_table_is_unknown_until_its_instant_and_after_its_age() -> None:
    rates = pl.DataFrame({"available_at": [_at(21, 1)], "rate": [5.0]})
    bars = market({"A": {"close": [1.0] * 4}}, tables={"r": rates})

    assert values(bars, table("r", "rate")) == [None, 5.0, 5.0, 5.0]
    assert values(bars, table("r", "rate", max_age=DAY)) == [None, 5.0, None, None]


def test_of_two_rows_known_at_once_the_last_of_the_table_counts() -> None:
    rates = pl.DataFrame({"available_at": [_at(9), _at(9)], "rate": [5.0, 6.0]})
    owned = rates.with_columns(symbol=pl.lit("A"))
    bars = market({"A": {"close": [1.0]}}, tables={"r": rates, "o": owned})

    assert values(bars, table("r", "rate")) == [6.0]
    assert values(bars, table("o", "rate")) == [6.0]


def test_indicators_read_tables() -> None:
    rates = pl.DataFrame({"available_at": [_at(9), _at(9, day=1)], "rate": [5.0, 7.0]})
    bars = market({"A": {"close": [1.0, 1.0]}}, tables={"r": rates})

    assert values(bars, sma(2, table("r", "rate"))) == [None, 6.0]


def test_a_wrong_column_is_named_with_the_near_miss() -> None:
    bars = market({"A": {"close": [1.0]}}, tables={"scores": SCORES})

    with pytest.raises(
        DataError, match=r"table 'scores' has no column 'scor'\. Did you mean 'score'"
    ):
        compute(bars, {"x": table("scores", "scor")})


def test_a_table_without_the_clock_is_refused() -> None:
    bars = market({"A": {"close": [1.0]}}, tables={"s": SCORES.drop("available_at")})

    with pytest.raises(DataError, match="table 's' has no column 'available_at'"):
        compute(bars, {"x": table("s", "score")})
