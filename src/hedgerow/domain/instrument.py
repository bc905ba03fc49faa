"""Instruments: what is traded, under which name, where and in which currency."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from hedgerow.domain.calendar import DEFAULT_CALENDAR
from hedgerow.domain.clock import NO_DELAY, PUBLICATION_DELAY


class InstrumentKind(StrEnum):
    """What sort of thing an instrument is."""

    EQUITY = "equity"
    ETF = "etf"
    INDEX = "index"
    FX = "fx"


@dataclass(frozen=True)
class Instrument:
    """One tradable (or observable) thing, the same through every change of ticker.

    Parameters
    ----------
    instrument_id
        Stable identity, by default ``SYMBOL.MIC`` at first sight.
    symbol
        Ticker in use now.
    exchange
        Market identifier code; names the session calendar.
    currency
        ISO 4217 code of its prices.
    kind
        Equity, ETF, index or FX.
    name, sector, region
        For people and for grouping; empty where unknown.
    synthetic
        Whether its data are generated rather than observed.
    figi, cik, isin
        Identifiers that outlive a ticker: FIGI of the share class (else the composite one),
        the number that the SEC gave the company, and ISIN; empty where unknown.
    """

    instrument_id: str
    symbol: str
    exchange: str = DEFAULT_CALENDAR
    currency: str = "USD"
    kind: InstrumentKind = InstrumentKind.EQUITY
    name: str = ""
    sector: str = ""
    region: str = ""
    synthetic: bool = False
    figi: str = ""
    cik: str = ""
    isin: str = ""

    @classmethod
    def of(  # noqa: PLR0913 - one keyword a fact
        cls,
        symbol: str,
        *,
        exchange: str = DEFAULT_CALENDAR,
        currency: str = "USD",
        kind: InstrumentKind = InstrumentKind.EQUITY,
        name: str = "",
        sector: str = "",
        region: str = "",
        synthetic: bool = False,
        figi: str = "",
        cik: str = "",
        isin: str = "",
    ) -> Instrument:
        """Instrument with the default identity of its symbol and exchange."""
        return cls(
            f"{symbol}.{exchange}",
            symbol,
            exchange,
            currency,
            kind,
            name,
            sector,
            region,
            synthetic,
            figi,
            cik,
            isin,
        )

    @property
    def publication_delay(self) -> dt.timedelta:
        """How long after the session's close its daily bar becomes known."""
        return PUBLICATION_DELAY.get(self.symbol, NO_DELAY)
