"""Features from other series: joined backward on ``available_at``, never on dates."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from hedgerow.errors import DefinitionError
from hedgerow.features.expression import Feature
from hedgerow.features.words import close

# Covers a weekend with holidays at both ends, so that a stopped feed soon turns null.
DEFAULT_MAX_AGE = dt.timedelta(days=7)


@dataclass(frozen=True, eq=False, repr=False)
class Context(Feature):
    """A feature of another series, as last known when the bar became available.

    Parameters
    ----------
    symbol
        Name of the series.
    feature
        What is taken of it.
    max_age
        Age beyond which the last known value counts as unknown.
    in_ratio
        Only ratios of it are used, so that its price level may be restated by later splits.
    """

    symbol: str
    feature: Feature
    max_age: dt.timedelta
    in_ratio: bool = False

    def __str__(self) -> str:
        ratio = ", in_ratio" if self.in_ratio else ""
        age = _seconds(self.max_age)
        return f"context({self.symbol}, {self.feature}, max_age={age}s{ratio})"


@dataclass(frozen=True, eq=False, repr=False)
class TableColumn(Feature):
    """A column of a user table, as last known when the bar became available."""

    table: str
    column: str
    max_age: dt.timedelta

    def __str__(self) -> str:
        return f"table({self.table}, {self.column}, max_age={_seconds(self.max_age)}s)"


def context(
    symbol: str, feature: Feature = close, *, max_age: dt.timedelta = DEFAULT_MAX_AGE
) -> Feature:
    """A feature of another series, such as the VIX, as last known at each bar.

    Parameters
    ----------
    symbol
        Series by name: ``VIX``, ``SPX`` or any symbol of the workspace.
    feature
        What to take of it, computed on its own bars; its close by default.
    max_age
        Age of the last known value beyond which it counts as unknown.

    Returns
    -------
    Feature
        Null where nothing was known yet or the last value is too old. The unit is that of
        ``feature`` without a split scale: indices are never split.

    Notes
    -----
    The join is a backward as-of join on ``available_at``. A daily VIX is published a quarter
    of an hour after the close of the stocks, so a daily bar of a stock sees the VIX of the
    session before.

    Examples
    --------
    >>> str(context("VIX"))
    'context(VIX, close, max_age=604800s)'
    """
    _check_age(max_age)
    return Context(symbol, feature, max_age)


def table(name: str, column: str, *, max_age: dt.timedelta = DEFAULT_MAX_AGE) -> Feature:
    """A column of an imported table, as last known at each bar.

    Parameters
    ----------
    name
        Table as given to ``hedgerow import table``.
    column
        Numeric or Boolean column of it.
    max_age
        Age of the last known value beyond which it counts as unknown.

    Returns
    -------
    Feature
        Joined by symbol where the table has a ``symbol`` or ``instrument_id`` column,
        otherwise the same value for every symbol; null where nothing is known.
    """
    _check_age(max_age)
    return TableColumn(name, column, max_age)


def _check_age(max_age: dt.timedelta) -> None:
    if max_age <= dt.timedelta():
        raise DefinitionError(f"max_age {max_age} must be above zero")


def _seconds(age: dt.timedelta) -> str:
    return f"{age.total_seconds():.15g}"
