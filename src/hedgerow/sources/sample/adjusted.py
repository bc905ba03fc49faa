"""Splits and dividends of the sample, as the adjusted closes show them.

The files carry a traded close ``C`` and a close ``A`` adjusted for splits and dividends. On a
session when nothing goes ex, ``A / C`` stays what it was. On an ex-date it is multiplied by

    ratio · (C + D) / C

with ``ratio`` the new shares for one old and ``D`` the dividend: the ex-date form of the
adjustment factor, ``C / (C + D)``. So the three jumps to twice the value are the splits, and
every other step gives its dividend to the cent.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from hedgerow.domain.calendar import sessions
from hedgerow.domain.schemas import DIVIDENDS, SPLITS
from hedgerow.sources.base import SourceBatch

_SPLITS: tuple[tuple[str, dt.date, float], ...] = (
    ("AAPL", dt.date(2000, 6, 21), 2.0),
    ("AAPL", dt.date(2005, 2, 28), 2.0),
    ("MSFT", dt.date(2003, 2, 18), 2.0),
)

# Dividends are paid in whole cents; adjusted closes are rounded to 1e-6, which is far less.
_CENT = 0.01


def split_batch(prices: pl.DataFrame, source: str) -> SourceBatch:
    """The three splits, known when the session of the ex-date opens.

    The files give no announcement date. At the open of the ex-date trading itself shows the new
    basis, and no earlier bar is on it: whoever stands at the close before sees an unsplit series
    throughout, whoever stands at the close of the ex-date sees all of it restated.

    Parameters
    ----------
    prices
        ``instrument_id, symbol`` of the stocks.
    source
        Name for the ``source`` column.

    Returns
    -------
    SourceBatch
        For ``splits``.
    """
    rows = pl.DataFrame(_SPLITS, schema=["symbol", "ex_date", "ratio"], orient="row")
    owners = prices.select("symbol", "instrument_id").unique()
    named = rows.join(owners, on="symbol", how="inner", maintain_order="left")
    return SourceBatch.of(SPLITS, _known_at_open(named).with_columns(source=pl.lit(source)))


def dividend_batch(prices: pl.DataFrame, splits: pl.DataFrame, source: str) -> SourceBatch:
    """Dividends that the adjusted closes imply, known when the session of the ex-date opens.

    Parameters
    ----------
    prices
        ``instrument_id, symbol, date, close, adj_close, currency`` of the stocks, traded closes.
    splits
        ``instrument_id, ex_date, ratio``.
    source
        Name for the ``source`` column.

    Returns
    -------
    SourceBatch
        For ``dividends``: amounts in currency per share on the basis of the ex-date, rounded to
        cents. A special dividend that fell on the day of a regular one is in the same row.

    References
    ----------
    ``D = C · (step / ratio - 1)`` from the relation in the module's docstring.
    """
    ratio = splits.select("instrument_id", pl.col("ex_date").alias("date"), "ratio")
    factor = pl.col("adj_close") / pl.col("close")
    steps = (
        prices.sort("instrument_id", "date")
        .join(ratio, on=["instrument_id", "date"], how="left", maintain_order="left")
        .with_columns(step=(factor / factor.shift(1)).over("instrument_id"))
        .with_columns(
            amount=pl.col("close") * (pl.col("step") / pl.col("ratio").fill_null(1.0) - 1.0)
        )
    )
    paid = steps.with_columns(pl.col("amount").round(2)).filter(pl.col("amount") >= _CENT)
    rows = paid.select(
        "instrument_id", "symbol", "amount", "currency", ex_date="date", kind=pl.lit("cash")
    )
    return SourceBatch.of(DIVIDENDS, _known_at_open(rows).with_columns(source=pl.lit(source)))


def _known_at_open(actions: pl.DataFrame) -> pl.DataFrame:
    opens = sessions().select("session", available_at="open")
    return actions.join(
        opens, left_on="ex_date", right_on="session", how="left", maintain_order="left"
    )
