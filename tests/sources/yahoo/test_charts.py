"""Charts: what Yahoo really sent is read, and restated prices go back to those that traded."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from hedgerow.domain import Adjustment, Instrument, InstrumentKind
from hedgerow.errors import BadPayload
from hedgerow.sources.yahoo.batches import dated_splits
from hedgerow.sources.yahoo.parse import parse_chart
from hedgerow.sources.yahoo.prices import as_asked, cash_as_paid, one_row_a_day
from hedgerow.sources.yahoo.symbols import our_symbol, typed_symbol, yahoo_symbol


def captured(place: Path) -> bytes:
    """The body of a captured answer, whoever captured it."""
    whole = json.loads(place.read_bytes())
    response = whole.get("response", {})
    if "bodyJson" in response:
        return json.dumps(response["bodyJson"]).encode()
    return response["body"].encode() if "body" in response else place.read_bytes()


def charts(shared_data: Path) -> list[Path]:
    places = sorted((shared_data / "api" / "yahoo").rglob("*chart*"))
    return [place for place in places if place.suffix == ".json"]


# Regression ---------------------------------------------------------------------------------


def test_every_captured_chart_is_read_or_is_yahoos_own_error(shared_data):
    read = failed = rows = 0
    for place in charts(shared_data):
        body = captured(place)
        answer = json.loads(body)["chart"]
        if answer["error"] is not None:
            failed += 1
            continue
        chart = parse_chart(body, place.name)
        result = answer["result"][0]
        closes = result["indicators"]["quote"][0].get("close", [])
        assert chart.rows.height == len(result.get("timestamp", []))
        assert chart.rows["close"].to_list() == pytest.approx(closes, nan_ok=True)
        assert chart.rows["start"].dt.epoch("s").to_list() == result.get("timestamp", [])
        events = result.get("events", {})
        assert chart.splits.height == len(events.get("splits", {}))
        assert chart.cash.height == len(events.get("dividends", {}))
        read, rows = read + 1, rows + chart.rows.height
    assert read > 50
    assert rows > 5_000
    assert failed < read


def test_a_captured_split_is_undone_on_the_days_before_it(shared_data):
    name = "historical-via-chart-NVDA-split-2021-02-01-to-2022-01-31.csv.json"
    place = shared_data / "api" / "yahoo" / "node-yahoo-finance2" / name
    chart = parse_chart(captured(place), "yahoo")
    splits = dated_splits(chart.splits, "XNAS")
    assert splits.rows() == [(dt.date(2021, 7, 20), 4.0, 1.0)]

    days = chart.rows.with_columns(session=pl.col("start").dt.date())
    raw = as_asked(days, splits, Adjustment.RAW)

    ratio = (raw["close"] / days["close"]).to_list()
    before = (days["session"] < dt.date(2021, 7, 20)).to_list()
    # Powers of two lose no digit.
    assert ratio == [4.0 if early else 1.0 for early in before]
    # Closing auction of 19 July 2021, as newspapers had it: 751.19, on a basis that a later
    # 10-for-1 split of 2024 has since divided by ten.
    eve = raw.filter(session=dt.date(2021, 7, 19))["close"].item()
    assert eve == pytest.approx(75.119, abs=0.01)


def test_pence_are_told_by_the_case_of_their_code(shared_data):
    name = "historical-via-chart-OCDO.L-2020-01-01-to-2020-01-03.json"
    place = shared_data / "api" / "yahoo" / "node-yahoo-finance2" / name

    assert parse_chart(captured(place), "yahoo").meta["currency"] == "GBp"


# Properties ----------------------------------------------------------------------------------

DAYS = [dt.date(2025, 1, day) for day in (2, 3, 6, 7)]


def rows_of(**columns) -> pl.DataFrame:
    return pl.DataFrame({"session": DAYS, **columns})


def plain_raw(price: float, day: dt.date, splits: list[tuple[dt.date, float, float]]) -> float:
    """What traded, by the plainest rule there is."""
    for ex_date, new, old in splits:
        if ex_date > day:
            price = price * new / old
    return price


@pytest.mark.parametrize(
    "splits",
    [
        [],
        [(DAYS[1], 4.0, 1.0)],
        [(DAYS[2], 1.0, 10.0)],
        [(DAYS[1], 3.0, 2.0), (DAYS[3], 2.0, 1.0)],
        [(DAYS[1], 1281.0, 1000.0)],
        [(dt.date(2025, 2, 3), 2.0, 1.0)],
    ],
    ids=["none", "4_for_1", "1_for_10", "two", "spin_off", "after_the_last_bar"],
)
def test_raw_prices_undo_every_later_split(splits):
    prices = [10.0, 10.5, 11.25, 12.0]
    volumes = [100.0, 200.0, 300.0, 400.0]
    rows = rows_of(open=prices, high=prices, low=prices, close=prices, volume=volumes)
    frame = pl.DataFrame(
        splits,
        schema={"ex_date": pl.Date, "new": pl.Float64, "old": pl.Float64},
        orient="row",
    )

    raw = as_asked(rows, frame, Adjustment.RAW)

    expected = [plain_raw(price, day, splits) for price, day in zip(prices, DAYS, strict=True)]
    assert raw["close"].to_list() == pytest.approx(expected, rel=1e-15)
    turnover = [p * v for p, v in zip(prices, volumes, strict=True)]
    assert (raw["close"] * raw["volume"]).to_list() == pytest.approx(turnover, rel=1e-14)


def test_dividends_are_of_the_shares_of_their_own_day():
    cash = pl.DataFrame({"ex_date": [DAYS[0], DAYS[1], DAYS[2]], "amount": [0.06, 0.06, 0.06]})
    splits = pl.DataFrame({"ex_date": [DAYS[1]], "new": [4.0], "old": [1.0]})

    assert cash_as_paid(cash, splits)["amount"].to_list() == [0.24, 0.06, 0.06]


def test_total_prices_follow_the_adjusted_close():
    prices = [10.0, 20.0, 30.0, 40.0]
    rows = rows_of(
        open=prices,
        high=prices,
        low=prices,
        close=prices,
        volume=[1.0] * 4,
        adj_close=[5.0, 20.0, 15.0, 40.0],
    )

    total = as_asked(rows, pl.DataFrame(), Adjustment.TOTAL)

    assert total["open"].to_list() == [5.0, 20.0, 15.0, 40.0]


@pytest.mark.parametrize(
    ("closes", "kept"),
    [([1.0, 2.0, 3.0], 3.0), ([1.0, 2.0, None], 2.0), ([None, None, 3.0], 3.0)],
)
def test_of_two_rows_of_a_day_the_later_with_a_close_counts(closes, kept):
    rows = pl.DataFrame({"session": [DAYS[0], DAYS[1], DAYS[1]], "close": closes})

    days, twice = one_row_a_day(rows)

    assert days["session"].to_list() == DAYS[:2]
    assert days["close"][-1] == kept
    assert twice.height == 1


def test_our_spelling_survives_yahoos():
    mine = [
        Instrument.of("ZQX"),
        Instrument.of("ZQXpA"),
        Instrument.of("ZQXPA"),
        Instrument.of("BRK.X"),
        Instrument.of("ZQL", exchange="XLON", currency="GBP"),
        Instrument.of("VIX", kind=InstrumentKind.INDEX),
        Instrument.of("SPX", kind=InstrumentKind.INDEX),
    ]

    theirs = [yahoo_symbol(one) for one in mine]

    assert theirs == ["ZQX", "ZQX-PA", "ZQXPA", "BRK-X", "ZQL.L", "^VIX", "^GSPC"]
    assert [our_symbol(one) for one in theirs] == [one.symbol for one in mine]
    assert [typed_symbol(one) for one in theirs] == theirs


# Validation ----------------------------------------------------------------------------------

GOOD = {
    "meta": {},
    "timestamp": [1772807400],
    "indicators": {"quote": [{name: [1.0] for name in ("open", "high", "low", "close")}]},
}


@pytest.mark.parametrize(
    "result",
    [
        {**GOOD, "timestamp": [1, 2]},
        {**GOOD, "timestamp": ["noon"]},
        {**GOOD, "meta": None},
        {**GOOD, "indicators": {}},
        {**GOOD, "indicators": {"quote": []}},
        {**GOOD, "events": {"splits": {"1": {"date": 1, "numerator": 4.0}}}},
        {**GOOD, "events": []},
        {**GOOD, "events": [1]},
        None,
    ],
)
def test_a_chart_that_does_not_fit_together_is_an_error(result):
    body = json.dumps({"chart": {"result": [result], "error": None}}).encode()

    if result is not None and result.get("events") == []:
        assert parse_chart(body, "yahoo").splits.is_empty()  # an empty list, as some answers have
    else:
        with pytest.raises(BadPayload):
            parse_chart(body, "yahoo")
