"""FRED: values and their versions, when each was known, and every way in which it fails."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from hedgerow.domain import Instrument, InstrumentKind, Timeframe, sessions
from hedgerow.domain.schemas import MACRO
from hedgerow.errors import (
    AuthError,
    BadPayload,
    DefinitionError,
    Incomplete,
    NotFound,
    RateLimited,
    Transient,
)
from hedgerow.settings import Settings
from hedgerow.sources import SourceBatch
from hedgerow.sources.fred import Fred
from hedgerow.sources.fred.known import UNREVISED
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.sample.listing import LISTING
from hedgerow.sources.vendor import BarsRequest, DescribesInstruments, SendsBars, SendsMacro
from hedgerow.testing.vendors import World, faults, tables
from hedgerow.testing.vendors.cboe import index_days
from hedgerow.testing.vendors.contract import VendorContract, Waits, ask, bars_of
from hedgerow.testing.vendors.fred import CROWDED, PRICES, FakeFred

KEY = "plantedfredkey00plantedfredkey00"
DAY = Timeframe.parse("1d")
VIX = Instrument.of("VIX", kind=InstrumentKind.INDEX)
SPX = Instrument.of("SPX", kind=InstrumentKind.INDEX)
START, END = dt.date(2026, 1, 2), dt.date(2026, 3, 31)


@pytest.fixture
def fake():
    with FakeFred() as server:
        yield server


@pytest.fixture
def waits():
    return Waits([])


@pytest.fixture
def options(waits):
    clock = World.small().clock
    return HttpOptions(clock=clock, sleep=waits, attempts=3, timeout=1.0, unlimited=True)


def settings(fake: FakeFred) -> Settings:
    return Settings(_env_file=None, fred_url=fake.url, fred_files_url=fake.url)


@pytest.fixture
def fred(fake, options):
    return Fred(KEY, settings=settings(fake), options=options)


@pytest.fixture
def keyless(fake, options):
    return Fred(settings=settings(fake), options=options)


def macro(vendor: Fred, *series: str, start=None, end=None, **options) -> SourceBatch:
    async def asked() -> SourceBatch:
        async with vendor:
            return await vendor.macro(series, start, end, **options)

    return asyncio.run(asked())


def request(instrument: Instrument = VIX, start: dt.date = START, end: dt.date = END):
    return BarsRequest(instrument, DAY, start, end)


class TestContractWithKey(VendorContract):
    secret = KEY

    @pytest.fixture
    def fake(self):
        with FakeFred(key=KEY) as server:
            yield server

    @pytest.fixture
    def connect(self, fake):
        return lambda options: Fred(KEY, settings=settings(fake), options=options)

    @pytest.fixture
    def requests(self):
        return [request(VIX), request(SPX)]


class TestContractWithoutKey(VendorContract):
    @pytest.fixture
    def fake(self):
        with FakeFred() as server:
            yield server

    @pytest.fixture
    def connect(self, fake):
        return lambda options: Fred(settings=settings(fake), options=options)

    @pytest.fixture
    def requests(self):
        return [request(VIX)]


# Regression ---------------------------------------------------------------------------------


def test_every_version_is_known_from_the_end_of_its_day_in_st_louis(fred):
    frame = macro(fred, PRICES).frame

    versions = [
        (date.isoformat(), known.strftime("%Y-%m-%d %H:%M"), value)
        for date, known, value in frame.select("date", "available_at", "value").rows()
    ]
    assert versions == [
        ("2025-01-01", "2025-02-13 06:00", 300.1),
        ("2025-01-01", "2025-03-13 05:00", 300.4),  # summer time began on the 9th
        ("2025-01-01", "2026-02-14 06:00", 299.9),
        ("2025-02-01", "2025-03-13 05:00", 301.0),
        ("2025-02-01", "2025-04-13 05:00", 301.2),
        ("2025-04-01", "2025-05-13 05:00", 303.5),
    ]


def test_rows_fit_the_table(fred):
    batch = macro(fred, PRICES, "VIXCLS")

    assert batch.table is MACRO
    stored = batch.frame.with_columns(ingested_at=pl.lit(dt.datetime(2100, 1, 1, tzinfo=dt.UTC)))
    MACRO.schema.validate(stored.with_columns(pl.col("ingested_at").cast(pl.Datetime("us", "UTC"))))
    assert set(batch.frame["series"]) == {PRICES, "VIXCLS"}


def test_a_missing_value_is_no_row_and_no_refusal(fred):
    batch = macro(fred, "VIXCLS", start=dt.date(2026, 1, 15), end=dt.date(2026, 1, 21))

    # The 19th was Martin Luther King's day, which FRED has as a row with a point.
    days = [15, 16, 20, 21]
    assert batch.frame["date"].to_list() == [dt.date(2026, 1, day) for day in days]
    assert batch.refused.is_empty()


def test_a_market_series_is_known_at_the_next_sessions_close(fred):
    frame = macro(fred, "VIXCLS", start=dt.date(2025, 11, 26), end=dt.date(2025, 11, 28)).frame

    # After Thanksgiving New York closes at 13:00, which is 18:00 in UTC; then comes Monday.
    assert frame["available_at"].to_list() == [
        dt.datetime(2025, 11, 28, 18, tzinfo=dt.UTC),
        dt.datetime(2025, 12, 1, 21, tzinfo=dt.UTC),
    ]


def test_no_value_is_known_before_its_day_is_over(fred):
    frame = macro(fred, PRICES, "VIXCLS", "SP500").frame

    assert (frame["available_at"].dt.date() > frame["date"]).all()


def test_json_is_asked_for(fake, fred):
    macro(fred, "VIXCLS")

    assert {request.query["file_type"] for request in fake.requests} == {"json"}


@pytest.mark.parametrize("header", ["observation_date", "DATE"])
@pytest.mark.parametrize("missing", [".", ""])
def test_without_a_key_the_chart_gives_the_same_values(header, missing, options):
    with FakeFred(header=header, missing=missing) as fake:
        with_key = macro(Fred(KEY, settings=settings(fake), options=options), "VIXCLS", "SP500")
        without = macro(Fred(settings=settings(fake), options=options), "VIXCLS", "SP500")

    assert without.frame.equals(with_key.frame)
    assert without.refused.is_empty()


def test_the_key_comes_from_the_environment(fake, options, monkeypatch):
    monkeypatch.setenv("FRED_API_KEY", KEY)

    macro(Fred(settings=settings(fake), options=options), "VIXCLS")

    assert fake.requests[-1].query["api_key"] == KEY


def test_closes_are_those_of_the_index_and_known_a_session_later(fred):
    expected = index_days(World.small(), "VIX").filter(pl.col("date").is_between(START, END))

    bars = bars_of(ask(fred, request()))

    assert bars.select("session", "close").rows() == expected.select("date", "close").rows()
    assert bars.select("open", "high", "low", "volume").null_count().row(0) == (bars.height,) * 4
    closes = dict(sessions().select("session", "close").iter_rows())
    assert all(
        known > closes[session] + dt.timedelta(hours=12)
        for session, known in bars.select("session", "available_at").iter_rows()
    )


def test_its_indices_are_the_instruments_of_the_bundled_sample(fake, fred):
    async def asked() -> list[Instrument]:
        async with fred:
            return [await fred.describe(symbol) for symbol in ("^VIX", "SPX", "IXIC")]

    listed = [one.instrument for one in LISTING]

    assert all(one in listed for one in asyncio.run(asked()))
    assert fake.requests == []


def test_keeps_the_protocols(fred):
    assert isinstance(fred, SendsBars)
    assert isinstance(fred, DescribesInstruments)
    assert isinstance(fred, SendsMacro)


# Properties ----------------------------------------------------------------------------------


def test_pages_are_put_together(options):
    with FakeFred(most=7) as fake:
        paged = macro(Fred(KEY, settings=settings(fake), options=options), "VIXCLS", start=START)
        asked = [int(request.query["offset"]) for request in fake.requests]
    with FakeFred() as fake:
        whole = macro(Fred(KEY, settings=settings(fake), options=options), "VIXCLS", start=START)

    assert paged.frame.equals(whole.frame)
    assert asked == list(range(0, 63, 7))


def test_too_many_versions_for_one_answer_are_asked_for_in_parts(fake, fred):
    whole = macro(fred, PRICES).frame.drop("series")
    before = fake.count()

    parts = macro(Fred(KEY, settings=settings(fake), options=fred._options), CROWDED).frame

    assert parts.drop("series").equals(whole)
    assert fake.count() - before > 2


def test_a_later_beginning_of_sp500_is_no_fault(options):
    firsts = []
    for first in (dt.date(2024, 6, 3), dt.date(2024, 9, 3)):
        with FakeFred(first=first) as fake:
            vendor = Fred(KEY, settings=settings(fake), options=options)
            (chunk,) = ask(vendor, request(SPX, start=dt.date(2024, 1, 2)))
            firsts.append(chunk.batches[0].frame["session"].min())

    assert firsts == [dt.date(2024, 6, 3), dt.date(2024, 9, 3)]


# Faults --------------------------------------------------------------------------------------


def test_a_wrong_key_is_an_error_of_the_key_which_it_does_not_show(fake, options):
    vendor = Fred("wrong0wrong0wrong0", settings=settings(fake), options=options)

    with pytest.raises(AuthError, match="not registered") as raised:
        macro(vendor, "VIXCLS")

    assert "wrong0" not in str(raised.value)
    assert fake.count() == 1


def test_a_series_that_is_not_there_is_not_found(fred, keyless):
    with pytest.raises(NotFound, match="does not exist"):
        macro(fred, "ZQNONE")


def test_a_chart_that_is_not_there_is_not_found(keyless):
    with pytest.raises(NotFound):
        macro(keyless, "DGS10")


def test_a_revised_series_without_a_key_is_refused_before_asking(fake, keyless):
    with pytest.raises(AuthError, match="set FRED_API_KEY"):
        macro(keyless, PRICES)

    assert fake.requests == []


def test_too_many_requests_are_waited_for(fake, fred, waits):
    expected = macro(fred, "VIXCLS").frame
    fake.script(faults.too_many())

    again = macro(Fred(KEY, settings=settings(fake), options=fred._options), "VIXCLS").frame

    assert again.equals(expected)
    assert max(waits.seconds) >= 20


def test_too_many_requests_for_long_are_an_error(fake, fred):
    fake.script(faults.too_many(), times=20)

    with pytest.raises(RateLimited, match="120 requests a minute"):
        macro(fred, "VIXCLS")


@pytest.mark.parametrize("status", [423, 500])
def test_a_lock_and_a_server_fault_are_passing(status, fake, fred):
    fake.script(faults.status(status, "wait", "text/plain"), times=20)

    with pytest.raises(Transient):
        macro(fred, "VIXCLS")


def test_xml_is_an_error(fake, fred):
    fake.script(faults.body('<?xml version="1.0"?><observations/>', "text/xml"), times=9)

    with pytest.raises(BadPayload, match="not JSON"):
        macro(fred, "VIXCLS")


@pytest.mark.parametrize(
    "change",
    [
        lambda page: {**page, "observations": page["observations"][:-3], "count": 3},
        lambda page: {**page, "observations": []},
        lambda page: {**page, "offset": 7},
        lambda page: {name: page[name] for name in page if name != "count"},
        lambda page: {**page, "observations": [{"value": "1"}], "count": 1},
    ],
    ids=["more_than_counted", "empty_before_the_end", "another_page", "no_count", "no_date"],
)
def test_a_page_that_contradicts_itself_is_an_error(change, fake, fred):
    import json

    from hedgerow.testing.vendors import Response

    fake.script(faults.changed(lambda answer: Response.json(change(json.loads(answer.body)))))

    with pytest.raises(BadPayload):
        macro(fred, "VIXCLS")


def test_a_value_that_cannot_be_read_is_refused_with_its_rule(fake, keyless):
    fake.script(faults.changed(tables.with_line("2026-04-01,abc")))

    batch = macro(keyless, "VIXCLS")

    assert batch.refused.select("rules", "symbol").rows() == [("unreadable_number", "VIXCLS")]


def test_a_chart_of_another_series_is_an_error(fake, keyless):
    fake.script(faults.changed(tables.renamed("VIXCLS", "SP500")))

    with pytest.raises(BadPayload, match="about SP500, not VIXCLS"):
        macro(keyless, "VIXCLS")


@pytest.mark.parametrize("change", [tables.with_bom, tables.with_crlf])
def test_another_way_of_writing_gives_the_same_values(change, fake, keyless, options):
    expected = macro(keyless, "VIXCLS").frame
    fake.script(faults.changed(change))

    again = macro(Fred(settings=settings(fake), options=options), "VIXCLS").frame

    assert again.equals(expected)


def test_a_daily_series_that_stopped_is_incomplete(fake, keyless):
    fake.script(faults.changed(tables.without_last(20)))

    with pytest.raises(Incomplete, match="end on"):
        macro(keyless, "VIXCLS")


def test_bars_of_a_stale_series_answer_no_further_than_they_reach(fake, keyless):
    fake.script(faults.changed(tables.without_last(2)))

    (chunk,) = ask(keyless, request())

    assert chunk.through == dt.date(2026, 3, 27)


def test_values_kept_before_the_newest_came_are_asked_for_again(fake, options, tmp_path):
    kept = replace(options, cache=tmp_path)
    fake.script(faults.changed(tables.without_last(1)))

    (morning,) = ask(Fred(settings=settings(fake), options=kept), request())
    (evening,) = ask(Fred(settings=settings(fake), options=kept), request())

    assert (morning.through, evening.through) == (dt.date(2026, 3, 30), END)


def test_an_instrument_without_a_series_is_not_found(fred):
    with pytest.raises(NotFound, match="no closes of ZQX"):
        ask(fred, request(Instrument.of("ZQX")))


def test_another_length_of_bar_is_refused(fred):
    with pytest.raises(DefinitionError, match="1d only"):
        ask(fred, replace(request(), timeframe=Timeframe.parse("1h")))


def test_no_series_at_all_is_refused(fred):
    with pytest.raises(DefinitionError, match="no series"):
        macro(fred)


def test_series_that_are_revised_are_not_among_the_unrevised():
    assert not {"CPIAUCSL", "GDP", "UNRATE", "PAYEMS", "INDPRO"} & UNREVISED
