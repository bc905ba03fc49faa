"""Which instruments the symbols of a file mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from hedgerow.domain.calendar import DEFAULT_CALENDAR, time_zone as zone_of
from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.errors import DataError
from hedgerow.sources.files._options import BarOptions

Listing = Mapping[str, Instrument]


def listed(symbols: pl.Series, options: BarOptions) -> dict[str, Instrument]:
    """Instrument of each symbol: the known one, else a new one.

    Parameters
    ----------
    symbols
        Symbols of the rows.
    options
        What the caller states of them, and what is known.

    Raises
    ------
    DataError
        A symbol is known on several exchanges, or in another currency than is stated.
    """
    known: dict[str, list[Instrument]] = defaultdict(list)
    for item in options.known:
        if not item.synthetic and options.exchange in (None, item.exchange):
            known[item.symbol].append(item)
    names = symbols.drop_nulls().unique().sort()
    return {name: _instrument(name, known.get(name, []), options) for name in names}


def zone(path: object, instruments: Iterable[Instrument], options: BarOptions) -> str:
    """Zone of times that are written without one.

    Raises
    ------
    DataError
        Times within the day could be those of several exchanges' zones.
    """
    if options.time_zone is not None:
        return options.time_zone
    zones = sorted({zone_of(instrument.exchange) for instrument in instruments})
    if len(zones) > 1 and options.timeframe.intraday:
        raise DataError(
            f"file {path} has symbols of exchanges in {' and '.join(zones)}: say whose time it "
            "is with --time-zone (time_zone= in Python)",
            path=str(path),
        )
    return zones[0] if zones else zone_of(options.exchange or DEFAULT_CALENDAR)


def identified(rows: pl.DataFrame, listing: Listing) -> pl.DataFrame:
    """Rows with ``instrument_id``, ``currency`` and ``exchange`` of their symbols."""
    facts = pl.DataFrame(
        [
            (symbol, item.instrument_id, item.currency, item.exchange)
            for symbol, item in listing.items()
        ],
        schema=dict.fromkeys(("symbol", "instrument_id", "currency", "exchange"), pl.String),
        orient="row",
    )
    return rows.join(facts, on="symbol", how="left", maintain_order="left")


def _instrument(symbol: str, known: Sequence[Instrument], options: BarOptions) -> Instrument:
    if len(known) > 1:
        places = ", ".join(sorted(item.exchange for item in known))
        raise DataError(
            f"symbol {symbol!r} is known on several exchanges ({places}): say which with "
            "--exchange (exchange= in Python)",
            symbol=symbol,
        )
    if not known:
        return Instrument.of(
            symbol,
            exchange=options.exchange or DEFAULT_CALENDAR,
            currency=options.currency_code or "USD",
            kind=InstrumentKind(options.kind or InstrumentKind.EQUITY),
        )
    _check_currency(known[0], options.currency_code)
    return replace(known[0], kind=InstrumentKind(options.kind or known[0].kind))


def _check_currency(known: Instrument, stated: str | None) -> None:
    if stated not in (None, known.currency):
        raise DataError(
            f"symbol {known.symbol!r} is known in {known.currency} ({known.instrument_id}), but "
            f"its prices are said to be in {stated}: state {known.currency}, or another exchange",
            symbol=known.symbol,
        )
