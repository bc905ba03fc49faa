"""The HTTP layer against a real server on the loopback."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
from dataclasses import replace

import pytest

from hedgerow.errors import (
    AuthError,
    BadPayload,
    NotEntitled,
    NotFound,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from hedgerow.sources.http import HttpOptions, Rate, Reply, VendorClient, by_status, retry_after
from hedgerow.testing.vendors import FakeServer, Response, faults

KEY = "planted/key+1"
NOON = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)


class Echo(FakeServer):
    """Answers with what was asked."""

    def answer(self, request):
        return Response.json({"path": request.path, "query": dict(request.query)})


@pytest.fixture
def fake():
    with Echo() as fake:
        yield fake


class Time:
    """A clock that only waiting moves."""

    def __init__(self, now=NOON):
        self.now = now
        self.waits = []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += dt.timedelta(seconds=seconds)
        await asyncio.sleep(0)


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def options(tmp_path, time):
    return HttpOptions(
        cache=tmp_path / "cache", clock=time, sleep=time.sleep, attempts=4, timeout=1.0
    )


def client(fake, options, **more):
    return VendorClient(
        "vendor", fake.url, secrets=[KEY], params={"apikey": KEY}, options=options, **more
    )


def get(opened, *paths, **how):
    async def run():
        try:
            return [await opened.get(path, **how) for path in paths]
        finally:
            await opened.aclose()

    return asyncio.run(run())


def test_a_query_in_the_path_and_parameters_are_joined(fake, options):
    (reply,) = get(client(fake, options), "/a?cursor=x%3D", params={"b": 2, "none": None})
    assert dict(fake.requests[0].query) == {"cursor": "x=", "b": "2", "apikey": KEY}
    assert reply.json() == {"path": "/a", "query": {"cursor": "x=", "b": "2", "apikey": "***"}}
    assert reply.where == "vendor /a"
    assert reply.fetched_at == NOON


def test_an_answer_of_today_is_read_from_disk_until_refreshed_or_tomorrow(fake, options, time):
    get(client(fake, options), "/a", "/a")
    assert fake.count() == 1
    get(client(fake, options), "/a", refresh=True)
    assert fake.count() == 2
    get(client(fake, options), "/a", cached=False)
    assert fake.count() == 3
    time.now += dt.timedelta(hours=1)
    (kept,) = get(client(fake, options), "/a")
    assert kept.cached
    assert kept.fetched_at == NOON
    time.now += dt.timedelta(days=1)
    get(client(fake, options), "/a")
    assert fake.count() == 4
    days = sorted(place.name for place in (options.cache / "answers" / "vendor").iterdir())
    assert days == ["2026-03-31", "2026-04-01"]


def test_a_damaged_answer_on_disk_is_asked_again(fake, options):
    get(client(fake, options), "/a")
    (place,) = (options.cache / "answers").rglob("*.gz")
    for damage in (b"", b"not gzip", place.read_bytes()[:-9]):
        place.write_bytes(damage)
        (reply,) = get(client(fake, options), "/a")
        assert reply.json()["path"] == "/a"
        assert not reply.cached


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, BadPayload),
        (301, BadPayload),
        (401, AuthError),
        (402, NotEntitled),
        (403, NotEntitled),
        (404, NotFound),
        (408, Transient),
        (429, RateLimited),
        (500, Transient),
    ],
)
def test_a_status_means_one_error(status, error, fake, options):
    fake.script(faults.status(status, "no"), times=9)
    with pytest.raises(error):
        get(client(fake, options), "/a")
    assert fake.count() == (4 if error in (Transient, RateLimited) else 1)


@pytest.mark.parametrize(
    "fault", [faults.dropped(), faults.lost(), faults.truncated(), faults.hang(30)]
)
def test_a_broken_connection_is_tried_again(fault, fake, options):
    fake.script(fault)
    (reply,) = get(client(fake, options), "/a")
    assert reply.json()["path"] == "/a"
    assert fake.count() == 2


def test_nobody_there_is_one_line(options):
    with Echo() as fake:
        gone = client(fake, options)
    host = re.escape(fake.url.removeprefix("http://"))
    with pytest.raises(Transient, match=rf"vendor /a: not reached, check the network \({host}: "):
        get(gone, "/a")


def test_a_compressed_answer_is_read_and_a_damaged_one_is_not(fake, options):
    fake.script(faults.gzipped())
    assert get(client(fake, options), "/a")[0].json()["path"] == "/a"

    def damage(answer):
        packed = answer.gzipped()
        return replace(packed, body=b"\x1f\x8b" + packed.body[12:])

    fake.script(faults.changed(damage))
    assert get(client(fake, options), "/b")[0].json()["path"] == "/b"
    assert fake.count("/b") == 2


def test_waits_grow_and_are_drawn_at_random(fake, options, time):
    fake.script(faults.status(500), times=3)
    get(client(fake, replace(options, backoff=8.0)), "/a")
    assert len(time.waits) == 3
    for wait, most in zip(time.waits, (8, 16, 32), strict=True):
        assert 0 <= wait <= most


def test_a_hint_is_a_lower_bound_and_too_long_a_one_is_not_waited_for(fake, options, time):
    fake.script(faults.too_many("9"))
    get(client(fake, options), "/a")
    assert 9 <= time.waits[0] <= 10
    fake.script(faults.too_many("4000"))
    with pytest.raises(RateLimited):
        get(client(fake, options), "/b")


def test_retry_after_is_read_in_both_forms():
    dated = {
        "retry-after": "Tue, 31 Mar 2026 12:00:30 GMT",
        "date": "Tue, 31 Mar 2026 12:00:00 GMT",
    }
    assert retry_after(Reply(429, dated, b"", "v")) == 30
    assert retry_after(Reply(429, {"retry-after": "-3"}, b"", "v")) == 0
    assert retry_after(Reply(429, {"retry-after": "soon"}, b"", "v")) is None


def test_answers_of_another_host_are_not_the_vendors(fake, options):
    get(client(fake, options), "/a")
    with Echo() as other:
        get(client(other, options), "/a")
        assert other.count() == 1


def test_many_equal_requests_at_once_are_all_answered(fake, options):
    opened = client(fake, options)

    async def run():
        try:
            return await asyncio.gather(*(opened.get("/a", refresh=True) for _ in range(40)))
        finally:
            await opened.aclose()

    assert {reply.json()["path"] for reply in asyncio.run(run())} == {"/a"}
    assert not list(options.cache.rglob("*.part"))


def test_a_folder_that_cannot_be_written_costs_a_warning(fake, options, caplog):
    options.cache.parent.mkdir(exist_ok=True)
    (options.cache / "answers").parent.mkdir(parents=True)
    (options.cache / "answers").write_text("a file in the way")
    (reply,) = get(client(fake, options), "/a")
    assert reply.json()["path"] == "/a"
    assert "cannot be kept" in caplog.text


class TestLimits:
    """Requests go out no faster than allowed, whoever sends them."""

    def test_five_a_minute(self, fake, options, time):
        rates = [Rate(5, 60)]
        get(client(fake, options, rates=rates), *(f"/{n}" for n in range(11)))
        assert (time.now - NOON).total_seconds() == pytest.approx(120, abs=1)

    def test_limits_hold_without_a_folder_too(self, fake, options, time):
        get(client(fake, replace(options, cache=None), rates=[Rate(2, 60)]), "/1", "/2", "/3")
        assert (time.now - NOON).total_seconds() == pytest.approx(60, abs=1)

    def test_two_runs_share_a_daily_quota(self, fake, options, time):
        rates = [Rate(1, 1), Rate(3, 86_400)]
        get(client(fake, options, rates=rates), "/1", "/2")
        with pytest.raises(QuotaExhausted, match="until 2026-04-01"):
            get(client(fake, options, rates=rates), "/3", "/4")
        assert fake.count() == 3
        time.now += dt.timedelta(days=1, seconds=1)
        get(client(fake, options, rates=rates), "/4")

    def test_tasks_that_wait_hear_that_the_quota_is_used_up(self, fake, options, time):
        until = NOON + dt.timedelta(hours=5)

        async def sleep(seconds):
            await time.sleep(seconds)
            await asyncio.sleep(0.5)  # long enough for the answer to the first task

        opened = client(
            fake,
            replace(options, sleep=sleep),
            rates=[Rate(1, 60)],
            classify=lambda _: QuotaExhausted("used up", until=until),
        )

        async def run():
            try:
                waiting = (opened.get(f"/{n}") for n in range(4))
                return await asyncio.gather(*waiting, return_exceptions=True)
            finally:
                await opened.aclose()

        assert {type(error) for error in asyncio.run(run())} == {QuotaExhausted}
        assert fake.count() == 1

    def test_a_closed_client_still_keeps_its_limits(self, fake, options, time):
        opened = client(fake, options, rates=[Rate(1, 60)])
        get(opened, "/1")
        get(opened, "/2")
        assert (time.now - NOON).total_seconds() == pytest.approx(60, abs=1)

    def test_an_answer_from_disk_costs_nothing(self, fake, options):
        rates = [Rate(1, 86_400)]
        replies = get(client(fake, options, rates=rates), "/1", "/1", "/1")
        assert [reply.cached for reply in replies] == [False, True, True]

    def test_the_vendors_word_closes_the_circuit_until_it_renews(self, fake, options, time):
        until = NOON + dt.timedelta(hours=5)

        def classify(reply):
            return QuotaExhausted("used up", until=until) if reply.status == 200 else None

        with pytest.raises(QuotaExhausted):
            get(client(fake, options, classify=classify), "/a")
        with pytest.raises(QuotaExhausted, match="until 2026-03-31 17:00Z"):
            get(client(fake, options), "/b")
        assert fake.count() == 1
        time.now = until
        get(client(fake, options), "/b")


class TestCursors:
    """A cursor is followed only to where the key may go."""

    def test_to_the_vendor_or_an_alias(self, fake, options):
        opened = client(fake, options, hosts=["api.vendor.example"])
        assert opened.within(f"{fake.url}/p?cursor=a%3D") == "/p?cursor=a%3D"
        assert opened.within("https://api.vendor.example/p?x=1") == "/p?x=1"
        assert opened.within("/p") == "/p"

    @pytest.mark.parametrize(
        "url",
        [
            "https://elsewhere.example/p",
            "https://api.vendor.example.evil.example/p",
            "https://api.vendor.example@evil.example/p",
            "//evil.example/p",
            "file:///etc/passwd",
            "http://[bad",
            "p",
        ],
    )
    def test_nowhere_else(self, url, fake, options):
        with pytest.raises(BadPayload, match="not followed"):
            client(fake, options, hosts=["api.vendor.example"]).within(url)


class TestSecrets:
    """The key is in the request and nowhere else."""

    def test_not_in_errors_logs_or_files(self, fake, options, caplog):
        echo = f'{{"error": "your key {KEY} is used up"}}'
        opened = client(fake, options)
        with caplog.at_level(logging.DEBUG):
            get(opened, "/a")
            for code in (400, 401, 403, 404, 429, 500):
                fake.script(faults.status(code, echo), times=9)
                with pytest.raises(Exception, match=r"\*\*\*") as raised:
                    get(client(fake, options), f"/{code}")
                fake.heal()
                assert KEY not in f"{raised.value!r}{raised.value.facts}"
        fake.script(faults.body(f'{{"echo": "{KEY}"}}'))
        get(client(fake, options), "/echo")
        assert KEY not in caplog.text
        assert "planted%2Fkey" not in caplog.text
        stored = [place for place in options.cache.rglob("*") if place.is_file()]
        assert stored
        for place in stored:
            assert KEY.encode() not in place.read_bytes()
            assert "planted" not in place.name
        assert get(client(fake, options), "/echo")[0].json() == {"echo": "***"}

    @pytest.mark.parametrize("before", range(180, 215, 3))
    def test_not_half_of_it_at_the_end_of_an_excerpt(self, before, fake, options):
        fake.script(faults.status(403, "x" * before + KEY))
        with pytest.raises(NotEntitled) as raised:
            get(client(fake, options), "/a")
        assert "planted" not in raised.value.message
        fake.script(faults.body("x" * before + KEY))
        (reply,) = get(client(fake, options), "/b")
        with pytest.raises(BadPayload) as raised:
            reply.json()
        assert "planted" not in raised.value.message

    def test_not_in_a_broken_connection(self, options, caplog):
        with Echo() as fake:
            gone = client(fake, options)
        with caplog.at_level(logging.DEBUG), pytest.raises(Transient) as raised:
            get(gone, "/a")
        assert "planted" not in f"{raised.value!r}{caplog.text}"
        assert raised.value.__suppress_context__


def test_by_status_shows_the_beginning_of_the_body_only():
    error = by_status(Reply(500, {}, b"x" * 5000, "vendor /a"))
    assert error is not None
    assert len(error.message) < 300
