"""Which known instrument each entry of a vendor's listing is.

A vendor tells its entries apart by identities of its own making. They are matched with what is
known, in this order:

1. the same FIGI is the same instrument, whatever its ticker (`_by_figi`);
2. the same ticker on the same exchange at the same time is the same instrument (`_by_days`),
   unless two FIGIs say otherwise;
3. everything else is new, and gets the vendor's identity, or a dated one where that is taken by
   an earlier user of the ticker (`fresh_identity`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass

import polars as pl

from hedgerow.domain.exchanges import exchange_zone
from hedgerow.domain.instrument import Instrument

_ALWAYS = dt.date.max

# A ticker on an exchange, and the same as that of one instrument.
Place = tuple[str, str]
Span = tuple[Place, str]


@dataclass(frozen=True)
class Days:
    """Days in which a ticker meant an instrument.

    Parameters
    ----------
    symbol, exchange
        The ticker.
    instrument_id
        Identity, ours or the vendor's.
    first
        First session; None where the vendor does not tell.
    last
        Last session; None while in use.
    """

    symbol: str
    exchange: str
    instrument_id: str
    first: dt.date | None
    last: dt.date | None = None

    @property
    def place(self) -> Place:
        """The ticker and its exchange."""
        return self.symbol, self.exchange

    @property
    def span(self) -> Span:
        """The ticker, its exchange and whose it was."""
        return self.place, self.instrument_id

    def meets(self, other: Days) -> bool:
        """Whether the two have a day in common."""
        return (self.first or dt.date.min) <= (other.last or _ALWAYS) and (
            other.first or dt.date.min
        ) <= (self.last or _ALWAYS)


def days_of(intervals: pl.DataFrame) -> list[Days]:
    """Rows of ``symbol_intervals``, oldest first."""
    rows = intervals.sort("valid_from", "instrument_id").select(
        "symbol", "exchange", "instrument_id", "valid_from", "valid_to"
    )
    return [Days(*row) for row in rows.iter_rows()]


def identified(
    listed: Sequence[Instrument],
    listed_days: Sequence[Days],
    known: Iterable[Instrument],
    known_days: Sequence[Days],
) -> dict[str, str]:
    """Our identity of each entry.

    Parameters
    ----------
    listed, listed_days
        The vendor's entries, and when their tickers were in use.
    known, known_days
        Instruments of the catalog, and intervals of the lake.

    Returns
    -------
    dict[str, str]
        Our identity by the vendor's; no two entries get the same, but for those that a FIGI
        makes one.
    """
    ours = {one.instrument_id: one for one in known}
    real = {key: one for key, one in ours.items() if not one.synthetic}
    found = _by_figi(listed, real.values())
    taken = set(found.values())
    figis = {one.instrument_id: one.figi for one in listed}
    for entry, identity in _by_days(listed_days, real, known_days):
        told, held = figis.get(entry, ""), real[identity].figi
        if entry in found or identity in taken or (told and held and told != held):
            continue
        found[entry] = identity
        taken.add(identity)
    first_days = _first_days(listed_days)
    used = taken | ours.keys()
    for one in listed:
        if one.instrument_id not in found:
            fresh = fresh_identity(one, first_days.get(one.instrument_id), used)
            found[one.instrument_id] = fresh
            used.add(fresh)
    return found


def _by_figi(listed: Iterable[Instrument], known: Iterable[Instrument]) -> dict[str, str]:
    held = {_share(one): one.instrument_id for one in known if one.figi}
    return {one.instrument_id: held[_share(one)] for one in listed if _share(one) in held}


def _share(one: Instrument) -> tuple[str, str, str]:
    """What is one instrument: a share class is quoted in several countries and currencies."""
    return one.figi, one.currency, exchange_zone(one.exchange) or one.exchange


def _by_days(
    listed_days: Sequence[Days], known: Mapping[str, Instrument], known_days: Sequence[Days]
) -> list[tuple[str, str]]:
    """Pairs of a vendor's identity and ours that used a ticker at the same time."""
    entries: dict[Place, list[Days]] = defaultdict(list)
    for days in sorted(listed_days, key=lambda one: one.first or dt.date.min):
        entries[days.place].append(days)
    pairs = []
    dated = set()
    for days in known_days:
        dated.add(days.instrument_id)
        if days.instrument_id not in known:
            continue
        # Of two users of a ticker the first that overlaps is meant: the later one came after.
        meeting = (one for one in entries.get(days.place, ()) if one.meets(days))
        pairs += [(one.instrument_id, days.instrument_id) for one in list(meeting)[:1]]
    for identity, one in known.items():
        users = entries.get((one.symbol, one.exchange), [])
        # Whoever adds a symbol without dates means the company that has it now.
        if users and identity not in dated:
            newest = max(users, key=lambda days: days.last or _ALWAYS)
            pairs.append((newest.instrument_id, identity))
    return pairs


def _first_days(days: Iterable[Days]) -> dict[str, dt.date]:
    found: dict[str, dt.date] = {}
    for one in days:
        if one.first is not None:
            found[one.instrument_id] = min(one.first, found.get(one.instrument_id, one.first))
    return found


def fresh_identity(one: Instrument, first: dt.date | None, used: AbstractSet[str]) -> str:
    """Identity that nobody else has: the default one, or one with the first day behind it.

    Examples
    --------
    >>> one = Instrument.of("VEX")
    >>> fresh_identity(one, None, set())
    'VEX.XNYS'
    >>> fresh_identity(one, dt.date(2025, 9, 2), {"VEX.XNYS"})
    'VEX.XNYS.2025-09-02'
    """
    if one.instrument_id not in used:
        return one.instrument_id
    plain = f"{one.symbol}.{one.exchange}"
    marks = [str(first) if first else "", one.figi, *map(str, range(2, 1000))]
    return next(name for mark in marks if mark and (name := f"{plain}.{mark}") not in used)
