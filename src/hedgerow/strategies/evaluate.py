"""Runs a strategy's declaration over a market.

1. ``_check`` refuses a signal that looks back, reads unknown columns or mixes scales.
2. ``_absent_series`` sets all aside where a series or table that is joined is not there.
3. ``_lacking_fields`` sets aside instruments without a price the strategy reads.
4. ``compute`` (features) makes every feature once.
5. ``_lacking_features`` sets aside instruments on which a feature never has a value.
6. ``_rows`` evaluates signal, confidence and exits row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from hedgerow.domain.market import Market
from hedgerow.errors import DataError, DefinitionError, did_you_mean
from hedgerow.features import (
    Context,
    Feature,
    Field,
    compute,
    compute_in_batches,
    lookback_of,
    walk,
)
from hedgerow.features.batches import is_cross_section
from hedgerow.features.expression import FIELDS, Column, Constant, Operation, Raw
from hedgerow.features.joins import TableColumn
from hedgerow.features.polars_expr import fields_of, polars_expression
from hedgerow.features.scale import scale_of
from hedgerow.strategies.decisions import Decisions, NotRun
from hedgerow.strategies.declaration import declaration

if TYPE_CHECKING:
    from hedgerow.strategies.base import Strategy

_BAR = ("instrument_id", "symbol", "timestamp", "session", "available_at")
# An instrument may change its ticker: it is known by its id and shown under the last one.
_TICKER = pl.col("symbol").last()
_ROW_WISE = (Column, Constant, Field, Operation, Raw)
_NOTHING = pl.DataFrame(
    schema={
        "instrument_id": pl.String,
        "symbol": pl.String,
        "timestamp": pl.Datetime("us", "UTC"),
        "session": pl.Date,
        "available_at": pl.Datetime("us", "UTC"),
        "signal": pl.Int8,
        "confidence": pl.Float64,
        "stop": pl.Float64,
        "target": pl.Float64,
        "trailing": pl.Float64,
        "exit_when": pl.Boolean,
    }
)
_NEED = {"high": "high/low", "low": "high/low", "raw_high": "high/low", "raw_low": "high/low"}


def decide(strategy: Strategy, market: Market) -> Decisions:
    """Signals of a strategy on every bar of a market; see ``Strategy.decide``."""
    declared = declaration(strategy)
    features, rules = declared.features, declared.rules
    _check(strategy.name, features, rules)
    fields = _fields([*features.values(), *rules.values()])
    # A large market has many columns that this strategy does not read.
    held = replace(market, bars=market.bars.select(*_BAR, *fields).collect().lazy())
    absent = _absent_series(held, features.values())
    if absent:
        everyone = _everyone(held, f"needs {', '.join(absent)}")
        return _decided(strategy, _NOTHING, everyone, declared.max_bars)
    lacking = _lacking_fields(held.bars, fields)
    served = _without(held, lacking)
    if served.bars.limit(1).collect().is_empty():
        return _decided(strategy, _NOTHING, lacking, declared.max_bars)
    rows = _computed(served, features)
    lacking += _lacking_features(rows, features)
    kept = rows.filter(_not_among(lacking))
    return _decided(strategy, _rows(kept, rules), lacking, declared.max_bars)


def _computed(market: Market, features: Mapping[str, Feature]) -> pl.DataFrame:
    if any(is_cross_section(feature) for feature in features.values()):
        return _in_window(compute(market, features), market).collect()
    batches = compute_in_batches(market, features)
    return pl.concat(_in_window(batch.lazy(), market).collect() for batch in batches)


def _decided(
    strategy: Strategy, frame: pl.DataFrame, lacking: Iterable[NotRun], max_bars: int | None
) -> Decisions:
    return Decisions(
        frame=frame,
        max_bars=max_bars,
        direction=strategy.direction,
        not_run=tuple(sorted(lacking, key=lambda entry: (entry.symbol, entry.instrument_id))),
        strategy=strategy.name,
        parameters=strategy.parameters,
        source_text=strategy.source_text,
    )


def _absent_series(market: Market, features: Iterable[Feature]) -> list[str]:
    nodes = [node for tree in features for node in walk(tree)]
    series = {node.symbol for node in nodes if isinstance(node, Context)}
    tables = {node.table for node in nodes if isinstance(node, TableColumn)}
    return [
        *sorted(name for name in series if _is_absent(market.context, name)),
        *sorted(f"table {name}" for name in tables if _is_absent(market.table, name)),
    ]


def _is_absent(load: Callable[[str], pl.LazyFrame], name: str) -> bool:
    try:
        load(name)
    except (DataError, DefinitionError):
        return True
    return False


def _everyone(market: Market, reason: str) -> list[NotRun]:
    return _entries(market.bars.group_by("instrument_id").agg(_TICKER).collect(), lambda _: reason)


def _entries(rows: pl.DataFrame, reason: Callable[[dict[str, Any]], str]) -> list[NotRun]:
    return [NotRun(row["symbol"], reason(row), row["instrument_id"]) for row in rows.to_dicts()]


def _without(market: Market, left_out: Iterable[NotRun]) -> Market:
    return replace(market, bars=market.bars.filter(_not_among(left_out)))


def _not_among(left_out: Iterable[NotRun]) -> pl.Expr:
    return ~pl.col("instrument_id").is_in([entry.instrument_id for entry in left_out])


def _check(name: str, features: Mapping[str, Feature], rules: Mapping[str, Feature]) -> None:
    for rule, tree in rules.items():
        for node in walk(tree):
            if not isinstance(node, _ROW_WISE):
                raise DefinitionError(
                    f"{name}.{rule} looks back through {node}: declare it in features() and read "
                    "it here with hr.col(…)"
                )
            if isinstance(node, Column) and node.name not in {*features, *FIELDS}:
                raise DefinitionError(
                    f"{name}.{rule} reads {node.name!r}, which features() does not declare. "
                    f"{did_you_mean(node.name, [*features, *FIELDS])}"
                )
        scale = scale_of(tree, {**{field: Field(field) for field in FIELDS}, **features})
        if scale:
            raise DefinitionError(
                f"{name}.{rule} is a price or a volume, not a pure number: divide it by a price"
            )


def _fields(trees: Iterable[Feature]) -> list[str]:
    """Bar columns that some trees read, a strategy's ``col`` names among them."""
    names: set[str] = set()
    for tree in trees:
        named = {node.name for node in walk(tree) if isinstance(node, Column)}
        names |= fields_of(tree) | named.intersection(FIELDS)
    return sorted(names)


