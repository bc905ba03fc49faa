"""Custom indicators: a Polars expression with a name, a look-back and a scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import polars as pl

from hedgerow.errors import DefinitionError
from hedgerow.features.expression import Build, Feature, Indicator, Number, as_feature
from hedgerow.features.words import close


def indicator(
    name: str,
    build: Build,
    *,
    of: Feature | Sequence[Feature] = close,
    lookback: int | None,
    scale: int | None = None,
    cross_section: bool = False,
    version: int = 1,
    **parameters: Number | str,
) -> Feature:
    """An indicator of one's own, from a Polars expression.

    Parameters
    ----------
    name
        Name it goes by; with the inputs and parameters it tells equal features apart from
        different ones.
    build
        Function of one Polars expression an input, and of the parameters by keyword, that
        returns one expression. It sees the bars of one instrument in time order, or with
        ``cross_section`` the instruments of one instant.
    of
        Input or inputs.
    lookback
        Bars before the present one that it needs, beyond what its inputs need: 0 if it looks
        at the bar itself only, ``window - 1`` for a window that ends there; None where the
        value depends on every earlier bar.
    scale
        Power of the price unit in the value: 1 for a price, -1 for a volume, 0 for a ratio;
        None for that of the first input.
    cross_section
        Whether it compares instruments at one instant instead of bars of one instrument.
    version
        Raise it whenever the same bars would give other values.
    **parameters
        Whatever the values depend on; handed to ``build``.

    Returns
    -------
    Feature
        Null wherever ``build`` gives null. What it may look at is not enforced here but proven
        by ``check_features``.

    Raises
    ------
    DefinitionError
        The name is empty, an input is not a feature or the look-back is below zero.

    Examples
    --------
    >>> from hedgerow.features import preview
    >>> def median(prices, window):
    ...     return prices.rolling_median(window)
    >>> middle = indicator("median", median, lookback=2, window=3)
    >>> print(middle)
    median(close, window=3)
    >>> preview(middle, close=[1.0, 5.0, 2.0, 3.0])
    [None, None, 2.0, 3.0]
    """
    inputs = (of,) if isinstance(of, Feature) else tuple(map(as_feature, of))
    if not name:
        raise DefinitionError("an indicator needs a name, such as 'median'")
    if not inputs:
        raise DefinitionError(f"indicator {name!r}: of=() must hold a feature, such as hr.close")
    if lookback is not None and lookback < 0:
        raise DefinitionError(
            f"indicator {name!r}: lookback={lookback} looks ahead; give the number of earlier "
            "bars it needs, or None if it needs all of them"
        )
    return Indicator(
        name=name,
        of=inputs,
        build=partial(_one_a_bar, build=build, **parameters),
        parameters=parameters,
        lookback=lookback,
        scale=scale,
        cross_section=cross_section,
        version=version,
    )


def _one_a_bar(*inputs: pl.Expr, build: Build, **parameters: Number | str) -> pl.Expr:
    # One value for all bars, such as a mean over the whole history, is repeated for each.
    every_bar = pl.int_range(pl.len()) >= 0
    return pl.when(every_bar).then(build(*inputs, **parameters))
