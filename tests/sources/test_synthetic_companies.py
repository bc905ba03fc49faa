"""What the synthetic companies do: split, pay, report."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from hedgerow.sources import SyntheticMarket

ITEMS = {
    "pe_ratio",
    "pb_ratio",
    "equity",
    "book_value",
    "revenue",
    "net_income",
    "roe",
    "roa",
    "debt_to_equity",
    "dividend_yield",
    "market_cap",
    "shares_outstanding",
}


@pytest.fixture(scope="module")
def market() -> SyntheticMarket:
    return SyntheticMarket(symbols=50, bars=2_600, timeframe="1d")


@pytest.fixture(scope="module")
def rows(market) -> dict[str, pl.DataFrame]:
    parts: dict[str, list[pl.DataFrame]] = {}
    for batch in market.batches():
        parts.setdefault(batch.table.name, []).append(batch.frame)
    return {name: pl.concat(frames) for name, frames in parts.items()}


def on(rows: dict[str, pl.DataFrame], symbol: str, day: dt.date) -> tuple[float, float]:
    """Close before a session and open of it."""
    bars = rows["bars"].filter(symbol=symbol)
    place = bars["session"].search_sorted(day)
    return bars["close"][place - 1], bars["open"][place]


# Properties ---------------------------------------------------------------------------------


def test_prices_fall_by_the_ratio_of_a_split(rows):
    assert rows["splits"].height > 10
    for symbol, day, ratio in rows["splits"].select("symbol", "ex_date", "ratio").rows():
        before, after = on(rows, symbol, day)
        assert after * ratio == pytest.approx(before, rel=0.15)


def test_companies_split_when_their_price_is_high(rows):
    doubled = rows["splits"].filter(pl.col("ratio") >= 2).select("symbol", "ex_date").rows()

    assert all(on(rows, symbol, day)[0] > 90 for symbol, day in doubled)
    assert rows["bars"].filter(~pl.col("symbol").is_in(["SPX", "VIX"]))["close"].max() < 500


def test_a_split_is_known_when_its_session_opens(rows, market):
    known = rows["splits"]["available_at"].dt.convert_time_zone("America/New_York")

    assert set(known.dt.time()) == {dt.time(9, 30)}
    assert (known.dt.date() == rows["splits"]["ex_date"]).all()


def test_about_six_in_ten_pay_every_quarter(rows, market):
    paid = rows["dividends"].group_by("symbol").len()
    years = 2_600 / 252

    assert 0.4 < paid.height / market.symbols < 0.8
    assert paid["len"].is_between(4 * years - 3, 4 * years + 1).all()


def test_dividends_are_declared_before_they_go_ex_and_paid_after(rows):
    dates = rows["dividends"]
    known = dates["available_at"].dt.convert_time_zone("America/New_York")

    assert (dates["declared_date"] < dates["ex_date"]).all()
    assert (dates["ex_date"] < dates["record_date"]).all()
    assert (dates["record_date"] < dates["pay_date"]).all()
    assert (known.dt.date() == dates["declared_date"]).all()
    assert set(known.dt.time()) == {dt.time(16, 5)}


def test_prices_fall_by_the_dividend_on_average(rows):
    falls = []
    split_days = set(rows["splits"].select("symbol", "ex_date").rows())
    for symbol, day, amount in rows["dividends"].select("symbol", "ex_date", "amount").rows():
        if (symbol, day) not in split_days:
            before, after = on(rows, symbol, day)
            falls.append((after - before) / before + amount / before)

    assert abs(np.mean(falls)) < 4 * np.std(falls) / np.sqrt(len(falls))


def test_a_declared_dividend_does_not_tell_a_later_price(rows):
    """The amount follows from the close on the day it is declared, not from a later one."""
    bars = rows["bars"].select("symbol", "close", declared_date="session")
    beside = rows["dividends"].join(bars, on=["symbol", "declared_date"])

    assert (beside["amount"] / beside["close"]).is_between(0.0005, 0.03).all()


def test_reports_come_five_to_nine_weeks_after_the_quarter(rows):
    first = (
        rows["fundamentals"]
        .group_by("symbol", "item", "period_end")
        .agg(pl.col("available_at").min())
    )
    local = first["available_at"].dt.convert_time_zone("America/New_York")
    days = (local.dt.date() - first["period_end"]).dt.total_days()

    assert set(rows["fundamentals"]["item"]) == ITEMS
    assert set(local.dt.time()) == {dt.time(16, 5)}
    assert days.is_between(35, 65).all()


def test_a_report_is_known_before_the_first_session(rows, market):
    start = dt.datetime.combine(market.sessions[0], dt.time(14, 30), dt.UTC)
    known = rows["fundamentals"].filter(pl.col("available_at") < start)

    assert known.filter(item="revenue")["symbol"].n_unique() == market.symbols


def test_some_figures_are_restated_as_further_rows(rows):
    versions = (
        rows["fundamentals"]
        .group_by("symbol", "item", "period_end")
        .agg(pl.len(), pl.col("value").n_unique())
    )
    restated = versions.filter(pl.col("len") > 1)

    assert 0 < restated.height < 0.05 * versions.height
    assert set(restated["item"]) == {"revenue", "net_income"}
    assert (restated["value"] == restated["len"]).all()


def test_ratios_agree_with_the_figures_behind_them(rows):
    first = (
        rows["fundamentals"]
        .sort("available_at")
        .group_by("symbol", "item", "period_end", maintain_order=True)
        .first()
        .pivot("item", index=["symbol", "period_end"], values="value")
        .sort("symbol", "period_end")
        .with_columns(earned=pl.col("net_income").rolling_sum(4).over("symbol"))
        .drop_nulls()
    )

    assert np.allclose(first["pe_ratio"], first["market_cap"] / first["earned"], rtol=1e-4)
    assert np.allclose(first["pb_ratio"], first["market_cap"] / first["equity"], rtol=1e-4)
    assert np.allclose(first["roe"], first["earned"] / first["equity"], atol=1e-5)


def test_market_value_uses_the_close_before_the_report_and_the_shares_then(rows):
    """One report by hand: shares times the last close that was known when it came out."""
    reports = rows["fundamentals"].filter(symbol="S0001")
    caps = reports.filter(item="market_cap").sort("available_at")
    shares = reports.filter(item="shares_outstanding").sort("available_at")["value"].to_list()
    bars = rows["bars"].filter(symbol="S0001")
    splits = rows["splits"].filter(symbol="S0001").select("ex_date", "ratio").rows()
    for (known, cap), outstanding in zip(
        caps.select("available_at", "value").rows()[2:12], shares[2:12], strict=True
    ):
        before = bars.filter(pl.col("session") < known.date())
        ratio = dict(splits).get(known.date(), 1.0)
        assert cap == pytest.approx(before["close"][-1] * outstanding / ratio, rel=2e-3)


def test_reports_move_the_price(rows):
    """The night after a report is wilder than other nights."""
    bars = rows["bars"].filter(~pl.col("symbol").is_in(["SPX", "VIX"]))
    nights = bars.with_columns(
        night=(pl.col("open") / pl.col("close").shift(1) - 1).abs().over("symbol"),
        day_before=pl.col("session").shift(1).over("symbol"),
    )
    reported = (
        rows["fundamentals"]
        .filter(item="market_cap")
        .select(
            "symbol",
            day_before=pl.col("available_at").dt.convert_time_zone("America/New_York").dt.date(),
        )
    )
    after = nights.join(reported, on=["symbol", "day_before"], how="semi")["night"].median()

    assert after > 1.5 * nights["night"].median()
