"""What the quality rules found in a batch."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

RULES = "rules"


@dataclass(frozen=True)
class QualityReport:
    """A batch sorted into rows to load and rows to refuse.

    Parameters
    ----------
    good
        Rows that failed nothing, in their order.
    bad
        Refused rows in their order, with ``rules`` (String): the names of all rules the
        row failed, joined by commas.
    counts
        Refused rows by rule; a row that failed two rules counts under both.
    warnings
        Rows of ``good`` that look odd, with ``rule`` and the facts behind it; empty where
        the table has no such rules.
    """

    good: pl.DataFrame
    bad: pl.DataFrame
    counts: dict[str, int]
    warnings: pl.DataFrame

    @property
    def warning_counts(self) -> dict[str, int]:
        """Warnings by rule, sorted by name."""
        if self.warnings.is_empty():
            return {}
        return dict(self.warnings.group_by("rule").len().sort("rule").iter_rows())


def sort_out(frame: pl.DataFrame, failed: pl.DataFrame, warnings: pl.DataFrame) -> QualityReport:
    """Report of a batch from one flag a row and rule.

    Parameters
    ----------
    frame
        The batch.
    failed
        One Boolean column a rule, as long as the batch; true where the row failed.
    warnings
        As in the report.
    """
    counts = {name: int(failed[name].sum()) for name in failed.columns}
    counted = {name: count for name, count in sorted(counts.items()) if count}
    if not counted:
        return QualityReport(frame, _with_rules(frame.clear(), failed.clear()), {}, warnings)
    refused = failed.select(pl.any_horizontal(*counted)).to_series()
    bad = _with_rules(frame.filter(refused), failed.select(*counted).filter(refused))
    return QualityReport(frame.filter(~refused), bad, counted, warnings)


def _with_rules(rows: pl.DataFrame, failed: pl.DataFrame) -> pl.DataFrame:
    names = failed.select(
        pl.concat_str(
            [pl.when(pl.col(name)).then(pl.lit(name)) for name in failed.columns],
            separator=",",
            ignore_nulls=True,
        ).alias(RULES)
    )
    return rows.with_columns(names.to_series().cast(pl.String))
