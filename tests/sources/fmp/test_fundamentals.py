"""Company figures: their names, units and the instants from which they were known."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from tests.sources.fmp.asking import ZQL, ZQX, refused_of, rows_of, with_fmp

from hedgerow.domain import Instrument
from hedgerow.domain.figures import FIGURES
from hedgerow.domain.schemas import FUNDAMENTALS
from hedgerow.errors import BadPayload, NotFound
from hedgerow.sources.base import SourceBatch
from hedgerow.testing.vendors import FakeServer, Response, World
from hedgerow.testing.vendors.faults import changed
from hedgerow.testing.vendors.fmp import FakeFmp

WORLD = World.small()


@pytest.fixture
def fake() -> Iterator[FakeFmp]:
    with FakeFmp() as fake:
        yield fake


def figures_of(
    fake: FakeServer, instrument: Instrument = ZQX, plan: str = "ultimate"
) -> tuple[SourceBatch, ...]:
    return with_fmp(fake, lambda vendor: vendor.fundamentals(instrument), plan=plan)


def rows(fake: FakeServer, instrument: Instrument = ZQX, plan: str = "ultimate") -> pl.DataFrame:
    return rows_of(figures_of(fake, instrument, plan), FUNDAMENTALS.name)


def of_period(frame: pl.DataFrame, period_end: dt.date, period: str) -> dict[str, Any]:
    chosen = frame.filter(period_end=period_end, period=period)
    return dict(chosen.select("item", "value").iter_rows())


def edited(edit: Callable[[list[dict[str, Any]]], object]) -> Any:
    def change(response: Response) -> Response:
        sent = json.loads(response.body)
        edit(sent)
        return replace(response, body=json.dumps(sent).encode())

    return changed(change)


class TestRegression:
    def test_a_statement_is_known_from_its_acceptance(self, fake: FakeFmp) -> None:
        """18:04:11 in New York, the evening before the filing's date, in winter and in summer."""
        revenue = rows(fake).filter(item="revenue")
        known = dict(revenue.select("period_end", "available_at").iter_rows())
        assert known[dt.date(2025, 12, 31)] == dt.datetime(2026, 2, 19, 23, 4, 11, tzinfo=dt.UTC)
        assert known[dt.date(2025, 6, 30)] == dt.datetime(2025, 8, 3, 22, 4, 11, tzinfo=dt.UTC)

    def test_ratios_are_known_with_the_statement_of_their_period(self, fake: FakeFmp) -> None:
        frame = rows(fake).filter(~pl.col("period").is_in(["TTM", "DAY"]))
        per_period = frame.group_by("period_end", "period").agg(
            pl.col("available_at").n_unique(), pl.col("item").n_unique().alias("items")
        )
        assert per_period["available_at"].unique().to_list() == [1]
        assert per_period["items"].min() > 30

    def test_values_are_those_of_the_statement(self, fake: FakeFmp) -> None:
        found = of_period(rows(fake), dt.date(2025, 12, 31), "FY")
        shares = 10_000_000 * 14
        revenue = shares * 40 * 6
        assert found["revenue"] == revenue
        assert found["net_income"] == revenue * 11 // 100
        assert found["gross_margin"] == 0.44
        assert found["roe"] == pytest.approx(revenue * 11 // 100 / (shares * 25), rel=1e-15)
        assert found["book_value"] == 25.0
        assert "quick_ratio" not in found

    def test_year_and_last_quarter_are_two_periods(self, fake: FakeFmp) -> None:
        ends = rows(fake).filter(item="revenue", period_end=dt.date(2025, 12, 31))
        assert sorted(ends["period"]) == ["FY", "Q4"]
        assert ends["value"].n_unique() == 2

    def test_periods_go_back_beyond_the_five_rows_sent_by_default(self, fake: FakeFmp) -> None:
        quarters = rows(fake).filter(item="revenue").filter(pl.col("period") != "FY")
        assert quarters.height == 12

    def test_the_snapshot_is_of_today(self, fake: FakeFmp) -> None:
        frame = rows(fake)
        today = of_period(frame, dt.date(2026, 3, 31), "DAY")
        year = WORLD.daily("ZQX", "split").tail(252)
        price = year["close"][-1]
        assert today["market_cap"] == pytest.approx(price * 10_000_000 * 14)
        assert today["fifty_two_week_low"] == pytest.approx(year["low"].min(), abs=0.005)
        assert today["fifty_two_week_high"] == pytest.approx(year["high"].max(), abs=0.005)
        assert today["beta"] == 1.086
        trailing = of_period(frame, dt.date(2026, 3, 31), "TTM")
        assert trailing["dividend_yield"] == pytest.approx(0.24 / price)
        assert trailing["pe_ratio"] > 0
        now = frame.filter(pl.col("period").is_in(["DAY", "TTM"]))["available_at"].unique()
        assert now.to_list() == [WORLD.clock()]

    def test_units_name_the_currency_of_the_report(self, fake: FakeFmp) -> None:
        frame = rows(fake, ZQL)
        units = dict(frame.select("item", "unit").unique().iter_rows())
        assert units["revenue"] == "GBP"
        assert units["eps"] == "GBP/share"
        assert units["roe"] == "fraction"
        assert units["shares_diluted"] == "shares"

    def test_prices_in_pence_become_pounds(self, fake: FakeFmp) -> None:
        """The company's value is refused: nobody says whether it is in pence."""
        batches = figures_of(fake, ZQL)
        today = of_period(rows_of(batches, FUNDAMENTALS.name), dt.date(2026, 3, 31), "DAY")
        low = WORLD.daily("ZQL").tail(252)["low"].min()
        assert today["fifty_two_week_low"] == pytest.approx(low / 100, abs=0.0001)
        assert "market_cap" not in today
        assert refused_of(batches)["rules"].to_list() == ["unknown_currency"]

    def test_the_free_plan_asks_for_what_it_may(self) -> None:
        with FakeFmp(plan="free") as fake:
            frame = rows(fake, plan="free")
            asked = {one.query.get("limit") for one in fake.requests if "income" in one.path}
        assert asked == {"5"}
        assert set(frame["period"]) == {"FY", "TTM", "DAY"}

    def test_a_preferred_share_has_a_snapshot_only(self, fake: FakeFmp) -> None:
        """It has no reports of its own; that is no fault."""
        frame = rows(fake, Instrument.of("ZQXpA"))
        assert set(frame["period"]) == {"DAY", "TTM"}
        assert set(frame["symbol"]) == {"ZQXpA"}


class TestProperties:
    def test_every_item_has_its_name_and_unit(self, fake: FakeFmp) -> None:
        for item, unit in rows(fake).select("item", "unit").unique().iter_rows():
            assert FIGURES[item].stored_unit("USD") == unit

    def test_keys_are_unique_and_rows_fit(self, fake: FakeFmp) -> None:
        frame = rows(fake)
        assert not frame.select(FUNDAMENTALS.key).is_duplicated().any()
        stamped = frame.with_columns(ingested_at=pl.lit(WORLD.clock()))
        FUNDAMENTALS.schema.validate(
            stamped.with_columns(pl.col("ingested_at").cast(pl.Datetime("us", "UTC")))
        )

    def test_nothing_of_a_period_is_known_before_its_end(self, fake: FakeFmp) -> None:
        frame = rows(fake)
        periods = frame.filter(~pl.col("period").is_in(["DAY", "TTM"]))
        assert (periods["available_at"].dt.date() > periods["period_end"]).all()
        assert (frame["available_at"] <= WORLD.clock()).all()

    def test_an_earlier_day_knows_fewer_reports(self) -> None:
        with FakeFmp(WORLD.before(dt.date(2026, 2, 19))) as fake:
            before = rows(fake).filter(item="revenue")["period_end"].max()
        assert before == dt.date(2025, 12, 31)
        with FakeFmp(WORLD.before(dt.date(2026, 2, 18))) as fake:
            assert rows(fake).filter(item="revenue")["period_end"].max() == dt.date(2025, 9, 30)


class TestAcceptance:
    """What is done where the vendor's dates are poor."""

    def known(self, fake: FakeFmp, **changes: object) -> list[dt.datetime]:
        fake.script(edited(lambda sent: sent[0].update(changes)), path="income-statement")
        frame = rows(fake).filter(item="revenue", period="FY", period_end=dt.date(2025, 12, 31))
        return frame["available_at"].to_list()

    def evening(self, day: dt.date) -> dt.datetime:
        end = dt.datetime.combine(day, dt.time.max, ZoneInfo("America/New_York"))
        return end.astimezone(dt.UTC)

    def test_a_filing_date_counts_from_the_end_of_its_day(self, fake: FakeFmp) -> None:
        assert self.known(fake, acceptedDate=None) == [self.evening(dt.date(2026, 2, 20))]

    def test_midnight_is_a_date_without_a_time(self, fake: FakeFmp) -> None:
        known = self.known(fake, acceptedDate="2026-02-20 00:00:00")
        assert known == [self.evening(dt.date(2026, 2, 20))]

    def test_the_older_spelling_of_the_filing_date_is_read(self, fake: FakeFmp) -> None:
        known = self.known(fake, acceptedDate="", filingDate=None, fillingDate="2026-03-02")
        assert known == [self.evening(dt.date(2026, 3, 2))]

    @pytest.mark.parametrize(
        ("changes", "rule"),
        [
            ({"acceptedDate": None, "filingDate": None}, "no_acceptance"),
            (
                {"acceptedDate": "2025-12-31 00:00:00", "filingDate": None},
                "known_before_period_end",
            ),
            ({"acceptedDate": "2025-12-31 09:00:00"}, "known_before_period_end"),
            ({"date": "2025-02-31"}, "unreadable_date"),
            ({"period": "H1"}, "unexpected_period"),
        ],
    )
    def test_a_report_that_cannot_be_dated_is_refused(
        self, fake: FakeFmp, changes: dict[str, object], rule: str
    ) -> None:
        fake.script(edited(lambda sent: sent[0].update(changes)), path="income-statement")
        batches = figures_of(fake)
        refused = refused_of(batches)
        assert rule in refused["rules"].to_list()
        found = rows_of(batches, FUNDAMENTALS.name)
        assert found.filter(period_end=dt.date(2025, 12, 31), period="FY").is_empty()
        # Its ratios and metrics cannot be dated either.
        assert refused.height == 3


class TestFaultyRows:
    def test_a_value_that_is_no_number_is_refused_alone(self, fake: FakeFmp) -> None:
        fake.script(edited(lambda sent: sent[0].update(revenue="n/a")), path="income-statement")
        batches = figures_of(fake)
        assert refused_of(batches)["rules"].to_list() == ["unreadable_number"]
        found = of_period(rows_of(batches, FUNDAMENTALS.name), dt.date(2025, 12, 31), "FY")
        assert "revenue" not in found
        assert "net_income" in found

    def test_money_without_a_currency_is_refused(self, fake: FakeFmp) -> None:
        """A dividend yield or a margin needs none."""
        fake.script(edited(lambda sent: sent[0].update(reportedCurrency=None)), path="/ratios")
        batches = figures_of(fake)
        refused = refused_of(batches)
        assert set(refused["rules"]) == {"unknown_currency"}
        assert refused.height == 4
        found = of_period(rows_of(batches, FUNDAMENTALS.name), dt.date(2025, 12, 31), "FY")
        assert "gross_margin" in found
        assert "book_value" not in found

    def test_rows_of_another_company_are_left_out(self, fake: FakeFmp) -> None:
        fake.script(
            edited(lambda sent: sent.insert(0, {**sent[0], "symbol": "OTHER"})), path="ratios"
        )
        assert set(rows(fake)["symbol"]) == {"ZQX"}

    def test_annual_reports_in_the_place_of_quarters_are_refused(self, fake: FakeFmp) -> None:
        """As the vendor sends them for a period it does not understand."""

        def to_annual(sent: list[dict[str, Any]]) -> None:
            sent[:] = [{**row, "period": "FY"} for row in sent if row["period"] == "Q4"]

        fake.script(lambda _, healthy: healthy(), edited(to_annual), path="income-statement")
        batches = figures_of(fake)
        refused = refused_of(batches)["rules"].to_list()
        assert refused.count("unexpected_period") == 3
        assert set(refused) == {"unexpected_period", "no_acceptance"}
        assert "Q4" not in set(rows_of(batches, FUNDAMENTALS.name)["period"])

    def test_a_period_that_comes_twice_counts_once(self, fake: FakeFmp) -> None:
        """The vendor sends the newest first."""
        again = edited(lambda sent: sent.insert(1, {**sent[0], "revenue": 1}))
        fake.script(again, path="income-statement")
        found = rows(fake).filter(item="revenue", period="FY", period_end=dt.date(2025, 12, 31))
        assert found["value"].to_list() == [10_000_000 * 14 * 40 * 6]

    @pytest.mark.parametrize("path", ["income-statement", "/ratios", "key-metrics", "ratios-ttm"])
    def test_renamed_columns_are_an_error_and_not_nulls(self, fake: FakeFmp, path: str) -> None:
        def rename(sent: list[dict[str, Any]]) -> None:
            kept = ("symbol", "date", "period", "reportedCurrency", "acceptedDate", "filingDate")
            sent[:] = [{n if n in kept else f"new_{n}": v for n, v in r.items()} for r in sent]

        fake.script(edited(rename), path=path)
        with pytest.raises(BadPayload, match="renamed"):
            figures_of(fake)

    @pytest.mark.parametrize("text", ["", None])
    def test_a_range_the_vendor_does_not_have_gives_no_row(
        self, fake: FakeFmp, text: object
    ) -> None:
        fake.script(edited(lambda sent: sent[0].update(range=text)), path="profile")
        batches = figures_of(fake)
        assert refused_of(batches).is_empty()
        assert "fifty_two_week_low" not in set(rows_of(batches, FUNDAMENTALS.name)["item"])

    def test_a_range_that_is_none_is_refused(self, fake: FakeFmp) -> None:
        fake.script(edited(lambda sent: sent[0].update(range="about 12")), path="profile")
        assert refused_of(figures_of(fake))["rules"].to_list() == ["unreadable_number"]

    def test_an_unknown_company_is_not_found(self, fake: FakeFmp) -> None:
        with pytest.raises(NotFound, match="does not know NOPE"):
            figures_of(fake, Instrument.of("NOPE"))
        assert len(fake.requests) == 1
