"""Splits and dividends from both generations of endpoints."""

from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.sources.massive.builders import KEY, connected, everything, run

from hedgerow.domain import Instrument, sessions
from hedgerow.domain.schemas import DIVIDENDS, SPLITS
from hedgerow.errors import BadPayload, NotEntitled, NotFound, Transient
from hedgerow.sources.massive.events import dividends_batch, read_actions, splits_batch
from hedgerow.sources.massive.grouped import owners_among
from hedgerow.testing.vendors import World, faults
from hedgerow.testing.vendors.massive import FakeMassive

WORLD = World.small()
KNOWN = [
    Instrument.of("ZQX", exchange="XNAS"),
    Instrument.of("VEX"),
    Instrument.of("ZQL", exchange="XLON", currency="GBP"),
]
OLD = {"splits": "/v3/reference/splits", "dividends": "/v3/reference/dividends"}
NEW = {"splits": "/stocks/v1/splits", "dividends": "/stocks/v1/dividends"}
MOCKS = "api/massive_polygon/client_python_mocks/v3/reference"


def asked(fake, instruments=KNOWN, since=None, **options):
    vendor = connected(fake)
    batches = run(vendor, lambda open_: everything(open_.actions(instruments, since, **options)))
    assert [batch.table for batch in batches] == [SPLITS, DIVIDENDS]
    assert all(batch.refused.is_empty() for batch in batches)
    return tuple(batch.frame for batch in batches)


def splits_of(*rows, symbol="ZQX"):
    known = [Instrument.of(symbol)]
    told = [{"ticker": symbol, "execution_date": "2025-04-14", **row} for row in rows]
    actions = read_actions(told, "execution_date", owners_among(known))
    return splits_batch(actions, {f"{symbol}.XNYS": "XNYS"})


def dividends_of(*rows):
    told = [{"ticker": "ZQX", "ex_dividend_date": "2025-05-13", **row} for row in rows]
    actions = read_actions(told, "ex_dividend_date", owners_among([Instrument.of("ZQX")]))
    return dividends_batch(actions, {"ZQX.XNYS": "XNYS"})


# Regression ---------------------------------------------------------------------------------


@pytest.mark.parametrize("generation", ["new", "old"])
@pytest.mark.parametrize("page_size", [2, 50_000])
def test_both_generations_tell_what_happened(generation, page_size):
    with FakeMassive(key=KEY, generations=(generation,), page_size=page_size) as fake:
        splits, dividends = asked(fake, generation=generation)

    assert splits.select("symbol", "ex_date", "ratio").sort("ex_date").rows() == [
        (split.symbol, split.ex_date, split.ratio) for split in WORLD.splits
    ]
    assert dividends.select(
        "symbol", "ex_date", "amount", "declared_date", "record_date", "pay_date"
    ).rows() == [
        (paid.symbol, paid.ex_date, paid.amount, paid.declared, paid.record, paid.pay)
        for paid in WORLD.dividends
    ]
    assert dividends.select("kind", "currency", "source").unique().row(0) == (
        "cash",
        "USD",
        "massive",
    )


def test_known_when_the_session_of_the_ex_date_opens():
    with FakeMassive(key=KEY) as fake:
        for frame in asked(fake):
            opens = sessions("XNYS").select("session", "open")
            held = frame.join(opens, left_on="ex_date", right_on="session")
            assert held.height == frame.height > 0
            assert (held["available_at"] == held["open"]).all()


def test_ex_date_without_a_session_is_known_at_the_next_opening():
    batch = splits_of({"execution_date": "2025-04-12", "split_from": 1, "split_to": 2})

    assert batch.frame["ex_date"].item() == dt.date(2025, 4, 12)  # a Saturday, kept as sent
    assert batch.frame["available_at"].item() == dt.datetime(2025, 4, 14, 13, 30, tzinfo=dt.UTC)


