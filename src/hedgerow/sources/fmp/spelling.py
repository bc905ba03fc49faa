"""How Financial Modeling Prep spells tickers and exchanges."""

from __future__ import annotations

import re

from hedgerow.domain.instrument import Instrument

# Market identifier code: the end of its tickers, and the vendor's short names of the exchange.
_EXCHANGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "XNAS": ("", ("NASDAQ",)),
    "XNYS": ("", ("NYSE",)),
    "XASE": ("", ("AMEX",)),
    "BATS": ("", ("CBOE",)),
    "OOTC": ("", ("OTC", "PNK")),
    "XLON": (".L", ("LSE",)),
    "XTSE": (".TO", ("TSX",)),
    "XTSX": (".V", ("TSXV",)),
    "XETR": (".DE", ("XETRA",)),
    "XFRA": (".F", ("FSX",)),
    "XPAR": (".PA", ("PAR",)),
    "XAMS": (".AS", ("AMS",)),
    "XBRU": (".BR", ("BRU",)),
    "XLIS": (".LS", ("LIS",)),
    "XMIL": (".MI", ("MIL",)),
    "XMAD": (".MC", ("BME",)),
    "XSWX": (".SW", ("SIX",)),
    "XSTO": (".ST", ("STO",)),
    "XCSE": (".CO", ("CPH",)),
    "XHEL": (".HE", ("HEL",)),
    "XOSL": (".OL", ("OSL",)),
    "XDUB": (".IR", ("DUB",)),
    "XWBO": (".VI", ("VIE",)),
    "XWAR": (".WA", ("WSE",)),
    "XTKS": (".T", ("JPX",)),
    "XHKG": (".HK", ("HKSE",)),
    "XSHG": (".SS", ("SHH",)),
    "XKRX": (".KS", ("KSC",)),
    "XTAI": (".TW", ("TAI",)),
    "XBOM": (".BO", ("BSE",)),
    "XASX": (".AX", ("ASX",)),
    "XNZE": (".NZ", ("NZE",)),
    "XSES": (".SI", ("SES",)),
    "XJSE": (".JO", ("JNB",)),
    "XTAE": (".TA", ("TLV",)),
    "BVMF": (".SA", ("SAO",)),
    "XMEX": (".MX", ("MEX",)),
}
_BY_NAME = {name: mic for mic, (_, names) in _EXCHANGES.items() for name in names}
_ENDS = {end: mic for mic, (end, _) in _EXCHANGES.items() if end}

_PREFERRED = re.compile(r"([A-Z]+)p([A-Z]?)")
_SENT_PREFERRED = re.compile(r"([A-Z]+)-P([A-Z]?)")
_SENT_CLASS = re.compile(r"([A-Z]+)-([A-Z])")


def sent_symbol(instrument: Instrument) -> str:
    """The vendor's ticker of an instrument.

    Examples
    --------
    >>> sent_symbol(Instrument.of("BRK.X"))
    'BRK-X'
    >>> sent_symbol(Instrument.of("ZQXpA"))
    'ZQX-PA'
    >>> sent_symbol(Instrument.of("ZQL", exchange="XLON"))
    'ZQL.L'
    """
    end = _EXCHANGES.get(instrument.exchange, ("", ()))[0]
    stem = instrument.symbol.removesuffix(end) if end else instrument.symbol
    preferred = _PREFERRED.fullmatch(stem)
    if preferred:
        return f"{preferred[1]}-P{preferred[2]}{end}"
    return stem.replace(".", "-") + end


def typed_symbol(text: str) -> str:
    """The vendor's ticker of what a person typed: ``BRK.X`` and ``ZQL.L`` alike.

    Examples
    --------
    >>> typed_symbol("BRK.X"), typed_symbol("ZQL.L"), typed_symbol("ZQXpA")
    ('BRK-X', 'ZQL.L', 'ZQX-PA')
    """
    stem, dot, rest = text.strip().rpartition(".")
    mic = _ENDS.get(f".{rest}") if dot else None
    return sent_symbol(Instrument.of(stem, exchange=mic) if mic else Instrument.of(text.strip()))


def own_symbol(sent: str) -> tuple[str, str]:
    """Ticker as its exchange spells it, and the exchange that the vendor's ticker tells.

    Returns
    -------
    tuple[str, str]
        The ticker, and the market identifier code; empty for New York's tickers, which do not
        tell it.

    Examples
    --------
    >>> own_symbol("BRK-X"), own_symbol("ZQX-PA"), own_symbol("ZQL.L")
    (('BRK.X', ''), ('ZQXpA', ''), ('ZQL', 'XLON'))
    """
    stem, dot, rest = sent.rpartition(".")
    mic = _ENDS.get(f".{rest}", "") if dot else ""
    ticker = stem if mic else sent
    preferred = _SENT_PREFERRED.fullmatch(ticker)
    if preferred and not mic:
        return f"{preferred[1]}p{preferred[2]}", mic
    shares = _SENT_CLASS.fullmatch(ticker)
    return (f"{shares[1]}.{shares[2]}" if shares and not mic else ticker), mic


def exchange_of(name: str) -> str:
    """Market identifier code of the vendor's short name; empty where it is not known.

    Examples
    --------
    >>> exchange_of("NASDAQ")
    'XNAS'
    """
    return _BY_NAME.get(name.upper(), "")
