"""The contract that every vendor of bars keeps, in health and under every common fault.

A vendor's test inherits it and gives four fixtures::

    class TestMyVendor(VendorContract):
        @pytest.fixture
        def fake(self):
            with FakeMyVendor(key="planted-key") as fake:
                yield fake

        @pytest.fixture
        def connect(self, fake):
            return lambda options: MyVendor("planted-key", url=fake.url, options=options)

        @pytest.fixture
        def requests(self):
            return [BarsRequest(Instrument.of("ZQX"), Timeframe.parse("1d"), start, end)]

        secret = "planted-key"
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hedgerow.domain import Instrument
from hedgerow.domain.schemas import BARS
from hedgerow.errors import AuthError, HedgerowError, VendorError
from hedgerow.sources import SourceBatch
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest, Chunk, SendsBars, Vendor
from hedgerow.testing.sources import SourceContract
from hedgerow.testing.vendors import faults
from hedgerow.testing.vendors.server import FakeServer, Fault
from hedgerow.testing.vendors.world import World

Connect = Callable[[HttpOptions], Vendor]

# Met once, these are gone with the second attempt; met always, they are an error.
PASSING: dict[str, Callable[[], Fault]] = {
    "500": lambda: faults.status(500, "oops", "text/plain"),
    "502_page": lambda: faults.status(502, "<html>bad gateway</html>", "text/html"),
    "503_empty": lambda: faults.status(503),
    "504": lambda: faults.status(504, "late", "text/plain"),
    "429_without_hint": faults.too_many,
    "429_seconds": lambda: faults.too_many("2"),
    "429_date": lambda: faults.too_many("Wed, 01 Apr 2026 02:00:07 GMT"),
    "dropped": faults.dropped,
    "lost": faults.lost,
    "truncated": faults.truncated,
    "hang": lambda: faults.hang(30),
}
# Met once, these may be repeated or refused, but never taken for an answer.
GARBAGE: dict[str, Callable[[], Fault]] = {
    "page_with_200": faults.html,
    "empty_200": faults.empty,
    "cut_short": faults.cut_short,
    "not_json": lambda: faults.body("{ not json"),
    "empty_object": lambda: faults.body("{}"),
    "null": lambda: faults.body("null"),
    "number": lambda: faults.body("17"),
    "401": lambda: faults.status(401, '{"error":"bad key"}'),
    "403": lambda: faults.status(403, '{"message":"not in your plan"}'),
    "404_text": lambda: faults.status(404, "404 page not found", "text/plain"),
    "302_elsewhere": lambda: faults.status(302, headers={"Location": "http://127.0.0.1:9/"}),
    "brackets_without_end": lambda: faults.body("[" * 100_000),
    "206_part": lambda: faults.changed(lambda answer: replace(answer, status=206)),
}


@dataclass
class Waits:
    """Seconds that were asked to be slept, none of which pass."""

    seconds: list[float]

    async def __call__(self, seconds: float) -> None:
        """Remember a wait, and let others run."""
        self.seconds.append(seconds)
        await asyncio.sleep(0)


class AsSource:
    """A vendor's answers to some requests, as a source of batches."""

    def __init__(self, connect: Callable[[], Vendor], requests: Sequence[BarsRequest]) -> None:
        self._connect = connect
        self._requests = requests

    @property
    def name(self) -> str:
        """The vendor's name."""
        return self._connect().name

    def instruments(self) -> list[Instrument]:
        """Those that are asked for."""
        return list({r.instrument.instrument_id: r.instrument for r in self._requests}.values())

    def batches(self) -> Iterator[SourceBatch]:
        """Every batch of every chunk of every answer."""
        for request in self._requests:
            for chunk in ask(self._connect(), request):
                yield from chunk.batches


def ask(vendor: Vendor, request: BarsRequest) -> list[Chunk]:
    """All chunks of one answer; the vendor is closed afterwards."""

    async def gather() -> list[Chunk]:
        async with vendor:
            assert isinstance(vendor, SendsBars)
            return [chunk async for chunk in vendor.bars(request)]

    return asyncio.run(gather())


