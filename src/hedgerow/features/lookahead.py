"""Proves that a feature cannot see the future.

A value at time *t* may only depend on what was available at *t*. So everything that is dated by
``available_at`` (bars, other series, tables) is cut at some instants, the values are computed
again from what is left, and each one that was possible by then must be the same, to the bit.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from hedgerow.domain.market import Market
from hedgerow.errors import DataError
from hedgerow.features.engine import compute
from hedgerow.features.expression import Feature

# Market as known at an instant; the whole of it for None.
MarketAt = Callable[[dt.datetime | None], Market]

_KEY = ("instrument_id", "timestamp")
_SHOWN = 5


@dataclass(frozen=True)
class Leak:
    """A value that changed when the future was taken away.

    Parameters
    ----------
    instant
        Where everything was cut.
    instrument_id, timestamp
        Bar whose value changed.
    column
        Which value; ``missing`` where the bar itself is gone.
    before, after
        The value with the future, and without it.
    """

    instant: dt.datetime
    instrument_id: str
    timestamp: dt.datetime
    column: str
    before: object
    after: object


def check_features(
    market: Market, features: Mapping[str, Feature], instants: Sequence[dt.datetime] | int = 12
) -> list[Leak]:
    """Compute features on cut histories and list values that differ.

    Parameters
    ----------
    market
        Bars, series and tables to compute on.
    features
        What to check, by name.
    instants
        Where to cut, or how many cuts to draw among the bars.

    Returns
    -------
    list[Leak]
        Empty where the features are clean; at most five for one feature and cut.

    Raises
    ------
    DataError
        The market has no bars, so that nothing would be checked.

    Examples
    --------
    >>> from hedgerow.features import close, indicator, sma
    >>> days = pl.date_range(dt.date(2024, 1, 2), dt.date(2024, 1, 5), eager=True)
    >>> market = Market.from_frames(pl.DataFrame({"date": days, "close": [1.0, 2.0, 3.0, 4.0]}))
    >>> check_features(market, {"sma": sma(2)})
    []
    >>> tomorrow = indicator("tomorrow", lambda price: price.shift(-1), of=close, lookback=0)
    >>> leak = check_features(market, {"tomorrow": tomorrow}, [dt.datetime(2024, 1, 3, 22)])[0]
    >>> leak.column, leak.before, leak.after
    ('tomorrow', 3.0, None)
    """

    def values(known: Market) -> pl.DataFrame:
        return compute(known, features).select(*_KEY, "available_at", *features).collect()

    return find_leaks(values, market, instants)


def find_leaks(
    run: Callable[[Market], pl.DataFrame],
    market: Market | MarketAt,
    instants: Sequence[dt.datetime] | int = 12,
    *,
    seed: int = 0,
) -> list[Leak]:
    """Run anything that reads a market on cut histories and list values that differ.

    Parameters
    ----------
    run
        Gives a frame with ``instrument_id``, ``timestamp``, ``available_at`` and one column a
        value, one row a bar.
    market
        What to run it on, whole and cut; or a function that gives the market as known at an
        instant, and the whole of it for None.
    instants
        Where to cut, or how many cuts to draw among the bars; naive instants are UTC.
    seed
        Seed of that draw.

    Returns
    -------
    list[Leak]
        Empty where nothing differs; at most five for one column and cut.

    Raises
    ------
    DataError
        ``run`` gives no row, so that nothing would be checked.
    """
    at = market.known_at if isinstance(market, Market) else market
    whole = run(at(None))
    if whole.is_empty():
        raise DataError("the market has no bars: there is nothing to check for look-ahead")
    if isinstance(instants, int):
        cuts = draw_instants(whole, instants, seed=seed)
    else:
        cuts = [_utc(instant) for instant in instants]
    leaks: list[Leak] = []
    for instant in cuts:
        possible = whole.filter(pl.col("available_at") <= instant)
        if not possible.is_empty():
            leaks += _differences(possible, run(at(instant)), instant)
    return leaks


def draw_instants(rows: pl.DataFrame, count: int, *, seed: int = 0) -> list[dt.datetime]:
    """Instants at which to cut a history.

    Parameters
    ----------
    rows
        Rows with ``available_at``.
    count
        How many to draw among its instants, fewer where it has fewer.
    seed
        Seed of the draw.

    Returns
    -------
    list[datetime.datetime]
        In order. Every other one lies a microsecond before a row becomes known, where an
        off-by-one would hide.
    """
    moments = rows["available_at"].drop_nulls().unique().sort().to_list()
    drawn = random.Random(seed).sample(moments, min(count, len(moments)))
    return sorted(moment - dt.timedelta(microseconds=i % 2) for i, moment in enumerate(drawn))


def _differences(whole: pl.DataFrame, cut: pl.DataFrame, instant: dt.datetime) -> list[Leak]:
    columns = [name for name in whole.columns if name not in (*_KEY, "available_at")]
    both = whole.join(
        cut.select(*_KEY, *columns, _found=True), on=list(_KEY), how="left", suffix="_cut"
    )
    gone = both.filter(pl.col("_found").is_null()).head(_SHOWN)
    leaks = [
        Leak(instant, instrument, timestamp, "missing", None, None)
        for instrument, timestamp in gone.select(_KEY).iter_rows()
    ]
    there = both.filter(pl.col("_found"))
    for column in columns:
        changed = pl.col(column).ne_missing(pl.col(f"{column}_cut"))
        shown = there.filter(changed).select(*_KEY, column, f"{column}_cut").head(_SHOWN)
        leaks += [
            Leak(instant, instrument, timestamp, column, before, after)
            for instrument, timestamp, before, after in shown.iter_rows()
        ]
    return leaks


def _utc(instant: dt.datetime) -> dt.datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
