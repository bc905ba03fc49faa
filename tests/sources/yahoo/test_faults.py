"""Every way in which Yahoo fails: whole data, or one typed error."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest

from hedgerow.domain import Instrument, Timeframe
from hedgerow.errors import (
    BadPayload,
    DefinitionError,
    Incomplete,
    NotEntitled,
    NotFound,
    RateLimited,
    Transient,
)
from hedgerow.settings import Settings
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest
from hedgerow.testing.vendors import Response, World, faults
from hedgerow.testing.vendors.contract import Waits, ask, bars_of
from hedgerow.testing.vendors.yahoo import (
    CRUMB,
    FakeYahoo,
    nothing,
    refused_crumb,
    with_last_day_twice,
    with_meta,
    without_prices,
    without_timestamps,
)

pytest.importorskip("yfinance", reason="yfinance is not installed: the extra yahoo")

from hedgerow.sources.yahoo import Yahoo
from hedgerow.sources.yahoo.source import _windows

ZQX = Instrument.of("ZQX", exchange="XNAS")
START, END = dt.date(2026, 1, 2), dt.date(2026, 3, 31)
CHART = "/v8/finance/chart"


def request(instrument: Instrument = ZQX, start=START, end=END, code="1d"):
    return BarsRequest(instrument, Timeframe.parse(code), start, end)


@pytest.fixture
def fake():
    with FakeYahoo() as server:
        yield server


@pytest.fixture
def waits():
    return Waits([])


@pytest.fixture
def options(waits):
    clock = World.small().clock
    return HttpOptions(clock=clock, sleep=waits, attempts=3, timeout=3.0, unlimited=True)


@pytest.fixture
def connect(fake, options):
    settings = Settings(_env_file=None, yahoo_url=fake.url)
    return lambda: Yahoo(settings=settings, options=options)


@pytest.fixture
def healthy(connect, fake):
    bars = bars_of(ask(connect(), request()))
    fake.requests.clear()
    return bars


PASSING = {
    "chart_429": lambda: faults.too_many(text="Too Many Requests\r\n", content_type="text/plain"),
    "too_many_with_200": lambda: faults.body("Too Many Requests", "text/plain"),
    "chart_500": lambda: faults.status(500),
    "chart_503_page": lambda: faults.status(503, "<html>busy</html>", "text/html"),
    "down_for_repairs": lambda: faults.body("<html>Will be right back</html>", "text/html"),
    "invalid_crumb": lambda: lambda _request, _healthy: refused_crumb(),
    "dropped": faults.dropped,
    "lost": faults.lost,
    "cut_on_the_way": faults.truncated,
    "hang": lambda: faults.hang(30),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_chart_that_fails_in_passing_is_asked_for_again(fault, fake, connect, healthy):
    fake.script(fault(), fault(), path=CHART)

    assert bars_of(ask(connect(), request())).equals(healthy)
    assert fake.count(CHART) >= 3


LASTING = {
    **{name: (fault, Transient) for name, fault in PASSING.items() if name != "hang"},
    "chart_429": (PASSING["chart_429"], RateLimited),
    "too_many_with_200": (PASSING["too_many_with_200"], RateLimited),
    "page_with_200": (faults.html, BadPayload),
    "consent_page": (lambda: faults.body("<html><form>agree</form></html>"), BadPayload),
    "empty_200": (faults.empty, BadPayload),
    "not_json": (lambda: faults.body("{ no"), BadPayload),
    "cut_short": (faults.cut_short, BadPayload),
    "page_with_404": (lambda: faults.status(404, "<html>", "text/html"), BadPayload),
    "no_result": (lambda: faults.changed(nothing), BadPayload),
    "no_timestamps": (lambda: faults.changed(without_timestamps), Incomplete),
    "nulls_only": (lambda: faults.changed(without_prices()), Incomplete),
    "other_currency": (lambda: faults.changed(with_meta(currency="CAD")), BadPayload),
    "no_currency": (lambda: faults.changed(with_meta(currency=None)), BadPayload),
    "other_city": (
        lambda: faults.changed(with_meta(exchangeTimezoneName="Europe/London")),
        BadPayload,
    ),
    "other_length": (lambda: faults.changed(with_meta(dataGranularity="1wk")), BadPayload),
}


@pytest.mark.parametrize(("fault", "error"), LASTING.values(), ids=LASTING)
def test_what_lasts_is_one_typed_error(fault, error, fake, connect):
    fake.script(fault(), path=CHART, times=20)

    with pytest.raises(error) as raised:
        ask(connect(), request())

    assert type(raised.value) is error
    assert "\n" not in str(raised.value)


def test_rest_after_429_lasts_minutes_and_no_chart_is_asked_before(fake, connect, waits):
    fake.script(faults.too_many(), path=CHART)

    ask(connect(), request())

    assert max(waits.seconds) >= 120
    # yfinance by itself would have asked once more at once, and met the same answer.
    assert fake.count(CHART) == 2


def test_a_longer_hint_after_429_is_kept_to(fake, connect, waits):
    fake.script(faults.too_many("250"), path=CHART)

    ask(connect(), request())

    assert max(waits.seconds) >= 250


def test_all_tickers_rest_after_one_met_429(fake, connect, waits):
    fake.script(faults.too_many(), path="ZQX")
    vendor = connect()

    async def both() -> None:
        async with vendor:
            await asyncio.gather(*(_all(vendor, one) for one in (ZQX, Instrument.of("VEX"))))

    asyncio.run(both())

    assert sum(wait > 60 for wait in waits.seconds) >= 2


async def _all(vendor: Yahoo, instrument: Instrument) -> None:
    assert [chunk async for chunk in vendor.bars(request(instrument))]


def test_a_refused_crumb_request_does_not_poison_the_next(fake, connect, healthy):
    fake.script(faults.too_many(text="Too Many Requests", content_type="text/plain"), path=CRUMB)
    vendor = connect()

    async def twice() -> list[int]:
        async with vendor:
            return [len([c async for c in vendor.bars(request())]) for _ in range(2)]

    assert asyncio.run(twice()) == [1, 1]
    crumbs = [one.query.get("crumb") for one in fake.requests if CHART in one.path]
    assert "Too Many Requests" not in crumbs
    assert crumbs[-1] == "fake.crumb"


def test_a_crumb_that_expired_is_fetched_anew(fake, connect, healthy):
    vendor = connect()

    async def before_and_after() -> int:
        async with vendor:
            [c async for c in vendor.bars(request())]
            fake.crumb = "new.crumb"
            return len([c async for c in vendor.bars(request())])

    assert asyncio.run(before_and_after()) == 1


def test_no_answer_from_the_cookie_host_is_no_obstacle(fake, connect, healthy):
    def no_cookie(asked, well):
        return Response(drop=True) if asked.path == "/" else well()

    fake.script(no_cookie, no_cookie, path="")

    assert bars_of(ask(connect(), request())).equals(healthy)


@pytest.mark.parametrize("symbol", ["QUIT", "ZQNONE"])
def test_a_ticker_that_yahoo_says_it_does_not_know_is_not_found(symbol, fake, connect):
    with pytest.raises(NotFound, match="may be delisted"):
        ask(connect(), request(Instrument.of(symbol)))


def test_a_span_before_the_first_trade_is_empty_in_yahoos_own_words(connect):
    news = Instrument.of("NEWS", exchange="XNAS")
    span = request(news, dt.date(2024, 2, 1), dt.date(2024, 3, 1))

    assert bars_of(ask(connect(), span)).is_empty()


def test_a_company_that_was_listed_later_has_the_bars_since(connect):
    news = Instrument.of("NEWS", exchange="XNAS")

    bars = bars_of(ask(connect(), request(news, dt.date(2025, 1, 2))))

    assert bars["session"].min() == dt.date(2025, 9, 2)


def test_a_day_that_holds_nulls_only_is_a_hole(fake, connect, healthy):
    fake.script(faults.changed(without_prices(5)), path=CHART)

    (chunk,) = ask(connect(), request())

    bars = chunk.batches[-1].frame
    hole = set(healthy["session"]) - set(bars["session"])
    assert len(hole) == 1
    assert bars["close"].null_count() == 0
    assert chunk.through == END


def test_newest_days_that_hold_nulls_are_not_answered_for(fake, connect):
    fake.script(faults.changed(without_prices(-1, -2)), path=CHART)

    (chunk,) = ask(connect(), request())

    assert chunk.through == dt.date(2026, 3, 27)


def test_a_quote_without_a_close_does_not_displace_the_bar(fake, connect, healthy):
    fake.script(faults.changed(with_last_day_twice(None)), path=CHART)

    (chunk,) = ask(connect(), request())

    assert chunk.batches[-1].frame.equals(healthy)


def test_minutes_of_long_ago_are_refused_before_they_are_asked_for(fake, connect):
    with pytest.raises(NotEntitled, match="since 2026-03-03 only"):
        ask(connect(), request(end=dt.date(2026, 1, 30), code="1m"))

    assert not [one for one in fake.requests if one.query.get("interval") == "1m"]


def test_minutes_that_reach_too_far_back_come_as_far_as_they_go_and_fail(options, fake):
    # On the first day of the sixty, both of the days on which the fake has hours.
    clock = dt.datetime(2025, 11, 29, 12, tzinfo=dt.UTC)
    settings = Settings(_env_file=None, yahoo_url=fake.url)
    vendor = Yahoo(settings=settings, options=replace(options, clock=lambda: clock))
    chunks = []

    async def gather() -> None:
        async with vendor:
            span = request(ZQX, dt.date(2025, 1, 2), dt.date(2025, 11, 28), "5m")
            async for chunk in vendor.bars(span):
                chunks.append(chunk)  # noqa: PERF401  what came before the error is wanted

    with pytest.raises(Incomplete, match="since 2025-10-01 only") as raised:
        asyncio.run(gather())

    assert raised.value.facts["earliest"] == dt.date(2025, 10, 1)
    days = bars_of(chunks)["session"].unique().sort().to_list()
    assert days == [dt.date(2025, 10, 31), dt.date(2025, 11, 3), dt.date(2025, 11, 28)]


def test_minutes_of_a_month_are_asked_for_by_the_week():
    month = request(start=dt.date(2026, 3, 4), code="1m")

    spans = list(_windows(month, dt.date(2026, 3, 3)))

    assert spans[0][0] == month.start
    assert spans[-1][1] == END
    assert all((last - first).days < 7 for first, last in spans)
    for (_, last), (first, _) in pairwise(spans):
        assert first == last + dt.timedelta(days=1)


def test_a_week_without_any_minute_is_incomplete(connect):
    # The fake holds minutes of the 31st only.
    with pytest.raises(Incomplete, match="no price of ZQX from 2026-03-04 to 2026-03-10"):
        ask(connect(), request(start=dt.date(2026, 3, 4), code="1m"))


def test_another_length_of_bar_is_refused(connect):
    with pytest.raises(DefinitionError, match="not of 30m"):
        ask(connect(), request(code="30m"))


def test_no_network_at_all_is_passing(options):
    settings = Settings(_env_file=None, yahoo_url="http://127.0.0.1:9")

    with pytest.raises(Transient, match="not reached"):
        ask(Yahoo(settings=settings, options=replace(options, attempts=2)), request())


def test_a_ticker_listed_where_sessions_are_not_known_is_not_found(fake, connect):
    fake.script(faults.changed(with_meta(exchangeName="CCC")), path=CHART)

    async def asked() -> Instrument:
        async with connect() as vendor:
            return await vendor.describe("ZQX")

    with pytest.raises(NotFound, match="on CCC"):
        asyncio.run(asked())
