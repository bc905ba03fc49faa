"""Where exchanges are: the time zone of each, without loading its calendar."""

from __future__ import annotations

# By market identifier code (ISO 10383), as exchange_calendars has them; a test compares. Building
# a calendar takes half a second each, far too long for a list of thirty thousand symbols.
TIME_ZONES: dict[str, str] = {
    "AIXK": "Asia/Almaty",
    "ARCX": "America/New_York",
    "ASEX": "Europe/Athens",
    "BATS": "America/New_York",
    "BVMF": "America/Sao_Paulo",
    "CMES": "America/Chicago",
    "IEPA": "America/New_York",
    "OOTC": "America/New_York",
    "XAMS": "Europe/Amsterdam",
    "XASE": "America/New_York",
    "XASX": "Australia/Sydney",
    "XBDA": "Atlantic/Bermuda",
    "XBEL": "Europe/Belgrade",
    "XBKK": "Asia/Bangkok",
    "XBOG": "America/New_York",
    "XBOM": "Asia/Kolkata",
    "XBRA": "Europe/Bratislava",
    "XBRU": "Europe/Brussels",
    "XBSE": "Europe/Bucharest",
    "XBUD": "Europe/Budapest",
    "XBUE": "America/Argentina/Buenos_Aires",
    "XCBF": "America/Chicago",
    "XCSE": "Europe/Copenhagen",
    "XCYS": "Asia/Nicosia",
    "XDUB": "Europe/Dublin",
    "XDUS": "Europe/Brussels",
    "XETR": "Europe/Berlin",
    "XEUR": "Europe/Berlin",
    "XFRA": "Europe/Berlin",
    "XHAM": "Europe/Brussels",
    "XHEL": "Europe/Helsinki",
    "XHKG": "Asia/Hong_Kong",
    "XICE": "Atlantic/Reykjavik",
    "XIDX": "Asia/Jakarta",
    "XIST": "Europe/Istanbul",
    "XJSE": "Africa/Johannesburg",
    "XKAR": "Asia/Karachi",
    "XKLS": "Asia/Kuala_Lumpur",
    "XKRX": "Asia/Seoul",
    "XLIM": "America/Lima",
    "XLIS": "Europe/Lisbon",
    "XLIT": "Europe/Vilnius",
    "XLJU": "Europe/Ljubljana",
    "XLON": "Europe/London",
    "XLUX": "Europe/Luxembourg",
    "XMAD": "Europe/Madrid",
    "XMEX": "America/Mexico_City",
    "XMIL": "Europe/Rome",
    "XMOS": "Europe/Moscow",
    "XNAS": "America/New_York",
    "XNYS": "America/New_York",
    "XNZE": "Pacific/Auckland",
    "XOSL": "Europe/Oslo",
    "XPAR": "Europe/Paris",
    "XPHS": "Asia/Manila",
    "XPRA": "Europe/Prague",
    "XRIS": "Europe/Riga",
    "XSAU": "Asia/Riyadh",
    "XSES": "Asia/Singapore",
    "XSGO": "America/Santiago",
    "XSHG": "Asia/Shanghai",
    "XSTO": "Europe/Stockholm",
    "XSTU": "Europe/Berlin",
    "XSWX": "Europe/Zurich",
    "XTAE": "Asia/Tel_Aviv",
    "XTAI": "Asia/Taipei",
    "XTAL": "Europe/Tallinn",
    "XTKS": "Asia/Tokyo",
    "XTSE": "America/Toronto",
    "XTSX": "America/Toronto",
    "XWAR": "Europe/Warsaw",
    "XWBO": "Europe/Vienna",
    "XZAG": "Europe/Zagreb",
}


def exchange_zone(mic: str) -> str:
    """Time zone of an exchange; empty where it is not known.

    Parameters
    ----------
    mic
        Market identifier code, such as ``XLON``.

    Examples
    --------
    >>> exchange_zone("XTKS")
    'Asia/Tokyo'
    """
    return TIME_ZONES.get(mic, "")
