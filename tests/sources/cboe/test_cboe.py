"""Cboe's files: what they hold, however they are written, and every way in which they fail."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from hedgerow.domain import Instrument, InstrumentKind, Timeframe, sessions
from hedgerow.errors import BadPayload, DefinitionError, NotFound, Transient
from hedgerow.settings import Settings
from hedgerow.sources.cboe import Cboe
from hedgerow.sources.cboe.parse import parse_history
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest, DescribesInstruments, SendsBars
from hedgerow.testing.vendors import World, faults, tables
from hedgerow.testing.vendors.cboe import FakeCboe, index_days
from hedgerow.testing.vendors.contract import VendorContract, ask, bars_of

DAY = Timeframe.parse("1d")
VIX = Instrument.of("VIX", kind=InstrumentKind.INDEX)
SPX = Instrument.of("SPX", kind=InstrumentKind.INDEX)
START, END = dt.date(2026, 1, 2), dt.date(2026, 3, 31)


@pytest.fixture
def fake():
    with FakeCboe() as server:
        yield server


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def options():
    return HttpOptions(clock=World.small().clock, sleep=no_wait, attempts=2, unlimited=True)


@pytest.fixture
def cboe(fake, options):
    return Cboe(settings=Settings(_env_file=None, cboe_url=fake.url), options=options)


def request(instrument: Instrument = VIX, start: dt.date = START, end: dt.date = END):
    return BarsRequest(instrument, DAY, start, end)


def described(cboe: Cboe, symbol: str) -> Instrument:
    async def asked() -> Instrument:
        async with cboe:
            return await cboe.describe(symbol)

    return asyncio.run(asked())


class TestContract(VendorContract):
    @pytest.fixture
    def fake(self):
        with FakeCboe() as server:
            yield server

    @pytest.fixture
    def connect(self, fake):
        settings = Settings(_env_file=None, cboe_url=fake.url)
        return lambda options: Cboe(settings=settings, options=options)

    @pytest.fixture
    def requests(self):
        return [request(VIX), request(SPX)]


# Regression ---------------------------------------------------------------------------------


def test_the_true_vix_history_is_read_whole(shared_data):
    body = (shared_data / "index" / "vix_daily_cboe.csv").read_bytes()

    history = parse_history(body, "VIX", "cboe")

    assert history.rows.height == 9_235
    assert history.refused.is_empty()
    assert history.rows.row(0) == (dt.date(1990, 1, 2), 17.24, 17.24, 17.24, 17.24)
    assert history.rows.row(-1) == (dt.date(2026, 7, 23), 17.67, 20.31, 17.32, 18.7)


def test_the_true_vix_history_keeps_its_days_without_a_session(shared_data, fake, cboe):
    body = (shared_data / "index" / "vix_daily_cboe.csv").read_bytes()
    fake.script(faults.body(body, "text/csv"))

    bars = bars_of(ask(cboe, request(start=dt.date(1990, 1, 1))))

    held = set(sessions("XNYS")["session"])
    strays = bars.filter(pl.col("available_at").is_null())["session"].to_list()
    # Counted over the whole file: 33 rows on days on which New York was closed.
    assert len(strays) == 33 - len([d for d in _after_march(body) if d not in held])
    assert not set(strays) & held


def _after_march(body: bytes) -> list[dt.date]:
    days = [line.split(",")[0] for line in body.decode().splitlines()[1:]]
    return [day for day in map(dt.date.fromisoformat, days) if day > END]


def test_a_vix_bar_is_known_a_quarter_past_the_close(cboe):
    bars = bars_of(ask(cboe, request()))

    friday = bars.filter(session=dt.date(2026, 3, 6))
    assert friday["available_at"].item() == dt.datetime(2026, 3, 6, 21, 15, tzinfo=dt.UTC)


def test_prices_are_those_of_the_file(cboe):
    expected = index_days(World.small(), "VIX").filter(pl.col("date").is_between(START, END))

    bars = bars_of(ask(cboe, request()))

    assert bars.select("open", "high", "low", "close").rows() == expected.drop("date").rows()
    assert bars["volume"].null_count() == bars.height


def test_an_index_of_one_value_a_day_has_a_close_only(cboe):
    bars = bars_of(ask(cboe, request(SPX)))

    assert bars["close"].null_count() == 0
    assert bars.select("open", "high", "low").null_count().row(0) == (bars.height,) * 3


def test_vix_is_the_instrument_of_the_bundled_sample(cboe):
    from hedgerow.sources import SampleCloses

    known = {one.symbol: one for one in SampleCloses().instruments()}

    assert described(cboe, "^VIX") == known["VIX"]
    assert described(cboe, "SPX") == known["SPX"]


def test_keeps_the_protocols(cboe):
    assert isinstance(cboe, SendsBars)
    assert isinstance(cboe, DescribesInstruments)


# However it is written ------------------------------------------------------------------------

HARMLESS = {
    "byte_order_mark": tables.with_bom,
    "windows_lines_and_a_blank_one": tables.with_crlf,
    "comma_at_the_end": tables.with_commas_at_the_end,
    "columns_in_another_order": tables.reordered,
    "earliest_years_gone": tables.without_first(200),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_another_way_of_writing_gives_the_same_bars(change, fake, cboe):
    expected = bars_of(ask(cboe, request()))
    fake.script(faults.changed(change))

    assert bars_of(ask(cboe, request())).equals(expected)


def test_an_answer_compressed_on_the_way_gives_the_same_bars(fake, cboe):
    expected = bars_of(ask(cboe, request()))
    fake.script(faults.gzipped())

    assert bars_of(ask(cboe, request())).equals(expected)


# Faults --------------------------------------------------------------------------------------


def test_a_file_that_ends_early_answers_no_further_than_it_reaches(fake, cboe):
    fake.script(faults.changed(tables.without_last(2)))

    (chunk,) = ask(cboe, request())

    assert chunk.through == dt.date(2026, 3, 27)
    assert chunk.batches[0].frame["session"].max() == dt.date(2026, 3, 27)


def test_a_file_that_ends_before_the_start_answers_nothing(fake, cboe):
    fake.script(faults.changed(tables.without_last(200)))

    assert ask(cboe, request()) == []


def test_a_file_kept_before_the_session_is_asked_for_again(fake, options, tmp_path):
    settings = Settings(_env_file=None, cboe_url=fake.url)
    kept = replace(options, cache=tmp_path)
    fake.script(faults.changed(tables.without_last(1)))

    (morning,) = ask(Cboe(settings=settings, options=kept), request())
    (evening,) = ask(Cboe(settings=settings, options=kept), request())

    assert (morning.through, evening.through) == (dt.date(2026, 3, 30), END)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("03/31/2026,17.1,18.0,x,17.5", "unreadable_number"),
        ("31/31/2026,17.1,18.0,17.0,17.5", "unreadable_date"),
        ("03/31/2026,17.1,18.0,17.0,17.5,9", "wrong_field_count"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_with_its_rule(line, rule, fake, cboe):
    fake.script(faults.changed(tables.with_line(line)))

    (chunk,) = ask(cboe, request())

    refused = chunk.batches[0].refused
    assert refused.select("rules", "symbol").rows() == [(rule, "VIX")]
    assert line in refused["payload"].item()


def test_a_last_line_cut_short_is_an_error(fake, cboe):
    fake.script(faults.changed(tables.with_line("03/31/2026,17.1")))

    with pytest.raises(BadPayload, match="broke off"):
        ask(cboe, request())


def test_a_table_of_something_else_is_an_error(fake, cboe):
    fake.script(faults.changed(tables.renamed("CLOSE", "LEVEL")))

    with pytest.raises(BadPayload, match="neither CLOSE nor VIX"):
        ask(cboe, request())


def test_a_header_without_rows_is_an_error(fake, cboe):
    fake.script(faults.body("DATE,OPEN,HIGH,LOW,CLOSE\n", "text/csv"))

    with pytest.raises(BadPayload, match="no row"):
        ask(cboe, request())


def test_an_answer_cut_where_no_length_was_stated_is_asked_for_again(fake, cboe):
    expected = bars_of(ask(cboe, request()))
    fake.script(faults.cut_short())

    assert bars_of(ask(cboe, request())).equals(expected)
    assert fake.count() == 3


def test_a_file_that_is_not_there_is_not_found(cboe):
    with pytest.raises(NotFound, match="no such file"):
        described(cboe, "ZQI")


def test_a_share_is_not_asked_for(fake, cboe):
    with pytest.raises(NotFound, match="cboe sends indices"):
        ask(cboe, request(Instrument.of("ZQX")))

    assert fake.requests == []


def test_another_length_of_bar_is_refused(cboe):
    with pytest.raises(DefinitionError, match="1d only"):
        ask(cboe, replace(request(), timeframe=Timeframe.parse("1h")))


def test_no_vendor_at_all_is_passing(options):
    cboe = Cboe(settings=Settings(_env_file=None, cboe_url="http://127.0.0.1:9"), options=options)

    with pytest.raises(Transient, match="not reached"):
        ask(cboe, request())
