"""The European Central Bank's rates: their clock, their files, and what happens without them."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import zipfile
from dataclasses import replace
from io import BytesIO

import polars as pl
import pytest

from hedgerow.domain.schemas import FX_RATES
from hedgerow.errors import BadPayload, Incomplete, NotFound, Transient
from hedgerow.settings import Settings
from hedgerow.sources import SampleFx, SourceBatch
from hedgerow.sources.ecb import Ecb
from hedgerow.sources.ecb.client import EcbClient
from hedgerow.sources.ecb.parse import parse_rates
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import SendsFx
from hedgerow.testing.vendors import World, faults, tables
from hedgerow.testing.vendors.ecb import FakeEcb, reference_rates, rezipped

NOWHERE = "http://127.0.0.1:9"
HISTORY, SHORT = "hist.zip", "90d"


@pytest.fixture
def fake():
    with FakeEcb() as server:
        yield server


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def options():
    clock = World.small().clock
    return HttpOptions(clock=clock, sleep=no_wait, attempts=2, timeout=1.0, unlimited=True)


@pytest.fixture
def connect(fake, options):
    return lambda **changes: Ecb(
        settings=Settings(_env_file=None, ecb_url=fake.url), options=replace(options, **changes)
    )


def rates(ecb: Ecb, start=None, end=None, **options) -> SourceBatch:
    async def asked() -> SourceBatch:
        async with ecb:
            return await ecb.fx(start, end, **options)

    return asyncio.run(asked())


def long(table: pl.DataFrame) -> pl.DataFrame:
    """The fake's own rates in the order of the answer."""
    melted = table.unpivot(index="date", variable_name="quote", value_name="rate")
    return melted.drop_nulls("rate").sort("quote", "date").select("date", "quote", "rate")


@pytest.fixture(scope="module")
def truth() -> pl.DataFrame:
    return long(reference_rates(World.small()))


# Regression ---------------------------------------------------------------------------------


def test_the_true_history_is_read_whole(shared_data):
    body = (shared_data / "fx" / "ecb_eurofxref-hist.csv").read_bytes()

    read, refused = parse_rates(body, "ecb")

    assert read["date"].n_unique() == 7_126
    assert read["quote"].n_unique() == 41
    assert refused.is_empty()
    assert read.filter(quote="USD", date=dt.date(2024, 12, 24))["rate"].item() == 1.0395
    assert read.filter(quote="HRK")["date"].max() == dt.date(2022, 12, 30)


def test_the_true_history_gives_the_rates_of_the_bundled_sample(shared_data):
    body = (shared_data / "fx" / "ecb_eurofxref-hist.csv").read_bytes()
    bundled = next(SampleFx().batches()).frame.select("date", "quote", "rate")

    read, _ = parse_rates(body, "ecb")

    beside = bundled.join(read, on=["date", "quote"], suffix="_read")
    assert beside.height == bundled.height
    assert (beside["rate"] == beside["rate_read"]).all()


def test_all_rates_come_with_their_hour_of_publication(connect, truth):
    batch = rates(connect())

    assert batch.table is FX_RATES
    assert batch.frame.select("date", "quote", "rate").equals(truth)
    assert batch.frame.select("base", "source").unique().row(0) == ("EUR", "ecb")
    summer = batch.frame.filter(quote="USD", date=dt.date(2025, 7, 1))["available_at"].item()
    winter = batch.frame.filter(quote="USD", date=dt.date(2026, 1, 5))["available_at"].item()
    assert (summer.hour, winter.hour) == (14, 15)  # 16:00 in Frankfurt, in UTC


def test_days_without_a_rate_have_no_row(connect):
    batch = rates(connect(), dt.date(2025, 4, 17), dt.date(2025, 4, 22))

    days = batch.frame.filter(quote="USD")["date"].to_list()
    assert days == [dt.date(2025, 4, 17), dt.date(2025, 4, 22)]  # Easter between them


