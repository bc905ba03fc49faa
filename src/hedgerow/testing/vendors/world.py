"""A small market that never was, the same for every fake vendor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from hedgerow.domain.calendar import sessions

NEW_YORK = ZoneInfo("America/New_York")
_FIRST = dt.date(2024, 1, 2)
_LAST = dt.date(2026, 3, 31)
# Days around both changes of New York's clocks, a split, and a half day.
_MINUTE_DAYS = (
    dt.date(2025, 3, 7),
    dt.date(2025, 3, 10),
    dt.date(2025, 4, 11),
    dt.date(2025, 4, 14),
    dt.date(2025, 10, 31),
    dt.date(2025, 11, 3),
    dt.date(2025, 11, 28),
    dt.date(2026, 3, 31),
)
_SEED = 20_260_331


@dataclass(frozen=True)
class Company:
    """One listed company.

    Parameters
    ----------
    symbol
        Ticker as the exchange spells it; case counts.
    name
        For people.
    mic
        Exchange.
    currency
        Unit of its prices as vendors spell it: ``USD``, or ``GBX`` for pence.
    kind
        ``CS`` for shares, ``ETF``, ``PFD`` for preferred shares.
    listed, delisted
        First session, and the last one or None.
    figi, cik
        Identities.
    """

    symbol: str
    name: str
    mic: str = "XNYS"
    currency: str = "USD"
    kind: str = "CS"
    listed: dt.date = _FIRST
    delisted: dt.date | None = None
    figi: str = ""
    cik: str = ""


@dataclass(frozen=True)
class Split:
    """``old`` shares become ``new`` ones on ``ex_date``."""

    symbol: str
    ex_date: dt.date
    old: float
    new: float

    @property
    def ratio(self) -> float:
        """New shares for one old share."""
        return self.new / self.old


@dataclass(frozen=True)
class Dividend:
    """Cash for one share of the basis of ``ex_date``."""

    symbol: str
    ex_date: dt.date
    amount: float
    declared: dt.date
    record: dt.date
    pay: dt.date


Action = TypeVar("Action", Split, Dividend)


@dataclass(frozen=True)
class World:
    """Companies, what traded, and what happened to their shares.

    Parameters
    ----------
    companies
        Who is listed, or was.
    bars
        Raw daily bars: ``symbol, date, open, high, low, close, volume, vwap, trades``, sorted
        by symbol and date; prices in the unit of the company.
    minutes
        Raw minute bars of some days: ``symbol, start`` (UTC) and the same values.
    splits, dividends
        In order of their dates.
    now
        The present of every fake, with a zone.

    Examples
    --------
    >>> world = World.small()
    >>> world.bars.filter(symbol="ZQX").height
    563
    >>> [split.ratio for split in world.splits if split.symbol == "ZQX"]
    [4.0]
    """

    companies: tuple[Company, ...]
    bars: pl.DataFrame
    minutes: pl.DataFrame
    splits: tuple[Split, ...]
    dividends: tuple[Dividend, ...]
    now: dt.datetime

    @staticmethod
    @cache
    def small() -> World:
        """The usual little market; frozen at 22:00 in New York on 2026-03-31."""
        return _small()

    def clock(self) -> dt.datetime:
        """The present, in UTC."""
        return self.now.astimezone(dt.UTC)

    def company(self, symbol: str) -> Company | None:
        """Company of a ticker; None where there is none."""
        return next((one for one in self.companies if one.symbol == symbol), None)

    def daily(self, symbol: str, kind: str = "raw") -> pl.DataFrame:
        """Daily bars of one company.

        Parameters
        ----------
        symbol
            Ticker.
        kind
            ``raw``; ``split``, restated for splits; ``total``, for splits and dividends by
            the close of the ex-date; or ``yahoo``, the same by the close of the day before.
        """
        bars = self.bars.filter(pl.col("symbol") == symbol)
        factors = [self._factors(row, kind, bars) for row in bars.iter_rows(named=True)]
        prices, volumes = zip(*factors, strict=True) if factors else ((), ())
        return bars.with_columns(
            pl.col("open", "high", "low", "close", "vwap") * pl.Series(prices, dtype=pl.Float64),
            volume=pl.col("volume") * pl.Series(volumes, dtype=pl.Float64),
        )

    def before(self, day: dt.date) -> World:
        """The world as it stood at 22:00 in New York on an earlier day."""
        return replace(
            self,
            bars=self.bars.filter(pl.col("date") <= day),
            minutes=self.minutes.filter(pl.col("start").dt.date() <= day),
            splits=tuple(one for one in self.splits if one.ex_date <= day),
            dividends=tuple(one for one in self.dividends if one.ex_date <= day),
            now=dt.datetime.combine(day, dt.time(22), NEW_YORK),
        )

    def without(self, symbol: str, *days: dt.date) -> World:
        """The world with holes in one company's daily bars."""
        hole = (pl.col("symbol") == symbol) & pl.col("date").is_in(list(days))
        return replace(self, bars=self.bars.filter(~hole))

    def _factors(self, row: dict[str, Any], kind: str, bars: pl.DataFrame) -> tuple[float, float]:
        """What a bar's prices and volume are multiplied by, by the plainest rule there is."""
        price = volume = 1.0
        if kind == "raw":
            return price, volume
        for split in self._later(self.splits, row):
            price /= split.ratio
            volume *= split.ratio
        if kind == "split":
            return price, volume
        closes = dict(bars.select("date", "close").iter_rows())
        for dividend in self._later(self.dividends, row):
            if kind == "total":
                close = closes[dividend.ex_date]
                price *= close / (close + dividend.amount)
            else:
                # No company here splits on the day of a dividend, so both are of one basis.
                prior = max(day for day in closes if day < dividend.ex_date)
                price *= 1 - dividend.amount / closes[prior]
        return price, volume

    @staticmethod
    def _later(actions: tuple[Action, ...], row: dict[str, Any]) -> list[Action]:
        symbol, day = row["symbol"], row["date"]
        return [one for one in actions if one.symbol == symbol and one.ex_date > day]


