"""The vendors of one loading: opened once, asked in order, left alone when they refuse."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from hedgerow.credentials import find_credential
from hedgerow.errors import AuthError, DefinitionError, HedgerowError, QuotaExhausted
from hedgerow.ingest.stores import Stores
from hedgerow.settings import Settings
from hedgerow.sources.http import HttpOptions
from hedgerow.sources.vendor import SendsBars, Vendor
from hedgerow.sources.vendors import BUILT_IN, open_vendor, vendor_name, vendor_names

# A vendor by name, or one that is already open.
Sources = str | Vendor | Sequence[str | Vendor]

# Who is asked where neither the request nor the settings say it, and the names of their keys.
USUAL: dict[str, tuple[str, ...]] = {
    "SendsActions": ("massive",),
    "SendsBars": ("massive", "alphavantage", "fmp"),
    "SendsFundamentals": ("fmp", "alphavantage"),
    "SendsFx": ("ecb",),
    "SendsListing": ("massive", "alphavantage"),
    "SendsMacro": ("fred",),
}
_KEYS: dict[str, tuple[str, ...]] = {
    "massive": ("MASSIVE_API_KEY", "POLYGON_API_KEY", "POLYGON_AGGREGATES_API_KEY"),
    "alphavantage": ("ALPHA_VANTAGE_API_KEY", "ALPHAVANTAGE_API_KEY"),
    "fmp": ("FMP_API_KEY",),
}
# Who can be asked without a key, but only by name: each has some of it.
_KEYLESS = {
    "SendsBars": ". Without a key: --source cboe (the VIX and its kin), --source fred (closes of "
    "indices), --source yahoo (needs pip install 'hedgerow[yahoo]'); exchange rates of the ECB "
    "need none: hedgerow ingest fx",
}


@dataclass
class Vendors:
    """Vendors in the order they are asked.

    Parameters
    ----------
    opened
        Vendors; those that this object opened are closed with it.
    refused
        Why a vendor is not asked any more, by name.
    """

    opened: list[Vendor] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    _own: list[Vendor] = field(default_factory=list)

    @classmethod
    def open(cls, stores: Stores, sources: Sources, kind: type) -> Self:
        """Vendors by name, those without a key among them left out and told.

        Parameters
        ----------
        stores
            Settings and clock.
        sources
            Names, or open vendors.
        kind
            Protocol that each must keep, such as ``SendsBars``.

        Raises
        ------
        DefinitionError
            A name is not known, or its vendor has nothing of the kind.
        AuthError
            None of them can be opened.
        """
        made = cls()
        options = HttpOptions(cache=stores.settings.cache, clock=stores.clock)
        failure: AuthError | None = None
        listed = [sources] if isinstance(sources, str | Vendor) else sources
        for source in dict.fromkeys(
            vendor_name(one) if isinstance(one, str) else one for one in listed
        ):
            if not isinstance(source, str):
                made.opened.append(_checked(source, kind))
                continue
            try:
                vendor = open_vendor(source, stores.settings, options)
            except AuthError as error:
                failure = failure or error
                made.refused[source] = error.message
                continue
            made._own.append(vendor)
            made.opened.append(_checked(vendor, kind))
        if not made.opened:
            raise failure or DefinitionError("no source was given: name one with --source")
        return made

    def willing(self, failed: dict[str, str]) -> Iterable[Vendor]:
        """Vendors that may still be asked; why the others are not goes to ``failed``."""
        opened = {vendor.name for vendor in self.opened}
        failed.update({n: why for n, why in self.refused.items() if n not in opened})
        for vendor in self.opened:
            if vendor.name in self.refused:
                failed.setdefault(vendor.name, self.refused[vendor.name])
            else:
                yield vendor

    def note(self, vendor: Vendor, error: HedgerowError) -> str:
        """One line of an error; a vendor whose quota or key is refused is not asked again."""
        line = " ".join(error.message.split())
        if isinstance(error, QuotaExhausted | AuthError):
            self.refused.setdefault(vendor.name, f"not asked: {line}")
        return line

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for vendor in self._own:
            await vendor.aclose()


def usual_sources(settings: Settings, kind: type) -> list[str]:
    """Names of the vendors to ask where none is named.

    Parameters
    ----------
    settings
        Its ``source_priority`` gives the order of sources of bars; plug-ins are asked only
        where they are in it.
    kind
        Protocol that each must keep.

    Returns
    -------
    list[str]
        Those whose key is configured, or that need none.

    Raises
    ------
    DefinitionError
        There is none.
    """
    usual = USUAL.get(kind.__name__, ())
    plugged = set(vendor_names()) - set(BUILT_IN) if kind is SendsBars else set()
    ready = [name for name in usual if name not in _KEYS or find_credential(*_KEYS[name])]
    # The settings rank sources of prices; for the rest the fullest comes first.
    ranked = settings.source_priority if kind is SendsBars else ()
    first = [name for name in ranked if name in {*ready, *plugged}]
    chosen = list(dict.fromkeys([*first, *ready]))
    if not chosen:
        keys = ", ".join(_KEYS[name][0] for name in usual if name in _KEYS)
        free = _KEYLESS.get(kind.__name__, "")
        raise DefinitionError(
            f"no source of {WORDS.get(kind.__name__, kind.__name__)} is configured: set one of "
            f"{keys} in the environment or in .env, or name a source with --source{free}"
        )
    return chosen


def in_one_line(failed: Mapping[str, str]) -> str:
    """What vendors could not do, in one line, each with its name once.

    Examples
    --------
    >>> in_one_line({"massive": "cut", "cboe": "cboe /api: no answer in time"})
    'massive: cut; cboe /api: no answer in time'
    """

    def told(name: str, why: str) -> str:
        known = re.search(rf"\b{re.escape(name)}\b", why, re.IGNORECASE)
        return why if known else f"{name}: {why}"

    return "; ".join(told(name, why) for name, why in failed.items())


def _checked(vendor: Vendor, kind: type) -> Vendor:
    if not isinstance(vendor, kind):
        what = WORDS.get(kind.__name__, kind.__name__)
        raise DefinitionError(f"source {vendor.name!r} has no {what}", source=vendor.name)
    return vendor


WORDS = {
    "SendsActions": "splits and dividends",
    "SendsBars": "bars",
    "SendsFundamentals": "fundamentals",
    "SendsFx": "exchange rates",
    "SendsListing": "listing",
    "SendsMacro": "macroeconomic series",
}
