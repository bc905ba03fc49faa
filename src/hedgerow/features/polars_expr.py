"""Row-wise nodes of a feature tree as one Polars expression."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from hedgerow.features.expression import (
    Column,
    Constant,
    Feature,
    Field,
    Named,
    Operation,
    Raw,
)

# Where the value of any other node is to be found: a column the engine has already made.
Resolve = Callable[[Feature], pl.Expr]

_BINARY: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    # A ratio to nothing is unknown, not infinite.
    "/": lambda a, b: a / pl.when(b != 0).then(b),
    "**": lambda a, b: a**b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "min": lambda a, b: pl.when(a.is_not_null() & b.is_not_null()).then(pl.min_horizontal(a, b)),
    "max": lambda a, b: pl.when(a.is_not_null() & b.is_not_null()).then(pl.max_horizontal(a, b)),
    "fill_null": lambda a, b: a.fill_null(b),
    "side": lambda buy, sell: buy.cast(pl.Int8) - sell.cast(pl.Int8),
}

_UNARY: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "negate": lambda a: -a,
    "not": lambda a: ~a,
    "abs": lambda a: a.abs(),
    "sign": lambda a: a.sign(),
    "is_null": lambda a: a.is_null(),
    "log": lambda a: pl.when(a > 0).then(a).log(),
    "sqrt": lambda a: pl.when(a >= 0).then(a).sqrt(),
}


def polars_expression(feature: Feature, resolve: Resolve) -> pl.Expr:
    """Expression of a tree whose windowed and joined parts are columns already.

    Parameters
    ----------
    feature
        Tree to translate.
    resolve
        Gives the expression of every node that is not row-wise.

    Returns
    -------
    pl.Expr
        Null wherever an input is null, a divisor is zero or a logarithm or root is undefined.
    """
    match feature:
        case Field(name=name):
            return pl.col(name)
        case Raw(name=name):
            return pl.col(f"raw_{name}")
        case Constant(value=value):
            return pl.lit(value)
        case Named(stands_for=composition):
            return polars_expression(composition, resolve)
        case Operation(name=name, operands=operands):
            parts = [polars_expression(operand, resolve) for operand in operands]
            if name == "where":
                condition, then, otherwise = parts
                known = condition.is_not_null()
                return pl.when(known & condition).then(then).when(known).then(otherwise)
            if len(parts) == 1:
                return _UNARY[name](parts[0])
            return _BINARY[name](*parts)
        case _:
            return resolve(feature)


def column_of(feature: Feature) -> str:
    """Name of the column that the engine makes for a node of a tree."""
    return f"_{feature.fingerprint}"


def fields_of(feature: Feature) -> set[str]:
    """Bar columns that a tree reads on the instrument's own bars."""
    match feature:
        case Field(name=name):
            return {name}
        case Raw(name=name):
            return {f"raw_{name}"}
        case Column():
            return set()
        case _:
            names: set[str] = set()
            for child in feature.inputs:
                names |= fields_of(child)
            return names
