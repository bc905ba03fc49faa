"""Reference data: the current tickers, splits and dividends, replaced as a whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl
from sqlalchemy import Connection, String, Table, func, select

from hedgerow.catalog._bulk import insert_frame
from hedgerow.catalog._frames import as_frame, polars_type
from hedgerow.catalog._store import Store, check_fit
from hedgerow.catalog.tables import (
    CURRENT_DIVIDENDS,
    CURRENT_SPLITS,
    REFERENCE_REFRESHES,
    TICKERS,
)
from hedgerow.errors import DataError, DefinitionError, did_you_mean

REFERENCE_TABLES = {table.name: table for table in (CURRENT_DIVIDENDS, CURRENT_SPLITS, TICKERS)}

# A refresh that leaves less than this share of the rows before is taken for a vendor's failure.
LEAST_SHARE = 0.5


class Reference(Store):
    """The part of the catalog that keeps reference data."""

    def replace_reference(
        self,
        tables: Mapping[str, pl.DataFrame],
        *,
        refreshed_at: dt.datetime | None = None,
        force: bool = False,
    ) -> dict[str, int]:
        """Put new rows in the place of all that are there, in one transaction.

        Who reads meanwhile sees the old rows of every table or the new rows of every table.
        Where anything fails the old ones stay.

        Parameters
        ----------
        tables
            New rows by table: any of ``tickers``, ``current_splits`` and
            ``current_dividends``. Columns as ``docs/tables.md`` lists them, in any order; those
            that may be null may be absent, others of the frame are left out. Of several rows
            with one key the last counts.
        refreshed_at
            Instant to record, with a time zone; the present by default.
        force
            Whether a table may lose more than half of its rows.

        Returns
        -------
        dict[str, int]
            Rows stored, by table.

        Raises
        ------
        DefinitionError
            There is no table of reference data of that name.
        DataError
            A column is missing or of the wrong type, a text does not fit, a value that is
            needed is null, or a table would lose more than half of its rows without ``force``.
        StoreError
            The database cannot be written.

        Examples
        --------
        >>> from hedgerow.catalog import Catalog
        >>> catalog = Catalog("sqlite://")
        >>> known = dt.datetime(2025, 4, 14, 4, tzinfo=dt.UTC)
        >>> split = pl.DataFrame({"instrument_id": ["ZQX.XNYS"], "ex_date": [known.date()],
        ...     "source": ["me"], "symbol": ["ZQX"], "ratio": [4.0], "available_at": [known]})
        >>> catalog.replace_reference({"current_splits": split})
        {'current_splits': 1}
        >>> catalog.table("current_splits")["ratio"].item()
        4.0
        """
        # One order for all writers: who locks tables in different orders waits for ever.
        frames = {name: _arranged(name, tables[name]) for name in sorted(tables)}
        moment = refreshed_at or dt.datetime.now(dt.UTC)

        def write(connection: Connection) -> None:
            for name, frame in frames.items():
                _take_turns(connection, name, moment, frame.height)
                _replace(connection, REFERENCE_TABLES[name], frame, force=force)

        self._commit(write)
        return {name: frame.height for name, frame in frames.items()}

    def reference(self) -> dict[str, pl.DataFrame]:
        """Current tickers, splits and dividends, all of one refresh.

        Returns
        -------
        dict[str, pl.DataFrame]
            The rows of each table, sorted by key.
        """

        def read(connection: Connection) -> dict[str, pl.DataFrame]:
            return {
                name: as_frame(connection, select(table).order_by(*table.primary_key))
                for name, table in REFERENCE_TABLES.items()
            }

        return self._read(read)


def _arranged(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows in the table's columns and types, each key once, checked."""
    table = REFERENCE_TABLES.get(name)
    if table is None:
        raise DefinitionError(
            f"table {name!r} holds no reference data. {did_you_mean(name, REFERENCE_TABLES)}",
            table=name,
        )
    absent = [c.name for c in table.columns if c.name not in frame.columns and not c.nullable]
    if absent:
        raise DataError(f"rows for {name} lack {', '.join(absent)}", table=name)
    kinds = {c.name: polars_type(c.type) for c in table.columns}
    try:
        rows = frame.select(
            pl.col(column).cast(kind)
            if column in frame.columns
            else pl.lit(None, dtype=kind).alias(column)
            for column, kind in kinds.items()
        )
    except pl.exceptions.PolarsError as fault:
        first_line = str(fault).splitlines()[0]
        raise DataError(f"rows for {name} do not fit its types: {first_line}", table=name) from None
    _check(table, rows)
    key = [column.name for column in table.primary_key]
    return rows.unique(key, keep="last", maintain_order=True).sort(key)


def _check(table: Table, rows: pl.DataFrame) -> None:
    needed = [column.name for column in table.columns if not column.nullable]
    for name in needed:
        if nulls := rows[name].null_count():
            raise DataError(f"{name} in {table.name} is null in {nulls} rows: give a value")
    for numbers in rows.select(pl.col(pl.Float64)):
        if not numbers.is_finite().all():
            raise DataError(f"{numbers.name} in {table.name} is NaN or infinite: leave the row out")
    texts = [column.name for column in table.columns if isinstance(column.type, String)]
    for name in texts:
        values = rows[name].unique().to_list()
        check_fit(table, [{name: value} for value in values], only=[name])


def _take_turns(connection: Connection, name: str, moment: dt.datetime, rows: int) -> None:
    """Note the refresh first: its row is the lock that two refreshes take in turn."""
    known = REFERENCE_REFRESHES.c.name == name
    facts = {"refreshed_at": moment, "row_count": rows}
    changed = connection.execute(REFERENCE_REFRESHES.update().where(known).values(facts))
    if not changed.rowcount:
        connection.execute(REFERENCE_REFRESHES.insert(), {"name": name, **facts})


def _replace(connection: Connection, table: Table, frame: pl.DataFrame, *, force: bool) -> None:
    before = connection.scalar(select(func.count()).select_from(table)) or 0
    if frame.height < before * LEAST_SHARE and not force:
        raise DataError(
            f"{table.name} would shrink from {before:,} to {frame.height:,} rows, which looks like "
            "an incomplete answer: the old rows stay. Ask for it with --force (force=True in "
            "Python) if it is right",
            table=table.name,
            before=before,
            after=frame.height,
        )
    # TRUNCATE would end the transaction on MySQL, and lock readers out on PostgreSQL.
    connection.execute(table.delete())
    insert_frame(connection, table, frame)
