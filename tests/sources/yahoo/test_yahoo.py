"""Yahoo over HTTP: raw bars with their events, and the contract of every vendor."""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
import sys
from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hedgerow.domain import Adjustment, Instrument, InstrumentKind, Timeframe, sessions
from hedgerow.settings import Settings
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest, DescribesInstruments, SendsBars
from hedgerow.testing.vendors import World, faults
from hedgerow.testing.vendors.contract import VendorContract, Waits, ask, bars_of
from hedgerow.testing.vendors.yahoo import (
    FakeYahoo,
    seconds_of,
    with_events,
    with_last_day_twice,
    with_meta,
)

pytest.importorskip("yfinance", reason="yfinance is not installed: the extra yahoo")

from hedgerow.sources.yahoo import Yahoo

ZQX = Instrument.of("ZQX", exchange="XNAS")
VEX = Instrument.of("VEX")
ZQL = Instrument.of("ZQL", exchange="XLON", currency="GBP")
START, END = dt.date(2025, 1, 2), dt.date(2026, 3, 31)
CHART = "/v8/finance/chart"


def request(instrument: Instrument = ZQX, start=START, end=END, code="1d", **options):
    return BarsRequest(instrument, Timeframe.parse(code), start, end, **options)


def settings(fake: FakeYahoo) -> Settings:
    return Settings(_env_file=None, yahoo_url=fake.url)


@pytest.fixture
def fake():
    with FakeYahoo() as server:
        yield server


@pytest.fixture
def options():
    clock = World.small().clock
    return HttpOptions(clock=clock, sleep=Waits([]), attempts=3, timeout=2.0, unlimited=True)


@pytest.fixture
def yahoo(fake, options):
    return Yahoo(settings=settings(fake), options=options)


def described(vendor: Yahoo, symbol: str) -> Instrument:
    async def asked() -> Instrument:
        async with vendor:
            return await vendor.describe(symbol)

    return asyncio.run(asked())


def batch(chunks, table: str) -> pl.DataFrame:
    frames = [b.frame for chunk in chunks for b in chunk.batches if b.table.name == table]
    return pl.concat(frames)


def world_bars(symbol: str, kind: str = "raw", start=START, end=END) -> pl.DataFrame:
    days = World.small().daily(symbol, kind).filter(pl.col("date").is_between(start, end))
    return days.select("date", "open", "high", "low", "close", "volume")


class TestContract(VendorContract):
    # Yahoo wants the cool-down of its own on 429, and says in its own words what is not there.
    @pytest.fixture
    def fake(self):
        with FakeYahoo() as server:
            yield server

    @pytest.fixture
    def connect(self, fake):
        return lambda options: Yahoo(settings=settings(fake), options=options)

    @pytest.fixture
    def requests(self):
        return [request(ZQX), request(VEX), request(ZQL)]


# Regression ---------------------------------------------------------------------------------


@pytest.mark.parametrize("instrument", [ZQX, VEX], ids=["4_for_1", "1_for_10"])
def test_bars_are_those_that_traded(instrument, yahoo):
    bars = bars_of(ask(yahoo, request(instrument)))

    sent = bars.select(pl.col("session").alias("date"), "open", "high", "low", "close", "volume")
    # Both splits are by whole numbers; a division and a multiplication by ten may round once.
    assert_frame_equal(sent, world_bars(instrument.symbol), rel_tol=1e-15, abs_tol=0)
    assert bars["adjustment"].unique().to_list() == ["raw"]


def test_undoing_a_split_of_four_loses_no_digit(yahoo):
    bars = bars_of(ask(yahoo, request()))

    assert bars["close"].to_list() == world_bars("ZQX")["close"].to_list()


def test_a_span_that_ends_before_the_split_is_raw_too(yahoo):
    end = dt.date(2025, 3, 31)

    chunks = ask(yahoo, request(end=end))

    assert bars_of(chunks)["close"].to_list() == world_bars("ZQX", end=end)["close"].to_list()
    assert not [b for chunk in chunks for b in chunk.batches if b.table.name == "splits"]


