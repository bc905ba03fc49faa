"""What a quality rule is."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class RowRule:
    """A named test of one row by itself.

    Parameters
    ----------
    name
        Appears in the quarantine, in summaries and on pages.
    doc
        What a row that fails it did wrong.
    fails
        True where a row fails; null counts as passed.
    """

    name: str
    doc: str
    fails: pl.Expr


@dataclass(frozen=True)
class SeriesRule:
    """A named test that looks at other rows too; its function lives in its own file.

    Parameters
    ----------
    name
        Appears in the quarantine, in summaries and on pages.
    doc
        What a row that fails it did wrong.
    """

    name: str
    doc: str
