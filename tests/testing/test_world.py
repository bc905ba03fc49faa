"""The little market behind the fakes is sound itself."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest

from hedgerow.domain import sessions
from hedgerow.testing.vendors import World


@pytest.fixture(scope="module")
def world():
    return World.small()


def test_every_company_trades_on_every_session_it_is_listed(world):
    for company in world.companies:
        days = world.bars.filter(symbol=company.symbol)["date"]
        last = company.delisted or world.now.date()
        held = sessions(company.mic).filter(pl.col("session").is_between(company.listed, last))[
            "session"
        ]
        assert days.to_list() == held.to_list()


def test_prices_are_in_order_and_whole_cents(world):
    for bars in (world.bars, world.minutes):
        assert bars.select(
            (pl.col("high") >= pl.max_horizontal("open", "close", "low")).all()
        ).item()
        assert bars.select(
            (pl.col("low") <= pl.min_horizontal("open", "close", "high")).all()
        ).item()
        assert bars.select((pl.col("low") > 0).all()).item()
        cents = bars["close"] * 100
        assert (cents - cents.round()).abs().max() < 1e-6


def test_a_split_moves_raw_prices_and_not_adjusted_ones(world):
    day = dt.date(2025, 4, 14)
    raw, split = world.daily("ZQX"), world.daily("ZQX", "split")
    place = raw["date"].to_list().index(day)
    assert raw["close"][place] / raw["close"][place - 1] == pytest.approx(0.25, rel=0.05)
    assert split["close"][place] / split["close"][place - 1] == pytest.approx(1, rel=0.05)
    assert split["close"][place - 1] == raw["close"][place - 1] / 4
    assert split["volume"][place - 1] == raw["volume"][place - 1] * 4


def test_total_returns_hold_the_dividend(world):
    dividend = world.dividends[3]
    split, total = world.daily("ZQX", "split"), world.daily("ZQX", "total")
    place = split["date"].to_list().index(dividend.ex_date)
    grown = math.log(total["close"][place] / total["close"][place - 1])
    price = math.log(split["close"][place] / split["close"][place - 1])
    raw = world.daily("ZQX")["close"][place]
    assert grown - price == pytest.approx(math.log(1 + dividend.amount / raw), rel=1e-9)


def test_the_world_of_an_earlier_day_knows_nothing_later(world):
    day = dt.date(2025, 4, 11)
    earlier = world.before(day)
    assert earlier.bars["date"].max() == day
    assert (
        earlier.daily("ZQX", "split")["close"][-1]
        == world.daily("ZQX")["close"][world.daily("ZQX")["date"].to_list().index(day)]
    )
    assert all(one.ex_date <= day for one in (*earlier.splits, *earlier.dividends))
    assert earlier.now.date() == day


def test_holes_are_where_they_were_asked_for(world):
    days = dt.date(2026, 3, 3), dt.date(2026, 3, 4)
    holed = world.without("VEX", *days)
    assert world.bars.height - holed.bars.height == 2
    assert not set(days) & set(holed.bars.filter(symbol="VEX")["date"])


def test_minutes_stand_around_both_changes_of_the_clock(world):
    starts = world.minutes.filter(symbol="ZQX").group_by(day=pl.col("start").dt.date())
    first = dict(starts.agg(pl.col("start").min().dt.hour()).iter_rows())
    assert first[dt.date(2025, 3, 7)] == 14
    assert first[dt.date(2025, 3, 10)] == 13
    assert first[dt.date(2025, 10, 31)] == 13
    assert first[dt.date(2025, 11, 3)] == 14