def test_split_adjusted_bars_are_as_sent_and_carry_no_events(yahoo):
    chunks = ask(yahoo, request(adjustment=Adjustment.SPLIT))

    assert [b.table.name for chunk in chunks for b in chunk.batches] == ["bars"]
    expected = world_bars("ZQX", "split")
    assert bars_of(chunks)["close"].to_list() == expected["close"].to_list()
    assert bars_of(chunks)["volume"].to_list() == expected["volume"].to_list()
    assert bars_of(chunks)["adjustment"].unique().to_list() == ["split"]


def test_total_bars_follow_yahoos_adjusted_close(yahoo):
    bars = bars_of(ask(yahoo, request(adjustment=Adjustment.TOTAL)))

    expected = world_bars("ZQX", "yahoo")["close"].to_list()
    assert bars["close"].to_list() == pytest.approx(expected, rel=1e-12)


def test_splits_and_dividends_are_on_their_own_basis_and_known_at_the_open(yahoo):
    chunks = ask(yahoo, request())

    opens = dict(sessions("XNAS").select("session", "open").iter_rows())
    splits = batch(chunks, "splits")
    assert splits.select("ex_date", "ratio").rows() == [(dt.date(2025, 4, 14), 4.0)]
    paid = {d.ex_date: d.amount for d in World.small().dividends if START <= d.ex_date <= END}
    dividends = batch(chunks, "dividends")
    assert dict(dividends.select("ex_date", "amount").iter_rows()) == paid
    assert dividends["kind"].unique().to_list() == ["cash"]
    for actions in (splits, dividends):
        known = actions.select("ex_date", "available_at").rows()
        assert all(at == opens[ex_date] for ex_date, at in known)


def test_pence_become_pounds(yahoo):
    bars = bars_of(ask(yahoo, request(ZQL)))

    assert bars["currency"].unique().to_list() == ["GBP"]
    pence = world_bars("ZQL")["close"].to_list()
    assert bars["close"].to_list() == pytest.approx([p * 0.01 for p in pence], rel=1e-15)


def test_a_dividend_in_pence_becomes_pounds_and_one_in_dollars_stays(fake, yahoo):
    days = (dt.date(2025, 5, 8), dt.date(2025, 11, 6))
    sent = [
        {"amount": 12.5, "date": seconds_of(days[0], "XLON")},
        {"amount": 0.25, "date": seconds_of(days[1], "XLON"), "currency": "USD"},
    ]
    fake.script(faults.changed(with_events(dividends=sent)), path=CHART)

    dividends = batch(ask(yahoo, request(ZQL)), "dividends")

    assert dividends.select("ex_date", "amount", "currency").rows() == [
        (days[0], 0.125, "GBP"),
        (days[1], 0.25, "USD"),
    ]


def test_a_funds_gains_are_special_dividends(fake, yahoo):
    gains = [{"amount": 1.5, "date": seconds_of(dt.date(2025, 12, 15))}]
    fake.script(faults.changed(with_events(capitalGains=gains)), path=CHART)

    dividends = batch(ask(yahoo, request()), "dividends")

    assert dividends.select("kind", "amount").rows() == [("special", 1.5)]


def test_symbols_that_differ_by_case_are_two_shares(yahoo, fake, options):
    preferred = bars_of(ask(yahoo, request(Instrument.of("ZQXpA"))))
    patents = bars_of(
        ask(Yahoo(settings=settings(fake), options=options), request(Instrument.of("ZQXPA")))
    )

    assert preferred["close"].to_list() == world_bars("ZQXpA")["close"].to_list()
    assert patents["close"].to_list() == world_bars("ZQXPA")["close"].to_list()


