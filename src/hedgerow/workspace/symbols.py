"""Which instruments a request means: tickers, universes, or everything."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from hedgerow.catalog import Catalog
from hedgerow.domain import Instrument
from hedgerow.domain.schemas import SYMBOL_INTERVALS
from hedgerow.errors import DataError, did_you_mean
from hedgerow.lake import Lake

# Tickers as one text ("AAPL MSFT"), a list of them, the name of a universe, or None for all.
Symbols = str | Iterable[str] | None


@dataclass(frozen=True)
class _Tickers:
    """What a ticker or an identity stands for."""

    by_identity: Mapping[str, Instrument]
    by_symbol: Mapping[str, Sequence[Instrument]]
    dated: Mapping[str, Sequence[str]]

    def find(self, word: str) -> Instrument | None:
        # Some tickers differ only in case, so nothing but plain small letters is respelled.
        for spelling in (word, word.upper()) if word.islower() else (word,):
            held = [
                self.by_identity[i] for i in self.dated.get(spelling, ()) if i in self.by_identity
            ]
            found = held or self.by_symbol.get(spelling)
            if found:
                return _only(word, found)
        return self.by_identity.get(word)


def _only(word: str, found: Sequence[Instrument]) -> Instrument:
    """The one instrument of a ticker; a generated market may use that of a real index."""
    first, *others = [one for one in found if not one.synthetic] or found
    if others:
        names = " or ".join(one.instrument_id for one in (first, *others))
        raise DataError(
            f"symbol {word!r} stands for several instruments: ask for {names}", symbol=word
        )
    return first


def resolve(
    catalog: Catalog, lake: Lake, symbols: Symbols, on: dt.date | None = None
) -> list[Instrument]:
    """Instruments behind a request.

    Parameters
    ----------
    catalog, lake
        Where instruments, universes and dated tickers are kept.
    symbols
        Tickers in one text or a list, names of universes among them, or None for every
        instrument. Of an index whose membership is known by day, those who belonged to it on
        the session count; a universe of the catalog by that name serves the present only.
    on
        Session at which a ticker and a membership count; the present by default.

    Returns
    -------
    list[Instrument]
        In the order asked, each once.

    Raises
    ------
    DataError
        A word is neither a ticker nor a universe, a ticker stands for several instruments, an
        index had no members then, or nothing was asked for.
    """
    if symbols is None:
        return catalog.instruments()
    # A list is taken word for word: some tickers have a space in them.
    words = re.split(r"[\s,]+", symbols.strip(" ,")) if isinstance(symbols, str) else list(symbols)
    if not any(words):
        raise DataError("no symbols were given: name some, or a universe")
    from hedgerow.ingest.membership import dated_universes  # loads the vendors' libraries

    universes, dated = catalog.universes(), dated_universes(lake)
    tickers = _tickers(catalog.instruments(), lake, words, on)
    found: dict[str, Instrument] = {}
    for word in words:
        if word in universes and (on is None or word not in dated):
            found |= {member.instrument_id: member for member in catalog.universe(word)}
            continue
        if word in dated:
            found |= _members(tickers, lake, word, on or dt.datetime.now(dt.UTC).date())
            continue
        instrument = tickers.find(word)
        if instrument is None:
            hint = did_you_mean(word, [*tickers.by_symbol, *universes, *dated])
            raise DataError(
                f"symbol {word!r} is not in the workspace. "
                f"{hint or 'It holds no symbols yet: try hedgerow demo.'}",
                symbol=word,
            )
        found[instrument.instrument_id] = instrument
    return list(found.values())


def _members(tickers: _Tickers, lake: Lake, universe: str, on: dt.date) -> dict[str, Instrument]:
    from hedgerow.ingest.membership import members

    known = tickers.by_identity
    found = {name: known[name] for name in members(lake, universe, on) if name in known}
    if not found:
        raise DataError(
            f"universe {universe!r} has no known members on {on}: give another date, or load "
            "its membership again",
            universe=universe,
        )
    return dict(sorted(found.items(), key=lambda pair: (pair[1].symbol, pair[0])))


def _tickers(
    known: Sequence[Instrument], lake: Lake, words: Sequence[str], on: dt.date | None
) -> _Tickers:
    by_symbol: dict[str, list[Instrument]] = {}
    for instrument in known:
        by_symbol.setdefault(instrument.symbol, []).append(instrument)
    day = on or dt.date.max
    spellings = [*words, *(word.upper() for word in words)]
    intervals = (
        lake.scan(SYMBOL_INTERVALS)
        .filter(
            pl.col("symbol").is_in(spellings),
            pl.col("valid_from") <= day,
            pl.col("valid_to").is_null() | (pl.col("valid_to") >= day),
        )
        .group_by("symbol")
        .agg(pl.col("instrument_id").unique().sort())
        .collect()
    )
    identities = {instrument.instrument_id: instrument for instrument in known}
    return _Tickers(identities, by_symbol, dict(intervals.rows()))
