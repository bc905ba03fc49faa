"""Tickers and exchanges as Yahoo spells them, and as we do."""

from __future__ import annotations

import re

from hedgerow.domain.instrument import Instrument, InstrumentKind

# What follows the point of a ticker outside the United States.
_SUFFIXES: dict[str, str] = {
    "XAMS": "AS",
    "XASX": "AX",
    "XBKK": "BK",
    "XBOM": "BO",
    "XBRU": "BR",
    "XCSE": "CO",
    "XDUB": "IR",
    "XETR": "DE",
    "XFRA": "F",
    "XHEL": "HE",
    "XHKG": "HK",
    "XIDX": "JK",
    "XIST": "IS",
    "XJSE": "JO",
    "XKLS": "KL",
    "XKRX": "KS",
    "XLIS": "LS",
    "XLON": "L",
    "XMAD": "MC",
    "XMEX": "MX",
    "XMIL": "MI",
    "XNZE": "NZ",
    "XOSL": "OL",
    "XPAR": "PA",
    "XSES": "SI",
    "XSHG": "SS",
    "XSTO": "ST",
    "XSWX": "SW",
    "XTAE": "TA",
    "XTAI": "TW",
    "XTKS": "T",
    "XTSE": "TO",
    "XTSX": "V",
    "XWAR": "WA",
    "XWBO": "VI",
    "BVMF": "SA",
}
_BY_SUFFIX = {suffix: mic for mic, suffix in _SUFFIXES.items()}

# ``exchangeName`` of an answer, and the exchange whose sessions it keeps. What trades over the
# counter, and the indices of New York, keep New York's.
_EXCHANGES: dict[str, str] = {
    **dict.fromkeys(("NMS", "NGM", "NCM", "NIM", "NAS"), "XNAS"),
    **dict.fromkeys(
        ("NYQ", "NYS", "PNK", "OQB", "OQX", "OEM", "SNP", "DJI", "WCB", "CXI", "CGI"), "XNYS"
    ),
    "AMS": "XAMS",
    "ASE": "XASE",
    "ASX": "XASX",
    "BRU": "XBRU",
    "BSE": "XBOM",
    "BTS": "BATS",
    "CPH": "XCSE",
    "EBS": "XSWX",
    "FGI": "XLON",
    "FRA": "XFRA",
    "GER": "XETR",
    "HEL": "XHEL",
    "HKG": "XHKG",
    "IOB": "XLON",
    "ISE": "XDUB",
    "IST": "XIST",
    "JKT": "XIDX",
    "JNB": "XJSE",
    "JPX": "XTKS",
    "KLS": "XKLS",
    "KSC": "XKRX",
    "LIS": "XLIS",
    "LSE": "XLON",
    "MCE": "XMAD",
    "MEX": "XMEX",
    "MIL": "XMIL",
    "NZE": "XNZE",
    "OSL": "XOSL",
    "PAR": "XPAR",
    "PCX": "ARCX",
    "SAO": "BVMF",
    "SES": "XSES",
    "SET": "XBKK",
    "SHH": "XSHG",
    "STO": "XSTO",
    "TAI": "XTAI",
    "TLV": "XTAE",
    "TOR": "XTSE",
    "VAN": "XTSX",
    "VIE": "XWBO",
    "WSE": "XWAR",
}

_INDICES = {"SPX": "^GSPC"}
_BY_INDEX = {theirs: ours for ours, theirs in _INDICES.items()}

_PREFERRED = re.compile(r"([A-Z]+)p([A-Z]?)")
_THEIR_PREFERRED = re.compile(r"([A-Z]+)-P([A-Z]?)")


def yahoo_symbol(instrument: Instrument) -> str:
    """Ticker by which Yahoo knows an instrument.

    Examples
    --------
    >>> yahoo_symbol(Instrument.of("BRK.B")), yahoo_symbol(Instrument.of("ZQXpA"))
    ('BRK-B', 'ZQX-PA')
    >>> yahoo_symbol(Instrument.of("ZQL", exchange="XLON"))
    'ZQL.L'
    >>> yahoo_symbol(Instrument.of("SPX", kind=InstrumentKind.INDEX))
    '^GSPC'
    """
    symbol = instrument.symbol
    if instrument.kind is InstrumentKind.INDEX:
        return _INDICES.get(symbol, f"^{symbol.lstrip('^')}")
    if instrument.kind is InstrumentKind.FX:
        return symbol if symbol.endswith("=X") else f"{symbol}=X"
    suffix = _SUFFIXES.get(instrument.exchange)
    if suffix is None:
        return _american(symbol)
    return symbol if symbol.endswith(f".{suffix}") else f"{_dashed(symbol)}.{suffix}"


def typed_symbol(symbol: str) -> str:
    """Ticker by which Yahoo knows what somebody typed: theirs, or ours of an American share.

    Examples
    --------
    >>> typed_symbol("BRK.B"), typed_symbol("ZQL.L"), typed_symbol("^VIX"), typed_symbol("SPX")
    ('BRK-B', 'ZQL.L', '^VIX', '^GSPC')
    """
    if symbol in _INDICES:
        return _INDICES[symbol]
    _, _, suffix = symbol.rpartition(".")
    return symbol if suffix in _BY_SUFFIX and suffix != symbol else _american(symbol)


def our_symbol(theirs: str) -> str:
    """Ticker that we give to what Yahoo calls something.

    Examples
    --------
    >>> our_symbol("BRK-B"), our_symbol("ZQX-PA"), our_symbol("ZQL.L"), our_symbol("^GSPC")
    ('BRK.B', 'ZQXpA', 'ZQL', 'SPX')
    """
    if theirs.startswith("^"):
        return _BY_INDEX.get(theirs, theirs[1:])
    base, _, suffix = theirs.rpartition(".")
    if base and suffix in _BY_SUFFIX:
        return base
    if preferred := _THEIR_PREFERRED.fullmatch(theirs):
        return f"{preferred[1]}p{preferred[2]}"
    return theirs.removesuffix("=X").replace("-", ".")


def exchange_of(code: str) -> str | None:
    """Market identifier code behind ``exchangeName``; None where its sessions are not known."""
    return _EXCHANGES.get(code)


def _american(symbol: str) -> str:
    if preferred := _PREFERRED.fullmatch(symbol):
        return f"{preferred[1]}-P{preferred[2]}"
    return _dashed(symbol)


def _dashed(symbol: str) -> str:
    return symbol.replace(".", "-")