def test_minutes_lie_in_their_sessions_on_both_sides_of_a_clock_change(fake, options):
    for day in (dt.date(2025, 10, 31), dt.date(2025, 11, 3)):
        now = dt.datetime.combine(day + dt.timedelta(days=4), dt.time(12), dt.UTC)
        vendor = Yahoo(settings=settings(fake), options=replace(options, clock=lambda now=now: now))

        bars = bars_of(ask(vendor, request(VEX, day, day, "1m")))

        minutes = World.small().minutes.filter(
            pl.col("symbol") == "VEX", pl.col("start").dt.date() == day
        )
        assert bars["timestamp"].to_list() == minutes["start"].to_list()
        assert bars["close"].to_list() == pytest.approx(minutes["close"].to_list(), rel=1e-15)
        assert (bars["available_at"] - bars["timestamp"]).unique().to_list() == [
            dt.timedelta(minutes=1)
        ]


def test_minutes_before_a_split_are_as_traded(fake, options):
    day = dt.date(2025, 4, 11)
    now = dt.datetime(2025, 4, 16, 12, tzinfo=dt.UTC)
    vendor = Yahoo(settings=settings(fake), options=replace(options, clock=lambda: now))

    bars = bars_of(ask(vendor, request(ZQX, day, day, "1m")))

    minutes = World.small().minutes.filter(
        pl.col("symbol") == "ZQX", pl.col("start").dt.date() == day
    )
    assert bars["close"].to_list() == minutes["close"].to_list()


def test_hours_begin_with_the_session_and_end_with_it(yahoo):
    bars = bars_of(ask(yahoo, request(ZQX, END, END, "1h")))

    # Half past nine in New York, and seven bars to four o'clock.
    starts = [dt.datetime(2026, 3, 31, hour, 30, tzinfo=dt.UTC) for hour in range(13, 20)]
    assert bars["timestamp"].to_list() == starts
    minutes = World.small().minutes.filter(
        pl.col("symbol") == "ZQX", pl.col("start").dt.date() == END
    )
    assert bars["volume"].sum() == pytest.approx(minutes["volume"].sum())


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ZQX", Instrument.of("ZQX", exchange="XNAS", name="Zed Quix Inc.")),
        ("BRK.X", Instrument.of("BRK.X", name="Briar & Key class X")),
        ("ZQXpA", Instrument.of("ZQXpA", name="Zed Quix 5% preferred A")),
        (
            "ZQL.L",
            Instrument.of("ZQL", exchange="XLON", currency="GBP", name="Zed Quix plc"),
        ),
    ],
)
def test_describes_what_a_ticker_is(typed, expected, yahoo):
    assert described(yahoo, typed) == expected


def test_an_index_is_described_by_our_name(fake, yahoo):
    facts = {"exchangeName": "SNP", "instrumentType": "INDEX", "longName": "S&P 500"}
    fake.captured["^GSPC"] = _chart_with(fake, **facts)

    found = described(yahoo, "SPX")

    assert (found.symbol, found.exchange, found.kind) == ("SPX", "XNYS", InstrumentKind.INDEX)


def _chart_with(fake: FakeYahoo, **facts) -> bytes:
    from hedgerow.testing.vendors import Request

    asked = Request("GET", f"{CHART}/ZQX", {"interval": "1d", "range": "5d"}, {})
    return with_meta(**facts)(fake.answer(asked)).body


def test_captured_charts_come_through_the_fake_as_bars(fake, options, shared_data):
    from tests.sources.yahoo.test_charts import captured

    folder = shared_data / "api" / "yahoo" / "node-yahoo-finance2"
    now = dt.datetime(2025, 2, 22, 12, tzinfo=dt.UTC)
    cases = {
        "OCDO.L": Instrument.of("OCDO", exchange="XLON", currency="GBP"),
        "AAPL": Instrument.of("AAPL", exchange="XNAS"),
        "QQQ": Instrument.of("QQQ", exchange="XNAS", kind=InstrumentKind.ETF),
        "ORSTED.CO": Instrument.of("ORSTED", exchange="XCSE", currency="DKK"),
    }
    for ticker, instrument in cases.items():
        body = captured(folder / f"historical-via-chart-{ticker}-2020-01-01-to-2020-01-03.json")
        fake.captured[ticker] = body
        vendor = Yahoo(settings=settings(fake), options=replace(options, clock=lambda: now))

        bars = bars_of(ask(vendor, request(instrument, dt.date(2020, 1, 1), dt.date(2020, 1, 3))))

        assert bars["session"].to_list()[0] == dt.date(2020, 1, 2)
        assert bars["available_at"].null_count() == 0
        assert bars["currency"].unique().to_list() == [instrument.currency]


