"""Where one vendor fails the next is asked, and the summary says who served what."""

from __future__ import annotations

import asyncio
import signal
import threading
from functools import partial

import polars as pl
import pytest
from tests.ingest.builders import (
    FIRST,
    NIGHT,
    Shelf,
    day,
    days_of,
    held_sessions,
    listed,
    load,
    load_one,
    prices,
    stored,
    stores_at,
)

from hedgerow.domain import Instrument
from hedgerow.errors import (
    AuthError,
    BadPayload,
    DataError,
    DefinitionError,
    NotEntitled,
    NotFound,
    QuotaExhausted,
    RateLimited,
    StoreError,
    Transient,
)
from hedgerow.ingest import ingest_bars
from hedgerow.ingest.writer import Writer

DAYS = held_sessions()
SYMBOLS = ("AAA", "BBB", "CCC")
CLOSES = {name: prices(DAYS, 10.0 + number) for number, name in enumerate(SYMBOLS)}


@pytest.fixture
def stores(tmp_path):
    return stores_at(tmp_path)


@pytest.fixture
def first():
    return Shelf(CLOSES, name="first")


@pytest.fixture
def second():
    return Shelf(CLOSES, name="second")


def test_the_first_vendor_serves_what_it_can(stores, first, second):
    done = load(stores, [first, second], *SYMBOLS, start=FIRST)
    assert done.served == {"first": 3}
    assert second.requests == []
    assert done.ok


@pytest.mark.parametrize(
    "error",
    [
        Transient("the connection was cut"),
        RateLimited("too many requests"),
        QuotaExhausted("no request left today"),
        NotEntitled("not in the plan"),
        NotFound("no such symbol"),
        BadPayload("a page for people"),
        AuthError("the key is refused"),
        DataError("no such currency"),
    ],
)
def test_any_failure_of_a_vendor_lets_the_next_one_serve(stores, first, second, error):
    first.fail("BBB", error)
    done = load(stores, [first, second], *SYMBOLS, start=FIRST, concurrency=1)
    assert done.ok
    by_symbol = {one.symbol: one for one in done.series}
    assert by_symbol["BBB"].source == "second"
    assert by_symbol["BBB"].failed == {"first": error.message}
    assert by_symbol["AAA"].source == "first"
    assert by_symbol["AAA"].failed == {}
    assert days_of(stores, "BBB", "second") == DAYS
    assert days_of(stores, "BBB", "first") == []


@pytest.mark.parametrize("error", [QuotaExhausted("none left"), AuthError("refused")])
def test_a_vendor_without_quota_or_key_is_not_asked_again(stores, first, second, error):
    first.fail("AAA", error)
    done = load(stores, [first, second], *SYMBOLS, start=FIRST, concurrency=1)
    assert done.served == {"second": 3}
    assert len(first.requests) == 1
    assert [one.failed["first"] for one in done.series] == [
        error.message,
        f"not asked: {error.message}",
        f"not asked: {error.message}",
    ]


@pytest.mark.parametrize("error", [Transient("cut"), NotEntitled("no plan"), NotFound("who?")])
def test_other_failures_do_not_speak_for_the_other_symbols(stores, first, second, error):
    first.fail("AAA", error)
    done = load(stores, [first, second], *SYMBOLS, start=FIRST, concurrency=1)
    assert done.served == {"first": 2, "second": 1}


def test_holes_of_one_vendor_let_the_next_one_serve(stores, first, second):
    del first.closes["AAA"][day("2024-01-10")]
    outcome = load_one(stores, [first, second], "AAA", start=FIRST)
    assert outcome.source == "second"
    assert "lacks 1 session (2024-01-10)" in outcome.failed["first"]


def test_what_a_vendor_sent_before_it_failed_is_kept_and_gone_on_from(stores, first, second):
    first.fail("AAA", Transient("cut"), after=2)
    outcome = load_one(stores, [first, second], "AAA", start=FIRST)
    assert days_of(stores, "AAA", "first") == DAYS[:40]
    assert days_of(stores, "AAA", "second") == DAYS
    assert outcome.source == "second"
    assert load_one(stores, [first, second], "AAA", start=FIRST).source == "first"
    assert first.requests[1].start == DAYS[30]
    assert days_of(stores, "AAA", "first") == DAYS