def test_captured_splits_are_shares_new_for_one_old(shared_data):
    told = json.loads((shared_data / MOCKS / "splits.json").read_text())["results"]
    known = [Instrument.of(symbol) for symbol in dict.fromkeys(row["ticker"] for row in told)]
    calendars = {one.instrument_id: "XNYS" for one in known}

    batch = splits_batch(read_actions(told, "execution_date", owners_among(known)), calendars)

    assert batch.refused.is_empty()
    expected = {
        (row["ticker"], row["execution_date"]): row["split_to"] / row["split_from"] for row in told
    }
    found = {(s, str(d)): r for s, d, r in batch.frame.select("symbol", "ex_date", "ratio").rows()}
    assert found == expected
    assert found["BRW", "2022-05-20"] == 0.5
    assert found["CIG.C", "2022-05-02"] == pytest.approx(4 / 3)


def test_captured_dividends_are_the_amounts_of_the_file(shared_data):
    told = json.loads((shared_data / MOCKS / "dividends.json").read_text())["results"]
    known = [Instrument.of(symbol) for symbol in dict.fromkeys(row["ticker"] for row in told)]
    calendars = {one.instrument_id: "XNYS" for one in known}

    batch = dividends_batch(read_actions(told, "ex_dividend_date", owners_among(known)), calendars)

    assert batch.refused.is_empty()
    assert sorted(batch.frame.select("symbol", pl.col("ex_date").cast(str), "amount").rows()) == (
        sorted((row["ticker"], row["ex_dividend_date"], row["cash_amount"]) for row in told)
    )


# Generations --------------------------------------------------------------------------------


def test_new_endpoints_are_asked_first_and_alone(request):
    with FakeMassive(key=KEY) as fake:
        asked(fake)
        assert [one.path for one in fake.requests] == [NEW["splits"], NEW["dividends"]]
        assert fake.requests[0].query["ticker.any_of"] == "VEX,ZQX"
        assert fake.requests[1].query["sort"] == "ex_dividend_date.asc"


@pytest.mark.parametrize(
    "refusal",
    [
        faults.status(404, "404 page not found", "text/plain"),
        faults.status(403, '{"status":"NOT_AUTHORIZED","message":"You are not entitled"}'),
    ],
)
def test_old_endpoints_answer_where_the_new_ones_are_not_to_be_had(refusal):
    with FakeMassive(key=KEY) as fake:
        both = asked(fake)
        fake.script(refusal, path="/stocks/v1/splits")
        fake.script(refusal, path="/stocks/v1/dividends")
        fallen_back = asked(fake)
        assert fake.count("/v3/reference/splits") == 2  # one a ticker

    for new, old in zip(both, fallen_back, strict=True):
        assert_frame_equal(new, old)


def test_chosen_generation_does_not_fall_back():
    with FakeMassive(key=KEY, generations=("old",)) as fake:
        vendor = connected(fake)
        with pytest.raises(NotFound):
            run(vendor, lambda open_: everything(open_.actions(KNOWN, generation="new")))


def test_failing_endpoint_is_no_reason_to_fall_back():
    with FakeMassive(key=KEY) as fake:
        fake.script(*[faults.status(500)] * 3, path="/stocks/v1/splits")
        with pytest.raises(Transient):
            asked(fake)
        assert fake.count("/v3/") == 0


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.html(), BadPayload),
        (faults.body('{"status":"OK"}'), BadPayload),
        (faults.body('{"status":"ERROR","error":"x"}'), BadPayload),
        (faults.status(403, '{"status":"NOT_AUTHORIZED","message":"x"}'), NotEntitled),
    ],
)
def test_broken_second_page_is_an_error_and_no_short_history(fault, kind):
    with FakeMassive(key=KEY, page_size=3, generations=("old",)) as fake:
        healthy = [lambda _request, well: well()] * 2
        fake.script(*healthy, fault, path="dividends")
        with pytest.raises(kind):
            asked(fake, generation="old")


def test_since_asks_for_later_ones_only():
    with FakeMassive(key=KEY) as fake:
        splits, dividends = asked(fake, since=dt.date(2025, 5, 1))
        assert fake.requests[0].query["execution_date.gte"] == "2025-05-01"

    assert splits["ex_date"].to_list() == [dt.date(2025, 10, 1)]
    assert dividends["ex_date"].min() == dt.date(2025, 5, 13)