# Properties ----------------------------------------------------------------------------------


def test_keeps_the_protocols(yahoo):
    assert isinstance(yahoo, SendsBars)
    assert isinstance(yahoo, DescribesInstruments)


def test_the_latest_quote_beside_the_bar_of_its_day_counts_once(fake, yahoo):
    fake.script(faults.changed(with_last_day_twice(77.0)), path=CHART)

    (chunk,) = ask(yahoo, request())

    bars = chunk.batches[-1]
    assert bars.frame.filter(session=END)["close"].to_list() == [77.0]
    assert bars.refused.select("rules", "symbol").rows() == [("duplicate_key", "ZQX")]


def test_rows_after_the_end_are_not_given(yahoo):
    bars = bars_of(ask(yahoo, request(end=dt.date(2026, 3, 27))))

    assert bars["session"].max() == dt.date(2026, 3, 27)


def test_a_session_that_is_still_open_has_no_bar(fake, options):
    noon = dt.datetime(2026, 3, 31, 16, tzinfo=dt.UTC)
    vendor = Yahoo(settings=settings(fake), options=replace(options, clock=lambda: noon))

    (chunk,) = ask(vendor, request())

    assert chunk.batches[-1].frame["session"].max() == dt.date(2026, 3, 30)
    assert chunk.through == dt.date(2026, 3, 30)


def test_an_answer_kept_in_the_middle_of_a_session_is_asked_for_again(fake, options, tmp_path):
    kept = replace(options, cache=tmp_path)
    close = int(sessions("XNAS").filter(session=END)["close"][0].timestamp())
    half = faults.changed(with_meta(regularMarketTime=close - 7200))
    fake.script(half, path=CHART)
    ask(Yahoo(settings=settings(fake), options=kept), request())
    before = fake.count(CHART)

    ask(Yahoo(settings=settings(fake), options=kept), request())
    ask(Yahoo(settings=settings(fake), options=kept), request())

    assert fake.count(CHART) == before + 1


def test_a_correction_is_seen_by_the_same_process(fake, yahoo, options):
    """yfinance by itself would give the first answer again for as long as the process lives."""
    first = bars_of(ask(yahoo, request(end=dt.date(2025, 6, 30))))
    days = World.small().bars
    corrected = replace(
        fake.world, bars=days.with_columns(pl.col("close") + (pl.col("symbol") == "ZQX") * 1.0)
    )
    with FakeYahoo(corrected) as later:
        fake.answer = later.answer

        second = bars_of(
            ask(
                Yahoo(settings=settings(fake), options=options),
                request(end=dt.date(2025, 6, 30)),
            )
        )

    assert (second["close"] - first["close"]).to_list() == pytest.approx([1.0] * first.height)


def test_many_at_once_are_asked_one_after_the_other(fake, options):
    vendor = Yahoo(settings=settings(fake), options=options)
    wanted = [ZQX, VEX, ZQL, Instrument.of("ZQXPA"), Instrument.of("BRK.X")]

    async def one(instrument: Instrument) -> list[float]:
        chunks = [chunk async for chunk in vendor.bars(request(instrument))]
        return bars_of(chunks)["close"].to_list()

    async def all_at_once() -> list[list[float]]:
        async with vendor:
            return await asyncio.gather(*(one(instrument) for instrument in wanted))

    for instrument, closes in zip(wanted, asyncio.run(all_at_once()), strict=True):
        unit = 0.01 if instrument is ZQL else 1.0
        expected = [close * unit for close in world_bars(instrument.symbol)["close"]]
        assert closes == pytest.approx(expected, rel=1e-15)


def test_importing_the_source_does_not_import_yfinance():
    code = "import sys, hedgerow.sources.yahoo; print('yfinance' in sys.modules)"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "False"
