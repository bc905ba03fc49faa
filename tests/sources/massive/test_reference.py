"""Tickers, their owners through time, and the grouped day."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import polars as pl
import pytest
from tests.sources.massive.builders import KEY, connected, run

from hedgerow.domain import Adjustment, Instrument, InstrumentKind
from hedgerow.domain.calendar import FIRST_SESSION_BOUND
from hedgerow.domain.schemas import BARS, SYMBOL_INTERVALS
from hedgerow.errors import BadPayload, DefinitionError, Incomplete, NotFound, Transient
from hedgerow.sources.massive.tickers import read_ticker
from hedgerow.testing.vendors import Company, World, faults
from hedgerow.testing.vendors.massive import FakeMassive

WORLD = World.small()
AMERICAN = [one for one in WORLD.companies if one.mic != "XLON"]
MOCKS = "api/massive_polygon/client_python_mocks/v3/reference"


@pytest.fixture
def fake():
    with FakeMassive(key=KEY, page_size=3) as fake:
        yield fake


def listed(fake, on=None, **options):
    return run(connected(fake), lambda vendor: vendor.listing(on, **options))


def spans(listing):
    assert listing.intervals.table == SYMBOL_INTERVALS
    columns = ("symbol", "instrument_id", "valid_from", "valid_to")
    return listing.intervals.frame.select(columns).rows()


def with_companies(*companies: Company) -> World:
    return replace(WORLD, companies=companies)


# Regression ---------------------------------------------------------------------------------


def test_listing_has_everybody_in_use_and_delisted(fake):
    listing = listed(fake)

    assert [one.symbol for one in listing.instruments] == sorted(one.symbol for one in AMERICAN)
    quit_ = next(one for one in listing.instruments if one.symbol == "QUIT")
    assert quit_ == Instrument(
        "QUIT.XNYS",
        "QUIT",
        "XNYS",
        name="Quitter Holdings",
        region="US",
        figi="BBG00QUI0001",
        cik="0009999995",
    )
    assert {symbol: end for symbol, _, _, end in spans(listing)} == {
        one.symbol: one.delisted for one in AMERICAN
    }


def test_listing_as_of_a_day_has_those_of_that_day(fake):
    listing = listed(fake, dt.date(2025, 6, 2))

    symbols = {one.symbol for one in listing.instruments}
    assert "QUIT" in symbols
    assert "NEWS" not in symbols
    assert {end for symbol, _, _, end in spans(listing) if symbol == "QUIT"} == {None}


@pytest.mark.parametrize("symbol", [one.symbol for one in AMERICAN])
def test_described_ticker_is_the_listed_one(fake, symbol):
    described = run(connected(fake), lambda vendor: vendor.describe(symbol))

    assert described in listed(fake).instruments
    assert described.symbol == symbol


@pytest.mark.parametrize("symbol", ["NOSUCH", "zqx", "ZQXPa", "ZQL", "../../v1"])
def test_unknown_ticker_is_not_found(fake, symbol):
    with pytest.raises(NotFound, match="knows no ticker"):
        run(connected(fake), lambda vendor: vendor.describe(symbol))


def test_ticker_in_another_spelling_is_another_ticker(fake):
    fake.script(faults.body('{"status":"OK","results":{"ticker":"ZQX"}}'), path="/tickers/zqx")

    with pytest.raises(NotFound, match="'zqx'"):
        run(connected(fake), lambda vendor: vendor.describe("zqx"))


def test_ticker_stays_in_its_place_of_the_address(fake):
    with pytest.raises(NotFound):
        run(connected(fake), lambda vendor: vendor.describe("ZQX?date=2020-01-01#x"))

    assert fake.requests[0].path == "/v3/reference/tickers/ZQX%3Fdate%3D2020-01-01%23x"
    assert fake.requests[0].query == {}


def test_captured_tickers_are_read(shared_data):
    told = json.loads((shared_data / MOCKS / "tickers.json").read_text())["results"]
    later = next((shared_data / MOCKS).glob("tickers__cursor*"))
    told += json.loads(later.read_text())["results"]

    found = [read_ticker(row, "captured").instrument() for row in told]

    assert [one.instrument_id for one in found] == ["A.XNYS", "AA.XNYS", "AAA.ARCX", "AAAU.BATS"]
    assert [one.kind for one in found] == [InstrumentKind.EQUITY] * 2 + [InstrumentKind.ETF] * 2
    assert [one.figi for one in found] == [row["share_class_figi"] for row in told]
    assert {one.currency for one in found} == {"USD"}


def test_captured_details_are_read(shared_data):
    told = json.loads((shared_data / MOCKS / "tickers" / "AAPL.json").read_text())["results"]
    ticker = read_ticker(told, "captured")

    assert (ticker.exchange, ticker.cik) == ("XNAS", "0000320193")
    assert (ticker.listed, ticker.delisted) == (dt.date(1980, 12, 12), None)


# Owners through time ------------------------------------------------------------------------


def test_ticker_looked_up_has_its_listing_date_and_its_end(fake):
    assert spans(listed(fake, symbols=["NEWS", "QUIT"])) == [
        ("NEWS", "NEWS.XNAS", dt.date(2025, 9, 2), None),
        ("QUIT", "QUIT.XNYS", dt.date(2024, 1, 2), dt.date(2025, 6, 30)),
    ]


def test_change_of_ticker_is_two_intervals_of_one_instrument():
    renames = {"VEX": ("VEXO", dt.date(2024, 6, 3))}
    with FakeMassive(key=KEY, renames=renames) as fake:
        told = spans(listed(fake, symbols=["VEX"]))

    assert told == [
        ("VEX", "VEX.XNYS", dt.date(2024, 6, 3), None),
        ("VEXO", "VEX.XNYS", dt.date(2024, 1, 2), dt.date(2024, 6, 2)),
    ]


def test_listing_without_events_falls_back_on_the_listing_date(fake):
    fake.script(faults.status(404, '{"status":"NOT_FOUND"}'), path="/events")

    assert spans(listed(fake, symbols=["NEWS"])) == [
        ("NEWS", "NEWS.XNAS", dt.date(2025, 9, 2), None)
    ]


def test_former_ticker_of_a_listed_company_is_its_own(fake):
    """The bulk lists know a change of ticker only by the FIGI."""
    former = Company("OLDV", "Vexillum", delisted=dt.date(2024, 6, 2), figi="BBG00VEX0001")
    fake.world = with_companies(*AMERICAN, former)

    told = {symbol: identity for symbol, identity, _, _ in spans(listed(fake))}
    assert told["OLDV"] == told["VEX"] == "VEX.XNYS"
    assert len(listed(fake).instruments) == len(AMERICAN)


def test_ticker_used_again_belongs_to_two(fake):
    ends = (dt.date(2010, 5, 3), dt.date(2015, 8, 31))
    first, second = (
        Company("VEX", f"Vex the {n}", delisted=end, listed=dt.date(2004, 1, 2), figi=figi)
        for n, end, figi in ((1, ends[0], ""), (2, ends[1], "BBG00VEX0999"))
    )
    fake.world = with_companies(*AMERICAN, first, second)

    told = [row for row in spans(listed(fake)) if row[0] == "VEX"]

    assert told == [
        ("VEX", "VEX.XNYS.2010-05-03", FIRST_SESSION_BOUND, ends[0]),
        ("VEX", "VEX.XNYS.BBG00VEX0999", dt.date(2010, 5, 4), ends[1]),
        ("VEX", "VEX.XNYS", dt.date(2015, 9, 1), None),
    ]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.html(), BadPayload),
        (faults.body('{"status":"OK"}'), BadPayload),
        (faults.empty(), Transient),
    ],
)
def test_broken_second_page_is_an_error_and_no_short_listing(fake, fault, kind):
    fake.script(lambda _request, well: well(), *[fault] * 3, path="/v3/reference/tickers")

    with pytest.raises(kind):
        listed(fake)


def test_nameless_ticker_is_an_error(fake):
    fake.script(faults.body('{"status":"OK","results":[{"name":"who?"}]}'))

    with pytest.raises(BadPayload, match="no name"):
        listed(fake)


@pytest.mark.parametrize(
    ("row", "facts"),
    [
        ({"type": "ETN"}, ("XNYS", "etf", "USD")),
        ({"type": "FUND"}, ("XNYS", "equity", "USD")),
        ({"type": "ADRC", "primary_exchange": "XNAS"}, ("XNAS", "equity", "USD")),
        ({"market": "indices"}, ("XNYS", "index", "USD")),
        ({"primary_exchange": "IEXG"}, ("XNYS", "equity", "USD")),
        ({"currency_name": "cad"}, ("XNYS", "equity", "CAD")),
        ({"currency_name": None}, ("XNYS", "equity", "USD")),
    ],
)
def test_words_of_massive_become_ours(row, facts):
    found = read_ticker({"ticker": "ZQX", **row}, "example").instrument()

    assert (found.exchange, str(found.kind), found.currency) == facts


# Grouped day --------------------------------------------------------------------------------


def grouped(fake, day, *args, **options):
    return run(connected(fake), lambda vendor: vendor.grouped(day, *args, **options))


@pytest.mark.parametrize("day", [dt.date(2025, 3, 7), dt.date(2025, 3, 10), dt.date(2025, 7, 1)])
def test_grouped_day_is_the_market_of_that_day(fake, day):
    """Keyed by the day asked for, though each bar says four in the afternoon."""
    chunk = grouped(fake, day)
    (batch,) = chunk.batches
    traded = WORLD.bars.filter(pl.col("date") == day, pl.col("symbol") != "ZQL")

    assert (chunk.through, batch.table) == (day, BARS)
    assert batch.refused.is_empty()
    assert batch.frame["session"].unique().to_list() == [day]
    assert batch.frame["timestamp"].dt.date().unique().to_list() == [day]
    assert sorted(batch.frame.select("symbol", "close", "volume").rows()) == sorted(
        traded.select("symbol", "close", "volume").rows()
    )


def test_grouped_day_of_known_instruments_leaves_out_the_others(fake):
    (batch,) = grouped(fake, dt.date(2025, 3, 7), [Instrument.of("VEX")]).batches

    assert batch.frame["instrument_id"].to_list() == ["VEX.XNYS"]
    assert fake.count("/v3/") == 0


def test_grouped_bars_belong_to_the_owner_of_the_day(fake):
    """The ticker has been used again since; the old company keeps its bars."""
    first = Company("QUIT", "Quitter", delisted=dt.date(2025, 6, 30), figi="F1")
    second = Company("QUIT", "Quitter again", listed=dt.date(2025, 9, 2), figi="F2")
    fake.world = with_companies(second, first)

    (batch,) = grouped(fake, dt.date(2025, 3, 7)).batches

    assert set(batch.frame["instrument_id"]) == {"QUIT.XNYS.F1"}


@pytest.mark.parametrize("ticker", ["HUH", "QUIT"])  # never one, and one given up the day before
def test_ticker_of_nobody_on_the_grouped_day_is_refused_by_name(fake, ticker):
    def with_stranger(response):
        stranger = f'{{"T":"{ticker}","v":1,"o":1,"c":1,"h":1,"l":1,"t":1741377600000}},'.encode()
        grown = response.body.replace(b'"results":[', b'"results":[' + stranger)
        return replace(response, body=grown)

    fake.script(faults.changed(with_stranger), path="grouped")
    (batch,) = grouped(fake, dt.date(2025, 7, 1)).batches

    assert batch.refused.select("rules", "symbol").rows() == [("unknown_symbol", ticker)]


def test_grouped_prices_can_be_restated_for_splits(fake):
    known = [Instrument.of("ZQX", exchange="XNAS")]
    day = dt.date(2025, 3, 7)
    (raw,), (split,) = (
        grouped(fake, day, known, adjustment=kind).batches
        for kind in (Adjustment.RAW, Adjustment.SPLIT)
    )

    assert split.frame["close"].item() == pytest.approx(raw.frame["close"].item() / 4)
    assert split.frame["adjustment"].item() == "split"


@pytest.mark.parametrize("day", [dt.date(2025, 7, 4), dt.date(2025, 3, 8)])
def test_holiday_has_no_grouped_bars_and_is_no_error(fake, day):
    chunk = grouped(fake, day)

    assert (chunk.batches, chunk.through) == ((), day)
    assert fake.requests == []


def test_session_without_any_grouped_bar_is_an_alarm(fake):
    """Either the vendor has lost a day, or the calendar has one too many."""
    fake.world = replace(WORLD, bars=WORLD.bars.filter(pl.col("date") != dt.date(2025, 3, 7)))

    with pytest.raises(Incomplete, match="2025-03-07"):
        grouped(fake, dt.date(2025, 3, 7), [Instrument.of("VEX")])


def test_running_session_has_no_grouped_bars_yet(fake):
    fake.world = replace(WORLD, now=WORLD.now.replace(hour=12))

    with pytest.raises(DefinitionError, match="has not closed"):
        grouped(fake, dt.date(2026, 3, 31), [])
