"""Instruments: what is known now of everything that is traded or observed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from hedgerow.catalog._store import Store, check_fit
from hedgerow.catalog.tables import INSTRUMENTS
from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.errors import DataError, did_you_mean

BY_SYMBOL = (INSTRUMENTS.c.symbol, INSTRUMENTS.c.instrument_id)


class Instruments(Store):
    """The part of the catalog that keeps instruments."""

    def add_instruments(self, instruments: Iterable[Instrument]) -> int:
        """Store instruments: new ones are added, known ones brought up to date.

        An empty name, sector or region says nothing: what is known stays.

        Parameters
        ----------
        instruments
            Instruments by their ``instrument_id``; all of them are stored, or none.

        Returns
        -------
        int
            How many were added or changed: 0 where all were known already.

        Raises
        ------
        DataError
            One ``instrument_id`` is given twice with different facts or in another currency
            than is known, or a text is too long.
        StoreError
            The database cannot be written.

        Examples
        --------
        >>> from hedgerow.catalog import Catalog
        >>> from hedgerow.domain import Instrument
        >>> catalog = Catalog("sqlite://")
        >>> catalog.add_instruments([Instrument.of("AAPL"), Instrument.of("MSFT")])
        2
        >>> catalog.add_instruments([Instrument.of("AAPL")])
        0
        """
        given = _by_id(instruments)
        check_fit(INSTRUMENTS, list(given.values()))

        def write(connection: Connection) -> int:
            known = {row.instrument_id: row._asdict() for row in connection.execute(_ALL)}
            new = [row for key, row in given.items() if key not in known]
            merged = [_merged(known[key], row) for key, row in given.items() if key in known]
            changed = [row for row in merged if known[row["instrument_id"]] != row]
            if new:
                connection.execute(INSTRUMENTS.insert(), new)
            if changed:
                connection.execute(_UPDATE, [_renamed_key(row) for row in changed])
            return len(new) + len(changed)

        return self._commit(write) if given else 0

    def instruments(self, symbols: Iterable[str] | None = None) -> list[Instrument]:
        """Instruments, sorted by symbol and identity.

        Parameters
        ----------
        symbols
            Tickers in use now, or identities; None for all instruments. A ticker that is
            listed on several exchanges gives an instrument for each.

        Returns
        -------
        list[Instrument]
            Each instrument once.

        Raises
        ------
        DataError
            A symbol is not known; the message suggests the nearest one.

        Examples
        --------
        >>> from hedgerow.catalog import Catalog
        >>> from hedgerow.domain import Instrument
        >>> catalog = Catalog("sqlite://")
        >>> _ = catalog.add_instruments([Instrument.of("AAPL"), Instrument.of("MSFT")])
        >>> [instrument.instrument_id for instrument in catalog.instruments(["AAPL"])]
        ['AAPL.XNYS']
        """
        known = self._read(all_instruments)
        return known if symbols is None else _pick(known, symbols)


def all_instruments(connection: Connection) -> list[Instrument]:
    """Every instrument, sorted by symbol and identity."""
    return [as_instrument(row) for row in connection.execute(_ALL)]


def as_instrument(row: Row[Any]) -> Instrument:
    """Instrument of a row of the table."""
    facts = row._asdict()
    return Instrument(**{**facts, "kind": InstrumentKind(facts["kind"])})


def _pick(known: Sequence[Instrument], names: Iterable[str]) -> list[Instrument]:
    wanted = dict.fromkeys(names)
    valid = {name for item in known for name in (item.symbol, item.instrument_id)}
    for name in wanted:
        if name not in valid:
            hint = did_you_mean(name, {item.symbol for item in known})
            raise DataError(
                f"symbol {name!r} is not known. "
                f"{hint or 'Load data first: the catalog holds no instruments.'}",
                symbol=name,
            )
    return [item for item in known if item.symbol in wanted or item.instrument_id in wanted]


def _by_id(instruments: Iterable[Instrument]) -> dict[str, Mapping[str, Any]]:
    rows: dict[str, Mapping[str, Any]] = {}
    for instrument in instruments:
        row = {**vars(instrument), "kind": instrument.kind.value}
        if rows.setdefault(instrument.instrument_id, row) != row:
            raise DataError(
                f"instrument {instrument.instrument_id!r} is given twice with different facts",
                instrument_id=instrument.instrument_id,
            )
    return dict(sorted(rows.items()))  # writers that lock rows in one order never deadlock


def _merged(known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a known instrument after new ones were given."""
    if known["currency"] != given["currency"]:
        raise DataError(
            f"instrument {known['instrument_id']!r} is known in {known['currency']}, but is given "
            f"in {given['currency']}: state the currency of its prices, or load them under "
            "another exchange or symbol",
            instrument_id=known["instrument_id"],
        )
    return {**given, **{name: given[name] or known[name] for name in _OPTIONAL}}


def _renamed_key(row: Mapping[str, Any]) -> dict[str, Any]:
    """Row for the update, whose condition may not share a name with a column."""
    facts = dict(row)
    return {"_key": facts.pop("instrument_id"), **facts}


_OPTIONAL = ("name", "sector", "region", "figi", "cik", "isin")

_ALL = select(INSTRUMENTS).order_by(*BY_SYMBOL)
_UPDATE = INSTRUMENTS.update().where(INSTRUMENTS.c.instrument_id == bindparam("_key"))
