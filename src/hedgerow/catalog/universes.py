"""Universes: named sets of instruments, accepted wherever symbols are."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from hedgerow.catalog.instruments import BY_SYMBOL, Instruments, all_instruments, as_instrument
from hedgerow.catalog.tables import INSTRUMENTS, UNIVERSE_MEMBERS, UNIVERSES
from hedgerow.domain.instrument import Instrument
from hedgerow.errors import DataError, DefinitionError, did_you_mean

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


class Universes(Instruments):
    """The part of the catalog that keeps universes."""

    def create_universe(
        self,
        name: str,
        instrument_ids: Iterable[str],
        *,
        replace: bool = False,
        created_at: dt.datetime | None = None,
    ) -> None:
        """Name a set of instruments. Creating the same set again changes nothing.

        Parameters
        ----------
        name
            A letter, then up to 63 letters, digits, ``_``, ``.`` or ``-``; case counts.
            A symbol or an identity cannot be the name of a universe.
        instrument_ids
            Identities of its members, at least one; order and repetition do not count.
        replace
            Whether a universe of that name may get other members.
        created_at
            Instant to record; the present by default.

        Raises
        ------
        DefinitionError
            The name cannot be used, there is no member, or the universe exists with other
            members and ``replace`` is False.
        DataError
            An identity is not known.

        Examples
        --------
        >>> from hedgerow.catalog import Catalog
        >>> from hedgerow.domain import Instrument
        >>> catalog = Catalog("sqlite://")
        >>> _ = catalog.add_instruments([Instrument.of("AAPL"), Instrument.of("MSFT")])
        >>> catalog.create_universe("mine", ["MSFT.XNYS", "AAPL.XNYS"])
        >>> [instrument.symbol for instrument in catalog.universe("mine")]
        ['AAPL', 'MSFT']
        """
        wanted = set(instrument_ids)
        check_universe_name(name)
        if not wanted:
            raise DefinitionError(f"universe {name!r} needs at least one instrument", universe=name)
        moment = created_at or dt.datetime.now(dt.UTC)

        def write(connection: Connection) -> None:
            _check_members(name, wanted, all_instruments(connection))
            present = _member_ids(connection, name)
            if present == wanted:
                return
            if present and not replace:
                raise DefinitionError(
                    f"universe {name!r} already holds {len(present)} other instruments: "
                    "choose another name, delete it first, or ask to replace it",
                    universe=name,
                )
            _delete(connection, name)
            connection.execute(UNIVERSES.insert(), {"name": name, "created_at": moment})
            rows = [{"universe": name, "instrument_id": member} for member in sorted(wanted)]
            connection.execute(UNIVERSE_MEMBERS.insert(), rows)

        self._commit(write)

    def universe(self, name: str) -> list[Instrument]:
        """Members of a universe, sorted by symbol and identity.

        Raises
        ------
        DefinitionError
            There is no universe of that name; the message suggests the nearest one.
        """
        members = self._read(lambda connection: _members(connection, name))
        if not members:
            raise _unknown_universe(name, self.universes())
        return members

    def universes(self) -> dict[str, int]:
        """Number of members of each universe, by name in order."""
        count = (
            select(UNIVERSE_MEMBERS.c.universe, func.count().label("members"))
            .group_by(UNIVERSE_MEMBERS.c.universe)
            .order_by(UNIVERSE_MEMBERS.c.universe)
        )
        rows = self._read(lambda connection: connection.execute(count).all())
        return {row.universe: row.members for row in rows}

    def delete_universe(self, name: str) -> None:
        """Forget a universe; its instruments stay.

        Raises
        ------
        DefinitionError
            There is no universe of that name.
        """
        if not self._commit(lambda connection: _delete(connection, name)):
            raise _unknown_universe(name, self.universes())


def _members(connection: Connection, name: str) -> list[Instrument]:
    query = (
        select(INSTRUMENTS)
        .join(UNIVERSE_MEMBERS)
        .where(UNIVERSE_MEMBERS.c.universe == name)
        .order_by(*BY_SYMBOL)
    )
    return [as_instrument(row) for row in connection.execute(query)]


def _member_ids(connection: Connection, name: str) -> set[str]:
    column = UNIVERSE_MEMBERS.c
    return set(connection.scalars(select(column.instrument_id).where(column.universe == name)))


def _delete(connection: Connection, name: str) -> bool:
    known = connection.scalar(select(UNIVERSES.c.name).where(UNIVERSES.c.name == name)) is not None
    connection.execute(UNIVERSES.delete().where(UNIVERSES.c.name == name))
    return known


def check_universe_name(name: str) -> None:
    """Refuse a name that cannot be typed where symbols are.

    Raises
    ------
    DefinitionError
        It does not begin with a letter, is longer than 64 characters, or holds others than
        letters, digits, ``_``, ``.`` and ``-``.
    """
    if not _NAME.fullmatch(name):
        raise DefinitionError(
            f"universe name {name!r} cannot be used: begin with a letter, then up to 63 letters, "
            "digits, '_', '.' or '-'",
            universe=name,
        )


def _check_members(name: str, wanted: set[str], known: list[Instrument]) -> None:
    if any(name in (item.symbol, item.instrument_id) for item in known):
        raise DefinitionError(
            f"universe cannot be called {name!r}: an instrument has that symbol", universe=name
        )
    identities = {item.instrument_id for item in known}
    for identity in sorted(wanted - identities):
        raise DataError(
            f"instrument {identity!r} is not known. {did_you_mean(identity, identities)}",
            instrument_id=identity,
        )


def _unknown_universe(name: str, known: Iterable[str]) -> DefinitionError:
    hint = did_you_mean(name, known) or (
        f"There is none yet: make one with hedgerow universe create {name} SYMBOLS, or hedgerow "
        f"universe import {name} FILE"
    )
    return DefinitionError(f"universe {name!r} is not known. {hint}", universe=name)
