"""Daily bars: what the little market traded, whole or not at all."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.sources.fmp.asking import LAST, VEX, ZQL, ZQX, bars_request, quick, with_fmp

from hedgerow.domain import Adjustment, Instrument, Timeframe
from hedgerow.domain.schemas import BARS, DIVIDENDS, SPLITS
from hedgerow.errors import BadPayload, DefinitionError, NotFound
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import BarsRequest, Chunk
from hedgerow.testing.vendors import FakeServer, Response, World
from hedgerow.testing.vendors.faults import changed
from hedgerow.testing.vendors.fmp import FakeFmp

WORLD = World.small()
PRICES = ("open", "high", "low", "close")


@pytest.fixture
def fake() -> Iterator[FakeFmp]:
    with FakeFmp() as fake:
        yield fake


def chunks_of(
    fake: FakeServer, request: BarsRequest, options: HttpOptions | None = None
) -> list[Chunk]:
    async def gather(vendor: object) -> list[Chunk]:
        return [chunk async for chunk in vendor.bars(request)]  # type: ignore[attr-defined]

    return with_fmp(fake, gather, options=options)


def table(chunks: list[Chunk], name: str) -> pl.DataFrame:
    return pl.concat(
        batch.frame for chunk in chunks for batch in chunk.batches if batch.table.name == name
    )


def refused(chunks: list[Chunk]) -> list[str]:
    return [rule for chunk in chunks for batch in chunk.batches for rule in batch.refused["rules"]]


def edited(edit: Callable[[list[dict[str, object]]], object]) -> object:
    """Fault that changes the rows of an answer."""

    def change(response: Response) -> Response:
        rows = json.loads(response.body)
        rows = edit(rows) or rows
        return replace(response, body=json.dumps(rows).encode())

    return changed(change)


class TestRegression:
    @pytest.mark.parametrize(
        ("adjustment", "kind"),
        [(Adjustment.RAW, "raw"), (Adjustment.SPLIT, "split"), (Adjustment.TOTAL, "total")],
    )
    def test_each_adjustment_is_what_it_says(
        self, fake: FakeFmp, adjustment: Adjustment, kind: str
    ) -> None:
        bars = table(chunks_of(fake, bars_request(ZQX, adjustment=adjustment)), BARS.name)
        wanted = WORLD.daily("ZQX", kind)
        assert bars["session"].to_list() == wanted["date"].to_list()
        for name in (*PRICES, "volume"):
            assert bars[name].to_list() == wanted[name].to_list()
        assert bars["adjustment"].unique().to_list() == [str(adjustment)]

    def test_raw_bars_bring_splits_and_dividends_as_paid(self, fake: FakeFmp) -> None:
        chunks = chunks_of(fake, bars_request(ZQX))
        splits, cash = table(chunks, SPLITS.name), table(chunks, DIVIDENDS.name)
        assert splits.select("ex_date", "ratio").rows() == [(dt.date(2025, 4, 14), 4.0)]
        told = [one for one in WORLD.dividends if one.symbol == "ZQX"]
        assert cash["amount"].to_list() == [one.amount for one in told]
        assert cash["declared_date"].to_list() == [one.declared for one in told]
        assert cash["pay_date"].to_list() == [one.pay for one in told]
        # At half past nine in New York on the ex-date; a summer day in London's zone.
        assert splits["available_at"].item() == dt.datetime(2025, 4, 14, 13, 30, tzinfo=dt.UTC)

    def test_a_reverse_split_is_a_ratio_below_one(self, fake: FakeFmp) -> None:
        splits = table(chunks_of(fake, bars_request(VEX)), SPLITS.name)
        assert splits["ratio"].to_list() == [0.1]

    def test_adjusted_bars_bring_no_actions(self, fake: FakeFmp) -> None:
        chunks = chunks_of(fake, bars_request(ZQX, adjustment=Adjustment.TOTAL))
        assert {batch.table.name for chunk in chunks for batch in chunk.batches} == {BARS.name}
        assert fake.count("splits") == fake.count("dividends") == 0

    def test_pence_become_pounds(self, fake: FakeFmp) -> None:
        bars = table(chunks_of(fake, bars_request(ZQL)), BARS.name)
        wanted = WORLD.daily("ZQL")
        assert bars["close"].to_list() == pytest.approx((wanted["close"] / 100).to_list())
        assert bars["volume"].to_list() == wanted["volume"].to_list()
        assert bars["currency"].unique().to_list() == ["GBP"]

    def test_another_currency_than_the_catalogs_is_an_error(self, fake: FakeFmp) -> None:
        mistaken = Instrument.of("ZQX", exchange="XNAS", currency="GBP")
        with pytest.raises(BadPayload, match="quotes ZQX in USD, and the catalog in GBP"):
            chunks_of(fake, bars_request(mistaken))

    @pytest.mark.parametrize(
        ("symbol", "spelt"), [("BRK.X", "BRK-X"), ("ZQXpA", "ZQX-PA"), ("ZQXPA", "ZQXPA")]
    )
    def test_tickers_are_spelt_as_the_vendor_does(
        self, fake: FakeFmp, symbol: str, spelt: str
    ) -> None:
        bars = table(chunks_of(fake, bars_request(Instrument.of(symbol))), BARS.name)
        assert bars["close"].to_list() == WORLD.daily(symbol)["close"].to_list()
        assert bars["symbol"].unique().to_list() == [symbol]
        assert {one.query["symbol"] for one in fake.requests} == {spelt}

    @pytest.mark.parametrize("symbol", ["QUIT", "NEWS"])
    def test_a_company_has_bars_while_it_is_listed(self, fake: FakeFmp, symbol: str) -> None:
        chunks = chunks_of(fake, bars_request(Instrument.of(symbol)))
        assert (
            table(chunks, BARS.name)["session"].to_list() == WORLD.daily(symbol)["date"].to_list()
        )
        assert chunks[-1].through == LAST


class TestCompleteness:
    def test_a_cap_that_cuts_old_days_away_is_overcome(self) -> None:
        """However few rows the vendor keeps, all come in the end."""
        with FakeFmp(most_rows=100) as fake:
            bars = table(chunks_of(fake, bars_request(ZQX)), BARS.name)
            assert fake.count("historical-price-eod") == 6
        assert bars["session"].to_list() == WORLD.daily("ZQX")["date"].to_list()

    def test_no_answer_spans_more_than_the_vendor_sends(self, fake: FakeFmp) -> None:
        """5,000 rows are not quite 20 years."""
        chunks_of(fake, bars_request(ZQX, start=dt.date(1962, 1, 2)))
        asked = [
            (dt.date.fromisoformat(one.query["from"]), dt.date.fromisoformat(one.query["to"]))
            for one in fake.requests
            if "eod" in one.path
        ]
        assert all((end - start).days <= 15 * 366 for start, end in asked)
        assert min(start for start, _ in asked) == dt.date(1962, 1, 2)

    def test_chunks_join_without_a_gap_over_decades(self) -> None:
        """Years before the listing hold no chunk of their own; actions come with the first."""
        with FakeFmp() as fake:
            chunks = chunks_of(fake, bars_request(ZQX, start=dt.date(1980, 1, 2)))
        assert [chunk.through for chunk in chunks] == [dt.date(2024, 12, 31), LAST]
        assert [len(chunk.batches) for chunk in chunks] == [3, 1]
        assert table(chunks, BARS.name).height == WORLD.daily("ZQX").height

    def test_the_day_that_goes_on_has_no_bar(self, fake: FakeFmp) -> None:
        noon = dt.datetime(2026, 3, 31, 16, tzinfo=dt.UTC)
        chunks = chunks_of(fake, bars_request(ZQX), quick(clock=lambda: noon))
        assert table(chunks, BARS.name)["session"].max() == dt.date(2026, 3, 30)

    def test_an_answer_of_the_morning_is_not_taken_for_the_evening(self, tmp_path: Path) -> None:
        morning = WORLD.before(dt.date(2026, 3, 30))
        options = quick(cache=tmp_path)
        with FakeFmp(morning) as fake:
            chunks_of(fake, bars_request(ZQX), options)
        with FakeFmp() as fake:
            bars = table(chunks_of(fake, bars_request(ZQX), options), BARS.name)
        assert bars["session"].max() == LAST

    def test_an_unknown_ticker_is_not_found(self, fake: FakeFmp) -> None:
        with pytest.raises(NotFound, match="does not know NOPE"):
            chunks_of(fake, bars_request(Instrument.of("NOPE")))

    def test_a_known_ticker_without_days_is_an_empty_answer(self, fake: FakeFmp) -> None:
        """A delisted company has none, which is not the same as unknown."""
        gone = bars_request(Instrument.of("QUIT"), start=dt.date(2025, 8, 1))
        (chunk,) = chunks_of(fake, gone)
        assert chunk == Chunk((), LAST)


class TestFaultyRows:
    def test_a_row_of_another_ticker_is_refused(self, fake: FakeFmp) -> None:
        fake.script(edited(lambda rows: rows[3].update(symbol="OTHER")), path="eod")
        chunks = chunks_of(fake, bars_request(ZQX))
        assert refused(chunks) == ["foreign_symbol"]
        assert table(chunks, BARS.name).height == WORLD.daily("ZQX").height - 1

    @pytest.mark.parametrize("value", ["12.5", True, [1], {"a": 1}])
    def test_a_price_that_is_no_number_is_refused(self, fake: FakeFmp, value: object) -> None:
        fake.script(edited(lambda rows: rows[3].update(adjClose=value)), path="eod")
        chunks = chunks_of(fake, bars_request(ZQX))
        assert refused(chunks) == ["unreadable_number"]
        assert table(chunks, BARS.name).height == WORLD.daily("ZQX").height - 1

    @pytest.mark.parametrize("value", ["2026-13-45", "yesterday", None])
    def test_a_day_that_is_none_is_refused(self, fake: FakeFmp, value: object) -> None:
        fake.script(edited(lambda rows: rows[3].update(date=value)), path="eod")
        assert refused(chunks_of(fake, bars_request(ZQX))) == ["unreadable_date"]

    def test_the_same_day_twice_is_one_bar(self, fake: FakeFmp) -> None:
        fake.script(edited(lambda rows: rows.append(rows[0])), path="eod")
        chunks = chunks_of(fake, bars_request(ZQX))
        assert refused(chunks) == []
        assert table(chunks, BARS.name).height == WORLD.daily("ZQX").height

    def test_a_day_with_two_prices_is_refused(self, fake: FakeFmp) -> None:
        fake.script(edited(lambda rows: rows.append({**rows[0], "adjClose": 1.0})), path="eod")
        chunks = chunks_of(fake, bars_request(ZQX))
        assert refused(chunks) == ["differing_days"] * 2
        assert table(chunks, BARS.name)["session"].max() == dt.date(2026, 3, 30)

    def test_a_foreign_row_does_not_make_a_day_doubtful(self, fake: FakeFmp) -> None:
        other = {"symbol": "OTHER", "adjClose": 1.0}
        fake.script(edited(lambda rows: rows.append({**rows[0], **other})), path="eod")
        chunks = chunks_of(fake, bars_request(ZQX))
        assert refused(chunks) == ["foreign_symbol"]
        assert table(chunks, BARS.name).height == WORLD.daily("ZQX").height

    def test_a_null_price_stays_null_for_the_gate(self, fake: FakeFmp) -> None:
        fake.script(edited(lambda rows: rows[3].update(adjOpen=None)), path="eod")
        assert table(chunks_of(fake, bars_request(ZQX)), BARS.name)["open"].null_count() == 1

    @pytest.mark.parametrize(
        ("path", "column", "value", "rule"),
        [
            ("splits", "denominator", 0, "unreadable_ratio"),
            ("splits", "numerator", None, "unreadable_ratio"),
            ("dividends", "dividend", "0.24", "unreadable_number"),
            ("dividends", "date", "2025-02-31", "unreadable_date"),
            ("dividends", "symbol", "OTHER", "foreign_symbol"),
        ],
    )
    def test_a_faulty_action_is_refused(
        self, fake: FakeFmp, path: str, column: str, value: object, rule: str
    ) -> None:
        fake.script(edited(lambda rows: rows[0].update({column: value})), path=path)
        assert refused(chunks_of(fake, bars_request(ZQX))) == [rule]

    def test_dates_the_vendor_does_not_have_are_null(self, fake: FakeFmp) -> None:
        fake.script(edited(lambda rows: rows[-1].update(declarationDate="")), path="dividends")
        cash = table(chunks_of(fake, bars_request(ZQX)), DIVIDENDS.name)
        assert cash["declared_date"].null_count() == 1


def test_a_short_bar_is_refused_before_anything_is_asked(fake: FakeFmp) -> None:
    request = BarsRequest(ZQX, Timeframe.parse("1m"), LAST, LAST)
    with pytest.raises(DefinitionError, match="1d only"):
        chunks_of(fake, request)
    assert fake.requests == []


def test_the_limit_is_always_sent(fake: FakeFmp) -> None:
    """Without it the vendor sends five rows; nine dividends have been paid."""
    chunks_of(fake, bars_request(ZQX))
    limited = [one for one in fake.requests if one.path.endswith(("splits", "dividends"))]
    assert all(int(one.query["limit"]) >= 100 for one in limited)


def test_actions_of_companies_come_one_after_the_other(fake: FakeFmp) -> None:
    unknown = [Instrument.of("NOPE"), Instrument.of("NOPE", exchange="XLON", currency="GBP")]

    async def gather(vendor: object) -> list[object]:
        asked = vendor.actions([*unknown, ZQX, VEX], dt.date(2025, 6, 1))  # type: ignore[attr-defined]
        return [batch async for batch in asked]

    batches = with_fmp(fake, gather)
    names = [(batch.table.name, batch.frame["symbol"].unique().item()) for batch in batches]
    assert names == [("dividends", "ZQX"), ("splits", "VEX")]
    assert batches[0].frame["ex_date"].min() == dt.date(2025, 8, 13)
