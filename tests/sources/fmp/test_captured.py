"""Answers that were captured from the vendor, read right; the values are taken from the files."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hedgerow.errors import BadPayload, RateLimited
from hedgerow.sources.fmp.client import classify
from hedgerow.sources.fmp.figures import (
    INCOME,
    RATIOS,
    acceptances,
    period_figures,
    read_report,
)
from hedgerow.sources.fmp.parse import read_dividends, read_prices, read_splits, the_one
from hedgerow.sources.fmp.snapshot import Profile
from hedgerow.sources.http import Reply

STABLE, OPENBB, OLD = (
    f"api/fmp/{name}"
    for name in ("stable_20260814", "openbb_cassettes", "gamestonk_cassettes_2022")
)


def sent(folder: Path, name: str) -> tuple[bytes, list[dict[str, Any]]]:
    body = (folder / name).read_bytes()
    return body, json.loads(body)


@pytest.fixture
def income(shared_data: Path) -> tuple[bytes, dict[str, Any]]:
    body, rows = sent(shared_data, f"{STABLE}/income-statement.json")
    return body, rows[0]


class TestStable:
    def test_income_statement(self, income: tuple[bytes, dict[str, Any]]) -> None:
        body, row = income
        report = read_report(body, INCOME, "AAPL", "x")
        found, refused = period_figures(report, INCOME, acceptances(report), ["FY"])
        assert refused.is_empty()
        assert dict(found.select("item", "value").iter_rows()) == {
            item: row[name] for name, item in INCOME.items()
        }
        # Accepted 2025-10-31 06:01:26 in New York, two days before its clocks went back.
        known = dt.datetime(2025, 10, 31, 10, 1, 26, tzinfo=dt.UTC)
        assert found["available_at"].unique().to_list() == [known]
        units = dict(found.select("item", "unit").iter_rows())
        assert (units["revenue"], units["eps_diluted"]) == ("USD", "USD/share")
        assert found["period"].unique().to_list() == ["FY"]

    def test_ratios(self, shared_data: Path, income: tuple[bytes, dict[str, Any]]) -> None:
        body, (row,) = sent(shared_data, f"{STABLE}/ratios.json")
        report = read_report(body, RATIOS, "AAPL", "x")
        accepted = acceptances(read_report(income[0], INCOME, "AAPL", "x"))
        found, refused = period_figures(report, RATIOS, accepted, ["FY"])
        assert refused.is_empty()
        assert dict(found.select("item", "value").iter_rows()) == {
            item: row[name] for name, item in RATIOS.items()
        }
        values = dict(found.select("item", "value").iter_rows())
        # They follow from the statement, so scale and meaning are as their names say.
        statement = income[1]
        assert values["gross_margin"] == statement["grossProfit"] / statement["revenue"]
        assert values["net_margin"] == statement["netIncome"] / statement["revenue"]
        assert (
            values["revenue_per_share"] == statement["revenue"] / statement["weightedAverageShsOut"]
        )
        assert values["dividend_yield"] == pytest.approx(row["dividendYieldPercentage"] / 100)

    def test_profile(self, shared_data: Path) -> None:
        body, (row,) = sent(shared_data, f"{STABLE}/profile.json")
        found = the_one(body, "AAPL", "x")
        assert found is not None
        profile = Profile(found, "x")
        figures, rules = profile.figures()
        assert rules == ""
        low, high = row["range"].split("-")
        assert {one["item"]: one["value"] for one in figures} == {
            "market_cap": row["marketCap"],
            "beta": row["beta"],
            "fifty_two_week_low": float(low),
            "fifty_two_week_high": float(high),
            "dividend_yield": row["lastDividend"] / row["price"],
        }
        apple = profile.instrument()
        assert apple.instrument_id == "AAPL.XNAS"
        assert (apple.name, apple.sector, apple.region) == ("Apple Inc.", "Technology", "US")

    def test_a_statement_is_no_table_of_ratios(self, income: tuple[bytes, dict[str, Any]]) -> None:
        with pytest.raises(BadPayload, match="renamed"):
            read_report(income[0], RATIOS, "AAPL", "x")


class TestPricesAndActions:
    def test_prices(self, shared_data: Path) -> None:
        name = "stable_historical-price-eod_full_AAPL_20250923.json"
        body, rows = sent(shared_data, f"{OPENBB}/{name}")
        found = read_prices(body, "AAPL", "x")
        assert found.refused.is_empty()
        oldest_first = sorted(rows, key=lambda row: row["date"])
        assert found.frame["date"].cast(pl.String).to_list() == [r["date"] for r in oldest_first]
        for column in ("open", "high", "low", "close", "volume", "vwap"):
            assert found.frame[column].to_list() == [row[column] for row in oldest_first]

    def test_dividend(self, shared_data: Path) -> None:
        body, _ = sent(shared_data, f"{OPENBB}/stable_dividends_AAPL_limit1_20250923.json")
        found = read_dividends(body, "AAPL", "x")
        assert found.frame.rows() == [
            (
                dt.date(2025, 8, 11),
                0.26,
                dt.date(2025, 7, 31),
                dt.date(2025, 8, 11),
                dt.date(2025, 8, 14),
            )
        ]

    def test_splits_of_the_older_endpoint_have_the_same_rows(self, shared_data: Path) -> None:
        name = "v3_historical-price-full_stock_split_AAPL_20240627.json"
        older = json.loads((shared_data / OPENBB / name).read_bytes())
        body = json.dumps(older["historical"]).encode()
        found = read_splits(body, "AAPL", "x").frame
        assert found["ratio"].to_list() == [2.0, 2.0, 2.0, 7.0, 4.0]
        assert found["ex_date"][-1] == dt.date(2020, 8, 31)


class TestOlderGeneration:
    """Files of 2022, from endpoints that are closed now: read where they agree, else an error."""

    def test_statements_keep_their_acceptance_under_the_older_spelling(
        self, shared_data: Path
    ) -> None:
        name = "200_api_v3_income-statement_PM_limit=0_period=annual_8ebf3.json"
        body, rows = sent(shared_data, f"{OLD}/{name}")
        report = read_report(body, INCOME, "PM", "x")
        found, refused = period_figures(report, INCOME, acceptances(report), ["FY"])
        by_end = {row["date"]: row for row in rows}
        for end, value, known in (
            found.filter(item="revenue")
            .select(pl.col("period_end").cast(pl.String), "value", "available_at")
            .iter_rows()
        ):
            assert value == by_end[end]["revenue"]
            told = max(by_end[end]["acceptedDate"][:10], by_end[end]["fillingDate"])
            assert end < known.date().isoformat() <= f"{told[:8]}{int(told[8:]) + 1:02d}"
        # What was "known" on the day its period ended is not known at all.
        early = {end for end, row in by_end.items() if row["acceptedDate"][:10] <= end}
        assert refused.height == len(early)
        assert found.filter(item="revenue").height == len(by_end) - len(early)

    def test_renamed_ratios_are_not_read_as_nulls(self, shared_data: Path) -> None:
        body, _ = sent(shared_data, f"{OLD}/200_api_v3_ratios_PM_limit=0_period=annual_b1753.json")
        with pytest.raises(BadPayload, match="lacks debtToEquityRatio, priceToEarningsRatio"):
            read_report(body, RATIOS, "PM", "x")

    def test_a_profile_with_older_names_is_refused(self, shared_data: Path) -> None:
        body, _ = sent(shared_data, f"{OLD}/200_api_v3_profile_PM_12bae.json")
        row = the_one(body, "PM", "x")
        assert row is not None
        with pytest.raises(BadPayload, match="lacks lastDividend, marketCap"):
            Profile(row, "x").figures()

    def test_every_429_is_a_limit_with_its_hint(self, shared_data: Path) -> None:
        bodies = sorted((shared_data / OLD).glob("429_*.json"))
        assert len(bodies) == 5
        for place in bodies:
            body = place.read_bytes()
            error = classify(Reply(429, {}, body, "fmp /stable/x"))
            assert isinstance(error, RateLimited)
            told = json.loads(body)["X-Rate-Limit-Retry-After-Milliseconds"]
            assert error.facts["retry_after"] == pytest.approx(told / 1000)
