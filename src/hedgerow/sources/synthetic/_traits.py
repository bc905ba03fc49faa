"""The invented companies: names, sectors and the numbers that drive their prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.sources.synthetic._grid import Floats
from hedgerow.sources.synthetic._names import company_name
from hedgerow.sources.synthetic._streams import Stream, generator

# Identities end in SYN, so that an invented index can never pass for the real one.
ID_SUFFIX = "SYN"

SECTORS: tuple[str, ...] = (
    "Communication Services",
    "Consumer Discretionary",
    "Consumer Staples",
    "Energy",
    "Financials",
    "Health Care",
    "Industrials",
    "Information Technology",
    "Materials",
    "Real Estate",
    "Utilities",
)
_SECTOR_SHARE = np.array([0.05, 0.12, 0.08, 0.05, 0.14, 0.13, 0.14, 0.14, 0.05, 0.05, 0.05])
_SECTOR_BETA = np.array([0.95, 1.1, 0.65, 1.0, 1.15, 0.8, 1.05, 1.2, 1.1, 0.9, 0.5])
_SECTOR_MARGIN = np.array([0.1, 0.06, 0.07, 0.08, 0.18, 0.12, 0.08, 0.16, 0.09, 0.2, 0.11])

REGIONS: tuple[str, ...] = ("US", "UK", "Europe", "Japan")
_REGION_SHARE = np.array([0.82, 0.06, 0.08, 0.04])


@dataclass(frozen=True)
class Traits:
    """What makes each company itself; arrays of one value a company.

    Parameters
    ----------
    number
        Number of the company, which names its random streams.
    sector, region
        Index into ``SECTORS`` and ``REGIONS``.
    nasdaq
        Whether it is listed on XNAS rather than XNYS.
    beta
        Sensitivity to the market factor.
    own_volatility
        Annual volatility of its own moves.
    drift
        Annual log drift beyond its share of the market's.
    price
        First price, in USD.
    shares
        Shares outstanding at the start.
    turnover
        Share of them that trades in a typical session.
    split_above
        Price that makes it split its shares.
    payout
        Annual dividend as a fraction of the price; zero where it pays none.
    pay_month, pay_day
        When in the quarter it goes ex: month 0 to 2, day of month.
    sales_yield
        Annual revenue as a fraction of market value.
    margin
        Net income as a fraction of revenue, in the long run.
    book_share
        Book value as a fraction of market value at the start.
    leverage
        Debt as a fraction of book value.
    """

    number: NDArray[np.int64]
    sector: NDArray[np.int64]
    region: NDArray[np.int64]
    nasdaq: NDArray[np.bool_]
    beta: Floats
    own_volatility: Floats
    drift: Floats
    price: Floats
    shares: Floats
    turnover: Floats
    split_above: Floats
    payout: Floats
    pay_month: NDArray[np.int64]
    pay_day: NDArray[np.int64]
    sales_yield: Floats
    margin: Floats
    book_share: Floats
    leverage: Floats

    def __len__(self) -> int:
        return len(self.number)


def make_traits(seed: int, numbers: range) -> Traits:
    """Traits of some companies, each from its own stream.

    Parameters
    ----------
    seed
        Seed of the market.
    numbers
        Which companies, counted from 0.
    """
    drawn = [generator(seed, Stream.TRAITS, number) for number in numbers]
    uniform = np.array([rng.random(8) for rng in drawn])
    normal = np.array([rng.standard_normal(10) for rng in drawn])
    sector = _choice(uniform[:, 0], _SECTOR_SHARE)
    beta = np.clip(_SECTOR_BETA[sector] + 0.25 * normal[:, 0], 0.25, 2.2)
    own_volatility = np.clip(0.23 * np.exp(0.32 * normal[:, 1]), 0.13, 0.60)
    pays = uniform[:, 3] < 0.6
    return Traits(
        number=np.arange(numbers.start, numbers.stop),
        sector=sector,
        region=_choice(uniform[:, 1], _REGION_SHARE),
        nasdaq=uniform[:, 2] < 0.4,
        beta=beta,
        own_volatility=own_volatility,
        drift=0.02 * normal[:, 2],
        price=np.round(42.0 * np.exp(0.55 * normal[:, 3]), 2),
        shares=np.round(250e6 * np.exp(0.9 * normal[:, 4]), -3),
        turnover=0.006 * np.exp(0.4 * normal[:, 5]),
        split_above=150.0 + 150.0 * uniform[:, 4],
        payout=np.where(pays, np.clip(0.024 * np.exp(0.4 * normal[:, 6]), 0.005, 0.07), 0.0),
        pay_month=(uniform[:, 5] * 3).astype(np.int64),
        pay_day=5 + (uniform[:, 6] * 18).astype(np.int64),
        sales_yield=0.6 * np.exp(0.4 * normal[:, 7]),
        margin=np.clip(_SECTOR_MARGIN[sector] * np.exp(0.35 * normal[:, 8]), 0.01, 0.4),
        book_share=np.clip(0.4 * np.exp(0.4 * normal[:, 9]), 0.08, 1.5),
        leverage=0.2 + 1.3 * uniform[:, 7],
    )


def tickers(numbers: range) -> list[str]:
    """Tickers of companies: ``S0001`` and so on."""
    return [f"S{number + 1:04d}" for number in numbers]


def companies(traits: Traits) -> list[Instrument]:
    """Instruments of companies; the region is where the company is at home."""
    names = tickers(range(int(traits.number[0]), int(traits.number[-1]) + 1))
    return [
        Instrument(
            instrument_id=f"{ticker}.{ID_SUFFIX}",
            symbol=ticker,
            exchange="XNAS" if traits.nasdaq[row] else "XNYS",
            name=company_name(int(traits.number[row]), SECTORS[traits.sector[row]]),
            sector=SECTORS[traits.sector[row]],
            region=REGIONS[traits.region[row]],
            synthetic=True,
        )
        for row, ticker in enumerate(names)
    ]


def indices() -> list[Instrument]:
    """The market's index and its volatility index."""
    return [
        Instrument(
            instrument_id=f"{symbol}.{ID_SUFFIX}",
            symbol=symbol,
            kind=InstrumentKind.INDEX,
            name=name,
            region="US",
            synthetic=True,
        )
        for symbol, name in (
            ("SPX", "Synthetic market index"),
            ("VIX", "Synthetic volatility index"),
        )
    ]


def _choice(uniform: Floats, shares: Floats) -> NDArray[np.int64]:
    picked: NDArray[np.int64] = np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")
    return picked
