"""What the words of an answer mean."""

from __future__ import annotations

import datetime as dt
import json

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
from hedgerow.sources.alphavantage.classify import Classifier, renewal
from hedgerow.sources.http import Reply
from hedgerow.testing.vendors.alphavantage import WORDS

KEY = "planted-alphavantage-key"
NOON = dt.datetime(2026, 3, 31, 16, tzinfo=dt.UTC)
HEADER = "symbol,name,exchange,assetType,ipoDate,delistingDate,status"

MEANINGS = {
    "burst": RateLimited,
    "burst_pattern": RateLimited,
    "daily": QuotaExhausted,
    "volume": RateLimited,
    "premium_value": NotEntitled,
    "premium_endpoint": NotEntitled,
    "note": RateLimited,
    "invalid_call": NotFound,
    "key_refused": AuthError,
}


def judged(body, status=200):
    content = body if isinstance(body, bytes) else body.encode()
    reply = Reply(status, {}, content, "alphavantage /query")
    return Classifier(KEY, lambda: NOON)(reply)


def information(text):
    return judged(json.dumps({"Information": text}))


class TestWords:
    def test_every_kind_has_a_meaning(self):
        assert MEANINGS.keys() == WORDS.keys()

    @pytest.mark.parametrize("kind", MEANINGS)
    def test_a_kind_has_its_meaning(self, kind):
        name = {"note": "Note", "invalid_call": "Error Message", "key_refused": "Error Message"}
        text = WORDS[kind].format(key=KEY, function="TIME_SERIES_DAILY")
        error = judged(json.dumps({name.get(kind, "Information"): text}))
        assert type(error) is MEANINGS[kind]
        assert KEY not in f"{error} {error.facts}"

    def test_captured_errors_have_their_meaning(self, shared_data):
        told = json.loads((shared_data / "api" / "error_payloads.json").read_text())
        meanings = {
            "per-minute limit (old)": RateLimited,
            "daily limit (2024+)": QuotaExhausted,
            "daily limit (2025+; ECHOES THE API KEY - must be redacted in logs)": QuotaExhausted,
            "bad symbol/function": NotFound,
            "missing/invalid key": AuthError,
        }
        found = {
            one["case"]: type(judged(json.dumps(one["body"])))
            for one in told["alphavantage"]
            if one["case"] in meanings
        }
        assert found == meanings

    def test_the_captured_premium_answer_is_not_entitled(self, shared_data):
        folder = shared_data / "api" / "alphavantage" / "gamestonk_cassettes_2022"
        (place,) = folder.glob("*TIME_SERIES_DAILY_ADJUSTED*")
        assert isinstance(judged(place.read_bytes()), NotEntitled)

    def test_a_burst_that_names_the_day_and_premium_endpoints_is_a_burst(self):
        """The usual text holds the words of all three; only the first sentence says which."""
        text = WORDS["burst"]
        assert "per day" in text
        assert "premium endpoint" in text
        error = information(text)
        assert isinstance(error, RateLimited)
        assert error.facts["retry_after"] >= 1

    def test_the_word_premium_alone_means_nothing(self):
        assert isinstance(information("Subscribe to a premium plan."), RateLimited)

    def test_the_minute_of_a_paid_key_is_a_rate_limit(self):
        text = (
            "Minute-level rate limit exceed. Please stay under the number of API requests per "
            "minute for your premium subscription plan."
        )
        assert isinstance(information(text), RateLimited)

    def test_an_invalid_call_as_information_is_not_waited_for(self):
        assert isinstance(information("Invalid API call. Please retry."), NotFound)

    def test_a_quota_lasts_to_midnight_in_new_york(self):
        error = information(WORDS["daily"].format(key=KEY))
        assert error.facts["until"] == dt.datetime(2026, 4, 1, 4, tzinfo=dt.UTC)

    @pytest.mark.parametrize(
        ("now", "until"),
        [
            ("2026-03-08T04:30", "2026-03-08T05:00"),  # the evening before the clocks change
            ("2026-03-08T05:30", "2026-03-09T04:00"),  # the day itself has 23 hours
            ("2026-11-01T12:00", "2026-11-02T05:00"),
        ],
    )
    def test_renewal_follows_the_clocks_of_new_york(self, now, until):
        found = renewal(dt.datetime.fromisoformat(f"{now}+00:00"))
        assert found == dt.datetime.fromisoformat(f"{until}+00:00")

    def test_a_foreign_key_that_is_echoed_is_hidden_too(self):
        """The vendor may shorten or restate it, so that it is not the one that was planted."""
        error = information("Careful: your API key as ABCD1234WXYZ asked at a premium volume")
        assert "ABCD1234WXYZ" not in str(error)

    def test_a_key_at_the_cut_of_a_long_text_is_hidden_whole(self):
        for length in range(120, 180):
            error = information("x" * length + f" {KEY} and more " + "y" * 99)
            assert "planted" not in str(error)

    def test_a_key_at_the_cut_of_a_refusal_by_status_is_hidden_whole(self):
        for length in range(160, 210):
            error = judged("x" * length + f" {KEY} and more", 403)
            assert "plante" not in str(error)


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            "",
            "null",
            "17",
            "[]",
            '"text"',
            "{ not json",
            '{"Time Series (Daily)": {"2026-03-09": {"1. open": "5',
            "<!doctype html><title>Please wait</title>",
            '{"message": "maintenance"}',
            '{"Information": {"text": "nested"}}',
            '{"Time Series (Daily)": null}',
            '{"data": {}}',
            f"{HEADER}\r\nZQX,Zed Quix,NASDAQ,Stock,2011-05-02,nul",
            "timestamp,open\n2026-03-09,50.5\n",
        ],
    )
    def test_what_is_no_answer_is_a_bad_payload(self, body):
        assert type(judged(body)) is BadPayload

    def test_an_empty_object_says_so(self):
        assert judged("{}").facts["empty"] is True

    @pytest.mark.parametrize(
        "body",
        [
            '{"Meta Data": {}, "Time Series (Daily)": {}}',
            '{"Meta Data": {}, "Time Series FX (Daily)": {}}',
            '{"bestMatches": []}',
            '{"symbol": "ZQX", "data": []}',
            '{"Global Quote": {}}',
            '{"Global Quote - DATA DELAYED BY 15 MINUTES": {"01. symbol": "ZQX"}}',
            '{"Symbol": "ZQX"}',
            f"{HEADER}\r\n",
            f"\ufeff{HEADER}\nZQX,Zed Quix,NASDAQ,Stock,2011-05-02,null,Active\n",
        ],
    )
    def test_an_answer_is_an_answer(self, body):
        assert judged(body) is None

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (401, AuthError),
            (403, NotEntitled),
            (404, NotFound),
            (429, RateLimited),
            (503, Transient),
        ],
    )
    def test_a_status_other_than_200_keeps_its_meaning(self, status, kind):
        assert type(judged("{}", status)) is kind
