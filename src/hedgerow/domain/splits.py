"""What a split ratio says about the kind of event behind it."""

from __future__ import annotations

import polars as pl

#: Largest number on the smaller side of a simple ratio, such as 20 in 21:20.
LARGEST_SIMPLE = 20

# Vendors round: one for three comes as 0.3333.
_ROUNDED = 1e-4


def odd_ratio(ratio: pl.Expr) -> pl.Expr:
    """Whether a split ratio is no simple n:m, as those of spin-offs are not.

    Parameters
    ----------
    ratio
        New shares for one old share, above zero.

    Returns
    -------
    pl.Expr
        Boolean. A ratio is simple where, within one part in 10,000, it is n:m with at most
        20 on its smaller side: 7:1, 3:2, 21:20, 1:10.

    Notes
    -----
    Vendors record a spin-off as a split of the parent by its fall in price (General Electric
    2023-01-04: 1281 for 1000), and small stock dividends as they are (103 for 100). Both are
    applied as recorded; the flag asks a person to look.

    Examples
    --------
    >>> ratios = pl.DataFrame({"ratio": [7.0, 1.5, 0.3333, 0.1, 1.05, 1.281, 1.253, 1.046]})
    >>> ratios.select(odd_ratio(pl.col("ratio"))).to_series().to_list()
    [False, False, False, False, False, True, True, True]
    """
    above = pl.max_horizontal(ratio, 1 / ratio)
    shares = [above * whole for whole in range(1, LARGEST_SIMPLE + 1)]
    simple = [((count - count.round()) / count).abs() <= _ROUNDED for count in shares]
    return (~pl.any_horizontal(simple)).alias("odd")
