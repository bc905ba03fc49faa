"""The fault matrix: each way in which Alpha Vantage fails, and the one outcome.

Faults of the transport are in the contract; these are the vendor's own. After each of them the key
is looked for in errors, logs and files.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import logging

import polars as pl
import pytest
from tests.sources.alphavantage.asking import (
    KEY,
    VEX,
    WINDOW_START,
    ZQX,
    ask,
    chunks,
    connected,
    daily,
    options,
    rows,
)

from hedgerow.errors import (
    AuthError,
    BadPayload,
    HedgerowError,
    NotEntitled,
    NotFound,
    QuotaExhausted,
    RateLimited,
)
from hedgerow.testing.vendors import Response, faults
from hedgerow.testing.vendors.alphavantage import (
    REQUESTS_A_DAY,
    FakeAlphaVantage,
    said,
    unknown_object,
)
from hedgerow.testing.vendors.world import World

REQUEST = daily(ZQX, WINDOW_START)


@pytest.fixture
def nothing_leaks(tmp_path, caplog):
    """Looks for the key in an error, the log, and the names and contents of files."""
    caplog.set_level(logging.DEBUG)

    def look(error: HedgerowError | None = None) -> None:
        shown = "" if error is None else f"{error} {error!r} {error.facts}"
        assert KEY not in shown + caplog.text
        for place in (tmp_path / "cache").rglob("*"):
            assert KEY not in str(place)
            if place.is_file():
                content = place.read_bytes()
                opened = gzip.decompress(content) if place.suffix == ".gz" else content
                assert KEY.encode() not in opened

    return look


@pytest.fixture
def patience(tmp_path):
    return options(tmp_path / "cache")


def failing(fake, patience, kind, fault, times=50):
    fake.script(fault, times=times)
    with pytest.raises(kind) as raised:
        chunks(connected(fake, patience), REQUEST)
    return raised.value


def is_whole(answer):
    found = rows(answer, "bars")["close"].to_list()
    return found == World.small().daily("ZQX")["close"].tail(100).to_list()


def until_refused(fake, patience):
    """How many times the bars of a company were sent before the first error, and that error."""
    for served in range(REQUESTS_A_DAY + 1):
        try:
            chunks(connected(fake, patience), daily(VEX, WINDOW_START, refresh=True))
        except HedgerowError as error:
            return served, error
    raise AssertionError("never refused")


class TestMetOnce:
    @pytest.mark.parametrize("kind", ["burst", "burst_pattern", "note", "volume"])
    def test_a_rate_limit_passes(self, kind, paid, patience, nothing_leaks):
        paid.script(said(kind, KEY))
        assert is_whole(chunks(connected(paid, patience), REQUEST))
        nothing_leaks()

    def test_a_burst_is_waited_out_for_more_than_a_second(self, paid, tmp_path):
        waits = []

        async def remember(seconds):
            waits.append(seconds)

        paid.script(said("burst"))
        chunks(connected(paid, options(tmp_path, sleep=remember)), REQUEST)
        assert waits[0] >= 1.2


class TestMetAlways:
    @pytest.mark.parametrize("kind", ["burst", "burst_pattern", "note", "volume"])
    def test_a_rate_limit_is_rate_limited(self, kind, paid, patience, nothing_leaks):
        error = failing(paid, patience, RateLimited, said(kind, KEY))
        assert len(paid.requests) == patience.attempts
        assert "TIME_SERIES_DAILY_ADJUSTED ZQX" in str(error)
        nothing_leaks(error)

    @pytest.mark.parametrize("kind", ["premium_value", "premium_endpoint"])
    def test_a_premium_text_is_not_entitled_at_once(self, kind, paid, patience, nothing_leaks):
        error = failing(paid, patience, NotEntitled, said(kind, KEY))
        assert len(paid.requests) == 1
        nothing_leaks(error)

    def test_an_invalid_call_is_not_found_at_once(self, paid, patience, nothing_leaks):
        error = failing(paid, patience, NotFound, said("invalid_call", KEY))
        assert len(paid.requests) == 1
        nothing_leaks(error)

    def test_a_refused_key_is_an_auth_error_at_once(self, paid, patience, nothing_leaks):
        error = failing(paid, patience, AuthError, said("key_refused", KEY))
        assert "ALPHA_VANTAGE_API_KEY" in str(error)
        assert len(paid.requests) == 1
        nothing_leaks(error)

    def test_a_wrong_key_is_an_auth_error(self, patience):
        with (
            FakeAlphaVantage(key="another-key-entirely") as fake,
            pytest.raises(AuthError, match="the key is refused"),
        ):
            chunks(connected(fake, patience), REQUEST)

    @pytest.mark.parametrize(
        "fault",
        [
            unknown_object(),
            faults.body("{}"),
            faults.body("[]"),
            faults.body('{"Global Quote": {}}'),
            faults.body('{"bestMatches": []}'),
            faults.body('{"Time Series (Daily)": {"2026-03-31": null}}'),
            faults.body(
                '{"Meta Data": {}, "Time Series (Daily)": {"2026-03-31": {"1. open": "5"}}}'
            ),
            faults.body("timestamp,open,high,low,close,volume\r\n", "text/csv"),
        ],
        ids=[
            "unknown object",
            "empty object",
            "list",
            "a quote instead",
            "matches instead",
            "a day without values",
            "a day without a close",
            "a table instead",
        ],
    )
    def test_another_body_is_a_bad_payload(self, fault, paid, patience, nothing_leaks):
        nothing_leaks(failing(paid, patience, BadPayload, fault))

    def test_a_body_cut_at_any_place_is_never_an_answer(self, paid, patience):
        for fraction in (0.0, 0.01, 0.5, 0.99):
            paid.heal()
            failing(paid, patience, BadPayload, faults.cut_short(fraction), times=1)


class TestQuota:
    def test_it_is_exhausted_at_once_and_the_echoed_key_is_hidden(
        self, paid, patience, nothing_leaks
    ):
        error = failing(paid, patience, QuotaExhausted, said("daily", KEY))
        assert len(paid.requests) == 1
        assert error.facts["until"] == dt.datetime(2026, 4, 1, 4, tzinfo=dt.UTC)
        nothing_leaks(error)

    def test_the_circuit_stays_open_in_later_runs_until_it_renews(self, paid, tmp_path):
        now = World.small().clock()
        patience = options(tmp_path, clock=lambda: now)
        failing(paid, patience, QuotaExhausted, said("daily", KEY), times=1)
        for hours in (0, 1, 1.9):
            now = World.small().clock() + dt.timedelta(hours=hours)
            with pytest.raises(QuotaExhausted):
                chunks(connected(paid, patience), REQUEST)
        assert len(paid.requests) == 1
        now = World.small().clock() + dt.timedelta(hours=2)
        assert is_whole(chunks(connected(paid, patience), REQUEST))

    def test_the_fake_counts_the_day(self, free, tmp_path):
        """25 requests are answered; the 26th opens the circuit."""
        served, error = until_refused(free, options(tmp_path))
        assert isinstance(error, QuotaExhausted)
        assert served == REQUESTS_A_DAY // 3
        assert len(free.requests) == REQUESTS_A_DAY + 1

    def test_the_own_count_stops_before_the_vendor_must(self, free, tmp_path):
        """It is kept across runs: the 26th request of a day is not sent."""
        now = [World.small().clock()]

        async def pass_time(seconds):
            now[0] += dt.timedelta(seconds=seconds)

        patience = options(tmp_path, unlimited=False, clock=lambda: now[0], sleep=pass_time)
        _, error = until_refused(free, patience)
        assert isinstance(error, QuotaExhausted)
        assert len(free.requests) == REQUESTS_A_DAY

    def test_requests_of_a_free_key_keep_their_distance(self, free, tmp_path):
        now = [World.small().clock()]
        waits = []

        async def pass_time(seconds):
            waits.append(seconds)
            now[0] += dt.timedelta(seconds=seconds)

        patience = options(tmp_path, unlimited=False, clock=lambda: now[0], sleep=pass_time)
        chunks(connected(free, patience), REQUEST)
        assert len(free.requests) == 3
        assert sum(waits) == pytest.approx(2.4, abs=0.01)


class TestListingFaults:
    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            (said("burst"), RateLimited),
            (said("daily", KEY), QuotaExhausted),
            (said("premium_endpoint"), NotEntitled),
            (said("invalid_call"), NotFound),
            (said("key_refused"), AuthError),
            (faults.body("{}"), BadPayload),
            (faults.html(), BadPayload),
            (faults.empty(), BadPayload),
            (faults.cut_short(0.7), BadPayload),
            (faults.body('{"data": []}'), BadPayload),
        ],
    )
    def test_json_and_pages_instead_of_a_table_are_errors(
        self, fault, kind, paid, patience, nothing_leaks
    ):
        paid.script(fault, times=50)
        with pytest.raises(kind) as raised:
            ask(connected(paid, patience), lambda one: one.listing())
        nothing_leaks(raised.value)

    def test_a_listing_without_rows_is_an_error(self, paid, patience):
        header = "symbol,name,exchange,assetType,ipoDate,delistingDate,status\r\n"
        paid.script(faults.body(header, "text/csv"))
        with pytest.raises(BadPayload, match="listing is empty"):
            ask(connected(paid, patience), lambda one: one.listing())


def test_errors_are_not_kept(paid, patience):
    """After every kind of error the next run asks again, and is well."""
    for fault in (said("invalid_call"), said("premium_endpoint"), unknown_object(), faults.html()):
        paid.script(fault)
        with pytest.raises(HedgerowError):
            chunks(connected(paid, patience), REQUEST)
    assert is_whole(chunks(connected(paid, patience), REQUEST))


def test_a_key_that_a_good_answer_repeats_is_not_kept(paid, patience, nothing_leaks):
    """Of series and of everything else: both ways of keeping answers take it out."""

    def talkative(answer):
        told = {**json.loads(answer.body), "Thanks": f"your API key is {KEY}"}
        return Response.json(told)

    paid.script(faults.changed(talkative), times=2)
    chunks(connected(paid, patience), REQUEST)
    paid.script(faults.changed(talkative))
    ask(connected(paid, patience), lambda one: one.fundamentals(ZQX))
    kept = list((patience.cache / "answers").rglob("*.gz"))
    assert len(kept) == 3
    assert all(b"Thanks" in gzip.decompress(place.read_bytes()) for place in kept)
    nothing_leaks()


def test_the_key_is_required(monkeypatch):
    from hedgerow.settings import Settings
    from hedgerow.sources.alphavantage import AlphaVantage

    with pytest.raises(AuthError, match="ALPHA_VANTAGE_API_KEY or ALPHAVANTAGE_API_KEY"):
        AlphaVantage(settings=Settings(_env_file=None))


@pytest.mark.parametrize("name", ["ALPHA_VANTAGE_API_KEY", "ALPHAVANTAGE_API_KEY"])
def test_the_key_comes_from_the_environment(name, paid, monkeypatch):
    from hedgerow.settings import Settings
    from hedgerow.sources.vendors import open_vendor

    monkeypatch.setenv(name, KEY)
    settings = Settings(_env_file=None, alphavantage_url=paid.url, alphavantage_plan="premium")
    vendor = open_vendor("alpha_vantage", settings, options())
    assert not rows(chunks(vendor, REQUEST), "bars").filter(pl.col("close") > 0).is_empty()