def _lacking_fields(bars: pl.LazyFrame, fields: Sequence[str]) -> list[NotRun]:
    if not fields:
        return []
    absent = (
        bars.group_by("instrument_id")
        .agg(_TICKER, pl.col(fields).is_null().all())
        .filter(pl.any_horizontal(fields))
        .collect()
    )
    return _entries(
        absent, lambda row: "needs " + ", ".join(_words(field for field in fields if row[field]))
    )


def _words(fields: Iterable[str]) -> list[str]:
    return sorted({_NEED.get(field, field.removeprefix("raw_")) for field in fields})


def _in_window(rows: pl.LazyFrame, market: Market) -> pl.LazyFrame:
    if market.start is not None:
        rows = rows.filter(pl.col("session") >= market.start)
    if market.end is not None:
        rows = rows.filter(pl.col("session") <= market.end)
    return rows


def _lacking_features(rows: pl.DataFrame, features: Mapping[str, Feature]) -> list[NotRun]:
    if not features:
        return []
    absent = (
        rows.group_by("instrument_id")
        .agg(
            _TICKER,
            pl.col(list(features)).is_null().all().name.prefix("_null_"),
            _bars=pl.len(),
        )
        .filter(pl.any_horizontal(f"_null_{name}" for name in features))
    )

    def reason(row: dict[str, Any]) -> str:
        return _why_null(row["_bars"], [f for n, f in features.items() if row[f"_null_{n}"]])

    return _entries(absent, reason)


def _why_null(bars: int, features: Iterable[Feature]) -> str:
    nodes = [node for feature in features for node in walk(feature)]
    series = sorted({node.symbol for node in nodes if isinstance(node, Context)})
    if series:
        return f"needs {', '.join(series)} in these sessions"
    lookbacks = [lookback_of(feature) for feature in features]
    longest = max((need for need in lookbacks if need is not None), default=None)
    if longest is None:
        return f"needs more than its {bars} bars"
    return f"needs {longest + 1} bars, has {bars}"


def _signs(signal: pl.Expr) -> pl.Expr:
    """Any number as -1, 0 or 1: a small one is a signal too."""
    return signal.sign().cast(pl.Int8)


def _rows(rows: pl.DataFrame, rules: Mapping[str, Feature]) -> pl.DataFrame:
    def resolve(node: Feature) -> pl.Expr:
        assert isinstance(node, Column)
        return pl.col(node.name)

    def rule(name: str, otherwise: object, dtype: type[pl.DataType]) -> pl.Expr:
        if name not in rules:
            return pl.lit(otherwise, dtype=dtype).alias(name)
        return polars_expression(rules[name], resolve).cast(dtype).alias(name)

    return rows.select(
        "instrument_id",
        "symbol",
        "timestamp",
        "session",
        "available_at",
        _signs(rule("signal", None, pl.Float64)),
        rule("confidence", 1.0, pl.Float64).fill_null(0.0).clip(0.0, 1.0),
        rule("stop", None, pl.Float64),
        rule("target", None, pl.Float64),
        rule("trailing", None, pl.Float64),
        rule("exit_when", False, pl.Boolean).fill_null(False),
    )
