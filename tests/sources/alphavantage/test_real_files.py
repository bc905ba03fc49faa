"""Captured answers, read by our parser and beside it by the plainest means there are."""

from __future__ import annotations

import csv
import datetime as dt
import json

import pytest
from polars.testing import assert_frame_equal

from hedgerow.sources.alphavantage.classify import Classifier
from hedgerow.sources.alphavantage.listing import build_listing
from hedgerow.sources.alphavantage.matches import best_match, described, quoted_in
from hedgerow.sources.alphavantage.parse import (
    MATCHES,
    SERIES,
    TABLE,
    cells,
    read_days,
    read_dividends,
    read_listing,
    read_rates,
    read_splits,
)
from hedgerow.sources.http import Reply

PRICES = ("open", "high", "low", "close")


@pytest.fixture(scope="module")
def captured(shared_data):
    return shared_data / "api" / "alphavantage"


@pytest.fixture(scope="module")
def examples(captured):
    return captured / "portfoliotree" / "examples"


def one(folder, pattern):
    (place,) = folder.glob(pattern)
    return place


def plain_rows(place):
    with place.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_daily_prices_of_2026(examples):
    place = one(examples / "time_series", "TIME_SERIES_DAILY_4*.csv")
    found = read_days(cells(place.read_bytes(), "captured", TABLE))
    wanted = [
        (dt.date.fromisoformat(r["timestamp"]), *(float(r[n]) for n in (*PRICES, "volume")))
        for r in reversed(plain_rows(place))
    ]
    assert found.frame.select("date", *PRICES, "volume").rows() == wanted
    assert len(wanted) == 100
    assert wanted[-1] == (dt.date(2026, 5, 15), 218.2, 220.91, 217.615, 219.3, 6154450.0)
    assert found.refused.is_empty()


def test_adjusted_prices_of_2026_agree_with_the_plain_ones(examples):
    plain = one(examples / "time_series", "TIME_SERIES_DAILY_4*.csv").read_bytes()
    adjusted = one(examples / "time_series", "TIME_SERIES_DAILY_ADJUSTED_*.csv").read_bytes()
    days, more = (read_days(cells(body, "captured", TABLE)).frame for body in (plain, adjusted))
    same = ("date", *PRICES, "volume")
    # Its numbers went through floating point: 236.13099999999997 for 236.1310.
    assert_frame_equal(more.select(same), days.select(same), rel_tol=1e-14)
    paid = more.drop_nulls("dividend").select("date", "dividend").rows()
    assert paid == [(dt.date(2026, 2, 10), 1.68), (dt.date(2026, 5, 8), 1.69)]
    assert more["ratio"].null_count() == 100


def test_adjusted_closes_of_2026_follow_from_the_dividends(examples):
    """The vendor divides by the close before the ex-date; ours is that of the ex-date."""
    body = one(examples / "time_series", "TIME_SERIES_DAILY_ADJUSTED_*.csv").read_bytes()
    rows = read_days(cells(body, "captured", TABLE)).frame.to_dicts()
    factor, worst = 1.0, 0.0
    for row, before in zip(reversed(rows), [*reversed(rows[:-1]), None], strict=True):
        worst = max(worst, abs(row["close"] * factor / row["adjusted_close"] - 1))
        if row["dividend"] and before:
            factor *= 1 - row["dividend"] / before["close"]
    assert worst < 2e-4


@pytest.mark.parametrize("name", ["timeseries_daily.json", "timeseries_dailyadjusted.json"])
def test_json_of_2020(captured, name):
    body = (captured / "java_client" / name).read_bytes()
    found = cells(body, "captured", SERIES)
    assert found.facts["Symbol"] == "IBM"
    days = read_days(found).frame
    assert days["date"].to_list() == [dt.date(2020, 5, 7), dt.date(2020, 5, 8)]
    assert days["volume"][0] == 4412047
    assert days["dividend"][0] == (1.63 if "adjusted" in name else None)


def test_the_spin_off_of_2021_is_a_split_of_1_0460(examples):
    body = one(examples / "fundamental", "SPLITS_*.csv").read_bytes()
    found = read_splits(cells(body, "captured", TABLE)).frame
    assert found.rows() == [(dt.date(1999, 5, 27), 2.0), (dt.date(2021, 11, 4), 1.0460)]


