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
        # Exact spelling first: some tickers differ only in case.
        for spelling in (word, word.upper()):
            held = [
                self.by_identity[i] for i in self.dated.get(spelling, ()) if i in self.by_identity
            ]
            found = held or self.by_symbol.get(spelling)
            if found:
                # A generated market may use the ticker of a real index.
                return min(found, key=lambda instrument: instrument.synthetic)
        return self.by_identity.get(word)


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
        instrument.
    on
        Session at which a ticker counts; the present by default.

    Returns
    -------
    list[Instrument]
        In the order asked, each once.

    Raises
    ------
    DataError
        A word is neither a ticker nor a universe, or nothing was asked for.
    """
    if symbols is None:
        return catalog.instruments()
    # A list is taken word for word: some tickers have a space in them.
    words = re.split(r"[\s,]+", symbols.strip(" ,")) if isinstance(symbols, str) else list(symbols)
    if not any(words):
        raise DataError("no symbols were given: name some, or a universe")
    universes = catalog.universes()
    tickers = _tickers(catalog.instruments(), lake, words, on)
    found: dict[str, Instrument] = {}
    for word in words:
        if word in universes:
            found |= {member.instrument_id: member for member in catalog.universe(word)}
            continue
        instrument = tickers.find(word)
        if instrument is None:
            hint = did_you_mean(word, [*tickers.by_symbol, *universes])
            raise DataError(
                f"symbol {word!r} is not in the workspace. "
                f"{hint or 'It holds no symbols yet: try hedgerow demo.'}",
                symbol=word,
            )
        found[instrument.instrument_id] = instrument
    return list(found.values())


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