_COMPANIES = (
    Company("ZQX", "Zed Quix Inc.", "XNAS", figi="BBG00ZQX0001", cik="0009999991"),
    Company("VEX", "Vexillum, Corp.", figi="BBG00VEX0001", cik="0009999992"),
    Company("ZQXPA", "Zed Quix Patents Inc.", figi="BBG00ZQX0003", cik="0009999993"),
    Company("ZQXpA", "Zed Quix 5% preferred A", kind="PFD", figi="BBG00ZQX0002", cik="0009999991"),
    Company("BRK.X", "Briar & Key class X", figi="BBG00BRK0001", cik="0009999994"),
    Company(
        "QUIT",
        "Quitter Holdings",
        delisted=dt.date(2025, 6, 30),
        figi="BBG00QUI0001",
        cik="0009999995",
    ),
    Company(
        "NEWS",
        "Newish Software",
        "XNAS",
        listed=dt.date(2025, 9, 2),
        figi="BBG00NEW0001",
        cik="0009999996",
    ),
    Company("ZQL", "Zed Quix plc", "XLON", "GBX", figi="BBG00ZQL0001"),
)

_SPLITS = (
    Split("ZQX", dt.date(2025, 4, 14), 1, 4),
    Split("VEX", dt.date(2025, 10, 1), 10, 1),
)

_PRICES = {"ZQX": 50.0, "VEX": 30.0, "ZQXPA": 12.0, "ZQXpA": 24.0, "BRK.X": 480.0, "ZQL": 350.0}


def _small() -> World:
    bars = pl.concat([_walk(n, company) for n, company in enumerate(_COMPANIES)])
    bars = bars.sort("symbol", "date")
    return World(
        companies=_COMPANIES,
        bars=bars,
        minutes=pl.concat([_minutes(bars, symbol) for symbol in ("VEX", "ZQX")]),
        splits=_SPLITS,
        dividends=tuple(_dividends()),
        now=dt.datetime.combine(_LAST, dt.time(22), NEW_YORK),
    )


