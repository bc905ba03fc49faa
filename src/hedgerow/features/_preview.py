"""A feature on a handful of numbers, to see what it does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from hedgerow.domain.market import PRICES, Market
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DataError, did_you_mean
from hedgerow.features.engine import compute
from hedgerow.features.expression import FIELDS, Feature

_FIRST_DAY = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_CLOSING_TIME = dt.timedelta(hours=21)


def preview(feature: Feature, **fields: Sequence[float | None]) -> list[object]:
    """Values of a feature on a few daily bars of one instrument.

    Parameters
    ----------
    feature
        What to compute; it may read no other series.
    **fields
        Values of bar fields by name (``close``, ``high``, ``volume``, …), one a bar. A field
        that is not given is unknown.

    Returns
    -------
    list
        One value a bar.

    Raises
    ------
    DataError
        A field is not known, or the fields differ in length.

    Examples
    --------
    >>> from hedgerow.features import close, sma
    >>> preview(close / sma(2), close=[1.0, 3.0, 5.0])
    [None, 1.5, 1.25]
    """
    lengths = {len(values) for values in fields.values()}
    if len(lengths) != 1:
        raise DataError(f"preview needs fields of one length, such as close=[1.0, 2.0]: {fields}")
    for name in fields:
        if name not in FIELDS:
            raise DataError(f"bar field {name!r} is not known. {did_you_mean(name, FIELDS)}")
    bars = pl.DataFrame(
        {name: fields.get(name, [None] * max(lengths)) for name in FIELDS},
        schema=dict.fromkeys(FIELDS, pl.Float64),
    )
    label = _FIRST_DAY + pl.int_range(pl.len()) * pl.duration(days=1)
    whole = bars.with_columns(
        pl.lit("ASSET").alias("instrument_id"),
        pl.lit("ASSET").alias("symbol"),
        label.alias("timestamp"),
        label.dt.date().alias("session"),
        (label + _CLOSING_TIME).alias("available_at"),
        *(pl.col(price).alias(f"raw_{price}") for price in PRICES),
    )
    market = Market(bars=whole.lazy(), timeframe=Timeframe.parse("1d"))
    return compute(market, {"value": feature}).collect()["value"].to_list()
