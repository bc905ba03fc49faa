"""Rules that every table has, read from its schema."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from hedgerow.domain.schemas import Table
from hedgerow.lake._frames import INGESTED_AT, stamped_by_lake
from hedgerow.lake.quality._rule import RowRule

_FINITE = {"nan", "inf"}


def schema_rules(table: Table, *, except_for: Collection[str] = ()) -> tuple[RowRule, ...]:
    """One rule for each constraint of each column, named ``column|constraint``.

    Parameters
    ----------
    table
        Its schema gives the constraints. ``ingested_at`` is left out: the lake sets it.
    except_for
        Rules, by name, that another rule covers under its own name.

    Returns
    -------
    tuple[RowRule, ...]
        NaN and infinity of all columns are one rule, ``not_finite``.
    """
    rules = [not_finite(table)]
    for column, kind in table.schema.columns().items():
        if column == INGESTED_AT and stamped_by_lake(table):
            continue
        for constraint, holds in kind.validation_rules(pl.col(column)).items():
            name = f"{column}|{constraint}"
            if constraint not in _FINITE and name not in except_for:
                rules.append(RowRule(name, f"{column} breaks its {constraint}", ~holds))
    return tuple(rules)


def not_finite(table: Table) -> RowRule:
    """NaN or infinity in any number."""
    numbers = [name for name, dtype in table.columns.items() if dtype.is_float()]
    fails = pl.any_horizontal(pl.lit(False), *(~pl.col(name).is_finite() for name in numbers))
    return RowRule("not_finite", "a number is NaN or infinite", fails)
