"""Which splits and dividends apply to the bars of a read.

Each instrument's splits come from one source, and so do its dividends: that of its bars, or else
the best that has any. Where another source fills sessions of the bars, its actions of those very
sessions count too, unless the teller dates the same action a few days off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from hedgerow.domain.schemas import DIVIDENDS, FX_RATES, SPLITS, Table
from hedgerow.domain.splits import odd_ratio
from hedgerow.errors import DataError
from hedgerow.lake import Lake
from hedgerow.workspace.currency import last_rates
from hedgerow.workspace.request import Request
from hedgerow.workspace.selection import ranked

#: Two vendors may date one action a session or two apart, over a long weekend.
SAME_ACTION = dt.timedelta(days=5)

_BY = "instrument_id"


@dataclass(frozen=True)
class Told:
    """The actions of some instruments.

    Parameters
    ----------
    splits, dividends
        ``instrument_id, ex_date`` and ``ratio`` or ``amount`` (in the currency of the bars),
        sorted; those of one day together.
    notes
        What a reader should know of them.
    """

    splits: pl.DataFrame
    dividends: pl.DataFrame
    notes: list[str]


def known(lake: Lake, table: Table, request: Request) -> pl.LazyFrame:
    """Rows in the version held at the instant of a request, and known by then."""
    return lake.scan(table) if request.as_of is None else lake.as_of(table, request.as_of)


def told(
    lake: Lake,
    request: Request,
    series: pl.DataFrame,
    filled: pl.DataFrame,
    source_priority: Sequence[str],
) -> Told:
    """Find the actions of some series.

    Parameters
    ----------
    lake
        Where the tables are.
    request
        As of when.
    series
        ``instrument_id, source, currency`` of the bars.
    filled
        ``instrument_id, source, session`` of sessions that another source fills.
    source_priority
        Sources, best first.
    """
    splits = _told_by_one(lake, SPLITS, request, series, filled, source_priority)
    dividends = _told_by_one(lake, DIVIDENDS, request, series, filled, source_priority)
    paid, notes = _in_currency_of_bars(lake, request, dividends, series, source_priority)
    by_day = [_BY, "ex_date"]
    return Told(
        splits.group_by(by_day).agg(pl.col("ratio").product()).sort(by_day),
        paid.group_by(by_day).agg(pl.col("amount").sum()).sort(by_day),
        [*_odd_notes(splits), *notes],
    )


def _told_by_one(
    lake: Lake,
    table: Table,
    request: Request,
    series: pl.DataFrame,
    filled: pl.DataFrame,
    source_priority: Sequence[str],
) -> pl.DataFrame:
    now = request.as_of or dt.datetime.now(dt.UTC)
    actions = known(lake, table, request).filter(
        pl.col(_BY).is_in(series[_BY].to_list()),
        # An action announced but not yet ex changes no price; a withdrawn one is never known.
        pl.col("ex_date") <= now.date(),
        pl.col("available_at") <= now,
    )
    own = series.select(_BY, bars_source="source").lazy()
    candidates = actions.join(own, on=_BY).with_columns(
        _place=pl.when(pl.col("source") == pl.col("bars_source"))
        .then(-1)
        .otherwise(ranked(source_priority))
    )
    teller = candidates.sort("_place", "source").unique(_BY, keep="first", maintain_order=True)
    found = actions.join(teller, on=[_BY, "source"], how="semi").collect()
    if filled.is_empty():
        return found
    # Where the source has no bar of the ex-date itself, its next one shows the action.
    landed = (
        actions.sort("ex_date")
        .join_asof(
            filled.select(_BY, "source", _filled="session").sort("_filled").lazy(),
            left_on="ex_date",
            right_on="_filled",
            by=[_BY, "source"],
            strategy="forward",
            tolerance=SAME_ACTION,
            check_sortedness=False,
        )
        .filter(pl.col("_filled").is_not_null())
        .drop("_filled")
    )
    return pl.concat([found, _not_among(landed.collect().select(found.columns), found)])


def _not_among(further: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    near = found.select(_BY, "ex_date", _found="ex_date").sort("ex_date")
    return (
        further.sort("ex_date")
        .join_asof(
            near,
            on="ex_date",
            by=_BY,
            strategy="nearest",
            tolerance=SAME_ACTION,
            check_sortedness=False,
        )
        .filter(pl.col("_found").is_null())
        .select(further.columns)
    )


def _in_currency_of_bars(
    lake: Lake,
    request: Request,
    dividends: pl.DataFrame,
    series: pl.DataFrame,
    source_priority: Sequence[str],
) -> tuple[pl.DataFrame, list[str]]:
    """Dividends with amounts in the currency of the prices, by the last rate before the ex-date."""
    joined = dividends.join(series.select(_BY, bars_currency="currency"), on=_BY)
    foreign = joined.filter(pl.col("currency") != pl.col("bars_currency"))
    if foreign.is_empty():
        return dividends, []
    rates = known(lake, FX_RATES, request).collect()
    morning = pl.col("ex_date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    parts = [joined.filter(pl.col("currency") == pl.col("bars_currency"))]
    for (to, _), rows in foreign.group_by("bars_currency", "currency", maintain_order=True):
        asked = rows.with_columns(available_at=morning)
        try:
            priced = last_rates(
                rates, asked.select("currency", "available_at"), str(to), source_priority
            )
        except DataError:
            continue  # no rate of the currency at all: left out as one without a rate of its day
        converted = asked.join(priced, on=["currency", "available_at"], how="left")
        parts.append(
            converted.drop_nulls("rate")
            .with_columns(pl.col("amount") * pl.col("rate"))
            .select(joined.columns)
        )
    kept = pl.concat(parts).select(dividends.columns)
    lost = dividends.height - kept.height
    note = (
        f"{lost:,} dividends in another currency than the prices are left out: there is no "
        "exchange rate of their day. Load rates with hedgerow ingest fx"
    )
    return kept, [note] if lost else []


def _odd_notes(splits: pl.DataFrame) -> list[str]:
    odd = splits.filter(odd_ratio(pl.col("ratio"))).sort("symbol", "ex_date")
    return [
        f"{row['symbol']}: the split of {row['ex_date']} is recorded as {row['ratio']:g} for 1, "
        "which is no simple ratio: a spin-off or stock dividend, applied as recorded"
        for row in odd.to_dicts()
    ]
