"""What each refusal of the vendor means, for every endpoint: one typed error, and no key in it."""

from __future__ import annotations

import datetime as dt
import gzip
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.sources.fmp.asking import KEY, LAST, ZQX, bars_request, quick, with_fmp

from hedgerow.errors import (
    AuthError,
    BadPayload,
    HedgerowError,
    NotEntitled,
    NotFound,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from hedgerow.settings import Settings
from hedgerow.sources.fmp import Fmp
from hedgerow.testing.vendors import World, faults
from hedgerow.testing.vendors.fmp import (
    FakeFmp,
    bulk_throttled,
    exclusive,
    limit_reached,
    special,
    too_fast,
)
from hedgerow.testing.vendors.server import Fault

Work = Callable[[Fmp], Awaitable[Any]]


async def _all(answers: Any) -> list[Any]:
    return [one async for one in answers]


# What is asked, and a part of the path on which the fault is met.
ASKED: dict[str, tuple[Work, str]] = {
    "prices": (lambda v: _all(v.bars(bars_request(ZQX))), "historical-price-eod"),
    "splits": (lambda v: _all(v.bars(bars_request(ZQX))), "splits"),
    "dividends": (lambda v: _all(v.actions([ZQX])), "dividends"),
    "profile": (lambda v: v.describe("ZQX"), "profile"),
    "income-statement": (lambda v: v.fundamentals(ZQX), "income-statement"),
    "ratios": (lambda v: v.fundamentals(ZQX), "/ratios"),
    "key-metrics": (lambda v: v.fundamentals(ZQX), "/key-metrics"),
    "ratios-ttm": (lambda v: v.fundamentals(ZQX), "ratios-ttm"),
    "profile-bulk": (lambda v: _all(v.bulk.profiles([ZQX])), "profile-bulk"),
    "income-bulk": (lambda v: _all(v.bulk.income([ZQX], 2025, "annual")), "income-statement-bulk"),
    "ratios-bulk": (lambda v: _all(v.bulk.trailing([ZQX])), "ratios-ttm-bulk"),
    "eod-bulk": (lambda v: _all(v.bulk.bars([ZQX], LAST)), "eod-bulk"),
}

_LEGACY = '{"Error Message":"Legacy Endpoint : Due to Legacy endpoints being no longer supported"}'
_INVALID = '{"Error Message":"Invalid API KEY. Feel free to create a Free API Key"}'
_ECHO = f'{{"Error Message":"Invalid API KEY {KEY}. Feel free to create a Free API Key"}}'
_QUERY = "Query Error: Invalid or missing query parameter - symbol"

FAULTS: dict[str, tuple[Callable[[], Fault], type[HedgerowError]]] = {
    "401": (lambda: faults.status(401, _INVALID), AuthError),
    "401_that_echoes_the_key": (lambda: faults.status(401, _ECHO), AuthError),
    "401_empty": (lambda: faults.status(401), AuthError),
    "200_with_invalid_key": (lambda: faults.body(_INVALID), AuthError),
    "402_text": (special, NotEntitled),
    "402_json": (exclusive, NotEntitled),
    "403_legacy": (lambda: faults.status(403, _LEGACY), NotEntitled),
    "403_bad_key": (lambda: faults.status(403, _INVALID), AuthError),
    "403_empty": (lambda: faults.status(403), NotEntitled),
    "429_limit": (limit_reached, RateLimited),
    "429_too_fast": (too_fast, RateLimited),
    "429_empty": (faults.too_many, RateLimited),
    "200_with_limit": (bulk_throttled, RateLimited),
    "400_text_called_json": (lambda: faults.status(400, _QUERY), BadPayload),
    "404_empty_list": (lambda: faults.status(404, "[]"), NotFound),
    "200_unknown_words": (lambda: faults.body('{"Error Message":"Oops"}'), BadPayload),
    "200_object": (lambda: faults.body("{}"), BadPayload),
    "200_empty": (faults.empty, BadPayload),
    "200_page": (faults.html, Transient),
    "200_list_of_numbers": (lambda: faults.body("[1]"), BadPayload),
    "500": (lambda: faults.status(500, "oops", "text/plain"), Transient),
    "503_page": (lambda: faults.status(503, "<html>", "text/html"), Transient),
    "dropped": (faults.dropped, Transient),
    "truncated": (faults.truncated, Transient),
    "cut_short": (lambda: faults.cut_short(0.43), Transient),
}

# Every fault where answers differ in kind; where they do not, one fault of each sort.
EVERY = ("prices", "profile", "income-statement", "eod-bulk", "profile-bulk")
SOME = ("402_json", "200_with_limit", "200_object", "cut_short", "truncated")
MATRIX = [(fault, asked) for asked in ASKED for fault in FAULTS if asked in EVERY or fault in SOME]
PASSING = ("429_limit", "429_too_fast", "500", "dropped", "truncated", "cut_short", "200_page")


@pytest.fixture
def fake() -> Iterator[FakeFmp]:
    with FakeFmp(key=KEY) as fake:
        yield fake


def raised(fake: FakeFmp, work: Work, kind: type[HedgerowError], **options: Any) -> HedgerowError:
    with pytest.raises(kind) as caught:
        with_fmp(fake, work, options=quick(**options))
    assert type(caught.value) is kind
    return caught.value


@pytest.mark.parametrize(("fault", "asked"), MATRIX)
def test_a_lasting_fault_is_one_typed_error(
    fake: FakeFmp, fault: str, asked: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No key in the error, the log or what is kept; and the next asking is well."""
    work, path = ASKED[asked]
    make, kind = FAULTS[fault]
    fake.script(make(), path=path, times=20)
    with caplog.at_level(logging.DEBUG):
        error = raised(fake, work, kind, cache=tmp_path)
    assert KEY not in f"{error} {error!r} {error.facts} {caplog.text}"
    assert "\n" not in error.message
    for place in tmp_path.rglob("*.gz"):
        assert KEY.encode() not in gzip.decompress(place.read_bytes())
    fake.heal()
    assert with_fmp(fake, work, options=quick(cache=tmp_path)) is not None


@pytest.mark.parametrize(
    ("fault", "asked"), [(fault, asked) for fault, asked in MATRIX if fault in PASSING]
)
def test_a_passing_fault_leaves_no_trace(fake: FakeFmp, fault: str, asked: str) -> None:
    work, path = ASKED[asked]
    healthy = with_fmp(fake, work)
    fake.script(FAULTS[fault][0](), path=path)
    assert str(with_fmp(fake, work)) == str(healthy)


@pytest.mark.parametrize("fault", ["402_text", "402_json", "403_legacy", "401", "404_empty_list"])
def test_what_lasts_is_asked_once(fake: FakeFmp, fault: str) -> None:
    fake.script(FAULTS[fault][0](), path="eod", times=20)
    raised(fake, ASKED["prices"][0], FAULTS[fault][1])
    assert fake.count("eod") == 1


def test_a_wait_in_milliseconds_is_kept(fake: FakeFmp) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    fake.script(too_fast(), path="profile")
    with_fmp(fake, lambda v: v.describe("ZQX"), options=quick(sleep=sleep))
    assert len(waited) == 1
    assert 0.174 <= waited[0] < 1.2


class TestQuota:
    def test_the_free_plan_waits_for_tomorrow(self, tmp_path: Path) -> None:
        """A limit that is reached is not asked again, not even by the next program."""
        with FakeFmp(key=KEY, plan="free") as fake:
            fake.script(limit_reached(), path="profile")
            for _ in range(2):
                with pytest.raises(QuotaExhausted):
                    with_fmp(
                        fake,
                        lambda v: v.describe("ZQX"),
                        options=quick(cache=tmp_path),
                        plan="free",
                    )
            assert len(fake.requests) == 1
            later = World.small().clock() + dt.timedelta(days=1, minutes=1)
            found = with_fmp(
                fake,
                lambda v: v.describe("ZQX"),
                options=quick(cache=tmp_path, clock=lambda: later),
                plan="free",
            )
        assert found.symbol == "ZQX"

    def test_the_250_requests_of_a_day_are_counted_across_runs(self, tmp_path: Path) -> None:
        options = quick(cache=tmp_path, unlimited=False)

        async def ask(vendor: Fmp) -> None:
            for _ in range(150):
                await vendor._client.profile("ZQX", refresh=True)

        with FakeFmp(key=KEY, plan="free") as fake:
            with_fmp(fake, ask, options=options, plan="free")
            with pytest.raises(QuotaExhausted):
                with_fmp(fake, ask, options=options, plan="free")
            assert len(fake.requests) == 250

    def test_a_bandwidth_that_is_used_up_is_not_waited_for(self, fake: FakeFmp) -> None:
        words = '{"Error Message":"Bandwidth Limit Reach . Please upgrade your plan"}'
        fake.script(faults.too_many(text=words), path="profile", times=5)
        raised(fake, ASKED["profile"][0], QuotaExhausted)
        assert fake.count("profile") == 1

    def test_bulk_files_have_two_turns_a_minute_of_their_own(self, fake: FakeFmp) -> None:
        waited: list[float] = []
        now = [World.small().clock()]

        async def sleep(seconds: float) -> None:
            waited.append(seconds)
            now[0] += dt.timedelta(seconds=seconds)

        async def work(vendor: Fmp) -> None:
            for _ in range(3):
                await vendor._client.bulk("key-metrics-ttm-bulk")
                await vendor._client.profile("ZQX")

        options = quick(unlimited=False, sleep=sleep, clock=lambda: now[0])
        with_fmp(fake, work, options=options)
        assert sum(waited) == pytest.approx(60, abs=1)


@pytest.mark.parametrize("plan", ["starter", "premium"])
def test_a_plan_without_bulk_files_says_so(plan: str) -> None:
    with FakeFmp(key=KEY, plan=plan) as fake:
        error = raised(fake, ASKED["ratios-bulk"][0], NotEntitled)
    assert "HEDGEROW_FMP_PLAN" in str(error)


def test_a_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FMP_API_KEY", raising=False)
    with pytest.raises(AuthError, match="FMP_API_KEY"):
        Fmp(settings=Settings(_env_file=None))


def test_the_key_of_the_environment_is_used(fake: FakeFmp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMP_API_KEY", KEY)
    vendor = Fmp(settings=Settings(_env_file=None, fmp_url=fake.url), options=quick())
    assert KEY not in repr(vendor)


def test_the_older_endpoints_are_never_asked(fake: FakeFmp) -> None:
    for work, _ in ASKED.values():
        with_fmp(fake, work)
    assert all(one.path.startswith("/stable/") for one in fake.requests)


def test_a_compressed_answer_is_read(fake: FakeFmp) -> None:
    healthy = with_fmp(fake, ASKED["prices"][0])
    fake.script(faults.gzipped(), path="eod")
    assert str(with_fmp(fake, ASKED["prices"][0])) == str(healthy)


def test_rows_in_another_order_are_the_same_bars(fake: FakeFmp) -> None:
    import json

    healthy = with_fmp(fake, ASKED["prices"][0])
    oldest_first = faults.changed(
        lambda answer: replace(answer, body=json.dumps(json.loads(answer.body)[::-1]).encode())
    )
    fake.script(oldest_first, path="eod")
    assert str(with_fmp(fake, ASKED["prices"][0])) == str(healthy)