def test_where_nobody_can_serve_the_error_names_everybody(stores, first, second):
    first.fail("BBB", Transient("cut"))
    second.fail("BBB", NotFound("second does not know BBB"))
    done = load(stores, [first, second], *SYMBOLS, start=FIRST)
    assert not done.ok
    (failure,) = done.failures
    assert failure.error == "first: cut; second does not know BBB"
    assert failure.source is None
    assert str(done) == "2 of 3 symbols (first 2): 122 loaded"


def test_a_timeframe_that_a_vendor_does_not_send_is_left_to_the_next(stores, first, second):
    first.timeframes = lambda: frozenset({"1d"})
    outcome = load_one(stores, [first, second], "AAA", start=FIRST, timeframe="30m")
    assert outcome.source == "second"
    assert outcome.failed == {"first": "first sends no 30m bars, only 1d"}
    assert first.requests == []


def test_a_store_that_cannot_be_written_ends_the_loading(stores, first, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise StoreError("no space is left")

    monkeypatch.setattr(type(stores.lake), "ingest", refuse)
    with pytest.raises(StoreError, match="no space is left"):
        load(stores, first, *SYMBOLS, start=FIRST)


def test_an_unexpected_fault_is_not_taken_for_a_vendors(stores, first, second):
    first.fail("AAA", ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        load(stores, [first, second], "AAA", start=FIRST)


def test_no_more_symbols_are_asked_for_at_a_time_than_was_said(stores, first):
    busy: list[int] = []

    class Counting(Shelf):
        now_asked = 0

        async def bars(self, request):
            type(self).now_asked += 1
            busy.append(self.now_asked)
            await asyncio.sleep(0)
            async for chunk in super().bars(request):
                yield chunk
            type(self).now_asked -= 1

    counting = Counting({f"S{n}": CLOSES["AAA"] for n in range(9)})
    assert load(stores, counting, *counting.closes, start=FIRST, concurrency=3).ok
    assert max(busy) == 3
    with pytest.raises(DefinitionError, match="concurrency 0 is not 1 or more"):
        load(stores, first, "AAA", concurrency=0)


def test_progress_is_told_when_the_rows_are_stored(stores, first):
    seen = []

    def look(one):
        seen.append((one.symbol, one.loaded, stored(stores, one.symbol).height))

    load(stores, first, *SYMBOLS, "NIX", start=FIRST, progress=look)
    assert sorted(seen) == [("AAA", 61, 61), ("BBB", 61, 61), ("CCC", 61, 61), ("NIX", 0, 0)]


def test_rows_of_many_symbols_share_a_merge(stores, first):
    load(stores, first, *SYMBOLS, start=FIRST)
    assert stores.lake.version("bars") == 1  # the table, then one merge


def test_memory_is_bounded_by_the_batch(stores, monkeypatch):
    heights: list[int] = []
    ingest = type(stores.lake).ingest

    def watched(self, table, frame, **options):
        heights.append(frame.height)
        return ingest(self, table, frame, **options)

    monkeypatch.setattr(type(stores.lake), "ingest", watched)
    monkeypatch.setattr(
        "hedgerow.ingest.bars.Writer", partial(Writer, rows_a_merge=50, longest_wait=60.0)
    )
    shelf = Shelf({f"S{n}": CLOSES["AAA"] for n in range(6)}, per_chunk=10)
    done = load(stores, shelf, *shelf.closes, start=FIRST)
    assert done.loaded == 6 * 61
    assert max(heights) < 50 + 10


def test_what_had_come_is_stored_when_the_user_interrupts(stores):
    class Slow(Shelf):
        async def bars(self, request):
            if len(self.requests) == 2:
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
                await asyncio.sleep(60)
            async for chunk in super().bars(request):
                yield chunk

    slow = Slow(CLOSES)
    with pytest.raises(KeyboardInterrupt):
        load(stores, slow, *SYMBOLS, start=FIRST, concurrency=1)
    assert days_of(stores, "AAA") == days_of(stores, "BBB") == DAYS
    assert days_of(stores, "CCC") == []
    assert load(stores, Shelf(CLOSES), *SYMBOLS, start=FIRST).loaded == len(DAYS)


# ---------------------------------------------------------------------------------- by name


def test_vendors_by_name_are_opened_and_closed(stores, monkeypatch, first):
    monkeypatch.setattr("hedgerow.ingest.vendors.open_vendor", lambda name, *_: first)
    done = ingest_bars(stores, ["AAA"], sources=["polygon", "massive"])
    assert done.served == {"first": 1}
    assert first.closed


def test_open_vendors_stay_open(stores, first):
    load(stores, first, "AAA", start=FIRST)
    assert not first.closed


def test_a_vendor_without_a_key_is_told_and_the_next_one_serves(stores, monkeypatch, first):
    def open_vendor(name, *_):
        if name == "massive":
            raise AuthError("Massive needs a key")
        return first

    monkeypatch.setattr("hedgerow.ingest.vendors.open_vendor", open_vendor)
    (outcome,) = ingest_bars(stores, ["AAA"], sources=["massive", "fmp"]).series
    assert (outcome.source, outcome.failed) == ("first", {"massive": "Massive needs a key"})


def test_without_any_key_there_is_one_error(stores, monkeypatch):
    def open_vendor(name, *_):
        raise AuthError(f"{name} needs a key")

    monkeypatch.setattr("hedgerow.ingest.vendors.open_vendor", open_vendor)
    with pytest.raises(AuthError, match="massive needs a key"):
        ingest_bars(stores, ["AAA"], sources=["massive", "fmp"])


def test_a_vendor_that_has_no_bars_is_refused(stores):
    with pytest.raises(DefinitionError, match="source 'ecb' has no bars"):
        ingest_bars(stores, ["AAA"], sources="ecb")
    with pytest.raises(
        DefinitionError, match=r"source 'massif' is not known. Did you mean 'massive'"
    ):
        ingest_bars(stores, ["AAA"], sources="massif")


def test_the_usual_sources_are_the_preferred_ones_and_those_with_a_key(tmp_path, monkeypatch):
    from hedgerow.ingest import usual_sources
    from hedgerow.sources.vendor import SendsBars, SendsFx

    for name in (
        "MASSIVE_API_KEY",
        "POLYGON_API_KEY",
        "POLYGON_AGGREGATES_API_KEY",
        "ALPHA_VANTAGE_API_KEY",
        "ALPHAVANTAGE_API_KEY",
        "FMP_API_KEY",
        "HEDGEROW_SECRETS",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    plain = stores_at(tmp_path).settings
    with pytest.raises(DefinitionError, match="no source of bars is configured: set one of MASS"):
        usual_sources(plain, SendsBars)
    assert usual_sources(plain, SendsFx) == ["ecb"]
    monkeypatch.setenv("ALPHA_VANTAGE_API_KEY", "made-up")
    monkeypatch.setenv("POLYGON_API_KEY", "made-up")
    assert usual_sources(plain, SendsBars) == ["massive", "alphavantage"]
    chosen = stores_at(tmp_path, source_priority="synthetic,fmp,alphavantage").settings
    assert usual_sources(chosen, SendsBars) == ["alphavantage", "massive"]


# ------------------------------------------------------------------------------ instruments


class Knowing(Shelf):
    """A shelf that describes tickers."""

    def __init__(self, *args, described=(), **options):
        super().__init__(*args, **options)
        self.described = {one.symbol: one for one in described}
        self.asked: list[str] = []

    async def describe(self, symbol):
        self.asked.append(symbol)
        answer = self.described.get(symbol, NotFound(f"{self.name} does not know {symbol}"))
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_known_symbol_is_what_the_catalog_says(stores, first):
    stores.catalog.add_instruments([Instrument.of("AAA", exchange="XNAS", name="Triple")])
    load(stores, Knowing(CLOSES), "AAA", start=FIRST)
    assert stored(stores)["instrument_id"].unique().to_list() == ["AAA.XNAS"]


def test_an_unknown_symbol_is_described_by_its_vendor(stores):
    knowing = Knowing(CLOSES, described=[Instrument.of("AAA", exchange="XNAS", name="Triple")])
    load(stores, knowing, "AAA", start=FIRST)
    assert [one.name for one in stores.catalog.instruments(["AAA.XNAS"])] == ["Triple"]
    load(stores, knowing, "AAA", start=FIRST)
    assert knowing.asked == ["AAA"]


def test_a_symbol_that_no_vendor_knows_is_an_error_and_leaves_no_instrument(stores):
    outcome = load_one(stores, Knowing(CLOSES, name="sage"), "AAA", start=FIRST)
    assert (outcome.error, outcome.instrument_id) == ("sage does not know AAA", "")
    assert stores.catalog.instruments() == []


def test_a_symbol_that_fails_leaves_no_instrument(stores, first):
    first.fail("AAA", Transient("cut"))
    load_one(stores, first, "AAA", start=FIRST)
    assert stores.catalog.instruments() == []


def test_a_symbol_is_not_guessed_at_where_the_vendor_did_not_answer(stores):
    knowing = Knowing(CLOSES)
    knowing.described["AAA"] = Transient("cut")
    assert load_one(stores, knowing, "AAA", start=FIRST).error == "cut"
    assert knowing.requests == []


def test_a_plan_without_descriptions_does_not_stop_a_loading(stores):
    knowing = Knowing(CLOSES)
    knowing.described["AAA"] = NotEntitled("reference data costs more")
    assert load_one(stores, knowing, "AAA", start=FIRST).instrument_id == "AAA.XNYS"


def test_symbols_that_differ_only_in_case_stay_two(stores):
    shelf = Shelf({"ZQXPA": prices(DAYS, 12.0), "ZQXpA": prices(DAYS, 24.0)})
    load(stores, shelf, "ZQXPA", start=FIRST)
    load(stores, shelf, "ZQXpA", start=FIRST)
    assert [one.instrument.symbol for one in shelf.requests] == ["ZQXPA", "ZQXpA"]
    assert stored(stores, "ZQXPA")["close"][0] == 12.0
    assert stored(stores, "ZQXpA")["close"][0] == 24.0
    assert len(stores.catalog.instruments()) == 2


def test_a_symbol_in_small_letters_means_the_known_one(stores, first):
    load(stores, first, "AAA", start=FIRST)
    load(stores, first, "aaa", start=FIRST)
    assert [one.instrument_id for one in stores.catalog.instruments()] == ["AAA.XNYS"]


def test_a_universe_means_its_members_and_each_is_asked_once(stores, first):
    stores.catalog.add_instruments([Instrument.of(name) for name in SYMBOLS])
    stores.catalog.create_universe("pair", ["AAA.XNYS", "BBB.XNYS"])
    done = load(stores, first, "pair", "AAA", "CCC.XNYS", start=FIRST)
    assert [one.instrument_id for one in done.series] == ["AAA.XNYS", "BBB.XNYS", "CCC.XNYS"]


def test_a_ticker_that_passed_on_means_who_has_it_now(stores, first):
    old, new = Instrument("AAA.OLD", "AAA"), Instrument("AAA.XNYS", "AAA")
    stores.catalog.add_instruments([old, new])
    listed(stores, "AAA", FIRST)
    load(stores, first, "AAA", start=FIRST)
    assert stored(stores)["instrument_id"].unique().to_list() == ["AAA.XNYS"]


def test_an_index_means_everybody_who_belonged_to_it_meanwhile(stores, first):
    stores.catalog.add_instruments([Instrument.of(name) for name in SYMBOLS])
    spans = [
        ("AAA", day("2023-01-03"), day("2024-01-02")),  # gone before the first day
        ("BBB", day("2023-01-03"), day("2024-02-01")),
        ("CCC", day("2024-02-01"), None),
    ]
    rows = [
        {
            "universe": "little5",
            "instrument_id": f"{name}.XNYS",
            "symbol": name,
            "valid_from": start,
            "valid_to": end,
            "source": "test",
            "available_at": NIGHT,
        }
        for name, start, end in spans
    ]
    stores.lake.merge("membership", pl.DataFrame(rows), ingested_at=NIGHT)
    done = load(stores, first, "little5", start=FIRST)
    assert [one.symbol for one in done.series] == ["BBB", "CCC"]
    assert done.ok


def test_a_symbol_of_two_exchanges_must_be_named_in_full(stores, first):
    stores.catalog.add_instruments([Instrument.of("AAA"), Instrument.of("AAA", exchange="XLON")])
    with pytest.raises(DataError, match=r"several instruments: name one of AAA.XLON, AAA.XNYS"):
        load(stores, first, "AAA")
    with pytest.raises(DataError, match="no symbols were given"):
        load(stores, first)
