"""Rules that a row can fail by itself, and duplicates, against slow obvious references."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st
from tests.lake.builders import close_only, daily_bars

from hedgerow.domain.schemas import BARS, DIVIDENDS, SPLITS
from hedgerow.errors import DataError
from hedgerow.lake.quality import BAR_RULES, check_bars, check_rows
from hedgerow.settings import Settings

SETTINGS = Settings(_env_file=None)
NAN, INF = math.nan, math.inf


def spoilt(**values: object) -> pl.DataFrame:
    """Three bars whose second has other values."""
    bars = daily_bars("AAA", count=3)
    second = pl.int_range(pl.len()) == 1
    return bars.with_columns(
        pl.when(second).then(pl.lit(value, dtype=bars.schema[name])).otherwise(name).alias(name)
        for name, value in values.items()
    )


# --------------------------------------------------------------------------------- regression


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        ({"high": 9.0}, "ohlc_order"),
        ({"low": 10.2}, "ohlc_order"),
        ({"low": 0.0}, "non_positive_price"),
        ({"close": -1.0}, "non_positive_price,ohlc_order"),
        ({"vwap": 0.0}, "non_positive_price"),
        ({"close": None}, "missing_close"),
        ({"volume": -1.0}, "negative_volume"),
        ({"trade_count": -1}, "negative_volume"),
        ({"volume": NAN}, "not_finite"),
        ({"close": NAN}, "not_finite"),
        ({"open": INF}, "not_finite,ohlc_order"),
        ({"available_at": None}, "non_session_day"),
        ({"timeframe": "1 day"}, "unknown_timeframe"),
        ({"timeframe": "0d"}, "unknown_timeframe"),
        ({"symbol": ""}, "symbol|min_length"),
        ({"currency": "US"}, "currency|min_length"),
        ({"instrument_id": None}, "instrument_id|nullability"),
        ({"timestamp": None}, "timestamp|nullability"),
        (
            {"high": -INF, "volume": -5.0},
            "negative_volume,non_positive_price,not_finite,ohlc_order",
        ),
    ],
)
def test_a_row_is_refused_with_every_rule_it_fails(values, rules):
    report = check_bars(spoilt(**values), None, SETTINGS)
    assert report.bad["rules"].to_list() == [rules]
    assert report.counts == dict.fromkeys(sorted(rules.split(",")), 1)
    assert report.good.height == 2


@pytest.mark.parametrize(
    "values",
    [
        {"open": None, "high": None, "low": None},
        {"volume": None},
        {"volume": 0.0},
        {"trade_count": 0},
        {"vwap": 10.0},
        {"timeframe": "15m"},
    ],
)
def test_what_may_be_missing_is_not_refused(values):
    assert check_bars(spoilt(**values), None, SETTINGS).counts == {}


def test_close_only_series_pass():
    assert check_bars(close_only(daily_bars("AAA", count=30)), None, SETTINGS).counts == {}


def test_an_empty_batch_passes():
    report = check_bars(daily_bars("AAA").clear(), None, SETTINGS)
    assert report.good.is_empty()
    assert report.bad.columns == [*report.good.columns, "rules"]


def test_of_equal_keys_the_last_sound_row_stays():
    one = daily_bars("AAA", count=1)
    closes = [10.0, 10.01, 10.02, -5.0]
    bars = pl.concat(one.with_columns(close=pl.lit(close)) for close in closes)
    report = check_bars(bars, None, SETTINGS)
    assert report.good["close"].to_list() == [10.02]
    assert report.bad.select("close", "rules").rows() == [
        (10.0, "duplicate_key"),
        (10.01, "duplicate_key"),
        (-5.0, "duplicate_key,non_positive_price,ohlc_order"),
    ]


def test_exact_duplicates_are_counted():
    bars = daily_bars("AAA", count=2)
    report = check_bars(pl.concat([bars, bars, bars]), None, SETTINGS)
    assert report.counts == {"duplicate_key": 4}
    assert report.good.height == 2


def test_other_tables_are_held_to_their_schema():
    at = dt.datetime(2024, 1, 5, tzinfo=dt.UTC)
    rows = pl.DataFrame(
        {
            "instrument_id": ["A.XNYS", "A.XNYS", "B.XNYS", None],
            "ex_date": [at.date()] * 4,
            "source": ["me"] * 4,
            "symbol": ["A", "A", "B", "C"],
            "ratio": [2.0, 4.0, 0.0, NAN],
            "available_at": [at] * 4,
        }
    )
    report = check_rows(rows, SPLITS)
    assert report.good["ratio"].to_list() == [4.0]
    assert report.counts == {
        "duplicate_key": 1,
        "instrument_id|nullability": 1,
        "not_finite": 1,
        "ratio|min_exclusive": 1,
    }
    assert report.bad["rules"][2] == "instrument_id|nullability,not_finite"


# --------------------------------------------------------------------------------- properties

PRICE = st.sampled_from([None, NAN, INF, -1.0, 0.0, 9.0, 10.0, 11.0])
ROW = st.fixed_dictionaries(
    {
        "open": PRICE,
        "high": PRICE,
        "low": PRICE,
        "close": PRICE,
        "volume": st.sampled_from([None, NAN, -INF, -1.0, 0.0, 5.0]),
        "available": st.booleans(),
        "day": st.integers(0, 3),
    }
)


def slow_rules(row: dict) -> set[str]:
    """The same rules, one row and one plain comparison at a time."""
    prices = {n: row[n] for n in ("open", "high", "low", "close")}
    known = {n: p for n, p in prices.items() if p is not None and not math.isnan(p)}
    failed = set()
    if "high" in known and any(known["high"] < p for p in known.values()):
        failed.add("ohlc_order")
    if "low" in known and any(known["low"] > p for p in known.values()):
        failed.add("ohlc_order")
    if any(p <= 0 for p in known.values()):
        failed.add("non_positive_price")
    if row["close"] is None:
        failed.add("missing_close")
    numbers = [p for p in (*prices.values(), row["volume"]) if p is not None]
    if any(not math.isfinite(p) for p in numbers):
        failed.add("not_finite")
    if row["volume"] is not None and row["volume"] < 0:
        failed.add("negative_volume")
    if not row["available"]:
        failed.add("non_session_day")
    return failed


def dirty(rows: list[dict]) -> pl.DataFrame:
    days = daily_bars("AAA", count=4)
    frame = pl.DataFrame(
        rows,
        schema={
            **dict.fromkeys(("open", "high", "low", "close", "volume"), pl.Float64),
            "available": pl.Boolean,
            "day": pl.Int64,
        },
    )
    picked = days[frame["day"].to_list()]
    return picked.with_columns(
        *(frame[name] for name in ("open", "high", "low", "close", "volume")),
        available_at=pl.when(frame["available"]).then("available_at"),
    )


@settings(max_examples=60)
@given(rows=st.lists(ROW, max_size=12))
def test_rules_equal_the_slow_reference(rows):
    expected = [slow_rules(row) for row in rows]
    for day in range(4):
        same = [n for n, row in enumerate(rows) if row["day"] == day]
        stays = [n for n in same if not expected[n]] or same
        for displaced in set(same) - set(stays[-1:]):
            expected[displaced] = expected[displaced] | {"duplicate_key"}
    report = check_bars(dirty(rows), None, SETTINGS)
    refused = [found for found in expected if found]
    assert [set(r.split(",")) for r in report.bad["rules"]] == refused
    assert report.good.height == len(rows) - len(refused)
    assert sum(report.counts.values()) == sum(map(len, refused))


@settings(max_examples=40)
@given(rows=st.lists(ROW, max_size=12))
def test_what_passes_is_valid_by_the_schema(rows):
    good = check_bars(dirty(rows), None, SETTINGS).good
    at = pl.lit(dt.datetime(2024, 1, 5, tzinfo=dt.UTC), dtype=pl.Datetime("us", "UTC"))
    BARS.schema.validate(good.with_columns(ingested_at=at))


# --------------------------------------------------------------------------------- validation


def test_rule_names_are_unique_and_explained():
    names = [rule.name for rule in BAR_RULES]
    assert len(names) == len(set(names))
    assert all(rule.doc for rule in BAR_RULES)


def test_columns_of_another_table_are_refused():
    with pytest.raises(DataError, match="dividends: the rows lack the columns"):
        check_rows(pl.DataFrame({"instrument_id": ["A"]}), DIVIDENDS)
