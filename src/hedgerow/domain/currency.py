"""Currencies and the minor units that prices are quoted in."""

from __future__ import annotations

from hedgerow.errors import DataError

# London, Johannesburg and Tel Aviv quote in hundredths of the currency; vendors spell them so.
MINOR_UNITS: dict[str, tuple[str, float]] = {
    "GBX": ("GBP", 0.01),
    "GBp": ("GBP", 0.01),
    "ZAc": ("ZAR", 0.01),
    "ZAC": ("ZAR", 0.01),
    "ILA": ("ILS", 0.01),
    "ILa": ("ILS", 0.01),
}

# Codes of ISO 4217 in use in 2025; without metals, test codes and units of account.
_CODES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR
KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
ACTIVE_CODES = frozenset(_CODES.split())


def major_unit(code: str) -> tuple[str, float]:
    """Currency and factor behind a quoting unit.

    Parameters
    ----------
    code
        ISO 4217 code (any case) or a minor unit as vendors spell it (exact case:
        ``GBp`` is pence and ``GBP`` is pounds).

    Returns
    -------
    tuple[str, float]
        The ISO code and what a quoted price is multiplied by to be in that currency.

    Raises
    ------
    DataError
        The code is neither.

    Examples
    --------
    >>> major_unit("GBp")
    ('GBP', 0.01)
    >>> major_unit("usd")
    ('USD', 1.0)
    """
    if code in MINOR_UNITS:
        return MINOR_UNITS[code]
    if code.upper() in ACTIVE_CODES:
        return code.upper(), 1.0
    raise DataError(
        f"currency {code!r} is not a three-letter code of ISO 4217 such as USD, or GBp",
        currency=code,
    )
