"""The data quality report: one row a series of bars.

1. ``_batches`` splits the instruments into groups whose bars fit in memory.
2. ``_of_batch`` joins what coverage, staleness, jumps, splits and other sources say of them.
3. ``_with_refused`` adds the rows that the quality gate kept out, also of series without a bar.
4. ``_named`` says in words what is wrong.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import polars as pl

from hedgerow.domain import Instrument
from hedgerow.domain.schemas import (
    BARS,
    DIVIDENDS,
    QUALITY,
    QUARANTINE,
    SPLITS,
    SYMBOL_INTERVALS,
    Table,
)
from hedgerow.lake import Lake
from hedgerow.lake.quality import SERIES
from hedgerow.sources.vendors import vendor_names
from hedgerow.workspace.quality.coverage import coverage, presence
from hedgerow.workspace.quality.faults import (
    disagreement,
    large_dividends,
    spin_offs,
    stale,
    unexplained,
)
from hedgerow.workspace.quality.refused import by_rule, refused_bars, stale_ones

#: Sessions that a series may be behind before it counts as late: the night's load may be to come.
PATIENCE = 1

#: What the column ``problems`` may name, and what it means.
PROBLEMS: dict[str, str] = {
    "no_bars": "every row was refused",
    "gaps": "sessions without a bar between the first and the last",
    "stale": "a run of identical bars",
    "refused": "rows in the quarantine",
    "disagreement": "closes more than 50 bps from another source's",
    "odd_splits": "splits of no simple ratio, such as spin-offs",
    "large_dividends": "dividends above half of the price: a split told as cash, or a break-up",
    "jumps": "moves beyond the limit that no split explains",
    "behind": "more than one completed session since the last bar that a vendor was asked for",
}

_BATCH = 2_000_000
_KEYS = list(SERIES)
_BAR = (
    *SERIES,
    "symbol",
    "timestamp",
    "session",
    "currency",
    "open",
    "high",
    "low",
    "close",
    "volume",
)
_COUNTS = (
    "bars",
    "stale_runs",
    "stale_bars",
    "longest_stale_run",
    "refused",
    "compared_bars",
    "disagreeing_bars",
    "odd_splits",
    "large_dividends",
    "jumps",
)
_TEXTS = ("gaps", "refused_by_rule", "disagrees_with", "problems")


def assess(
    lake: Lake,
    instruments: Sequence[Instrument],
    *,
    every: bool,
    timeframe: str | None,
    source: str | None,
    as_of: dt.datetime | None,
    checked_at: dt.datetime,
) -> pl.DataFrame:
    """Check stored bars.

    Parameters
    ----------
    lake
        Where they are, with the limits of its settings.
    instruments
        Whose bars.
    every
        Whether these are all instruments, so that refused rows of nobody in particular belong
        to the report too.
    timeframe, source
        The only length and the only source to report; None for all. Other sources are compared
        with in any case.
    as_of
        Instant whose knowledge counts; None for what is stored now.
    checked_at
        Instant by which sessions must have closed to be overdue.

    Returns
    -------
    pl.DataFrame
        Rows of the table ``quality``, sorted by symbol, timeframe, source and adjustment.
    """
    known = {one.instrument_id: one for one in instruments}
    refused = refused_bars(_quarantine(lake, as_of))
    found = [
        _of_batch(lake, bars, refused, known, as_of, checked_at)
        for bars in _batches(lake, list(known), timeframe, as_of)
    ]
    series = pl.concat(found) if found else _empty()
    series = _with_refused(series, refused, known, every=every)
    if timeframe is not None:
        series = series.filter(pl.col("timeframe").is_in([timeframe, ""]))
    if source is not None:
        series = series.filter(pl.col("source") == source)
    return (
        _named(series)
        .with_columns(checked_at=pl.lit(checked_at, dtype=pl.Datetime("us", "UTC")))
        .select(list(QUALITY.columns))
        .cast(dict(QUALITY.columns))  # type: ignore[arg-type]
        .sort("symbol", "instrument_id", "timeframe", "source", "adjustment")
    )


def _quarantine(lake: Lake, as_of: dt.datetime | None) -> pl.DataFrame:
    rows = lake.scan(QUARANTINE)
    if as_of is not None:
        rows = rows.filter(pl.col("timestamp").is_null() | (pl.col("timestamp") <= as_of))
    return rows.collect()


def _known(lake: Lake, table: Table, as_of: dt.datetime | None) -> pl.LazyFrame:
    return lake.scan(table) if as_of is None else lake.as_of(table, as_of)


def _batches(
    lake: Lake, instruments: Sequence[str], timeframe: str | None, as_of: dt.datetime | None
) -> Iterator[pl.DataFrame]:
    """Bars sorted by series and time, some instruments at once."""
    bars = _known(lake, BARS, as_of).filter(pl.col("instrument_id").is_in(list(instruments)))
    if timeframe is not None:
        bars = bars.filter(pl.col("timeframe") == timeframe)
    counted = bars.group_by("instrument_id").len().sort("instrument_id").collect()
    group = (counted["len"].cum_sum() - 1) // _BATCH
    for names in counted.with_columns(_group=group).partition_by("_group", maintain_order=True):
        wanted = pl.col("instrument_id").is_in(names["instrument_id"].to_list())
        yield bars.filter(wanted).select(_BAR).sort(*_KEYS, "timestamp").collect()


def _of_batch(
    lake: Lake,
    bars: pl.DataFrame,
    refused: pl.DataFrame,
    known: dict[str, Instrument],
    as_of: dt.datetime | None,
    now: dt.datetime,
) -> pl.DataFrame:
    settings = lake.settings
    names = bars["instrument_id"].unique().to_list()
    exchanges = pl.DataFrame(
        {"instrument_id": names, "exchange": [known[name].exchange for name in names]}
    )
    spans = bars.group_by(_KEYS).agg(
        bars=pl.len(),
        first_session=pl.col("session").min(),
        last_session=pl.col("session").max(),
        vendor_symbol=pl.col("symbol").last(),
    )
    splits, dividends = (
        _known(lake, table, as_of).filter(pl.col("instrument_id").is_in(names)).collect()
        for table in (SPLITS, DIVIDENDS)
    )
    stopped = stale_ones(refused.join(spans, on=_KEYS, how="semi"))
    parts = (
        coverage(presence(bars, exchanges), _delisted(lake, names), now),
        stale(bars, stopped, settings.stale_run),
        unexplained(bars, splits, settings.jump_warning),
        spin_offs(spans, splits),
        large_dividends(bars, dividends),
        disagreement(bars, settings.source_priority),
    )
    found = spans
    for part in parts:
        found = found.join(part, on=_KEYS, how="left")
    return found.select(list(_empty().columns)).cast(dict(_empty().schema))  # type: ignore[arg-type]


def _delisted(lake: Lake, names: Sequence[str]) -> pl.DataFrame:
    """``instrument_id, delisted``: last session of those whose every ticker has ended."""
    return (
        lake.scan(SYMBOL_INTERVALS)
        .filter(pl.col("instrument_id").is_in(list(names)))
        .group_by("instrument_id")
        .agg(delisted=pl.col("valid_to").max(), _open=pl.col("valid_to").is_null().any())
        .filter(~pl.col("_open"))
        .drop("_open")
        .collect()
    )


def _with_refused(
    series: pl.DataFrame, refused: pl.DataFrame, known: dict[str, Instrument], *, every: bool
) -> pl.DataFrame:
    """Series with their refused rows, and series that have nothing else."""
    counted = by_rule(_attributed(refused, series))
    ours = pl.col("instrument_id").is_in(list(known))
    counted = counted.filter(ours | (pl.col("instrument_id") == "") if every else ours)
    joined = series.join(counted, on=_KEYS, how="full", coalesce=True)
    symbols = {name: one.symbol for name, one in known.items()}
    return joined.with_columns(
        symbol=pl.col("instrument_id")
        .replace_strict(symbols, default=None, return_dtype=pl.String)
        .fill_null(pl.col("symbol"))
        .fill_null(""),
    )


def _attributed(refused: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Refused rows that say no more than a ticker, given to its series where there is but one."""
    only = (
        series.group_by("source", symbol="vendor_symbol")
        .agg(pl.col("timeframe", "instrument_id", "adjustment").first(), _count=pl.len())
        .filter(pl.col("_count") == 1)
    )
    unclear = pl.col("instrument_id") == ""
    given = refused.join(only, on=["source", "symbol"], how="left", suffix="_only")
    return given.with_columns(
        pl.when(unclear)
        .then(pl.col(f"{name}_only").fill_null(pl.col(name)))
        .otherwise(name)
        .alias(name)
        for name in ("timeframe", "instrument_id", "adjustment")
    ).with_columns(
        # A ticker names the series only where nothing better does.
        symbol=pl.when(pl.col("instrument_id") == "").then("symbol").otherwise(pl.lit(""))
    )


