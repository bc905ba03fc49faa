"""Run the rules over a batch."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hedgerow.domain.schemas import BARS, Table
from hedgerow.lake._frames import conform, in_order
from hedgerow.lake.quality._bars import BAR_RULES
from hedgerow.lake.quality._duplicates import duplicate_keys
from hedgerow.lake.quality._jump import JUMP, jumps
from hedgerow.lake.quality._rule import RowRule
from hedgerow.lake.quality._schema import schema_rules
from hedgerow.lake.quality._series import SERIES
from hedgerow.lake.quality._stale import STALE_RUN, stale_repeats
from hedgerow.lake.quality.report import QualityReport, sort_out
from hedgerow.settings import Settings

_ROW = "_row"
_NO_WARNINGS = pl.DataFrame(schema={"rule": pl.String})


def check_rows(frame: pl.DataFrame, table: Table) -> QualityReport:
    """Apply the rules of a table's own schema, and ``duplicate_key``.

    Parameters
    ----------
    frame
        Rows of the table; ``ingested_at`` is not needed.
    table
        Its schema gives the constraints.

    Returns
    -------
    QualityReport
        Good and bad rows; no warnings.

    Raises
    ------
    DataError
        Columns are missing or unknown, or of a type that cannot be converted.
    """
    rows = conform(frame, table)
    failed = _failed(rows, schema_rules(table))
    duplicates = duplicate_keys(rows, table.key, _any_of(failed))
    return sort_out(rows, failed.with_columns(duplicates), _NO_WARNINGS)


def check_bars(
    frame: pl.DataFrame,
    splits: pl.DataFrame | None,
    settings: Settings,
    *,
    before: pl.DataFrame | None = None,
) -> QualityReport:
    """Apply the rules for bars.

    Parameters
    ----------
    frame
        Bars of any sources and timeframes, in the order they were sent; ``ingested_at``
        is not needed.
    splits
        Known splits (``instrument_id, ex_date, ratio``), which explain jumps.
    settings
        ``stale_run`` and ``jump_warning``.
    before
        Stored bars that come before the batch, so that a run or a jump across the border
        is seen. They are only looked at.

    Returns
    -------
    QualityReport
        Refused by row: ``ohlc_order``, ``non_positive_price``, ``missing_close``,
        ``negative_volume``, ``not_finite``, ``non_session_day``, ``unknown_timeframe`` and
        the schema's other constraints as ``column|constraint``. Refused by looking
        around: ``duplicate_key`` (the last sound row of a key stays) and ``stale_run``.
        Warning only: ``jump``.

    Raises
    ------
    DataError
        Columns are missing or unknown, or of a type that cannot be converted.

    Examples
    --------
    >>> import datetime as dt
    >>> from hedgerow.domain import stamp
    >>> days = [dt.datetime(2024, 1, day, tzinfo=dt.UTC) for day in (2, 3, 4)]
    >>> closes = pl.LazyFrame({"timestamp": days, "close": [10.0, -1.0, 15.0]})
    >>> facts = {"source": "me", "timeframe": "1d", "instrument_id": "A.XNYS", "symbol": "A",
    ...     "adjustment": "raw", "currency": "USD"}
    >>> bars = stamp(closes, "1d").with_columns(pl.lit(v).alias(k) for k, v in facts.items())
    >>> report = check_bars(bars.collect(), None, Settings())
    >>> report.counts, report.warning_counts
    ({'non_positive_price': 1}, {'jump': 1})
    """
    rows = conform(frame, BARS)
    failed = _failed(rows, BAR_RULES)
    failed = failed.with_columns(duplicate_keys(rows, BARS.key, _any_of(failed)))
    series = _in_series(rows.filter(~_any_of(failed)), _any_of(failed), before)
    stale = stale_repeats(series, settings.stale_run)
    refused = series.filter(stale).drop_nulls(_ROW)[_ROW]
    failed = failed.with_columns(_flags(rows.height, refused).alias(STALE_RUN.name))
    odd = jumps(series.filter(~stale), splits, settings.jump_warning)
    return sort_out(rows, failed, _warnings(odd))


def _failed(rows: pl.DataFrame, rules: Sequence[RowRule]) -> pl.DataFrame:
    return rows.select(rule.fails.fill_null(False).alias(rule.name) for rule in rules)


def _any_of(failed: pl.DataFrame) -> pl.Series:
    return failed.select(pl.any_horizontal(pl.all())).to_series()


def _in_series(sound: pl.DataFrame, failed: pl.Series, before: pl.DataFrame | None) -> pl.DataFrame:
    """Sound rows with their number in the batch, below the stored ones, sorted by series."""
    numbered = sound.with_columns((~failed).arg_true().alias(_ROW))
    if before is not None and not before.is_empty():
        stored = before.select(sound.columns).with_columns(
            pl.lit(None, dtype=numbered.schema[_ROW]).alias(_ROW)
        )
        numbered = pl.concat([stored, numbered])
    return in_order(numbered, (*SERIES, "timestamp"))


def _flags(height: int, rows: pl.Series) -> pl.Series:
    flags = pl.repeat(False, height, dtype=pl.Boolean, eager=True)
    return flags.scatter(rows, True) if len(rows) else flags


def _warnings(odd: pl.DataFrame) -> pl.DataFrame:
    """Facts of the odd bars of the batch itself; a stored bar was reported in its own time."""
    return odd.drop_nulls(_ROW).select(
        pl.lit(JUMP.name).alias("rule"),
        "instrument_id",
        "symbol",
        "timestamp",
        "session",
        "previous_close",
        "close",
        "split_ratio",
        "move",
    )
