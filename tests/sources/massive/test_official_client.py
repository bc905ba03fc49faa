"""The vendor's own client against the fake: the fake speaks as Massive does, and we lose less."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.sources.massive.builders import KEY, bars, chunks_of, connected, wanted

from hedgerow.errors import BadPayload
from hedgerow.testing.vendors import faults
from hedgerow.testing.vendors.massive import PRODUCTION, FakeMassive

massive = pytest.importorskip("massive", reason="the group `bench` has the official client")


@pytest.fixture
def fake():
    with FakeMassive(key=KEY, page_size=200, cursor_host=PRODUCTION) as fake:
        yield fake


@pytest.fixture
def client(fake):
    client = massive.RESTClient(api_key=KEY, base=fake.url, retries=0)
    yield client
    client.client.clear()


def listed(client, **options):
    span = {"from_": "2024-01-02", "to": "2026-03-31", "multiplier": 1, "timespan": "day"}
    return list(client.list_aggs("ZQX", **span, limit=50_000, **options))


@pytest.mark.parametrize("adjusted", [False, True])
def test_both_clients_read_the_same_bars(fake, client, adjusted):
    from hedgerow.domain import Adjustment

    kind = Adjustment.SPLIT if adjusted else Adjustment.RAW
    ours = bars(connected(fake), wanted(adjustment=kind))
    theirs = listed(client, adjusted=adjusted, sort="asc")

    names = ("open", "high", "low", "close", "volume", "vwap")
    assert len(theirs) == ours.height == 563
    for name in names:
        assert ours[name].to_list() == [getattr(bar, name) for bar in theirs]


def test_both_read_tickers_and_actions(fake, client):
    tickers = [one.ticker for one in client.list_tickers(market="stocks", limit=2)]
    assert tickers == ["BRK.X", "NEWS", "VEX", "ZQX", "ZQXPA", "ZQXpA"]
    assert [one.split_to for one in client.list_splits(order="asc", sort="execution_date")] == [
        4,
        1,
    ]
    paid = list(client.list_stocks_dividends(ticker="ZQX"))
    assert len(paid) == len(fake.world.dividends)
    assert client.get_ticker_details("ZQX").list_date == "2024-01-02"


@pytest.mark.parametrize("broken", ["page", "results"])
def test_where_the_official_client_cuts_a_history_short_we_raise(fake, client, broken):
    def without_results(response):
        body = json.loads(response.body)
        return replace(
            response, body=json.dumps({"status": "OK", "id": body["request_id"]}).encode()
        )

    fault = faults.html() if broken == "page" else faults.changed(without_results)
    well = lambda _request, healthy: healthy()  # noqa: E731

    fake.script(well, fault)
    assert len(listed(client)) == 200
    fake.script(well, fault)
    assert isinstance(chunks_of(connected(fake), wanted())[1], BadPayload)
