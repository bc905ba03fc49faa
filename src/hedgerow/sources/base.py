"""What every source promises: instruments, and batches of rows for the lake's tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import polars as pl

from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import Table
from hedgerow.errors import DataError

# Set by the lake when it stores a row, so no source sends it.
STAMPED_BY_LAKE = "ingested_at"

REFUSED_COLUMNS: dict[str, pl.DataType] = {
    "rules": pl.String(),
    "symbol": pl.String(),
    "timestamp": pl.Datetime("us", "UTC"),
    "payload": pl.String(),
}


def no_refusals() -> pl.DataFrame:
    """Empty frame of refused rows: ``rules``, ``symbol``, ``timestamp``, ``payload``."""
    return pl.DataFrame(schema=REFUSED_COLUMNS)


@dataclass(frozen=True)
class SourceBatch:
    """Rows for one table of the lake.

    Parameters
    ----------
    table
        Table that the rows belong to.
    frame
        Rows with every column of the table except ``ingested_at``, in the table's order and
        types. Values that break a quality rule may be among them: the lake's gate decides.
    refused
        Rows that could not be read into the table's types at all, for the quarantine:
        ``rules`` (names joined by commas), ``symbol`` and ``timestamp`` (null where unknown)
        and ``payload`` (the row as JSON).
    """

    table: Table
    frame: pl.DataFrame
    refused: pl.DataFrame = field(default_factory=no_refusals)

    @classmethod
    def of(
        cls, table: Table, frame: pl.DataFrame, *, refused: pl.DataFrame | None = None
    ) -> SourceBatch:
        """Batch with the columns put in the table's order and types.

        Parameters
        ----------
        table
            Table that the rows belong to.
        frame
            Rows; columns that the table does not have are left out, and nullable columns
            that are absent become null.
        refused
            Rows that could not be read.

        Raises
        ------
        DataError
            A column that may not be null is absent, or does not have the table's type.

        Examples
        --------
        >>> from hedgerow.domain.schemas import FX_RATES
        >>> SourceBatch.of(FX_RATES, pl.DataFrame({"base": ["EUR"]}))
        Traceback (most recent call last):
            ...
        hedgerow.errors.DataError: rows for fx_rates lack quote, date, source, rate, available_at
        """
        return cls(table, _arranged(table, frame), no_refusals() if refused is None else refused)


@runtime_checkable
class Source(Protocol):
    """Anything that can fill the lake: a vendor, a generator or files.

    A source is deterministic: two passes over ``batches()`` give the same rows. Splits and
    dividends come before the bars they explain, so that a quality rule can tell a split from
    a fault.
    """

    @property
    def name(self) -> str:
        """Word that the ``source`` column of the bars carries."""

    def instruments(self) -> list[Instrument]:
        """Every instrument that the batches mention."""

    def batches(self) -> Iterator[SourceBatch]:
        """Rows in batches that fit in memory, one table each."""


def _arranged(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    wanted = {name: kind for name, kind in table.columns.items() if name != STAMPED_BY_LAKE}
    rules = table.schema.columns()
    absent = [name for name in wanted if name not in frame.columns and not rules[name].nullable]
    if absent:
        raise DataError(f"rows for {table.name} lack {', '.join(absent)}", table=table.name)
    try:
        return frame.select(
            pl.col(name).cast(kind)
            if name in frame.columns
            else pl.lit(None, dtype=kind).alias(name)
            for name, kind in wanted.items()
        )
    except pl.exceptions.InvalidOperationError as fault:
        first_line = str(fault).splitlines()[0]
        raise DataError(
            f"rows for {table.name} do not fit its types: {first_line}", table=table.name
        ) from None
