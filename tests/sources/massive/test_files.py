"""Flat files: fetched when they changed, taken only when whole, read by the names of columns."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import logging
from dataclasses import replace

import polars as pl
import pytest
from tests.sources.massive.builders import everything, quick

from hedgerow.domain import Instrument, sessions
from hedgerow.domain.calendar import FIRST_SESSION_BOUND
from hedgerow.errors import (
    AuthError,
    BadPayload,
    DefinitionError,
    Incomplete,
    NotEntitled,
    RateLimited,
    Transient,
)
from hedgerow.settings import Settings
from hedgerow.sources.massive import MassiveFiles
from hedgerow.sources.massive.file_rows import read_file
from hedgerow.sources.vendor import Listing
from hedgerow.testing.vendors import World, faults
from hedgerow.testing.vendors.massive_files import FakeMassiveFiles

WORLD = World.small()
KEYS = ("planted-access", "planted-secret-of-s3")
KNOWN = [Instrument.of("ZQX", exchange="XNAS"), Instrument.of("VEX")]
DAY = dt.date(2025, 3, 10)  # the first session of summer time

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture
def fake():
    pytest.importorskip("boto3", reason="flat files need boto3: install the extra aws")
    with FakeMassiveFiles(access_key=KEYS[0]) as fake:
        yield fake


def day_of(fake, timeframe="1d", day=DAY, owners=KNOWN, *, keys=KEYS, **options):
    settings = Settings(_env_file=None, massive_files_url=fake.url)
    files = MassiveFiles(keys, settings=settings, options=quick(**options))
    return asyncio.run(everything(files.bars(day, timeframe, owners)))


def rows_of(chunks):
    return pl.concat(batch.frame for chunk in chunks for batch in chunk.batches)


def listing(*instruments):
    frame = pl.DataFrame(
        {
            "symbol": [one.symbol for one in instruments],
            "exchange": [one.exchange for one in instruments],
            "valid_from": [FIRST_SESSION_BOUND] * len(instruments),
            "instrument_id": [one.instrument_id for one in instruments],
            "source": ["massive"] * len(instruments),
        }
    )
    from hedgerow.domain.schemas import SYMBOL_INTERVALS
    from hedgerow.sources import SourceBatch

    return Listing(instruments, SourceBatch.of(SYMBOL_INTERVALS, frame))


# Regression ---------------------------------------------------------------------------------


def test_day_file_is_the_raw_day(fake):
    (chunk,) = day_of(fake)
    rows = rows_of([chunk]).sort("symbol")
    traded = WORLD.bars.filter(pl.col("date") == DAY, pl.col("symbol").is_in(["ZQX", "VEX"]))
    values = ("symbol", "open", "high", "low", "close", "volume")

    assert chunk.through == DAY
    assert rows.select(values).rows() == traded.sort("symbol").select(values).rows()
    assert rows["adjustment"].unique().to_list() == ["raw"]
    assert rows["timestamp"].dt.date().unique().to_list() == [DAY]
    close = sessions().filter(pl.col("session") == DAY)["close"].item()
    assert rows["available_at"].unique().to_list() == [close]


def test_minute_file_has_instants_to_the_minute(fake):
    rows = rows_of(day_of(fake, "1m"))
    traded = WORLD.minutes.filter(pl.col("start").dt.date() == DAY).sort("symbol", "start")

    assert rows["timestamp"].to_list() == traded["start"].to_list()
    assert rows["close"].to_list() == traded["close"].to_list()
    assert rows["timestamp"].min() == dt.datetime(2025, 3, 10, 13, 30, tzinfo=dt.UTC)


def test_holiday_is_not_asked_about(fake):
    (chunk,) = day_of(fake, day=dt.date(2025, 7, 4))

    assert (chunk.batches, chunk.through, fake.requests) == ((), dt.date(2025, 7, 4), [])


def test_listing_names_everybody_and_refuses_strangers(fake):
    chunks = day_of(fake, owners=listing(*KNOWN))
    (refused,) = [batch.refused for chunk in chunks for batch in chunk.batches]

    assert set(rows_of(chunks)["symbol"]) == {"ZQX", "VEX"}
    assert set(refused["symbol"]) == {"QUIT", "BRK.X", "ZQXPA", "ZQXpA"}
    assert refused["rules"].unique().to_list() == ["unknown_symbol"]


# Replacement --------------------------------------------------------------------------------


def test_file_at_hand_is_not_sent_again(fake, tmp_path):
    first, second = (rows_of(day_of(fake, cache=tmp_path)) for _ in range(2))

    assert first.equals(second)
    assert "if-none-match" not in fake.requests[0].headers
    assert fake.requests[1].headers["if-none-match"].startswith('"')


def test_replaced_file_is_fetched_again(fake, tmp_path):
    day_of(fake, cache=tmp_path)
    doubled = pl.when(pl.col("symbol") == "VEX").then(pl.col("volume") * 2).otherwise("volume")
    fake.world = replace(WORLD, bars=WORLD.bars.with_columns(volume=doubled))

    rows = rows_of(day_of(fake, cache=tmp_path)).filter(symbol="VEX")

    true = WORLD.bars.filter(pl.col("date") == DAY, pl.col("symbol") == "VEX")
    assert rows["volume"].item() == true["volume"].item() * 2


def test_tag_without_its_file_counts_for_nothing(fake, tmp_path):
    day_of(fake, cache=tmp_path)
    next(tmp_path.rglob("*.csv.gz")).unlink()

    assert rows_of(day_of(fake, cache=tmp_path)).height == 2


@pytest.mark.parametrize("content", [b"", b"17", b"[", b"\xff\xfe"])
def test_damaged_tag_counts_for_nothing(fake, tmp_path, content):
    day_of(fake, cache=tmp_path)
    next(tmp_path.rglob("*.etag")).write_bytes(content)

    assert rows_of(day_of(fake, cache=tmp_path)).height == 2


# Faults -------------------------------------------------------------------------------------


def cut_inside(response):
    """A whole answer whose file was cut before it was put there."""
    return replace(response, body=response.body[:-9])


def spoiled_inside(response):
    middle = len(response.body) // 2
    flipped = bytes([response.body[middle] ^ 0xFF])
    return replace(response, body=response.body[:middle] + flipped + response.body[middle + 1 :])


PASSING = {
    "short_body": faults.truncated(),
    "dropped": faults.dropped(),
    "hang": faults.hang(30),
    "500": faults.status(500),
    "503_slow_down": faults.status(503, "<Error><Code>SlowDown</Code></Error>", "application/xml"),
    "429": faults.status(429),
    "cut_gzip": faults.changed(cut_inside),
    "spoiled_gzip": faults.changed(spoiled_inside),
    "page_for_people": faults.html(),
    "empty": faults.empty(),
}


@pytest.mark.parametrize("name", PASSING)
def test_passing_fault_passes_and_leaves_nothing_behind(fake, name, tmp_path):
    fake.script(PASSING[name])

    assert rows_of(day_of(fake, cache=tmp_path)).height == 2
    assert {file.suffix for file in tmp_path.rglob("*.*") if file.is_file()} <= {".gz", ".etag"}


@pytest.mark.parametrize("name", [name for name in PASSING if name != "hang"])
def test_lasting_fault_is_one_error_and_no_file(fake, name, tmp_path, caplog):
    fake.script(*[PASSING[name]] * 3)

    with (
        caplog.at_level(logging.DEBUG, "hedgerow"),
        pytest.raises((Transient, RateLimited)) as raised,
    ):
        day_of(fake, cache=tmp_path)

    assert "2025-03-10.csv.gz" in str(raised.value)
    assert KEYS[1] not in f"{raised.value} {raised.value.facts} {caplog.text}"
    assert not list(tmp_path.rglob("*.csv.gz"))


def test_lasting_fault_keeps_the_file_at_hand(fake, tmp_path):
    day_of(fake, cache=tmp_path)
    fake.world = replace(WORLD, bars=WORLD.bars.with_columns(pl.col("volume") * 2))
    fake.script(*[faults.changed(cut_inside)] * 3)
    with pytest.raises(Transient):
        day_of(fake, cache=tmp_path)

    assert gzip.decompress(next(tmp_path.rglob("*.csv.gz")).read_bytes())


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (
            faults.status(403, "<Error><Code>AccessDenied</Code></Error>", "application/xml"),
            NotEntitled,
        ),
        (
            faults.status(
                403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", "application/xml"
            ),
            AuthError,
        ),
        (
            faults.status(404, "<Error><Code>NoSuchKey</Code></Error>", "application/xml"),
            Incomplete,
        ),
        (faults.status(400, "<Error><Code>Bad</Code></Error>", "application/xml"), BadPayload),
    ],
)
def test_refusal_is_an_error_of_its_kind(fake, fault, kind):
    fake.script(fault)

    with pytest.raises(kind):
        day_of(fake)
    assert len(fake.requests) == 1


def test_wrong_key_is_refused_without_showing_it(fake):
    with pytest.raises(AuthError) as raised:
        day_of(fake, keys=("some-other-access", "hidden-secret-of-s3"))

    assert "MASSIVE_S3_ACCESS_KEY_ID" in str(raised.value)
    assert "hidden-secret" not in f"{raised.value} {raised.value.facts}"


def test_session_without_a_file_is_an_alarm(fake):
    fake.world = replace(WORLD, bars=WORLD.bars.filter(pl.col("date") != DAY))

    with pytest.raises(Incomplete, match="11:00 in New York"):
        day_of(fake)


# Rows ---------------------------------------------------------------------------------------

HEADER = "ticker,volume,open,close,high,low,window_start,transactions"
START = 1_741_579_200_000_000_000  # midnight of DAY in New York


def read(tmp_path, *lines, header=HEADER):
    file = tmp_path / "day.csv.gz"
    file.write_bytes(gzip.compress("\n".join([header, *lines, ""]).encode()))
    return read_file(file, "day.csv.gz", DAY)


def test_columns_are_read_by_name_not_by_place(tmp_path):
    rows, _ = read(tmp_path, f"ZQX,10.5,1,2,3,0.5,{START},7")

    assert rows.select("open", "high", "low", "close", "volume", "trade_count").row(0) == (
        1.0,
        3.0,
        0.5,
        2.0,
        10.5,
        7,
    )


@pytest.mark.parametrize("ticker", ["NA", "NAN", "TRUE", "NULL", "INF", "ZQXpA"])
def test_tickers_that_look_like_values_are_tickers(tmp_path, ticker):
    rows, refused = read(tmp_path, f"{ticker},1,1,1,1,1,{START},1")

    assert rows["ticker"].to_list() == [ticker]
    assert refused.is_empty()


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (f"ZQX,many,1,1,1,1,{START},1", "unreadable_number"),
        ("ZQX,1,1,1,1,1,soon,1", "unreadable_number"),
        (f"ZQX,1,1,1,1,1,{START - 1},1", "unclear_time"),
        (f"ZQX,1,1,1,1,1,{START + 86_400_000_000_000},1", "unclear_time"),
        (f",1,1,1,1,1,{START},1", "unclear_time"),
    ],
)
def test_row_that_cannot_be_read_is_refused(tmp_path, line, rule):
    rows, refused = read(tmp_path, f"VEX,1,1,1,1,1,{START},1", line)

    assert rows["ticker"].to_list() == ["VEX"]
    assert refused["rules"].to_list() == [rule]


@pytest.mark.parametrize("header", ["<html>", HEADER.replace("window_start", "start"), ""])
def test_file_of_another_kind_is_refused(tmp_path, header):
    with pytest.raises(BadPayload, match=r"day\.csv\.gz"):
        read(tmp_path, header=header)


def test_only_days_and_minutes_have_files():
    files = MassiveFiles(KEYS, settings=Settings(_env_file=None), options=quick())

    with pytest.raises(DefinitionError, match="1d or 1m"):
        asyncio.run(everything(files.bars(DAY, "1h", KNOWN)))


def test_keys_of_their_own_are_needed(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("MASSIVE", "POLYGON"):
        monkeypatch.delenv(f"{name}_S3_ACCESS_KEY_ID", raising=False)
        monkeypatch.delenv(f"{name}_S3_SECRET_ACCESS_KEY", raising=False)
    monkeypatch.setenv("MASSIVE_API_KEY", "a-key-for-something-else")

    with pytest.raises(AuthError, match="MASSIVE_S3_ACCESS_KEY_ID"):
        MassiveFiles(settings=Settings(_env_file=None))
