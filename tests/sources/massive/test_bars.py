"""Bars of Massive: what is asked, what comes of it, and what the plan allows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.sources.massive.builders import KEY, bars, chunks_of, connected, frame_of, wanted

from hedgerow.domain import Adjustment, Instrument, InstrumentKind, sessions
from hedgerow.errors import DefinitionError, Incomplete, NotEntitled, NotFound
from hedgerow.testing.vendors import World, faults
from hedgerow.testing.vendors.massive import PRODUCTION, FakeMassive

VALUES = ("open", "high", "low", "close", "volume", "vwap")
WORLD = World.small()


@pytest.fixture
def fake():
    with FakeMassive(key=KEY) as fake:
        yield fake


def truth(symbol: str, kind: str = "raw", world: World = WORLD) -> pl.DataFrame:
    return world.daily(symbol, kind).rename({"date": "session", "trades": "trade_count"})


def ms(day: dt.date, hour: int = 0, minute: int = 0) -> int:
    local = dt.datetime.combine(day, dt.time(hour, minute), WORLD.now.tzinfo)
    return int(local.timestamp() * 1000)


# Regression ---------------------------------------------------------------------------------


def test_daily_bars_are_the_worlds_own(fake):
    found = bars(connected(fake), wanted())
    columns = ["session", *VALUES, "trade_count"]

    assert_frame_equal(found.select(columns), truth("ZQX").select(columns), check_exact=True)
    assert found["timestamp"].dt.date().to_list() == found["session"].to_list()
    closes = sessions("XNAS").select("session", "close")
    held = found.join(closes, on="session", suffix="_at")
    assert (held["available_at"] == held["close_at"]).all()


def test_request_is_spelt_as_massive_wants_it(fake):
    bars(connected(fake), wanted("ZQXpA", "2025-04-01", "2025-04-30", mic="XNYS"))

    asked = fake.requests[0]
    assert asked.path == "/v2/aggs/ticker/ZQXpA/range/1/day/2025-04-01/2025-04-30"
    assert dict(asked.query) == {"adjusted": "false", "sort": "asc", "limit": "50000"}
    assert asked.headers["authorization"] == f"Bearer {KEY}"


def test_index_is_asked_for_by_its_prefix(fake):
    index = Instrument.of("SPX", kind=InstrumentKind.INDEX)
    chunks_of(connected(fake), replace(wanted(), instrument=index))

    assert fake.requests[0].path.startswith("/v2/aggs/ticker/I:SPX/")


def test_symbols_that_differ_by_case_stay_two(fake):
    closes = {
        symbol: bars(connected(fake), wanted(symbol, mic="XNYS"))["close"].to_list()
        for symbol in ("ZQXpA", "ZQXPA")
    }

    assert closes["ZQXpA"] == truth("ZQXpA")["close"].to_list()
    assert closes["ZQXPA"] == truth("ZQXPA")["close"].to_list()


@pytest.mark.parametrize("symbol", ["ZQX", "VEX"])
def test_adjusted_bars_are_raw_ones_times_the_splits(fake, symbol):
    """Also by a plain loop over the actions, so that the fake is not its own judge."""
    mic = "XNAS" if symbol == "ZQX" else "XNYS"
    raw = bars(connected(fake), wanted(symbol, mic=mic))
    adjusted = bars(connected(fake), wanted(symbol, mic=mic, adjustment=Adjustment.SPLIT))

    assert adjusted["adjustment"].unique().to_list() == ["split"]
    for before, after in zip(raw.to_dicts(), adjusted.to_dicts(), strict=True):
        factor = 1.0
        for split in WORLD.splits:
            if split.symbol == symbol and split.ex_date > before["session"]:
                factor *= split.old / split.new
        for name in ("open", "high", "low", "close"):
            assert after[name] == pytest.approx(before[name] * factor, rel=1e-12)
        assert after["volume"] == pytest.approx(before["volume"] / factor, rel=1e-12)


def test_split_that_has_come_restates_the_second_answer_only_if_adjusted(fake):
    eve = dt.date(2025, 4, 11)
    span = {"start": "2025-01-02", "end": "2025-04-11"}
    split = wanted(**span, adjustment=Adjustment.SPLIT)
    fake.world = WORLD.before(eve)
    first = bars(connected(fake), split), bars(connected(fake), wanted(**span))
    fake.world = WORLD
    second = bars(connected(fake), split), bars(connected(fake), wanted(**span))

    ratios = (first[0]["close"] / second[0]["close"]).unique()
    assert ratios.round(12).unique().to_list() == [4.0]
    assert_frame_equal(first[1], second[1])


@pytest.mark.parametrize(("day", "opens"), [(dt.date(2025, 3, 7), 14), (dt.date(2025, 3, 10), 13)])
def test_minutes_open_at_half_past_nine_in_new_york_either_side_of_the_change(fake, day, opens):
    found = bars(connected(fake), wanted(timeframe="1m", start=str(day), end=str(day)))

    assert found["timestamp"].min() == dt.datetime(
        day.year, day.month, day.day, opens, 30, tzinfo=dt.UTC
    )
    assert found["session"].unique().to_list() == [day]
    assert (found["available_at"] - found["timestamp"]).unique().to_list() == [
        dt.timedelta(minutes=1)
    ]


def test_minute_without_a_trade_has_no_bar(fake):
    found = bars(connected(fake), wanted(timeframe="1m", start="2025-03-07", end="2025-03-07"))
    traded = WORLD.minutes.filter(symbol="ZQX").filter(
        pl.col("start").dt.date() == dt.date(2025, 3, 7)
    )

    assert found["timestamp"].to_list() == traded["start"].to_list()
    assert found.height < 390


def test_weeks_are_dated_by_their_first_session_and_known_at_their_last_close(fake):
    found = bars(connected(fake), wanted(timeframe="1w", start="2025-01-01", end="2025-03-31"))
    days = truth("ZQX").filter(pl.col("session") >= dt.date(2025, 1, 1))
    weeks = days.group_by_dynamic("session", every="1w").agg(
        first=pl.col("session").first(), last=pl.col("session").last(), high=pl.col("high").max()
    )
    told = weeks.filter(pl.col("first").is_between(dt.date(2025, 1, 1), dt.date(2025, 3, 31)))

    # The week of New Year began before the span.
    assert found["session"].to_list() == told["first"].to_list()[1:]
    assert found["high"].to_list() == told["high"].to_list()[1:]
    assert found["available_at"].dt.date().to_list()[0] == told["last"].to_list()[1]


def test_week_that_goes_on_is_left_out(fake):
    """The world stands at Tuesday night."""
    chunks, error = chunks_of(connected(fake), wanted(timeframe="1w", start="2026-03-02"))

    assert error is None
    assert frame_of(chunks)["session"].max() == dt.date(2026, 3, 23)
    assert chunks[-1].through == dt.date(2026, 3, 27)


def test_hours_are_the_clocks_own(fake):
    found = bars(connected(fake), wanted(timeframe="1h", start="2025-11-28", end="2025-11-28"))

    assert found["timestamp"].dt.hour().to_list() == [14, 15, 16, 17]  # a half day ends at 18:00Z
    assert found["timestamp"].dt.minute().unique().to_list() == [0]


# Properties ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page_size", [1, 7, 50, 562, 563, 10_000])
def test_page_size_changes_nothing(page_size):
    with FakeMassive(key=KEY, page_size=page_size) as fake:
        short = wanted(start="2026-01-02") if page_size == 1 else wanted()
        found = bars(connected(fake), short)

    days = truth("ZQX").filter(pl.col("session") >= short.start)
    assert found["close"].to_list() == days["close"].to_list()


@pytest.mark.parametrize("page_size", [29, 100, 391, 1000])
def test_chunks_of_minutes_end_with_whole_sessions(page_size):
    ask = wanted(timeframe="1m", start="2025-03-07", end="2025-04-14")
    with FakeMassive(key=KEY, page_size=page_size) as fake:
        chunks, error = chunks_of(connected(fake), ask)

    assert error is None
    assert frame_of(chunks)["timestamp"].is_unique().all()
    traded = WORLD.minutes.filter(symbol="ZQX")
    seen: list[dt.datetime] = []
    for chunk in chunks:
        seen += frame_of([chunk])["timestamp"].to_list()
        until = pl.col("start").dt.date().is_between(ask.start, chunk.through)
        assert seen == traded.filter(until)["start"].to_list()


def test_chunk_holds_no_more_than_a_page_and_a_session():
    ask = wanted(timeframe="1m", start="2025-03-07", end="2026-03-31")
    with FakeMassive(key=KEY, page_size=500) as fake:
        chunks, _ = chunks_of(connected(fake), ask)

    assert max(frame_of([chunk]).height for chunk in chunks) <= 500 + 390
    assert frame_of(chunks).height == WORLD.minutes.filter(symbol="ZQX").height


@pytest.mark.parametrize("host", [PRODUCTION, "https://api.polygon.io", None])
def test_cursor_may_name_either_host(host):
    with FakeMassive(key=KEY, page_size=100, cursor_host=host) as fake:
        found = bars(connected(fake), wanted())
        pages = [request.path for request in fake.requests]

    assert found.height == 563
    assert len(pages) == 6
    assert all("/range/1/day/17" in path for path in pages[1:])  # the start became milliseconds


@pytest.mark.parametrize("status", ["OK", "DELAYED"])
def test_delayed_data_are_data(status):
    with FakeMassive(key=KEY, status=status) as fake:
        assert bars(connected(fake), wanted()).height == 563


def test_the_running_day_is_left_out_until_its_close(fake):
    noon = WORLD.now.replace(hour=12)
    fake.world = replace(WORLD, now=noon)

    days = bars(connected(fake), wanted(start="2026-03-25"))
    minutes = bars(connected(fake), wanted(timeframe="1m", start="2026-03-30"))

    assert days["session"].max() == dt.date(2026, 3, 30)
    assert minutes.is_empty()


def test_bar_that_has_not_ended_is_left_out(fake):
    fake.world = replace(WORLD, now=WORLD.now.replace(hour=16, minute=5))

    def with_evening(response):
        late = f'{{"v":5,"o":9,"c":9,"h":9,"l":9,"t":{ms(dt.date(2026, 3, 31), 16)}}}'
        grown = response.body.replace(b'}],"status"', f'}},{late}],"status"'.encode())
        return replace(response, body=grown)

    fake.script(faults.changed(with_evening))
    found = bars(connected(fake), wanted(timeframe="1h", start="2026-03-31"))

    assert found["available_at"].max() == dt.datetime(2026, 3, 31, 20, tzinfo=dt.UTC)


def test_bar_that_comes_twice_counts_as_it_came_last(fake):
    def again(response):
        first = response.body[: response.body.index(b"}") + 1].split(b"[", 1)[1]
        changed = first.replace(b'"v":', b'"v":7')
        return replace(
            response, body=response.body.replace(b'}],"status"', b"}," + changed + b'],"status"')
        )

    fake.script(faults.changed(again))
    found = bars(connected(fake), wanted(start="2026-03-25"))

    assert found["session"].is_unique().all()
    assert str(found["volume"][0]).startswith("7")


def test_bar_on_a_day_without_a_session_is_left_to_the_gate(fake):
    def with_saturday(response):
        stray = f'{{"v":1,"o":9,"c":9,"h":9,"l":9,"t":{ms(dt.date(2026, 3, 28))}}}'
        return replace(
            response,
            body=response.body.replace(b'"results":[', b'"results":[' + stray.encode() + b","),
        )

    fake.script(faults.changed(with_saturday))
    found = bars(connected(fake), wanted(start="2026-03-25"))

    assert found.filter(pl.col("available_at").is_null())["session"].to_list() == [
        dt.date(2026, 3, 28)
    ]


def test_delisted_company_has_its_bars_and_then_none(fake):
    assert bars(connected(fake), wanted("QUIT", mic="XNYS"))["session"].max() == dt.date(
        2025, 6, 30
    )

    chunks, error = chunks_of(connected(fake), wanted("QUIT", "2025-07-01", mic="XNYS"))
    assert error is None
    assert [(chunk.batches, chunk.through) for chunk in chunks] == [((), dt.date(2026, 3, 31))]


def test_weekend_is_not_even_asked_about(fake):
    assert bars(connected(fake), wanted(start="2026-03-07", end="2026-03-08")).is_empty()
    assert fake.requests == []


# Plans --------------------------------------------------------------------------------------


def test_free_plan_gives_the_session_before_while_the_day_is_not_over():
    with FakeMassive(key=KEY, plan="free") as fake:
        chunks, error = chunks_of(connected(fake, plan="free"), wanted(start="2026-03-02"))

    assert error is None
    assert frame_of(chunks)["session"].max() == dt.date(2026, 3, 30)
    assert chunks[-1].through == dt.date(2026, 3, 30)


def test_free_plan_has_nothing_yet_of_a_day_that_is_not_over():
    with FakeMassive(key=KEY, plan="free") as fake:
        outcome = chunks_of(connected(fake, plan="free"), wanted(start="2026-03-31"))

    assert outcome == ([], None)


def test_free_plan_sends_two_years_and_says_that_there_is_more():
    with FakeMassive(key=KEY, plan="free") as fake:
        ask = wanted(start="2000-01-01", end="2026-03-30")
        chunks, error = chunks_of(connected(fake, plan="free"), ask)

    assert frame_of(chunks)["session"].min() == dt.date(2024, 4, 1)
    assert isinstance(error, Incomplete)
    assert "2024-04-01" in str(error)
    assert "2000-01-01" in str(error)


def test_span_beyond_the_free_plan_is_not_asked_about():
    with FakeMassive(key=KEY, plan="free") as fake:
        ask = wanted(start="2020-01-01", end="2020-12-31")
        chunks, error = chunks_of(connected(fake, plan="free"), ask)

    assert (chunks, fake.requests) == ([], [])
    assert isinstance(error, NotEntitled)


# Validation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "mic"), [("NOSUCH", "XNYS"), ("zqx", "XNAS"), ("ZQL", "XLON"), ("ZQX PA", "XNYS")]
)
def test_unknown_instrument_is_not_found(fake, symbol, mic):
    chunks, error = chunks_of(connected(fake), wanted(symbol, mic=mic))

    assert chunks == []
    assert isinstance(error, NotFound)
    assert symbol in str(error)


def test_namesake_abroad_is_not_even_asked_about(fake):
    """The American VEX is another company than one in London."""
    chunks, error = chunks_of(connected(fake), wanted("VEX", mic="XLON"))

    assert (chunks, fake.requests) == ([], [])
    assert isinstance(error, NotFound)


def test_total_returns_are_not_massives(fake):
    _, error = chunks_of(connected(fake), wanted(adjustment=Adjustment.TOTAL))

    assert isinstance(error, DefinitionError)
    assert fake.requests == []


def test_bars_of_several_days_are_not_offered(fake):
    _, error = chunks_of(connected(fake), wanted(timeframe="3d"))

    assert isinstance(error, DefinitionError)
