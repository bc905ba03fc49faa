"""The relational side of a workspace: instruments, universes, models, runs and reports."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import polars as pl
from sqlalchemy import Select, Table, case, select

from hedgerow.catalog._frames import as_frame
from hedgerow.catalog.models import Models
from hedgerow.catalog.reference import Reference
from hedgerow.catalog.reports import Reports
from hedgerow.catalog.runs import Runs
from hedgerow.catalog.tables import INSTRUMENTS, METADATA, UNIVERSE_MEMBERS
from hedgerow.catalog.universes import Universes
from hedgerow.domain.exchanges import TIME_ZONES
from hedgerow.errors import DefinitionError, did_you_mean

_COLUMNS = INSTRUMENTS.c.keys()
_FACTS = [INSTRUMENTS.c[name] for name in _COLUMNS if name != "symbol"]

# Names that people know from other systems, over the tables above.
_VIEWS: dict[str, Select[tuple[object, ...]]] = {
    "symbol_master": select(
        INSTRUMENTS.c.symbol,
        *_FACTS,
        INSTRUMENTS.c.kind.label("type"),
        case(TIME_ZONES, value=INSTRUMENTS.c.exchange, else_="").label("time_zone"),
    ).order_by(INSTRUMENTS.c.symbol, INSTRUMENTS.c.instrument_id),
    "trading_universe": select(UNIVERSE_MEMBERS.c.universe, INSTRUMENTS.c.symbol, *_FACTS)
    .join_from(UNIVERSE_MEMBERS, INSTRUMENTS)
    .order_by(UNIVERSE_MEMBERS.c.universe, INSTRUMENTS.c.symbol, INSTRUMENTS.c.instrument_id),
}


class Catalog(Universes, Reference, Models, Runs, Reports):
    """Everything small and relational, in an SQL database.

    Opening a catalog creates its tables or brings older ones up to date; several processes
    may do so at once. Each method is one transaction: all of it happens, or nothing.

    Parameters
    ----------
    url
        Path of an SQLite file, or an SQLAlchemy URL: ``sqlite:///workspace/catalog.db``,
        ``postgresql+psycopg://user:password@host/database`` (with the extra ``postgres``),
        ``mysql+pymysql://user:password@host/database`` (MySQL or MariaDB, with the extra
        ``mysql``). ``sqlite://`` alone is a catalog in memory.

    Attributes
    ----------
    url
        The URL without its password.

    Raises
    ------
    StoreError
        The place cannot be reached, read or written, the file is damaged, or it was written
        by a newer Hedgerow.

    Examples
    --------
    >>> from hedgerow.catalog import Catalog
    >>> with Catalog("sqlite://") as catalog:
    ...     catalog.universes()
    {}
    """

    def table(self, name: str) -> pl.DataFrame:
        """A whole table, for SQL over both stores.

        Parameters
        ----------
        name
            ``instruments, universes, universe_members, tickers, current_splits,
            current_dividends, reference_refreshes, models, model_runs, model_performance,
            performance_reports``; or one of the joined ``symbol_master`` (instruments,
            symbol first, with the ``time_zone`` of their exchange and ``type``, which is
            ``kind``) and ``trading_universe`` (members of every universe with their
            instruments' facts).

        Returns
        -------
        pl.DataFrame
            Sorted by key, columns as ``docs/tables.md`` lists them; JSON columns as text,
            instants in UTC; the same schema where there are no rows.

        Raises
        ------
        DefinitionError
            There is no table of that name; the message suggests the nearest.

        Examples
        --------
        >>> from hedgerow.catalog import Catalog
        >>> from hedgerow.domain import Instrument
        >>> catalog = Catalog("sqlite://")
        >>> _ = catalog.add_instruments([Instrument.of("AAPL")])
        >>> catalog.table("symbol_master").select("symbol", "exchange").row(0)
        ('AAPL', 'XNYS')
        """
        return self._read(lambda connection: as_frame(connection, _query(name)))

    @staticmethod
    def tables() -> list[str]:
        """Names that ``table`` knows, in order."""
        return sorted([*METADATA.tables, *_VIEWS])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _query(name: str) -> Select[tuple[object, ...]]:
    if name in _VIEWS:
        return _VIEWS[name]
    table: Table | None = METADATA.tables.get(name)
    if table is None:
        raise DefinitionError(
            f"catalog table {name!r} is not known. {did_you_mean(name, Catalog.tables())}",
            table=name,
        )
    return select(table).order_by(*table.primary_key)
