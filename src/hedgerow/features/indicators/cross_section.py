"""Where an instrument stands among the others at the same instant.

All of them compare the bars that became known at the same instant, so that an exchange that
closes earlier is never compared with one that closes later the same day.
"""

from __future__ import annotations

import polars as pl

from hedgerow.features.expression import Build, Feature, Indicator
from hedgerow.features.indicators._parameters import feature
from hedgerow.features.indicators.momentum import pct_change
from hedgerow.features.registry import registered

_CHANGE = pct_change()


@registered
def cs_rank(of: Feature = _CHANGE) -> Feature:
    """Rank among the instruments, as a fraction.

    Parameters
    ----------
    of
        What to rank by; a ratio, not a price.

    Returns
    -------
    Feature
        Above 0 (lowest: 1 / n) up to 1 (highest); equal values share their mean rank. Null where
        the instrument's own value is; unknown values of others do not count.

    Raises
    ------
    DefinitionError
        ``of`` is not a feature; when computed, it is a back-adjusted price or volume.

    Examples
    --------
    ============  =====  ==========  =======
    instrument    of     rank of 3   cs_rank
    ============  =====  ==========  =======
    A             0.02   3           1.0
    B             -0.01  1           0.333
    C             0.00   2           0.667
    D             null               null
    ============  =====  ==========  =======

    >>> print(cs_rank(pct_change(20)))
    cs_rank(pct_change(close, bars=20))
    """
    return _across("cs_rank", of, _rank)


@registered
def cs_zscore(of: Feature = _CHANGE) -> Feature:
    """Distance from the mean of the instruments, in their standard deviations.

    Parameters
    ----------
    of
        What to compare; a ratio, not a price.

    Returns
    -------
    Feature
        A pure number; the deviation is the sample's. Null where the instrument's own value is,
        and where all known values are equal, as when only one is known.

    Raises
    ------
    DefinitionError
        ``of`` is not a feature; when computed, it is a back-adjusted price or volume.

    Examples
    --------
    ============  =====  =========
    instrument    of     cs_zscore
    ============  =====  =========
    A             0.03   1.0
    B             0.01   -1.0
    C             0.02   0.0
    ============  =====  =========

    >>> print(cs_zscore())
    cs_zscore(pct_change(close, bars=1))
    """
    return _across("cs_zscore", of, _standardised)


@registered
def cs_demean(of: Feature = _CHANGE) -> Feature:
    """Difference from the mean of the instruments.

    Parameters
    ----------
    of
        What to compare; a ratio, not a price.

    Returns
    -------
    Feature
        In the unit of ``of``. Null where the instrument's own value is; 0 where it is the only
        one known.

    Raises
    ------
    DefinitionError
        ``of`` is not a feature; when computed, it is a back-adjusted price or volume.

    Examples
    --------
    ============  =====  =========
    instrument    of     cs_demean
    ============  =====  =========
    A             0.03   0.02
    B             -0.01  -0.02
    C             null   null
    ============  =====  =========

    >>> print(cs_demean())
    cs_demean(pct_change(close, bars=1))
    """
    return _across("cs_demean", of, _demeaned)


def _across(name: str, of: Feature, build: Build) -> Feature:
    value = feature(name, of)
    return Indicator(name=name, of=(value,), build=build, scale=0, cross_section=True)


def _rank(values: pl.Expr) -> pl.Expr:
    return values.rank("average") / values.count()


def _demeaned(values: pl.Expr) -> pl.Expr:
    return values - _mean(values)


def _standardised(values: pl.Expr) -> pl.Expr:
    # The deviation of equal values may come out a little above zero.
    apart = values.max() > values.min()
    off = values - _mean(values)
    deviation = (_total(off * off) / (values.count() - 1)).sqrt()
    return pl.when(apart).then(off / deviation)


def _mean(values: pl.Expr) -> pl.Expr:
    return _total(values) / values.count()


def _total(values: pl.Expr) -> pl.Expr:
    # Polars sums a group in pieces that depend on the number of threads; a running sum is one.
    return values.fill_null(0.0).cum_sum().last()
