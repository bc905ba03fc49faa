"""Damaged files, odd keys, cut bodies and moved clocks, met by the HTTP layer."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import hashlib
import html
import json
import logging
import socket
import sqlite3
import threading
import traceback
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest

from hedgerow.errors import AuthError, BadPayload, HedgerowError, NotEntitled, Transient
from hedgerow.sources.http import HttpOptions, Rate, VendorClient
from hedgerow.testing.vendors import FakeServer, Response

KEY = "planted-key"
NOON = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
NAMED = f"vendor-{hashlib.sha256(KEY.encode()).hexdigest()[:16]}"

FIVE_A_MINUTE = (Rate(5, 60),)


class Says(FakeServer):
    """Gives one answer to everything."""

    def __init__(self, response=None):
        super().__init__()
        self.response = response or Response.json({"ok": 1})

    def answer(self, _request):
        return self.response


class Time:
    """A clock that only waiting moves."""

    def __init__(self):
        self.now, self.waits = NOON, []

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
    return HttpOptions(tmp_path / "cache", clock=time, sleep=time.sleep, attempts=2, timeout=2.0)


def get(fake, options, *paths, key=KEY, rates=FIVE_A_MINUTE, **how):
    """Answers to some requests, by one client that is closed afterwards."""

    async def run():
        opened = VendorClient(
            "vendor", fake.url, secrets=[key], rates=rates, options=options, **how
        )
        try:
            return [await opened.get(path) for path in paths]
        finally:
            await opened.aclose()

    return asyncio.run(run())


class TestDamagedFiles:
    """What lies in the cache costs at most a warning."""

    @pytest.mark.parametrize(
        "content",
        ["", "[]", "5", '{"until":5}', '{"until":null}', '{"until":"2999-01-01"}', "[" * 100_000],
        ids=lambda text: text[:12],
    )
    def test_a_remembered_quota_of_nonsense_is_none(self, content, options):
        folder = options.cache / "quotas"
        folder.mkdir(parents=True)
        (folder / f"{NAMED}.json").write_text(content)
        with Says() as fake:
            assert get(fake, options, "/a")[0].json() == {"ok": 1}

    @pytest.mark.parametrize("content", [b"no database" * 500, b"SQLite format 3\0" + bytes(99)])
    def test_damaged_counts_are_begun_anew(self, content, options, caplog):
        place = options.cache / "quotas" / f"{NAMED}.sqlite"
        place.parent.mkdir(parents=True)
        place.write_bytes(content)
        with Says() as fake:
            get(fake, options, "/a")
            assert "cannot be counted" in caplog.text
            caplog.clear()
            get(fake, options, "/b")
        assert not caplog.text
        connection = sqlite3.connect(place)
        assert connection.execute("SELECT count(*) FROM rate_bucket").fetchone() == (1,)
        connection.close()

    @pytest.mark.parametrize("name", ["quotas", "answers"])
    def test_a_file_where_a_folder_should_be_costs_a_warning(self, name, options, caplog):
        options.cache.mkdir()
        (options.cache / name).write_text("in the way")
        with Says() as fake:
            assert get(fake, options, "/a")[0].json() == {"ok": 1}
        assert str(options.cache) in caplog.text

    def test_the_word_of_a_used_up_quota_is_heard_where_it_cannot_be_kept(self, options):
        options.cache.mkdir()
        (options.cache / "quotas").write_text("in the way")
        said = {"until": NOON + dt.timedelta(hours=5)}

        def classify(_reply):
            from hedgerow.errors import QuotaExhausted

            return QuotaExhausted("no more today", **said)

        with Says() as fake, pytest.raises(HedgerowError, match="no more today"):
            get(fake, options, "/a", classify=classify)

    @pytest.mark.parametrize(
        "facts",
        [
            "[]",
            "5",
            '{"fetched_at":5}',
            '{"fetched_at":"2026-03-31T00:00:00Z","headers":null}',
            '{"fetched_at":"2026-03-31","headers":{}}',
            "[" * 100_000,
        ],
        ids=lambda text: text[:30],
    )
    def test_a_kept_answer_of_nonsense_is_asked_again(self, facts, options):
        with Says() as fake:
            get(fake, options, "/a")
            (place,) = (options.cache / "answers").rglob("*.gz")
            place.write_bytes(gzip.compress(facts.encode() + b'\n{"ok":2}'))
            assert get(fake, options, "/a")[0].json() == {"ok": 1}
            assert fake.count() == 2

    def test_what_cannot_be_kept_leaves_no_half_file(self, options):
        with Says() as fake:
            get(fake, options, "/a")
            (place,) = (options.cache / "answers").rglob("*.gz")
            place.unlink()
            place.mkdir()  # nothing can be renamed onto it
            get(fake, options, "/a")
        assert not list(options.cache.rglob("*.part"))


class TestMovedClock:
    """A clock that was set back does not stop the program for hours."""

    def test_counts_of_the_future_are_forgotten(self, options, time):
        with Says() as fake:
            get(fake, options, *(f"/{n}" for n in range(5)))
            time.now -= dt.timedelta(hours=3)
            get(fake, options, "/later")
            assert not time.waits
            get(fake, options, *(f"/more{n}" for n in range(5)))  # the limit itself still holds
        assert 59 < sum(time.waits) < 61


class TestBodies:
    """A part of an answer is not an answer."""

    def test_a_compressed_body_without_its_end(self, options):
        lines = "\n".join(f"2026-03-{n % 28 + 1:02},{n}" for n in range(20_000)).encode()
        whole = gzip.compress(lines)
        cut = Response(whole[: len(whole) // 2], headers={"Content-Encoding": "gzip"}, chunked=True)
        with Says(cut) as fake, pytest.raises(Transient, match="has no end"):
            get(fake, options, "/a")
        with Says(replace(cut, body=whole)) as fake:
            assert get(fake, options, "/a")[0].body == lines

    def test_a_part_nobody_asked_for(self, options):
        with Says(Response(b'{"ok":1}', 206)) as fake, pytest.raises(Transient, match="206"):
            get(fake, options, "/a")

    def test_brackets_without_an_end(self, options):
        with Says(Response(b"[" * 200_000)) as fake:
            (reply,) = get(fake, options, "/a")
        with pytest.raises(BadPayload, match="not JSON"):
            reply.json()


def _in_lower(encoded):
    return encoded.replace("%2F", "%2f").replace("%2B", "%2b").replace("%22", "%22")


class TestOddKeys:
    """However a key is spelt, it is not shown."""

    @pytest.mark.parametrize("key", ["planted/key+1", 'pl"anted\\key', "a&b<planted>'", "two keys"])
    @pytest.mark.parametrize(
        "spelt",
        [str, json.dumps, html.escape, quote, quote_plus, lambda key: quote(key, safe=""),
         lambda key: _in_lower(quote(key)), lambda key: json.dumps(key).replace("/", "\\/"), repr],
    )  # fmt: skip
    def test_in_no_spelling(self, key, spelt, options, caplog):
        echo = spelt(key)
        answer = Response(f"refused: {echo} ...".encode(), 403, headers={"X-Echo": echo})
        caplog.set_level(logging.DEBUG)
        with Says(answer) as fake, pytest.raises(NotEntitled) as raised:
            get(fake, options, "/a", key=key, params={"apikey": key})
        shown = "".join(traceback.format_exception(raised.value)) + caplog.text
        assert echo not in shown
        assert key not in shown

    @pytest.mark.parametrize("key", ["planted\nkey", "plänted-key", "planted\tkey"])
    def test_a_key_that_no_header_can_carry_is_told_without_it(self, key, options):
        with Says() as fake, pytest.raises(AuthError, match="copy it anew") as raised:
            get(fake, options, "/a", key=key, headers={"authorization": f"Bearer {key}"})
        assert "nted" not in "".join(traceback.format_exception(raised.value))

    def test_a_cursor_that_repeats_the_key_is_kept_without_it(self, options):
        with Says() as fake:
            get(fake, options, f"/a?cursor=x&apiKey={KEY}", headers={"authorization": KEY})
            assert dict(fake.requests[0].query) == {"cursor": "x"}
        (place,) = (options.cache / "answers").rglob("*.gz")
        assert KEY.encode() not in gzip.decompress(place.read_bytes())

    def test_a_foreign_cursor_does_not_show_half_a_key(self, options):
        with Says() as fake:
            opened = VendorClient("vendor", fake.url, secrets=[KEY], options=options)
            stem = "https://elsewhere.example/"
            url = f"{stem}{'x' * (74 - len(stem))}{KEY}"  # the message ends within the key
            with pytest.raises(BadPayload) as raised:
                opened.within(url)
        assert "plant" not in raised.value.message


def test_an_answer_that_drips_without_an_end_is_given_up(options):
    """Each byte comes in time, the whole never does."""

    def drip():
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not given_up.wait(0.02):
                connection.sendall(b"x")

    given_up = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip)
        thread.start()
        fake = SimpleNamespace(url=f"http://127.0.0.1:{listening.getsockname()[1]}")
        short = replace(options, timeout=10.0, deadline=0.3, attempts=1)
        with pytest.raises(Transient, match="no answer in time"):
            get(fake, short, "/a")
        given_up.set()
        thread.join()