def _days(company: Company) -> list[dt.date]:
    last = company.delisted or _LAST
    held = sessions(company.mic).filter(pl.col("session").is_between(company.listed, last))
    return held["session"].to_list()


def _walk(number: int, company: Company) -> pl.DataFrame:
    days = _days(company)
    random = np.random.default_rng([_SEED, number])
    steps = random.normal(0.0004, 0.012, (len(days), 4))
    close = _PRICES.get(company.symbol, 20.0) * np.exp(np.cumsum(steps[:, 0]))
    open_ = close * np.exp(-steps[:, 0] / 2)
    high = np.maximum(open_, close) * np.exp(np.abs(steps[:, 1]))
    low = np.minimum(open_, close) * np.exp(-np.abs(steps[:, 2]))
    volume = np.round(1e6 * np.exp(30 * steps[:, 3]), 1)
    # The walk is on today's basis; what traded before a split was another price.
    basis = np.array(
        [
            np.prod([s.ratio for s in _SPLITS if s.symbol == company.symbol and s.ex_date > day])
            for day in days
        ]
    )

    def traded(price: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        cents: np.ndarray[Any, Any] = np.round(price * basis, 2)
        return cents

    return pl.DataFrame(
        {
            "symbol": [company.symbol] * len(days),
            "date": days,
            "open": traded(open_),
            "high": traded(high),
            "low": traded(low),
            "close": traded(close),
            "volume": np.round(volume / basis, 1),
            "vwap": np.round((traded(high) + traded(low) + traded(close)) / 3, 4),
            "trades": np.round(volume / 100).astype(np.int64),
        }
    )


def _minutes(bars: pl.DataFrame, symbol: str) -> pl.DataFrame:
    held = sessions("XNYS").filter(pl.col("session").is_in(list(_MINUTE_DAYS)))
    prices = dict(bars.filter(pl.col("symbol") == symbol).select("date", "open").iter_rows())
    return pl.concat(
        _one_day(symbol, day, opens, closes, prices[day])
        for day, opens, closes in held.select("session", "open", "close").iter_rows()
    )


def _one_day(
    symbol: str, day: dt.date, opens: dt.datetime, closes: dt.datetime, price: float
) -> pl.DataFrame:
    count = int((closes - opens).total_seconds() // 60)
    random = np.random.default_rng([_SEED, day.toordinal(), len(symbol)])
    steps = random.normal(0, 0.0005, (count, 3))
    close = np.round(price * np.exp(np.cumsum(steps[:, 0])), 2)
    open_ = np.concatenate([[price], close[:-1]])
    high = np.round(np.maximum(open_, close) + np.abs(steps[:, 1]) * 10, 2)
    low = np.round(np.minimum(open_, close) - np.abs(steps[:, 2]) * 10, 2)
    whole = pl.DataFrame(
        {
            "symbol": [symbol] * count,
            "start": pl.datetime_range(opens, closes, "1m", closed="left", eager=True),
            "open": open_,
            "high": high,
            "low": low,
            "close": close,
            "volume": np.round(random.uniform(100, 9000, count), 1),
            "vwap": np.round((high + low + close) / 3, 4),
            "trades": random.integers(1, 90, count),
        },
        schema_overrides={"start": pl.Datetime("us", "UTC")},
    )
    # Where nothing traded there is no bar: one minute in fifty.
    return whole.filter(pl.Series(random.uniform(size=count) > 0.02))


def _dividends() -> Iterator[Dividend]:
    for year in (2024, 2025, 2026):
        for month in (2, 5, 8, 11):
            ex_date = dt.date(year, month, 13)
            held = sessions("XNAS").filter(pl.col("session") >= ex_date)["session"]
            if held[0] > _LAST:
                return
            amount = 0.24 if held[0] < _SPLITS[0].ex_date else 0.06
            yield Dividend(
                "ZQX",
                held[0],
                amount,
                declared=held[0] - dt.timedelta(days=14),
                record=held[0],
                pay=held[0] + dt.timedelta(days=14),
            )
