"""Joins other series to bars: backward on ``available_at``, the newest row known by then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from hedgerow.domain.market import Market
from hedgerow.errors import DataError, DefinitionError, did_you_mean
from hedgerow.features.expression import Feature
from hedgerow.features.joins import Context, TableColumn
from hedgerow.features.polars_expr import column_of
from hedgerow.features.scale import scale_of

KNOWN = "available_at"
_ROUNDING = 1e-12
_OWNERS = ("instrument_id", "symbol")

Compute = Callable[[Market, Mapping[str, Feature]], pl.LazyFrame]


def join_contexts(
    bars: pl.LazyFrame, market: Market, contexts: Sequence[Context], compute: Compute
) -> pl.LazyFrame:
    """Bars with one column a context.

    Parameters
    ----------
    bars
        Bars with ``available_at``.
    market
        Where the series are.
    contexts
        What to join.
    compute
        Computes a context's own feature on the bars of its series.

    Raises
    ------
    DataError
        The market has no such series.
    DefinitionError
        A context reads the price level of a series that has split.
    """
    series = {column_of(node): _context_values(market, node, compute) for node in contexts}
    return _join_instants(bars, series, {column_of(node): node for node in contexts})


def join_tables(bars: pl.LazyFrame, market: Market, columns: Sequence[TableColumn]) -> pl.LazyFrame:
    """Bars with one column a table column, by instrument or symbol where the table has one.

    Raises
    ------
    DataError
        The market has no such table, or the table lacks the column or ``available_at``.
    """
    for node in columns:
        name = column_of(node)
        values = _table_values(market, node)
        names = values.collect_schema().names()
        owner = next((owner for owner in _OWNERS if owner in names), None)
        if owner is None:
            bars = _join_instants(bars, {name: values}, {name: node})
        else:
            bars = _join_owned(bars, values, node, owner)
    return bars


def _join_instants(
    bars: pl.LazyFrame,
    series: Mapping[str, pl.LazyFrame],
    nodes: Mapping[str, Context | TableColumn],
) -> pl.LazyFrame:
    if not series:
        return bars
    # Bars of many instruments share few instants, so the as-of join is done once an instant.
    known = bars.select(KNOWN).unique().drop_nulls().sort(KNOWN)
    for name, values in series.items():
        known = known.join_asof(
            values, on=KNOWN, strategy="backward", tolerance=nodes[name].max_age
        )
    return bars.join(known, on=KNOWN, how="left", maintain_order="left")


def _join_owned(
    bars: pl.LazyFrame, values: pl.LazyFrame, node: TableColumn, owner: str
) -> pl.LazyFrame:
    # A symbol may pass from one instrument to another, so bars are put in the order of time.
    joined = bars.sort(KNOWN, maintain_order=True).join_asof(
        values,
        on=KNOWN,
        by=owner,
        strategy="backward",
        tolerance=node.max_age,
        check_sortedness=False,
    )
    return joined.sort("instrument_id", "timestamp")


def _context_values(market: Market, node: Context, compute: Compute) -> pl.LazyFrame:
    series = market.context(node.symbol)
    if "instrument_id" not in series.collect_schema().names():
        series = series.with_columns(instrument_id=pl.lit(node.symbol))
    if scale_of(node.feature) and not node.in_ratio:
        _check_never_split(node, series)
    name = column_of(node)
    values = compute(replace(market, bars=series), {name: node.feature})
    return _newest(values.sort(KNOWN, "timestamp").select(KNOWN, name).drop_nulls(), [KNOWN])


def _check_never_split(node: Context, series: pl.LazyFrame) -> None:
    names = series.collect_schema().names()
    if not {"split_ratio", "raw_close"} <= set(names):
        return
    # A split after the last bar is seen in the restated prices only.
    restated = (pl.col("close") / pl.col("raw_close") - 1).abs() > _ROUNDING
    if series.select((restated | (pl.col("split_ratio") != 1)).any()).collect().item():
        raise DefinitionError(
            f"{node} reads the price level of a series that has split, which a later split would "
            "change: take a ratio of it, such as "
            f"hr.context({node.symbol!r}, hr.pct_change())"
        )


def _table_values(market: Market, node: TableColumn) -> pl.LazyFrame:
    rows = market.table(node.table)
    names = rows.collect_schema().names()
    for needed in (node.column, KNOWN):
        if needed not in names:
            raise DataError(
                f"table {node.table!r} has no column {needed!r}. {did_you_mean(needed, names)}",
                table=node.table,
                column=needed,
            )
    owner = [name for name in _OWNERS if name in names][:1]
    values = rows.select(*owner, KNOWN, pl.col(node.column).alias(column_of(node))).drop_nulls()
    return _newest(values.sort(KNOWN, maintain_order=True), [*owner, KNOWN])


def _newest(rows: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    return rows.unique(key, keep="last", maintain_order=True)
