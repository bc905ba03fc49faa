"""How Alpha Vantage spells symbols and exchanges.

Outside the United States a ticker carries its exchange: ``TSCO.LON``. Inside, classes and other
lines of a company's shares are joined by dashes, which here are written as exchanges' own feeds
write them:

====================  =============  ============
what                  Alpha Vantage  here
====================  =============  ============
share class           ``ZQX-B``      ``ZQX.B``
preferred, series A   ``ZQX-P-A``    ``ZQXpA``
preferred             ``ZQX-P``      ``ZQXp``
warrant, unit         ``ZQX-WS``     ``ZQX.WS``
====================  =============  ============
"""

from __future__ import annotations

import re

from hedgerow.domain.calendar import DEFAULT_CALENDAR
from hedgerow.domain.instrument import Instrument
from hedgerow.errors import NotFound

VENDOR = "alphavantage"

# Market identifier code and country by the suffix of a ticker.
SUFFIXES: dict[str, tuple[str, str]] = {
    "AMS": ("XAMS", "NL"),
    "BSE": ("XBOM", "IN"),
    "DEX": ("XETR", "DE"),
    "FRK": ("XFRA", "DE"),
    "HKG": ("XHKG", "HK"),
    "LON": ("XLON", "GB"),
    "PAR": ("XPAR", "FR"),
    "SAO": ("BVMF", "BR"),
    "SHH": ("XSHG", "CN"),
    "TRT": ("XTSE", "CA"),
    "TRV": ("XTSX", "CA"),
}
# The regions of a symbol search, where they are not plain from the suffix.
UNITED_STATES = "United States"

# As the listing of the United States names exchanges.
US_EXCHANGES: dict[str, str] = {
    "AMEX": "XASE",
    "BATS": "BATS",
    "NASDAQ": "XNAS",
    "NYSE": "XNYS",
    "NYSE ARCA": "ARCX",
    "NYSE MKT": "XASE",
}
_US_CALENDARS = frozenset({*US_EXCHANGES.values(), DEFAULT_CALENDAR, "OOTC"})

# Exchanges where prices may come in hundredths of the currency.
MINOR_UNIT_EXCHANGES = frozenset({"XLON"})

_SUFFIX_OF = {mic: suffix for suffix, (mic, _) in SUFFIXES.items()}
_OUR_PREFERRED = re.compile(r"([A-Z0-9]+)p([A-Z]*)")
_THEIR_PREFERRED = re.compile(r"([A-Z0-9]+)-P(?:-([A-Z]+))?")


def vendor_symbol(instrument: Instrument) -> str:
    """Ticker of an instrument as Alpha Vantage spells it.

    Raises
    ------
    NotFound
        Alpha Vantage has no prices of the exchange.

    Examples
    --------
    >>> vendor_symbol(Instrument.of("ZQL", exchange="XLON", currency="GBP"))
    'ZQL.LON'
    >>> vendor_symbol(Instrument.of("ZQXpA")), vendor_symbol(Instrument.of("BRK.X"))
    ('ZQX-P-A', 'BRK-X')
    """
    symbol, exchange = instrument.symbol, instrument.exchange
    if exchange in _SUFFIX_OF:
        return f"{symbol}.{_SUFFIX_OF[exchange]}"
    if exchange not in _US_CALENDARS:
        raise NotFound(
            f"alphavantage has no prices of {exchange}, where {symbol} is listed; use another "
            "source",
            symbol=symbol,
            exchange=exchange,
        )
    return american(symbol)


def american(symbol: str) -> str:
    """Ticker of the United States as Alpha Vantage spells it.

    Examples
    --------
    >>> american("ZQX.WS")
    'ZQX-WS'
    """
    preferred = _OUR_PREFERRED.fullmatch(symbol)
    if preferred:
        return "-P-".join(filter(None, preferred.groups())) if preferred[2] else f"{preferred[1]}-P"
    return symbol.replace(".", "-")


def our_symbol(symbol: str) -> str:
    """Ticker of the United States as it is spelt here.

    Examples
    --------
    >>> our_symbol("ZQX-P-A"), our_symbol("BRK-X"), our_symbol("ZQXPA")
    ('ZQXpA', 'BRK.X', 'ZQXPA')
    """
    preferred = _THEIR_PREFERRED.fullmatch(symbol)
    if preferred:
        return f"{preferred[1]}p{preferred[2] or ''}"
    return symbol.replace("-", ".")


def abroad(symbol: str) -> tuple[str, str, str] | None:
    """Ticker, exchange and country of a symbol with a suffix; None for other symbols.

    Examples
    --------
    >>> abroad("ZQL.LON"), abroad("ZQX")
    (('ZQL', 'XLON', 'GB'), None)
    """
    ticker, _, suffix = symbol.rpartition(".")
    if not ticker or suffix not in SUFFIXES:
        return None
    return (ticker, *SUFFIXES[suffix])