def test_dividends_are_on_the_basis_of_their_day(examples):
    """IBM paid 24 cents before it split two for one in May 1999, and 12 after."""
    place = one(examples / "fundamental", "DIVIDENDS_*.csv")
    found = read_dividends(cells(place.read_bytes(), "captured", TABLE))
    assert found.refused.is_empty()
    assert found.frame.height == 110
    amounts = dict(found.frame.select("date", "amount").rows())
    assert amounts[dt.date(1999, 5, 6)] == 0.24
    assert amounts[dt.date(1999, 8, 6)] == 0.12
    without = sum(row["declaration_date"] == "None" for row in plain_rows(place))
    assert found.frame["declared_date"].null_count() == without == 87
    last = found.frame.row(-1, named=True)
    assert last["declared_date"] == dt.date(2026, 4, 22)
    assert last["pay_date"] == dt.date(2026, 6, 10)


@pytest.mark.parametrize(
    ("pattern", "count", "first"),
    [
        ("*from_symbol=EUR*FX_DAILY*", 5000, dt.date(2003, 1, 21)),
        ("*from_symbol=GBP*FX_DAILY*", 5000, dt.date(2003, 1, 21)),
        ("*from_symbol=USD*FX_DAILY*", 5000, dt.date(2003, 1, 21)),
        ("*from_symbol=CHF*FX_DAILY*", 1911, dt.date(2014, 11, 24)),
    ],
)
def test_rates_of_2022(captured, pattern, count, first):
    body = one(captured / "gamestonk_cassettes_2022", pattern).read_bytes()
    found = read_rates(cells(body, "captured", SERIES))
    plain = json.loads(body)["Time Series FX (Daily)"]
    wanted = sorted((dt.date.fromisoformat(day), float(r["4. close"])) for day, r in plain.items())
    assert found.frame.rows() == wanted
    assert found.frame.height == count
    assert found.frame["date"][0] == first


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("LISTING_STATUS_202112.csv", 12_028),
        ("portfoliotree/examples/fundamental/LISTING_STATUS_42ba3c24.csv", 13_411),
    ],
)
def test_listings_of_2021_and_2026(captured, name, count):
    place = captured / name
    body = place.read_bytes()
    judge = Classifier("planted-alphavantage-key", lambda: dt.datetime.now(dt.UTC))
    assert judge(Reply(200, {}, body, "captured")) is None
    found = build_listing(
        read_listing(cells(body, "captured", TABLE)),
        read_listing(cells(body.splitlines()[0] + b"\n", "captured", TABLE)),
    )
    assert found.intervals is not None
    assert found.intervals.refused.is_empty()
    plain = plain_rows(place)
    assert len(plain) == len(found.instruments) == found.intervals.frame.height == count
    assert len({one.instrument_id for one in found.instruments}) == count
    # By hand: NYSE XNYS, NASDAQ XNAS, NYSE ARCA ARCX, BATS BATS, NYSE MKT and AMEX XASE.
    code = {"NYSE": "XNYS", "NASDAQ": "XNAS", "NYSE ARCA": "ARCX", "BATS": "BATS"}
    wanted: dict[str, int] = {}
    for row in plain:
        mic = code.get(row["exchange"], "XASE")
        wanted[mic] = wanted.get(mic, 0) + 1
    counted = found.intervals.frame["exchange"].value_counts().rows()
    assert dict(counted) == wanted
    apple = next(one for one in found.instruments if one.symbol == "AAPL")
    assert (apple.instrument_id, apple.name) == ("AAPL.XNAS", "Apple Inc")
    assert {one.symbol for one in found.instruments} >= {"BRK.B", "ABRpD"}


def test_a_search_of_2026_tells_pence_from_euros(examples, captured):
    body = one(examples / "time_series", "SYMBOL_SEARCH_*.csv").read_bytes()
    table = cells(body, "captured", TABLE)
    assert quoted_in("TSCO.LON", table) == "GBX"
    tesco = described(best_match("TSCO.LON", table))
    assert (tesco.instrument_id, tesco.currency, tesco.region) == ("TSCO.XLON", "GBP", "GB")
    older = cells((captured / "java_client" / "search_data.json").read_bytes(), "old", MATCHES)
    assert described(best_match("TSCO.LON", older)) == tesco
