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
    if len(code) == 3 and code.isascii() and code.isalpha():
        return code.upper(), 1.0
    raise DataError(
        f"currency {code!r} is not a three-letter code such as USD or GBp", currency=code
    )
