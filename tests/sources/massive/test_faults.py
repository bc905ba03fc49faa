"""Every way in which Massive fails: whole data, or one clear error of the right kind.

Faults of the line (timeouts, resets, short bodies, statuses) that all vendors share are in the
contract; these are Massive's own.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from tests.sources.massive.builders import (
    KEY,
    Ticking,
    bars,
    chunks_of,
    connected,
    frame_of,
    quick,
    wanted,
)

from hedgerow.errors import (
    AuthError,
    BadPayload,
    NotEntitled,
    NotFound,
    RateLimited,
    Transient,
    VendorError,
)
from hedgerow.sources.massive import Massive
from hedgerow.testing.vendors import faults
from hedgerow.testing.vendors.contract import Waits
from hedgerow.testing.vendors.massive import FakeMassive

PAGE = 100
WHOLE = 563
UPGRADE = "Please upgrade your plan at https://massive.com/pricing"
TOO_MANY = (
    "You've exceeded the maximum requests per minute, please wait or upgrade your subscription "
    "to continue. https://polygon.io/pricing"
)


@pytest.fixture
def fake():
    with FakeMassive(key=KEY, page_size=PAGE) as fake:
        yield fake


def told(code: int, **body: object):
    return faults.status(code, json.dumps(body))


def changed(**facts: object):
    """The true answer with other facts around its results; None takes one out."""

    def change(response):
        body = json.loads(response.body) | facts
        kept = {name: value for name, value in body.items() if value is not None}
        return replace(response, body=json.dumps(kept).encode())

    return faults.changed(change)


def outcome(fake: FakeMassive, *script, page: int = 1, times: int = 1, **options):
    """Chunks and error of a request whose n-th page meets faults."""
    healthy = [lambda _request, well: well()] * (page - 1)
    fake.script(*healthy, *script)
    for _ in range(times - 1):
        fake.script(*script)
    return chunks_of(connected(fake, **options), wanted())


# What the vendor says ------------------------------------------------------------------------

SAID = {
    "401_unknown_key": (
        told(401, status="ERROR", request_id="r", error="Unknown API Key"),
        AuthError,
    ),
    "401_no_key": (told(401, status="ERROR", error="API Key was not provided"), AuthError),
    "400_no_key": (told(400, status="ERROR", error="API Key was not provided"), AuthError),
    "401_bare": (faults.status(401), AuthError),
    "403_not_authorized": (
        told(403, status="NOT_AUTHORIZED", message=f"You are not entitled to this data. {UPGRADE}"),
        NotEntitled,
    ),
    "403_in_error": (
        told(403, status="ERROR", error=f"You are not entitled to this data. {UPGRADE}"),
        NotEntitled,
    ),
    "403_timeframe": (
        told(
            403,
            status="NOT_AUTHORIZED",
            message=f"Your plan doesn't include this data timeframe. {UPGRADE}",
        ),
        NotEntitled,
    ),
    "403_unknown_key": (told(403, status="ERROR", error="Unknown API Key"), AuthError),
    "403_bare": (faults.status(403), NotEntitled),
    "404_ticker": (told(404, status="NOT_FOUND", message="Ticker not found."), NotFound),
    "404_address": (faults.status(404, "404 page not found", "text/plain"), NotFound),
    "400_other": (told(400, status="ERROR", error="multiplier is not valid"), BadPayload),
    "200_error": (told(200, status="ERROR", error="something went wrong"), BadPayload),
    "200_not_authorized": (
        told(200, status="NOT_AUTHORIZED", message="You are not entitled to this data."),
        NotEntitled,
    ),
    "200_too_many": (told(200, status="ERROR", error=TOO_MANY), RateLimited),
    "200_unknown_key": (told(200, status="ERROR", error="Unknown API Key"), AuthError),
    "200_no_status": (faults.body('{"queryCount":0}'), BadPayload),
    "429_json": (told(429, status="ERROR", request_id="r", error=TOO_MANY), RateLimited),
    "429_empty": (faults.too_many(), RateLimited),
    "redirect": (faults.status(302, headers={"Location": "http://127.0.0.1:9/"}), BadPayload),
    "page_for_people": (faults.html(), BadPayload),
    "empty_body": (faults.empty(), Transient),
    "cut_where_no_length_was_told": (faults.cut_short(), Transient),
    "short_body": (faults.truncated(), Transient),
    "array": (faults.body("[1,2]"), BadPayload),
}


@pytest.mark.parametrize("page", [1, 2, 6])
@pytest.mark.parametrize("name", SAID)
def test_lasting_refusal_is_one_error_of_its_kind_on_any_page(fake, name, page, caplog):
    fault, kind = SAID[name]

    with caplog.at_level(logging.DEBUG):
        chunks, error = outcome(fake, *[fault] * 3, page=page)

    assert type(error) is kind
    assert "massive /v2/aggs/ticker/ZQX" in str(error)
    assert "\n" not in str(error)
    assert KEY not in f"{error}{error.facts}{caplog.text}"
    found = frame_of(chunks)
    assert found.height in ({0} if page == 1 else {PAGE * (page - 1) - 1})
    assert not chunks or found["session"].max() <= chunks[-1].through < dt.date(2026, 3, 31)


PASSING = {name: fault for name, (fault, kind) in SAID.items() if kind in (Transient, RateLimited)}


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("name", PASSING)
def test_passing_refusal_leaves_no_trace(fake, name, page):
    chunks, error = outcome(fake, PASSING[name], page=page)

    assert error is None
    assert frame_of(chunks).height == WHOLE


@pytest.mark.parametrize("text", ["multiplier is not valid", "Unknown API Key"])
def test_reason_is_read_from_error_and_from_message(fake, text):
    for name in ("error", "message"):
        _, error = outcome(fake, told(400, **{"status": "ERROR", name: text}))
        assert text in str(error)


def test_wrong_address_says_which_setting_to_look_at(fake):
    _, error = outcome(fake, faults.status(404, "404 page not found", "text/plain"))

    assert "massive_url" in str(error)


def test_server_that_fails_may_say_anything(fake):
    """Words count for refusals only."""
    failing = told(500, status="ERROR", error="Unknown API Key")

    assert isinstance(outcome(fake, *[failing] * 3)[1], Transient)
    assert outcome(fake, failing)[1] is None


@pytest.mark.parametrize("hint", ["2", "Wed, 01 Apr 2026 02:00:02 GMT"])
def test_hint_is_waited_for_in_either_form(fake, hint):
    waits = Waits([])
    fake.script(faults.too_many(hint, json.dumps({"status": "ERROR", "error": TOO_MANY})))

    assert bars(connected(fake, sleep=waits), wanted()).height == WHOLE
    assert len(waits.seconds) == 1
    assert hint != "2" or 2 <= waits.seconds[0] <= 3


def test_storm_of_429_without_a_hint_is_waited_out(fake):
    """The official client gives up within a second, which is useless against five a minute."""
    waits = Waits([])
    fake.script(*[faults.too_many()] * 4)
    ask = connected(
        fake,
        plan="free",
        sleep=waits,
        attempts=5,
        unlimited=False,
        clock=Ticking(fake.world.clock(), waits),
    )

    found = bars(ask, wanted(start="2026-03-02", end="2026-03-06"))

    assert found.height == 5
    assert len(waits.seconds) >= 4
    assert max(waits.seconds) <= 61


def test_free_plan_asks_five_times_a_minute_at_most():
    waits = Waits([])
    with FakeMassive(key=KEY, page_size=50) as fake:
        clock = Ticking(fake.world.clock(), waits)
        ask = connected(fake, plan="free", sleep=waits, unlimited=False, clock=clock)
        chunks, error = chunks_of(ask, wanted(start="2024-04-15", end="2026-03-30"))
        asked = len(fake.requests)

    assert error is None
    assert frame_of(chunks).height == 491
    assert asked == 10
    assert 55 <= sum(waits.seconds) <= 120


def test_compressed_answers_are_read_and_broken_ones_repeated(fake):
    def cut(_request, healthy):
        whole = healthy().gzipped()
        return replace(whole, body=whole.body[:-40])

    def spoiled(_request, healthy):
        return replace(healthy(), headers={"Content-Encoding": "gzip"})

    fake.script(faults.gzipped(), spoiled, faults.gzipped(), cut)

    assert bars(connected(fake), wanted()).height == WHOLE


# Pages ---------------------------------------------------------------------------------------


def test_page_that_was_announced_holds_no_results(fake):
    chunks, error = outcome(fake, changed(results=None, resultsCount=None), page=2)

    assert isinstance(error, BadPayload)
    assert "page 2 holds no results" in str(error)
    assert frame_of(chunks).height == PAGE - 1


def test_second_page_says_five_hundred_and_then_comes(fake):
    chunks, error = outcome(fake, faults.status(500, "oops", "text/plain"), page=2)

    assert error is None
    assert frame_of(chunks).height == WHOLE


def test_cursor_that_leads_back_is_noticed(fake):
    def to_itself(request, healthy):
        address = f"{fake.url}{request.path}?cursor={request.query['cursor']}"
        body = json.loads(healthy().body) | {"next_url": address}
        return replace(healthy(), body=json.dumps(body).encode())

    _, error = outcome(fake, to_itself, page=2)

    assert isinstance(error, BadPayload)
    assert "already read" in str(error)
    assert len(fake.requests) == 2


def test_ever_new_cursors_that_do_not_go_on_are_noticed(fake):
    def to_the_first(request, healthy):
        first = json.loads(fake.answer(fake.requests[0]).body)
        first["next_url"] += f"&n={len(fake.requests)}"
        return replace(healthy(), body=json.dumps(first).encode())

    _, error = outcome(fake, *[to_the_first] * 20, page=2)

    assert isinstance(error, BadPayload)
    assert "does not go on in time" in str(error)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v2/aggs/ticker/ZQX?cursor=x",
        "https://api.massive.com.evil.example/v2?cursor=x",
        "https://api.massive.com@evil.example/v2?cursor=x",
        "//evil.example/v2?cursor=x",
        "file:///etc/passwd",
        "ftp://api.massive.com/v2",
        "not an address",
    ],
)
def test_cursor_to_another_host_is_not_followed(fake, address):
    _, error = outcome(fake, changed(next_url=address))

    assert isinstance(error, BadPayload)
    assert len(fake.requests) == 1


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_blank_cursor_is_the_end(fake, blank):
    """Whether sessions are missing then is for the check of coverage to find."""
    chunks, error = outcome(fake, changed(next_url=blank))

    assert error is None
    assert frame_of(chunks).height == PAGE


def test_key_in_a_cursor_is_neither_sent_nor_kept(fake, tmp_path):
    def with_key(response):
        body = json.loads(response.body)
        body["next_url"] += f"&apiKey={KEY}"
        return replace(response, body=json.dumps(body).encode())

    fake.script(faults.changed(with_key))
    assert bars(connected(fake, cache=tmp_path), wanted()).height == WHOLE
    assert all(KEY not in str(dict(request.query)) for request in fake.requests)
    assert_nowhere(KEY, tmp_path)


# Answers to another question -----------------------------------------------------------------


@pytest.mark.parametrize("page", [1, 3])
@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"ticker": "zqx"}, "is about 'zqx'"),
        ({"ticker": "VEX"}, "is about 'VEX'"),
        ({"adjusted": True}, "prices are adjusted"),
        ({"resultsCount": 50_000}, "says 50000 bars and holds"),
        ({"results": None}, "says 100 results and holds none"),
        ({"results": "none"}, "not a list"),
        ({"results": {"t": 1}}, "not a list"),
    ],
)
def test_answer_that_is_not_to_the_question_is_refused(fake, facts, words, page):
    chunks, error = outcome(fake, changed(**facts), page=page)

    assert isinstance(error, BadPayload)
    assert words in str(error)
    assert frame_of(chunks).height in (0, 2 * PAGE - 1)


def test_row_that_cannot_be_read_is_refused_and_the_others_come(fake):
    def spoiled(response):
        body = json.loads(response.body)
        body["results"][3]["c"] = "n/a"
        return replace(response, body=json.dumps(body).encode())

    fake.script(faults.changed(spoiled))
    chunks, error = chunks_of(connected(fake), wanted())

    refused = [row for chunk in chunks for b in chunk.batches for row in b.refused.rows(named=True)]
    assert error is None
    assert frame_of(chunks).height == WHOLE - 1
    assert [(row["rules"], row["symbol"]) for row in refused] == [("unreadable_number", "ZQX")]
    assert json.loads(refused[0]["payload"])["c"] == "n/a"


def test_wrong_answer_that_was_kept_is_asked_for_again(fake, tmp_path):
    _, error = outcome(fake, changed(ticker="VEX"), page=3, cache=tmp_path)
    assert isinstance(error, BadPayload)

    again, error = outcome(fake, cache=tmp_path)

    assert error is None
    assert frame_of(again).height == WHOLE
    assert frame_of(again)["session"].is_sorted()
    assert frame_of(again)["session"].is_unique().all()


# Secrets -------------------------------------------------------------------------------------


def test_key_that_the_vendor_repeats_is_hidden(fake, tmp_path, caplog):
    with caplog.at_level(logging.DEBUG):
        _, error = outcome(
            fake, told(401, status="ERROR", error=f"Unknown API Key {KEY}"), cache=tmp_path
        )

    assert isinstance(error, AuthError)
    assert KEY not in f"{error} {error!r} {error.facts} {caplog.text}"
    assert_nowhere(KEY, tmp_path)


def test_key_that_a_healthy_answer_repeats_is_not_kept(fake, tmp_path):
    fake.script(changed(request_id=f"for {KEY}"))

    assert bars(connected(fake, cache=tmp_path), wanted()).height == WHOLE
    assert_nowhere(KEY, tmp_path)


@pytest.mark.parametrize(
    ("names", "served"),
    [
        ({"MASSIVE_API_KEY": KEY}, True),
        ({"POLYGON_API_KEY": KEY}, True),
        ({"POLYGON_AGGREGATES_API_KEY": KEY, "MASSIVE_API_KEY": "another-key"}, True),
        ({"MASSIVE_AGGREGATES_API_KEY": KEY}, True),
        ({"POLYGON_TICKERS_API_KEY": KEY, "MASSIVE_API_KEY": "another-key"}, False),
        ({"POLYGON_TICKERS_API_KEY": KEY}, False),
    ],
)
def test_key_is_found_by_the_names_that_people_have(fake, names, served, monkeypatch, tmp_path):
    without_keys(monkeypatch, tmp_path)
    for name, key in names.items():
        monkeypatch.setenv(name, key)
    vendor = connected(fake)
    vendor = Massive(settings=vendor._client._settings, options=quick())

    chunks, error = chunks_of(vendor, wanted())

    assert (error is None) is served
    assert served or isinstance(error, AuthError)
    assert frame_of(chunks).height == (WHOLE if served else 0)


def test_without_any_key_there_is_no_vendor(monkeypatch, tmp_path):
    without_keys(monkeypatch, tmp_path)

    with pytest.raises(AuthError, match="MASSIVE_API_KEY or POLYGON_API_KEY"):
        Massive()


def test_no_error_of_this_matrix_is_beyond_the_tree():
    assert all(issubclass(kind, VendorError | AuthError) for _, kind in SAID.values())


def without_keys(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    for group in ("", "AGGREGATES_", "TICKERS_", "DIVIDENDS_", "SPLITS_"):
        for vendor in ("MASSIVE", "POLYGON"):
            monkeypatch.delenv(f"{vendor}_{group}API_KEY", raising=False)


def assert_nowhere(secret: str, folder: Path) -> None:
    import gzip

    for place in folder.rglob("*"):
        assert secret not in str(place)
        if place.is_file():
            content = place.read_bytes()
            assert secret.encode() not in content
            if place.suffix == ".gz":
                assert secret.encode() not in gzip.decompress(content)