def _named(series: pl.DataFrame) -> pl.DataFrame:
    filled = series.with_columns(
        pl.col(_COUNTS).fill_null(0),
        *(pl.col(name).fill_null("") for name in _TEXTS if name in series.columns),
    )
    wrong = {
        "no_bars": pl.col("bars") == 0,
        "gaps": pl.col("missing_sessions") > 0,
        # What nobody can be asked for is as fresh as it will be: samples, files, synthetic prices.
        "behind": (pl.col("sessions_behind") > PATIENCE) & pl.col("source").is_in(vendor_names()),
        "stale": pl.col("stale_runs") > 0,
        "refused": pl.col("refused") > 0,
        "disagreement": pl.col("disagreeing_bars") > 0,
        "odd_splits": pl.col("odd_splits") > 0,
        "large_dividends": pl.col("large_dividends") > 0,
        "jumps": pl.col("jumps") > 0,
    }
    names = [pl.when(wrong[name]).then(pl.lit(name)) for name in PROBLEMS]
    return filled.with_columns(
        problems=pl.concat_str(names, separator=", ", ignore_nulls=True).fill_null("")
    )


def _empty() -> pl.DataFrame:
    """A frame of series before the refused rows are known."""
    later = {"checked_at", "symbol", "refused", "refused_by_rule", "problems"}
    kept = {name: kind for name, kind in QUALITY.columns.items() if name not in later}
    return pl.DataFrame(schema={**kept, "vendor_symbol": pl.String()})
