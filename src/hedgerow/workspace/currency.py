"""Prices in another currency, by the last exchange rate known at each moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from hedgerow.domain.currency import ACTIVE_CODES
from hedgerow.errors import DataError, DefinitionError, did_you_mean

#: Age from which a rate is no longer used; the longest holidays of a central bank are shorter.
MAX_AGE = dt.timedelta(days=7)

#: Every rate that is not quoted itself is crossed through this currency.
PIVOT = "EUR"

_MOMENT = ("currency", "available_at")


def currency_code(code: str) -> str:
    """The code, in capitals.

    Raises
    ------
    DefinitionError
        It is not one of ISO 4217.
    """
    if code.upper() not in ACTIVE_CODES:
        hint = did_you_mean(code.upper(), ACTIVE_CODES)
        raise DefinitionError(f"currency {code!r} is not a code of ISO 4217 such as USD. {hint}")
    return code.upper()


def last_rates(
    fx: pl.DataFrame, moments: pl.DataFrame, to: str, source_priority: Sequence[str]
) -> pl.DataFrame:
    """Rates known at some moments.

    Parameters
    ----------
    fx
        Rows of ``fx_rates``.
    moments
        ``currency, available_at``.
    to
        Currency of the result.
    source_priority
        Sources, best first; others follow by name.

    Returns
    -------
    pl.DataFrame
        ``currency, available_at, rate``, each moment once: units of ``to`` for one unit of
        ``currency``, last published at or before the moment and not more than seven days
        before; null where there is none. 1.0 for ``to`` itself.

    Raises
    ------
    DataError
        A currency has no rate at all, of whatever day.

    Notes
    -----
    The best source that has a rate then serves: the pair itself, else its inverse, else both
    legs through the euro, each by its own last rate. Nothing is interpolated.

    Examples
    --------
    >>> known = dt.datetime(2024, 1, 2, 15, tzinfo=dt.UTC)
    >>> fx = pl.DataFrame({"base": ["EUR"] * 2, "quote": ["USD", "GBP"], "rate": [1.1, 0.88],
    ...     "date": [known.date()] * 2, "source": ["ecb"] * 2, "available_at": [known] * 2})
    >>> moments = pl.DataFrame({"currency": ["GBP"], "available_at": [dt.datetime(2024, 1, 3,
    ...     tzinfo=dt.UTC)]})
    >>> last_rates(fx, moments, "USD", ["ecb"])["rate"].round(9).to_list()
    [1.25]
    """
    instant = pl.Datetime("us", "UTC")
    asked = moments.select(_MOMENT).unique().cast({"available_at": instant}).sort(_MOMENT)
    priced = [
        _of_currency(fx, str(currency), rows, to, source_priority)
        for (currency,), rows in asked.group_by("currency", maintain_order=True)
    ]
    return pl.concat(priced) if priced else asked.with_columns(rate=pl.lit(None, pl.Float64))


def converted(
    bars: pl.LazyFrame,
    fx: pl.DataFrame,
    to: str,
    source_priority: Sequence[str],
    columns: Iterable[str],
) -> pl.LazyFrame:
    """Bars in another currency.

    Parameters
    ----------
    bars
        With ``currency`` and ``available_at``.
    fx, to, source_priority
        As for ``last_rates``.
    columns
        Amounts to convert.

    Returns
    -------
    pl.LazyFrame
        The bars in their order, ``currency`` being ``to``; the amounts are null where no rate
        was known.
    """
    moments = bars.select(_MOMENT).unique().collect()
    rates = last_rates(fx, moments, to, source_priority)
    return (
        bars.join(rates.lazy(), on=list(_MOMENT), how="left", maintain_order="left")
        .with_columns(pl.col(list(columns)) * pl.col("rate"), currency=pl.lit(to))
        .drop("rate")
    )


def _of_currency(
    fx: pl.DataFrame, currency: str, moments: pl.DataFrame, to: str, source_priority: Sequence[str]
) -> pl.DataFrame:
    if currency == to:
        return moments.with_columns(rate=pl.lit(1.0))
    found = [
        _through(moments, legs)
        for source in _by_priority(fx, source_priority)
        for legs in _paths(fx.filter(pl.col("source") == source), currency, to)
    ]
    if not found:
        raise DataError(
            f"there are no exchange rates from {currency} to {to} in the workspace: load them "
            "with hedgerow ingest fx",
            currency=currency,
        )
    return moments.with_columns(rate=pl.coalesce(found))


def _by_priority(fx: pl.DataFrame, source_priority: Sequence[str]) -> list[str]:
    places = {name: place for place, name in enumerate(source_priority)}
    names = fx["source"].unique().to_list()
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))


def _paths(fx: pl.DataFrame, currency: str, to: str) -> Iterator[list[pl.DataFrame]]:
    """Legs to multiply, the most direct way first."""
    direct = _leg(fx, currency, to)
    if not direct.is_empty():
        yield [direct]
    if PIVOT in (currency, to):
        return
    legs = [_leg(fx, currency, PIVOT), _leg(fx, PIVOT, to)]
    if not any(leg.is_empty() for leg in legs):
        yield legs


def _leg(fx: pl.DataFrame, base: str, quote: str) -> pl.DataFrame:
    """``available_at, rate``: quoted so, or else the inverse."""
    rate = pl.col("rate")
    rows = fx.filter(pl.col("base") == base, pl.col("quote") == quote)
    if rows.is_empty():
        rows = fx.filter(pl.col("base") == quote, pl.col("quote") == base)
        rate = 1 / rate
    return rows.sort("available_at", "date").select("available_at", rate=rate)


def _through(moments: pl.DataFrame, legs: Sequence[pl.DataFrame]) -> pl.Series:
    rate = pl.repeat(1.0, moments.height, eager=True)
    for leg in legs:
        last = moments.join_asof(leg, on="available_at", tolerance=MAX_AGE, check_sortedness=False)
        rate = rate * last["rate"]
    return rate