def test_a_currency_that_ended_has_no_row_after_its_end(connect):
    batch = rates(connect())

    assert batch.frame.filter(quote="HRK")["date"].max() == dt.date(2022, 12, 30)


def test_recent_days_are_asked_of_the_short_file(fake, connect, truth):
    start = dt.date(2026, 3, 20)

    batch = rates(connect(), start)

    assert batch.frame.select("date", "quote", "rate").equals(truth.filter(pl.col("date") >= start))
    assert (fake.count(SHORT), fake.count(HISTORY)) == (1, 0)


def test_the_latest_day_is_read_with_its_english_date(fake, options, truth):
    async def asked() -> bytes:
        client = EcbClient(fake.url, options)
        reply = await client.latest()
        await client.aclose()
        return reply.body

    read, _ = parse_rates(asyncio.run(asked()), "ecb")

    assert read.equals(truth.filter(pl.col("date") == dt.date(2026, 3, 31)))


def test_keeps_the_protocol(connect):
    assert isinstance(connect(), SendsFx)


# However it is written ------------------------------------------------------------------------

HARMLESS = {
    "byte_order_mark": tables.with_bom,
    "windows_lines_and_a_blank_one": tables.with_crlf,
    "columns_in_another_order": tables.reordered,
    "header_in_capitals": tables.renamed("Date", "DATE"),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_another_way_of_writing_gives_the_same_rates(change, fake, connect, truth):
    fake.script(faults.changed(rezipped(change)))

    assert rates(connect()).frame.select("date", "quote", "rate").equals(truth)


def test_an_archive_is_known_by_its_bytes_not_by_its_name(fake, connect, truth):
    def unzipped(answer):
        return replace(
            answer, body=zipfile.ZipFile(BytesIO(answer.body)).read("eurofxref-hist.csv")
        )

    fake.script(faults.changed(unzipped))

    assert rates(connect()).frame.select("date", "quote", "rate").equals(truth)


# Faults --------------------------------------------------------------------------------------


def test_a_history_that_begins_too_late_is_incomplete(fake, connect):
    # The true file is newest first, so its last rows are the oldest.
    fake.script(faults.changed(rezipped(tables.without_last(300))))

    with pytest.raises(Incomplete, match="no rates between 1999-01-04"):
        rates(connect())


def test_a_history_that_is_not_brought_up_to_date_is_incomplete(fake, connect):
    fake.script(faults.changed(rezipped(tables.without_first(8))))

    with pytest.raises(Incomplete, match="and 2026-03-31"):
        rates(connect())


def test_a_history_with_a_month_missing_is_incomplete(fake, connect):
    def holed(answer):
        lines = answer.body.splitlines(keepends=True)
        return replace(answer, body=b"".join(one for one in lines if b"2010-05" not in one))

    fake.script(faults.changed(rezipped(holed)))

    with pytest.raises(Incomplete, match="2010-04-30 and 2010-06-01"):
        rates(connect())


def test_rates_kept_before_the_hour_of_publication_are_asked_for_again(fake, connect, tmp_path):
    fake.script(faults.changed(rezipped(tables.without_first(1))))

    morning = rates(connect(cache=tmp_path)).frame
    evening = rates(connect(cache=tmp_path)).frame

    assert morning["date"].max() == dt.date(2026, 3, 30)
    assert evening["date"].max() == dt.date(2026, 3, 31)


def test_a_cell_that_cannot_be_read_is_refused_with_its_rule(fake, connect, truth):
    bad = "1998-12-31,x,100,0.7,7.0,"
    fake.script(faults.changed(rezipped(tables.with_line(bad))))

    batch = rates(connect())

    assert batch.refused.select("rules", "symbol").rows() == [("unreadable_number", "EURUSD")]
    assert batch.frame.height == truth.height + 3


MEANT = {
    "page_with_200": (faults.html, BadPayload),
    "empty": (faults.empty, BadPayload),
    "not_found": (lambda: faults.status(404), NotFound),
    "an_archive_of_something_else": (lambda: faults.body(_archive_of(b"hello")), BadPayload),
}


def _archive_of(text: bytes) -> bytes:
    memory = BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("readme.txt", text)
    return memory.getvalue()


@pytest.mark.parametrize(("fault", "error"), MEANT.values(), ids=MEANT)
def test_garbage_is_never_an_answer(fault, error, fake, connect):
    fake.script(fault(), times=9)

    with pytest.raises(error):
        rates(connect())


PASSING = {
    "500": lambda: faults.status(500),
    "503": lambda: faults.status(503),
    "429": faults.too_many,
    "dropped": faults.dropped,
    "cut_on_the_way": faults.truncated,
    "cut_without_a_stated_length": faults.cut_short,
    "damaged_archive": lambda: faults.changed(
        lambda answer: replace(answer, body=answer.body[:5000] + b"???" + answer.body[5003:])
    ),
    "hang": lambda: faults.hang(30),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_passing_fault_passes(fault, fake, connect, truth):
    fake.script(fault())
    ecb = connect()

    assert rates(ecb).frame.select("date", "quote", "rate").equals(truth)
    assert ecb.notes == []


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body[: len(body) // 2],
        lambda body: body.replace(b"<Cube>", b"<!DOCTYPE x><Cube>", 1),
        lambda body: body.replace(b'rate="', b'rate="x', 1),
    ],
    ids=["cut", "with_a_document_type", "no_number"],
)
def test_a_short_file_that_cannot_be_read_is_an_error(change, fake, connect):
    fault = faults.changed(lambda answer: replace(answer, body=change(answer.body)))
    fake.script(fault, times=9, path=SHORT)

    with pytest.raises(BadPayload):
        rates(connect(), dt.date(2026, 3, 20))


# Without a network -----------------------------------------------------------------------------


def test_without_a_network_the_bundled_history_is_given_and_noted(options):
    ecb = Ecb(settings=Settings(_env_file=None, ecb_url=NOWHERE), options=options)

    batch = rates(ecb, dt.date(2024, 12, 20), dt.date(2024, 12, 27))

    usd = batch.frame.filter(quote="USD")
    assert dict(usd.select("date", "rate").rows())[dt.date(2024, 12, 24)] == 1.0395
    assert dt.date(2024, 12, 25) not in usd["date"].to_list()  # nothing between is made up
    assert batch.frame["source"].unique().to_list() == ["sample_fx"]
    (note,) = ecb.notes
    assert "not reached" in note
    assert "2026-10-30 are from sample_fx" in note


def test_without_a_network_a_span_after_the_bundled_history_is_an_error(options):
    later = replace(options, clock=lambda: dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC))
    ecb = Ecb(settings=Settings(_env_file=None, ecb_url=NOWHERE), options=later)

    with pytest.raises(Transient, match="not reached") as raised:
        rates(ecb, dt.date(2026, 11, 2))

    assert "there are rates to 2026-10-30 only" in raised.value.message


def test_the_file_of_an_installed_converter_is_read_where_it_is_newer(
    options, tmp_path, monkeypatch
):
    package = tmp_path / "currency_converter"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    table = b"Date,USD,SEK,\n2026-11-20,1.1,11.2,\n2026-11-19,1.2,N/A,\n"
    with zipfile.ZipFile(package / "eurofxref-hist.zip", "w") as archive:
        archive.writestr("eurofxref-hist.csv", table)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "currency_converter", raising=False)
    ecb = Ecb(settings=Settings(_env_file=None, ecb_url=NOWHERE), options=options)

    batch = rates(ecb)

    assert batch.frame.select("date", "quote", "rate", "source").rows() == [
        (dt.date(2026, 11, 20), "SEK", 11.2, "currency_converter"),
        (dt.date(2026, 11, 19), "USD", 1.2, "currency_converter"),
        (dt.date(2026, 11, 20), "USD", 1.1, "currency_converter"),
    ]
