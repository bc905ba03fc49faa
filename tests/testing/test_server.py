"""Fakes fail exactly as they are told, over real connections."""

from __future__ import annotations

import time

import httpx
import pytest

from hedgerow.testing.vendors import FakeServer, Response, faults


class Count(FakeServer):
    def answer(self, request):
        return Response.json({"number": self.count()})


@pytest.fixture
def fake():
    with Count() as fake:
        yield fake


def test_a_scripted_fault_is_met_once_in_order_and_by_path(fake):
    fake.script(faults.status(500), faults.too_many("3"), path="/a")
    assert httpx.get(f"{fake.url}/b").status_code == 200
    assert httpx.get(f"{fake.url}/a").status_code == 500
    second = httpx.get(f"{fake.url}/a")
    assert (second.status_code, second.headers["retry-after"]) == (429, "3")
    assert httpx.get(f"{fake.url}/a").json() == {"number": 4}


def test_healing_forgets_what_was_scripted(fake):
    fake.script(faults.status(500), times=5)
    fake.heal()
    assert httpx.get(fake.url).status_code == 200


@pytest.mark.parametrize("fault", [faults.truncated(), faults.dropped(), faults.lost()])
def test_a_broken_answer_is_broken_for_any_client(fault, fake):
    fake.script(fault)
    with pytest.raises(httpx.TransportError):
        httpx.get(fake.url)


def test_an_answer_cut_short_without_a_length_looks_whole(fake):
    fake.script(faults.cut_short())
    reply = httpx.get(fake.url)
    assert reply.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        reply.json()


def test_a_hang_outlives_neither_the_client_nor_the_server():
    with Count() as fake:
        fake.script(faults.hang(60))
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(fake.url, timeout=0.2)
        started = time.monotonic()
    assert time.monotonic() - started < 30


def test_requests_are_remembered_with_their_queries_and_headers(fake):
    httpx.get(f"{fake.url}/a?x=1&y=", headers={"Authorization": "Bearer K"})
    (request,) = fake.requests
    assert (request.method, request.path, dict(request.query)) == ("GET", "/a", {"x": "1", "y": ""})
    assert request.headers["authorization"] == "Bearer K"


def test_it_listens_on_the_loopback_only(fake):
    assert fake.url.startswith("http://127.0.0.1:")
