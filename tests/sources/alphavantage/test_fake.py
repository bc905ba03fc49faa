"""The fake sends what the world says, in the vendor's shapes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import urllib.request

import pytest
from tests.sources.alphavantage.asking import KEY

from hedgerow.testing.vendors.world import World


def sent(fake, function, **more):
    query = "&".join(f"{name}={text}" for name, text in {**more, "apikey": KEY}.items())
    with urllib.request.urlopen(f"{fake.url}/query?function={function}&{query}") as reply:
        return reply.read().decode()


def told(fake, function, **more):
    return json.loads(sent(fake, function, **more))


def test_compact_has_exactly_100_rows_newest_first(paid):
    days = list(told(paid, "TIME_SERIES_DAILY", symbol="ZQX")["Time Series (Daily)"])
    assert len(days) == 100
    assert days == sorted(days, reverse=True)


def test_every_number_is_text(paid):
    rows = told(paid, "TIME_SERIES_DAILY_ADJUSTED", symbol="ZQX")["Time Series (Daily)"]
    assert {type(text) for row in rows.values() for text in row.values()} == {str}
    assert list(next(iter(rows.values())))[4:] == [
        "5. adjusted close",
        "6. volume",
        "7. dividend amount",
        "8. split coefficient",
    ]


@pytest.mark.parametrize("symbol", ["ZQX", "VEX"])
def test_adjusted_closes_are_those_of_the_world(symbol, paid):
    answer = told(paid, "TIME_SERIES_DAILY_ADJUSTED", symbol=symbol, outputsize="full")
    found = {
        dt.date.fromisoformat(day): float(row["5. adjusted close"])
        for day, row in answer["Time Series (Daily)"].items()
    }
    wanted = dict(World.small().daily(symbol, "total").select("date", "close").iter_rows())
    assert found == pytest.approx(wanted, rel=1e-10)


def test_a_table_is_sent_where_one_is_asked_for(paid):
    text = sent(paid, "TIME_SERIES_DAILY_ADJUSTED", symbol="ZQX", datatype="csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 100
    assert list(rows[0])[:2] == ["timestamp", "open"]
    assert "split_coefficient" in rows[0]


def test_json_is_sent_where_a_table_cannot_be(paid):
    answer = told(paid, "LISTING_STATUS", date="2009-12-31")
    assert list(answer) == ["Error Message"]


def test_an_unknown_symbol_has_an_empty_quote(paid):
    assert told(paid, "GLOBAL_QUOTE", symbol="NOPE") == {"Global Quote": {}}
    quote = told(paid, "GLOBAL_QUOTE", symbol="ZQX")["Global Quote"]
    assert quote["07. latest trading day"] == "2026-03-31"


@pytest.mark.parametrize("function", ["TIME_SERIES_DAILY", "TIME_SERIES_DAILY_ADJUSTED"])
def test_a_free_key_is_refused_what_is_premium(function, free):
    answer = told(free, function, symbol="ZQX", outputsize="full")
    assert "premium" in answer["Information"]


def test_a_free_key_has_25_requests_a_day(free):
    answers = [told(free, "SPLITS", symbol="ZQX") for _ in range(26)]
    assert all("data" in answer for answer in answers[:25])
    assert KEY in answers[25]["Information"]


def test_the_count_begins_anew_on_another_day(free):
    for _ in range(26):
        told(free, "SPLITS", symbol="ZQX")
    free.clock = lambda: World.small().clock() + dt.timedelta(hours=3)
    assert "data" in told(free, "SPLITS", symbol="ZQX")


def test_a_day_that_has_not_begun_has_no_row(paid):
    early = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
    paid.clock = lambda: early
    days = told(paid, "TIME_SERIES_DAILY", symbol="ZQX")["Time Series (Daily)"]
    assert next(iter(days)) == "2026-03-30"
