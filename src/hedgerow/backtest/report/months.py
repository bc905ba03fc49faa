"""Returns by calendar month and year."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class YearRow:
    """One line of the monthly table.

    Parameters
    ----------
    year
        Calendar year of the sessions.
    months
        Twelve fractions, January first; None where no session fell in the month.
    total
        Return over the sessions of the year, a fraction.
    benchmark
        The same for the benchmark; None without one.
    """

    year: int
    months: tuple[float | None, ...]
    total: float
    benchmark: float | None


def by_year(returns: pl.DataFrame) -> list[YearRow]:
    """Compound session returns into months and years.

    Parameters
    ----------
    returns
        ``session, strategy, benchmark``; fractions. Null returns are skipped.

    Returns
    -------
    list[YearRow]
        One row a year in order of time; the first and the last may be part of a year.

    Examples
    --------
    >>> import datetime as dt
    >>> days = [dt.date(2020, 1, 2), dt.date(2020, 1, 3)]
    >>> frame = pl.DataFrame({"session": days, "strategy": [0.1, 0.1], "benchmark": [None, None]})
    >>> round(by_year(frame)[0].months[0], 4)
    0.21
    """
    dated = returns.with_columns(
        pl.col("session").dt.year().alias("year"), pl.col("session").dt.month().alias("month")
    )
    months = dated.group_by("year", "month").agg(_compound("strategy"))
    years = dated.group_by("year").agg(_compound("strategy"), _compound("benchmark")).sort("year")
    known = {(year, month): value for year, month, value in months.iter_rows()}
    return [
        YearRow(
            year=year,
            months=tuple(known.get((year, month)) for month in range(1, 13)),
            total=total,
            benchmark=benchmark,
        )
        for year, total, benchmark in years.iter_rows()
    ]


def _compound(column: str) -> pl.Expr:
    value = pl.col(column).cast(pl.Float64)
    known = value.drop_nulls()
    return pl.when(value.count() > 0).then((known + 1).product() - 1).alias(column)


# Fixed steps, so that one shade means the same in every report.
_SHADES = (0.0, 0.01, 0.02, 0.04, 0.08)


def shade(value: float | None) -> str:
    """Style class of a month: ``p1`` to ``p5`` for gains, ``n1`` to ``n5`` for losses.

    Steps begin at 0, 1, 2, 4 and 8 percent.

    Examples
    --------
    >>> shade(0.005), shade(-0.03), shade(0.0), shade(None)
    ('p1', 'n3', '', '')
    """
    if value is None or value == 0:
        return ""
    level = sum(abs(value) > step for step in _SHADES)
    return f"{'p' if value > 0 else 'n'}{level}"