def test_many_instruments_are_asked_about_at_once():
    many = [*KNOWN, *(Instrument.of(f"Q{n}") for n in range(300))]
    with FakeMassive(key=KEY) as fake:
        splits, dividends = asked(fake, many)
        assert len(fake.requests) == 2
        assert all("ticker.any_of" not in one.query for one in fake.requests)

    assert (splits.height, dividends.height) == (2, len(WORLD.dividends))


def test_nothing_is_asked_about_other_countries():
    with FakeMassive(key=KEY) as fake:
        batches = run(connected(fake), lambda open_: everything(open_.actions([KNOWN[2]])))
        assert (batches, fake.requests) == ([], [])


# Oddities -----------------------------------------------------------------------------------


def test_consolidation_and_division_of_one_day_are_one_split():
    batch = splits_of(
        {"id": "a", "split_from": 1000, "split_to": 1},
        {"id": "b", "split_from": 1, "split_to": 500},
    )

    assert batch.frame["ratio"].to_list() == [0.5]


def test_split_told_twice_happened_once():
    told = {"split_from": 1, "split_to": 4}

    assert splits_of(told, told).frame["ratio"].to_list() == [4.0]
    assert splits_of({"id": "a", **told}, {"id": "b", **told}).frame["ratio"].to_list() == [4.0]


def test_fractional_split_is_kept_as_recorded():
    assert splits_of({"split_from": 1000, "split_to": 1281.5}).frame["ratio"].item() == 1.2815


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"split_from": 0, "split_to": 1}, "unreadable_number"),
        ({"split_from": 1}, "unreadable_number"),
        ({"split_from": "1", "split_to": 2}, "unreadable_number"),
        ({"split_from": 1, "split_to": 2, "execution_date": None}, "unreadable_date"),
        ({"split_from": 1, "split_to": 2, "execution_date": "soon"}, "unreadable_date"),
    ],
)
def test_split_that_cannot_be_read_is_refused(row, rule):
    batch = splits_of(row)

    assert batch.frame.is_empty()
    assert batch.refused.select("rules", "symbol").rows() == [(rule, "ZQX")]
    assert json.loads(batch.refused["payload"].item())["ticker"] == "ZQX"


def test_payments_of_one_kind_and_day_are_one_sum():
    batch = dividends_of(
        {"cash_amount": 0.10, "dividend_type": "CD"},
        {"cash_amount": 0.20, "dividend_type": "LT"},
        {"cash_amount": 0.05, "dividend_type": "ST"},
        {"cash_amount": 0.05, "dividend_type": "ST"},  # told twice
    )

    paid = dict(batch.frame.select("kind", "amount").rows())
    assert paid == {"cash": 0.1, "special": pytest.approx(0.25)}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"distribution_type": "recurring"}, "cash"),
        ({"distribution_type": "irregular"}, "cash"),
        ({"distribution_type": "unknown"}, "cash"),
        ({"distribution_type": "special"}, "special"),
        ({"distribution_type": "supplemental"}, "special"),
        ({"dividend_type": "CD"}, "cash"),
        ({"dividend_type": "SC"}, "special"),
        ({}, "cash"),
    ],
)
def test_kinds_of_both_generations_are_two(said, kind):
    assert dividends_of({"cash_amount": 1, **said}).frame["kind"].item() == kind


@pytest.mark.parametrize(
    ("unit", "currency", "amount"), [("usd", "USD", 5.0), ("GBX", "GBP", 0.05), (None, "USD", 5.0)]
)
def test_amounts_are_in_whole_currency(unit, currency, amount):
    frame = dividends_of({"cash_amount": 5, "currency": unit}).frame

    assert frame.select("currency", "amount").row(0) == (currency, pytest.approx(amount))


def test_unclear_currencies_are_refused():
    mixed = dividends_of(
        {"cash_amount": 1, "currency": "USD"}, {"cash_amount": 2, "currency": "EUR"}
    )
    unknown = dividends_of({"cash_amount": 1, "currency": "shells"})

    assert mixed.refused["rules"].to_list() == ["unclear_currency"] * 2
    assert unknown.refused["rules"].to_list() == ["unclear_currency"]


def test_dividend_without_an_amount_is_refused():
    batch = dividends_of({"cash_amount": None}, {"cash_amount": "1.0"})

    assert batch.frame.is_empty()
    assert batch.refused["rules"].to_list() == ["unreadable_number"] * 2
