"""Which instruments the words of a request mean, known and unknown ones."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import SYMBOL_INTERVALS
from hedgerow.errors import AuthError, DataError, NotEntitled, NotFound, VendorError
from hedgerow.ingest.membership import dated_universes, ever_members
from hedgerow.ingest.stores import Stores
from hedgerow.ingest.vendors import Vendors
from hedgerow.sources.vendor import DescribesInstruments

Symbols = str | Iterable[str]


@dataclass(frozen=True)
class Asked:
    """One word of a request.

    Parameters
    ----------
    symbol
        As it was written.
    instrument
        What it means; None where only a vendor can tell.
    """

    symbol: str
    instrument: Instrument | None = None


def words_of(symbols: Symbols) -> list[str]:
    """Tickers and universes of a request, each once, in order.

    Raises
    ------
    DataError
        There are none.
    """
    # A list is taken word for word: some tickers have a space in them.
    words = re.split(r"[\s,]+", symbols.strip(" ,")) if isinstance(symbols, str) else list(symbols)
    found = list(dict.fromkeys(word for word in words if word))
    if not found:
        raise DataError("no symbols were given: name some, or a universe")
    return found


def asked_for(
    stores: Stores, symbols: Symbols, start: dt.date | None = None, end: dt.date | None = None
) -> list[Asked]:
    """What the workspace knows of the words of a request, each instrument once.

    Parameters
    ----------
    stores
        Instruments, universes, and who belonged to an index when.
    symbols
        Tickers, identities and names of universes; case counts where two tickers differ in
        nothing else. A ticker that several instruments had means the one that has it now.
    start, end
        An index whose membership is known by day means everybody who belonged to it between
        these days, both included; None for no bound.

    Raises
    ------
    DataError
        Nothing was asked, or a ticker stands for several instruments.
    """
    universes, dated = stores.catalog.universes(), dated_universes(stores.lake)
    known = _Known(stores)
    found: dict[str, Asked] = {}
    for word in words_of(symbols):
        if word in dated:
            members = known.of(ever_members(stores.lake, word, start, end))
        elif word in universes:
            members = stores.catalog.universe(word)
        else:
            instrument = known.find(word)
            key = word if instrument is None else instrument.instrument_id
            found.setdefault(key, Asked(word, instrument))
            continue
        for member in members:
            found.setdefault(member.instrument_id, Asked(member.symbol, member))
    return list(found.values())


async def described(word: str, vendors: Vendors) -> Instrument:
    """What the first vendor that can tell says of an unknown ticker.

    Parameters
    ----------
    word
        Ticker, as vendors spell it.
    vendors
        Who may be asked, in order. Where none can describe instruments, or its plan does not
        let it, the ticker is taken to be an American share.

    Raises
    ------
    NotFound
        Everybody who could tell does not know it.
    VendorError
        Somebody who could have told did not answer, and nobody else knows.
    """
    failure: VendorError | AuthError | None = None
    for vendor in vendors.willing({}):
        if not isinstance(vendor, DescribesInstruments):
            continue
        try:
            return await vendor.describe(word)
        except NotEntitled:
            continue
        except NotFound as error:
            failure = failure or error
        except (VendorError, AuthError) as error:
            vendors.note(vendor, error)
            failure = error if failure is None or isinstance(failure, NotFound) else failure
    if failure is not None:
        raise failure
    return Instrument.of(word)


class _Known:
    """Observed instruments of the catalog by ticker and identity."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        instruments = [one for one in stores.catalog.instruments() if not one.synthetic]
        self._by_identity = {one.instrument_id: one for one in instruments}
        self._by_symbol: dict[str, list[Instrument]] = {}
        for one in instruments:
            self._by_symbol.setdefault(one.symbol, []).append(one)

    def of(self, identities: Iterable[str]) -> list[Instrument]:
        """Those instruments that are known."""
        return [self._by_identity[name] for name in identities if name in self._by_identity]

    def find(self, word: str) -> Instrument | None:
        """The instrument a word means; None where it is not known."""
        if word in self._by_identity:
            return self._by_identity[word]
        # Some tickers differ only in case, so nothing but plain small letters is respelled.
        spelling = word.upper() if word.islower() and word not in self._by_symbol else word
        named = self._by_symbol.get(spelling, [])
        if len(named) > 1:
            now = self._using(spelling)
            named = [one for one in named if one.instrument_id in now] or named
        if len(named) > 1:
            raise DataError(
                f"symbol {word!r} stands for several instruments: name one of "
                f"{', '.join(sorted(one.instrument_id for one in named))}",
                symbol=word,
            )
        return named[0] if named else None

    def _using(self, symbol: str) -> set[str]:
        """Identities that have a ticker now."""
        today = self._stores.clock().date()
        ended = pl.col("valid_to") < today
        rows = self._stores.lake.scan(SYMBOL_INTERVALS).filter(
            pl.col("symbol") == symbol, ~ended.fill_null(value=False)
        )
        return set(rows.select("instrument_id").collect()["instrument_id"])
