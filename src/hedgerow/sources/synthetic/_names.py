"""Invented company names."""

from __future__ import annotations

_FIRST_WORDS = (
    "Alder",
    "Amber",
    "Ashfield",
    "Beacon",
    "Birch",
    "Bramble",
    "Briar",
    "Calder",
    "Cedar",
    "Cinder",
    "Clover",
    "Copper",
    "Dunmore",
    "Ember",
    "Fallow",
    "Fern",
    "Flint",
    "Garnet",
    "Glen",
    "Granite",
    "Harrow",
    "Hazel",
    "Heron",
    "Juniper",
    "Kestrel",
    "Larch",
    "Linden",
    "Marlow",
    "Meadow",
    "Nettle",
    "Orchard",
    "Plover",
    "Quarry",
    "Rowan",
    "Saffron",
    "Sorrel",
    "Thistle",
    "Umber",
    "Willow",
    "Yarrow",
)
_SECOND_WORDS = (
    "Bank",
    "Bay",
    "Bridge",
    "Brook",
    "Canyon",
    "Cliff",
    "Coast",
    "Creek",
    "Crossing",
    "Dale",
    "Field",
    "Ford",
    "Gate",
    "Grove",
    "Harbor",
    "Haven",
    "Heath",
    "Hill",
    "Hollow",
    "Island",
    "Junction",
    "Lake",
    "Landing",
    "Marsh",
    "Mill",
    "Moor",
    "Park",
    "Point",
    "Pond",
    "Reach",
    "Ridge",
    "River",
    "Spring",
    "Stone",
    "Summit",
    "Vale",
    "View",
    "Water",
    "Way",
    "Wood",
)
_BUSINESS = {
    "Communication Services": "Media",
    "Consumer Discretionary": "Stores",
    "Consumer Staples": "Foods",
    "Energy": "Energy",
    "Financials": "Financial",
    "Health Care": "Health",
    "Industrials": "Industries",
    "Information Technology": "Systems",
    "Materials": "Materials",
    "Real Estate": "Properties",
    "Utilities": "Power",
}


def company_name(number: int, sector: str) -> str:
    """Invented name of a company, different for every number.

    Parameters
    ----------
    number
        Number of the company; the words repeat after 1,600, then with a number behind.
    sector
        GICS sector, which gives the last word.

    Examples
    --------
    >>> company_name(0, "Energy")
    'Alder Bank Energy'
    """
    words = len(_FIRST_WORDS) * len(_SECOND_WORDS)
    place = number * 379 % words
    first, second = divmod(place, len(_SECOND_WORDS))
    series = "" if number < words else f" {number // words + 1}"
    return f"{_FIRST_WORDS[first]} {_SECOND_WORDS[second]} {_BUSINESS[sector]}{series}"
