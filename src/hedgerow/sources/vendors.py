"""Vendors by name: those that come with Hedgerow, and those that plug-ins add."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from hedgerow.errors import DefinitionError, did_you_mean
from hedgerow.settings import Settings, load_settings
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import Vendor

# A plug-in's entry point gives a class with the same constructor.
GROUP = "hedgerow.sources"

BUILT_IN: dict[str, str] = {
    "alphavantage": "hedgerow.sources.alphavantage:AlphaVantage",
    "cboe": "hedgerow.sources.cboe:Cboe",
    "ecb": "hedgerow.sources.ecb:Ecb",
    "fmp": "hedgerow.sources.fmp:Fmp",
    "fred": "hedgerow.sources.fred:Fred",
    "massive": "hedgerow.sources.massive:Massive",
    "yahoo": "hedgerow.sources.yahoo:Yahoo",
}

# Names that people know from before, or type first.
ALIASES: dict[str, str] = {
    "alpha_vantage": "alphavantage",
    "av": "alphavantage",
    "polygon": "massive",
}


def vendor_names() -> list[str]:
    """Names that ``open_vendor`` knows, without aliases, in order."""
    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def vendor_name(name: str) -> str:
    """The name a vendor goes by, of that or an alias.

    Raises
    ------
    DefinitionError
        There is no such vendor.

    Examples
    --------
    >>> vendor_name("polygon")
    'massive'
    """
    known = vendor_names()
    found = ALIASES.get(name.lower(), name.lower())
    if found not in known:
        raise DefinitionError(
            f"source {name!r} is not known. {did_you_mean(name, [*known, *ALIASES])}", source=name
        )
    return found


def open_vendor(
    name: str, settings: Settings | None = None, options: HttpOptions | None = None
) -> Vendor:
    """Vendor by name, with the keys, plan and host that are configured.

    Parameters
    ----------
    name
        One of ``vendor_names()``, or an alias such as ``polygon``.
    settings
        Settings to use instead of the process's own.
    options
        Patience, folder and clock; by default those of the settings.

    Raises
    ------
    DefinitionError
        There is no such vendor.
    AuthError
        The vendor needs a key, and none is configured.
    """
    found = vendor_name(name)
    chosen = settings or load_settings()
    make = _class_of(found)
    vendor: Vendor = make(settings=chosen, options=options or HttpOptions(cache=chosen.cache))
    return vendor


def _class_of(name: str) -> type:
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        kind: type = getattr(import_module(module), attribute)
        return kind
    (point,) = entry_points(group=GROUP, name=name)
    try:
        loaded: type = point.load()
    except Exception as error:
        raise DefinitionError(
            f"source {name!r} of the plug-in {point.value} cannot be loaded: {error}", source=name
        ) from error
    return loaded
