"""Computes features for many instruments in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from hedgerow.domain.market import Market
from hedgerow.errors import DefinitionError
from hedgerow.features.engine import INSTRUMENT, compute
from hedgerow.features.expression import Feature, Indicator, walk

# At eight bytes a value and some thirty columns, about a quarter of a gigabyte.
DEFAULT_ROWS = 1_000_000


def compute_in_batches(
    market: Market,
    features: Mapping[str, Feature],
    *,
    rows: int = DEFAULT_ROWS,
    columns: Sequence[str] | None = None,
) -> Iterator[pl.DataFrame]:
    """Bars with features, some instruments at a time.

    Parameters
    ----------
    market
        Bars to compute on.
    features
        Features by the column name they are to have; each within its instrument.
    rows
        Bars to hold in memory at once. An instrument is never cut in two.
    columns
        Bar columns to keep; all of them by default.

    Yields
    ------
    pl.DataFrame
        Whole instruments in the order of the bars: what ``compute`` would give for them.

    Raises
    ------
    DefinitionError
        A feature compares instruments, so that none can be computed without the others.

    Examples
    --------
    >>> from hedgerow.features import sma
    >>> frame = pl.DataFrame(
    ...     {
    ...         "date": pl.Series(["2024-01-02", "2024-01-03"] * 2).str.to_date(),
    ...         "symbol": ["A", "A", "B", "B"],
    ...         "close": [1.0, 3.0, 2.0, 4.0],
    ...     }
    ... )
    >>> market = Market.from_frames(frame)
    >>> for batch in compute_in_batches(market, {"sma": sma(2)}, rows=2, columns=["symbol"]):
    ...     print(batch.rows())
    [('A', None), ('A', 2.0)]
    [('B', None), ('B', 3.0)]
    """
    for name, feature in features.items():
        if is_cross_section(feature):
            raise DefinitionError(
                f"feature {name!r} compares instruments: compute it over all of them at once"
            )
    return _batches(market, features, rows, columns)


def is_cross_section(feature: Feature) -> bool:
    """Whether a feature needs the bars of other instruments at the same instant."""
    return any(isinstance(node, Indicator) and node.cross_section for node in walk(feature))


def _batches(
    market: Market, features: Mapping[str, Feature], rows: int, columns: Sequence[str] | None
) -> Iterator[pl.DataFrame]:
    kept = market.bars.collect_schema().names() if columns is None else columns
    for first, last in _spans(market.bars, rows):
        # Bars are sorted by instrument: a span is one slice of them, and a store can skip the rest.
        part = replace(
            market,
            bars=market.bars.filter(pl.col(INSTRUMENT).is_between(pl.lit(first), pl.lit(last))),
        )
        yield compute(part, features).select(*kept, *features).collect()


def _spans(bars: pl.LazyFrame, rows: int) -> list[tuple[str, str]]:
    counts = bars.group_by(INSTRUMENT).len().sort(INSTRUMENT).collect()
    spans: list[tuple[str, str]] = []
    room = 0
    for instrument, count in counts.iter_rows():
        if spans and count <= room:
            spans[-1] = (spans[-1][0], instrument)
        else:
            spans.append((instrument, instrument))
            room = rows
        room -= count
    return spans
