"""Who the sample's symbols are: one identity for both price files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.domain.schemas import SYMBOL_INTERVALS
from hedgerow.sources.base import SourceBatch

# Exchanges are the primary listing at the end of the data. XNAS keeps the same hours as XNYS.
_STOCKS: tuple[tuple[str, str, str, str], ...] = (
    ("AAPL", "XNAS", "Apple", "Information Technology"),
    ("AMD", "XNAS", "Advanced Micro Devices", "Information Technology"),
    ("BAC", "XNYS", "Bank of America", "Financials"),
    ("BBY", "XNYS", "Best Buy", "Consumer Discretionary"),
    ("CVX", "XNYS", "Chevron", "Energy"),
    ("FB", "XNAS", "Facebook (Meta Platforms)", "Communication Services"),
    ("GE", "XNYS", "General Electric", "Industrials"),
    ("GOOG", "XNAS", "Google (Alphabet)", "Communication Services"),
    ("HD", "XNYS", "Home Depot", "Consumer Discretionary"),
    ("IBM", "XNYS", "International Business Machines", "Information Technology"),
    ("JNJ", "XNYS", "Johnson & Johnson", "Health Care"),
    ("JPM", "XNYS", "JPMorgan Chase", "Financials"),
    ("KO", "XNYS", "Coca-Cola", "Consumer Staples"),
    ("LLY", "XNYS", "Eli Lilly", "Health Care"),
    ("MRK", "XNYS", "Merck", "Health Care"),
    ("MSFT", "XNAS", "Microsoft", "Information Technology"),
    ("PEP", "XNAS", "PepsiCo", "Consumer Staples"),
    ("PFE", "XNYS", "Pfizer", "Health Care"),
    ("PG", "XNYS", "Procter & Gamble", "Consumer Staples"),
    ("RRC", "XNYS", "Range Resources", "Energy"),
    ("UNH", "XNYS", "UnitedHealth Group", "Health Care"),
    ("WMT", "XNYS", "Walmart", "Consumer Staples"),
    ("XOM", "XNYS", "Exxon Mobil", "Energy"),
)
_INDICES: tuple[tuple[str, str, str, str], ...] = (
    ("^GSPC", "SPX", "XNYS", "S&P 500"),
    ("^IXIC", "IXIC", "XNAS", "Nasdaq Composite"),
    ("^VIX", "VIX", "XNYS", "Cboe Volatility Index"),
)

# First session of each symbol in the earlier of the two price files.
_FIRST_SESSION = {
    "FB": dt.date(2012, 5, 18),
    "GOOG": dt.date(2004, 8, 19),
    "IBM": dt.date(2000, 3, 1),
    "IXIC": dt.date(1999, 1, 4),
    "VIX": dt.date(2014, 1, 3),
}
_FIRST_SESSION_OF_OTHERS = dt.date(1990, 1, 2)


@dataclass(frozen=True)
class Listed:
    """One symbol as the files spell it, and the instrument it stands for."""

    vendor_symbol: str
    instrument: Instrument

    @property
    def valid_from(self) -> dt.date:
        """First session in the sample."""
        return _FIRST_SESSION.get(self.instrument.symbol, _FIRST_SESSION_OF_OTHERS)


LISTING: tuple[Listed, ...] = (
    *(
        Listed(symbol, Instrument.of(symbol, exchange=mic, name=name, sector=sector, region="US"))
        for symbol, mic, name, sector in _STOCKS
    ),
    *(
        Listed(
            vendor_symbol,
            Instrument.of(symbol, exchange=mic, kind=InstrumentKind.INDEX, name=name, region="US"),
        )
        for vendor_symbol, symbol, mic, name in _INDICES
    ),
)


def listed(vendor_symbols: pl.Series) -> list[Listed]:
    """Entries of the listing that a file mentions, in the listing's order."""
    mentioned = set(vendor_symbols.unique())
    return [entry for entry in LISTING if entry.vendor_symbol in mentioned]


def identities(entries: list[Listed]) -> pl.DataFrame:
    """Vendor symbols beside our names, to join onto a file.

    Returns
    -------
    pl.DataFrame
        ``vendor_symbol, instrument_id, symbol, kind, currency``, all String.
    """
    return pl.DataFrame(
        {
            "vendor_symbol": [entry.vendor_symbol for entry in entries],
            "instrument_id": [entry.instrument.instrument_id for entry in entries],
            "symbol": [entry.instrument.symbol for entry in entries],
            "kind": [str(entry.instrument.kind) for entry in entries],
            "currency": [entry.instrument.currency for entry in entries],
        }
    )


def intervals(entries: list[Listed]) -> SourceBatch:
    """Symbol intervals, the same from both price files so that loading both changes nothing."""
    rows = pl.DataFrame(
        {
            "symbol": [entry.instrument.symbol for entry in entries],
            "exchange": [entry.instrument.exchange for entry in entries],
            "valid_from": [entry.valid_from for entry in entries],
            "instrument_id": [entry.instrument.instrument_id for entry in entries],
        }
    )
    return SourceBatch.of(SYMBOL_INTERVALS, rows.with_columns(source=pl.lit("sample")))