def bars_of(chunks: Sequence[Chunk]) -> pl.DataFrame:
    """Bars of some chunks in the order they came; refused rows fail the test."""
    batches = [batch for chunk in chunks for batch in chunk.batches]
    assert all(batch.refused.is_empty() for batch in batches)
    frames = [batch.frame for batch in batches if batch.table == BARS]
    return pl.concat(frames) if frames else pl.DataFrame()


class VendorContract(SourceContract):
    """Tests that hold for any vendor of bars; what comes from ``SourceContract`` holds too."""

    #: Key that is planted and must be seen nowhere; empty where the vendor has none.
    secret: str = ""
    #: Faults of ``PASSING`` and ``GARBAGE`` that mean something else to this vendor.
    not_applicable: frozenset[str] = frozenset()
    #: Whether the vendor's waits go through ``HttpOptions.sleep``.
    waits_by_options: bool = True

    @pytest.fixture
    def fake(self) -> Iterator[FakeServer]:
        """The vendor's fake, started; a subclass gives it."""
        raise NotImplementedError("give the fixture `fake`")

    @pytest.fixture
    def connect(self) -> Connect:
        """Opens the vendor against the fake; a subclass gives it."""
        raise NotImplementedError("give the fixture `connect`")

    @pytest.fixture
    def requests(self) -> list[BarsRequest]:
        """Requests that the healthy fake answers with bars; a subclass gives them."""
        raise NotImplementedError("give the fixture `requests`")

    @pytest.fixture
    def waits(self) -> Waits:
        """Waits that take no time."""
        return Waits([])

    @pytest.fixture
    def options(self, tmp_path: Path, waits: Waits) -> HttpOptions:
        """Quick options with the fakes' clock."""
        return HttpOptions(
            cache=tmp_path / "cache",
            clock=World.small().clock,
            sleep=waits,
            attempts=3,
            timeout=1.0,
            unlimited=True,
        )

    @pytest.fixture
    def source(
        self, connect: Connect, requests: list[BarsRequest], options: HttpOptions
    ) -> AsSource:
        """The vendor as the contract of sources knows it, without remembered answers."""
        return AsSource(lambda: connect(replace(options, cache=None)), requests)

    def test_chunks_go_forward(
        self, connect: Connect, requests: list[BarsRequest], options: HttpOptions
    ) -> None:
        """Each chunk begins after the one before and ends where it says."""
        for request in requests:
            before = request.start - dt.timedelta(days=1)
            for chunk in ask(connect(options), request):
                assert before < chunk.through <= request.end
                rows = bars_of([chunk])
                if not rows.is_empty():
                    assert rows["session"].is_between(before, chunk.through, closed="right").all()
                    assert rows["timestamp"].is_sorted()
                before = chunk.through

    def test_bars_lie_in_the_span(
        self, connect: Connect, requests: list[BarsRequest], options: HttpOptions
    ) -> None:
        """No bar comes that was not asked for, and some do come."""
        for request in requests:
            rows = bars_of(ask(connect(options), request))
            assert rows["session"].is_between(request.start, request.end).all()
            assert rows.height > 0

    def test_prices_are_in_whole_currency(
        self, connect: Connect, requests: list[BarsRequest], options: HttpOptions
    ) -> None:
        """Pence and cents have become pounds and dollars, as the instrument says."""
        for request in requests:
            rows = bars_of(ask(connect(options), request))
            assert rows["currency"].unique().to_list() == [request.instrument.currency]

    def test_an_empty_span_is_no_error(
        self, connect: Connect, requests: list[BarsRequest], options: HttpOptions
    ) -> None:
        """A weekend holds no bars: none come, and nothing is raised."""
        saturday = dt.date(2026, 3, 7)
        request = replace(requests[0], start=saturday, end=saturday + dt.timedelta(days=1))
        assert bars_of(ask(connect(options), request)).is_empty()

    def test_a_second_asking_is_answered_from_disk(
        self, fake: FakeServer, connect: Connect, requests: list[BarsRequest], options: HttpOptions
    ) -> None:
        """The same request on the same day asks nothing, and gives the same; refresh asks."""
        first = bars_of(ask(connect(options), requests[0]))
        asked = len(fake.requests)
        assert_frame_equal(bars_of(ask(connect(options), requests[0])), first)
        assert len(fake.requests) == asked
        refreshed = bars_of(ask(connect(options), replace(requests[0], refresh=True)))
        assert_frame_equal(refreshed, first)
        assert len(fake.requests) > asked

    @pytest.mark.parametrize("fault", PASSING)
    def test_a_passing_fault_passes(
        self,
        fault: str,
        fake: FakeServer,
        connect: Connect,
        requests: list[BarsRequest],
        options: HttpOptions,
    ) -> None:
        """Met once, the answer is the same as without it."""
        self._skip_unless_applicable(fault)
        healthy = bars_of(ask(connect(replace(options, cache=None)), requests[0]))
        fake.script(PASSING[fault]())
        assert_frame_equal(bars_of(ask(connect(options), requests[0])), healthy)

    @pytest.mark.parametrize("fault", [name for name in PASSING if name != "hang"])
    def test_a_lasting_fault_is_one_typed_error(
        self,
        fault: str,
        fake: FakeServer,
        connect: Connect,
        requests: list[BarsRequest],
        options: HttpOptions,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Met always, it is an error of the tree, and the key is seen nowhere."""
        self._skip_unless_applicable(fault)
        fake.script(PASSING[fault](), times=50)
        with caplog.at_level(logging.DEBUG), pytest.raises(VendorError) as raised:
            ask(connect(options), requests[0])
        self._nothing_leaks(raised.value, caplog.text, options)

    @pytest.mark.parametrize("fault", GARBAGE)
    def test_garbage_is_never_an_answer(
        self,
        fault: str,
        fake: FakeServer,
        connect: Connect,
        requests: list[BarsRequest],
        options: HttpOptions,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Met always, it is an error; it is not kept, so the next run is well."""
        self._skip_unless_applicable(fault)
        fake.script(GARBAGE[fault](), times=50)
        with caplog.at_level(logging.DEBUG), pytest.raises((VendorError, AuthError)) as raised:
            ask(connect(options), requests[0])
        self._nothing_leaks(raised.value, caplog.text, options)
        fake.heal()
        healthy = bars_of(ask(connect(replace(options, cache=None)), requests[0]))
        assert_frame_equal(bars_of(ask(connect(options), requests[0])), healthy)

    def test_a_hint_is_waited_for(
        self,
        fake: FakeServer,
        connect: Connect,
        requests: list[BarsRequest],
        options: HttpOptions,
        waits: Waits,
    ) -> None:
        """``Retry-After`` is never cut short."""
        self._skip_unless_applicable("429_seconds")
        if not self.waits_by_options:
            pytest.skip("the vendor's library waits by itself")
        fake.script(faults.too_many("7"))
        ask(connect(options), requests[0])
        assert max(waits.seconds) >= 7

    def test_the_key_is_seen_nowhere(
        self,
        connect: Connect,
        requests: list[BarsRequest],
        options: HttpOptions,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """In health, too, no log and no file holds it."""
        with caplog.at_level(logging.DEBUG):
            ask(connect(options), requests[0])
        self._nothing_leaks(None, caplog.text, options)
        if self.secret:
            assert self.secret not in repr(connect(options))

    def _skip_unless_applicable(self, fault: str) -> None:
        if fault in self.not_applicable:
            pytest.skip("this vendor means something else by it; its own tests show what")

    def _nothing_leaks(self, error: BaseException | None, log: str, options: HttpOptions) -> None:
        if not self.secret:
            return
        assert self.secret not in log
        if isinstance(error, HedgerowError):
            chain = "".join(traceback.format_exception(error))
            assert self.secret not in f"{error} {error!r} {error.facts} {chain}"
        folder = options.cache
        assert folder is not None
        for place in folder.rglob("*"):
            assert self.secret not in str(place)
            if place.is_file():
                assert self.secret.encode() not in _unpacked(place)


def _unpacked(place: Path) -> bytes:
    content = place.read_bytes()
    return gzip.decompress(content) if place.suffix == ".gz" else content
