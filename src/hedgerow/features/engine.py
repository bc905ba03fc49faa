"""Computes features over bars, each distinct one once.

1. ``_check`` refuses names, columns and scales that cannot work, before any data is read.
2. ``_pending`` lists the windowed and joined nodes of all wanted features, inputs first.
3. ``join_contexts`` and ``join_tables`` (``asof``) join other series backward on
   ``available_at``.
4. ``_layers`` groups the indicators so that a layer needs only the layers before it.
5. ``_inputs`` makes a column of each row-wise input of a layer, and ``_windowed`` of each
   indicator, within its instrument or across the instruments of one instant.
6. ``compute`` assembles the wanted features from those columns and drops them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from hedgerow.domain.market import Market
from hedgerow.errors import DataError, DefinitionError
from hedgerow.features.asof import join_contexts, join_tables
from hedgerow.features.expression import (
    Column,
    Feature,
    Field,
    Indicator,
    Named,
    Raw,
    walk,
)
from hedgerow.features.joins import Context, TableColumn
from hedgerow.features.polars_expr import column_of, polars_expression
from hedgerow.features.sameness import check_same
from hedgerow.features.scale import scale_of

INSTRUMENT = "instrument_id"

# Number of the instrument in the order of the bars: grouping by it is twice as fast as by a name.
_RUN = "_run"


def compute(market: Market, features: Mapping[str, Feature]) -> pl.LazyFrame:
    """Bars with features beside them.

    Parameters
    ----------
    market
        Bars to compute on; all of them are used, also those before ``market.start``.
    features
        Features by the column name they are to have.

    Returns
    -------
    pl.LazyFrame
        The bars, sorted by instrument and time, with one column a feature. A feature is null
        until its look-back is full and wherever an input it needs is null. Only the columns
        that are selected from it are computed.

    Raises
    ------
    DefinitionError
        A feature's name is a bar column, a feature mixes scales, or two different indicators
        have the same name and parameters.
    DataError
        A context or table does not exist; when collected, the bars are not sorted by instrument
        and time with one row a bar, or one of them has no ``available_at``.

    Examples
    --------
    >>> import datetime as dt
    >>> from hedgerow.features import close
    >>> frame = pl.DataFrame({"date": [dt.date(2024, 1, 2)], "close": [10.0]})
    >>> compute(Market.from_frames(frame), {"double": close * 2}).collect()["double"].item()
    20.0
    """
    bars = market.bars
    columns = bars.collect_schema().names()
    _check(features, columns)
    pending = _pending(features.values())
    bars = join_contexts(bars, market, [n for n in pending if isinstance(n, Context)], compute)
    bars = join_tables(bars, market, [n for n in pending if isinstance(n, TableColumn)])
    layers = _layers([n for n in pending if isinstance(n, Indicator)])
    if layers:
        bars = bars.with_columns(_runs())
    for layer in layers:
        bars = bars.with_columns(_inputs(layer)).with_columns(map(_windowed, layer))
    wanted = [polars_expression(feature, _made).alias(name) for name, feature in features.items()]
    return bars.select(*columns, *wanted)


def _check(features: Mapping[str, Feature], taken: Sequence[str]) -> None:
    for name, feature in features.items():
        if name in taken:
            raise DefinitionError(
                f"feature {name!r} has the name of a bar column: call it something else"
            )
        if not isinstance(feature, Feature):
            raise DefinitionError(
                f"feature {name!r} is {feature!r}: build it from indicators such as hr.sma(20)"
            )
        for node in walk(feature):
            if isinstance(node, Column):
                raise DefinitionError(
                    f"hr.col({node.name!r}) belongs into signal(): features() builds on bar "
                    "fields such as hr.close and on indicators"
                )
        scale_of(feature)


def _pending(features: Iterable[Feature]) -> list[Feature]:
    found: dict[str, Feature] = {}
    for feature in features:
        for node in walk(feature):
            if isinstance(node, (Context, Indicator, TableColumn)):
                check_same(found.setdefault(node.fingerprint, node), node)
    return list(found.values())


def _layers(indicators: Sequence[Indicator]) -> list[list[Indicator]]:
    depth: dict[str, int] = {}
    layers: list[list[Indicator]] = []
    for node in indicators:
        below = [
            depth[inner.fingerprint]
            for child in node.inputs
            for inner in walk(child)
            if inner.fingerprint in depth
        ]
        level = max(below, default=-1) + 1
        depth[node.fingerprint] = level
        if level == len(layers):
            layers.append([])
        layers[level].append(node)
    return layers


def _inputs(layer: Sequence[Indicator]) -> list[pl.Expr]:
    # An indicator may read its input several times, so what is more than a column becomes one.
    inputs = {column_of(child): child for node in layer for child in node.inputs}
    return [
        polars_expression(child, _made).alias(name)
        for name, child in inputs.items()
        if not _is_column(child)
    ]


def _windowed(node: Indicator) -> pl.Expr:
    inputs = [
        polars_expression(child, _made) if _is_column(child) else pl.col(column_of(child))
        for child in node.inputs
    ]
    values = node.build(*inputs)
    if node.cross_section:
        return values.over("available_at").alias(column_of(node))
    # The bars of an instrument lie together, so its values can stay where they are made.
    return values.over(_RUN, mapping_strategy="explode").alias(column_of(node))


def _is_column(node: Feature) -> bool:
    if isinstance(node, Named):
        return _is_column(node.stands_for)
    return isinstance(node, (Context, Field, Indicator, Raw, TableColumn))


def _made(node: Feature) -> pl.Expr:
    return pl.col(column_of(node))


def _runs() -> pl.Expr:
    keys = [INSTRUMENT, "timestamp", "available_at"]
    return pl.map_batches(keys, _number_runs, return_dtype=pl.UInt32).alias(_RUN)


def _number_runs(keys: Sequence[pl.Series]) -> pl.Series:
    instrument, timestamp, known = keys
    run = instrument.rle_id()
    starts = (run != run.shift(1)).fill_null(True)
    later = (timestamp > timestamp.shift(1)).fill_null(False)
    order = instrument.filter(starts)
    unsorted = (order <= order.shift(1)).fill_null(False)
    wrong = (~(starts | later)).arg_true().append(starts.arg_true().filter(unsorted))
    if len(wrong):
        raise _bar_error(
            keys,
            wrong[0],
            "is out of order or there twice: sort the bars by instrument_id and timestamp and keep "
            "one row a bar",
        )
    if known.null_count():
        raise _bar_error(
            keys,
            known.is_null().arg_true()[0],
            "has no available_at, so nobody could have known it: its day is no session of the "
            "calendar; name the right calendar (24/7 trades every day) or leave such bars out",
        )
    return run


def _bar_error(keys: Sequence[pl.Series], row: int, fault: str) -> DataError:
    instrument, timestamp = keys[0][row], keys[1][row]
    return DataError(
        f"the bar of {instrument} at {timestamp:%Y-%m-%d %H:%M}Z {fault}",
        instrument_id=instrument,
        timestamp=timestamp,
    )
