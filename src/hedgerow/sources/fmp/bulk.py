"""Files of the whole market: one CSV instead of a request for each company.

The vendor sends them without a length, so an answer that broke off between two rows looks whole.
Three things are checked: that no value is cut in two, that the last row has all its fields, and
that there are as many rows as the caller knows there must be.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator, Sequence

import polars as pl

from hedgerow.domain.calendar import DEFAULT_CALENDAR, last_completed_session
from hedgerow.domain.clock import stamp
from hedgerow.domain.currency import MINOR_UNITS
from hedgerow.domain.figures import FIGURES, MONEY
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import BARS, FUNDAMENTALS
from hedgerow.errors import DefinitionError, Incomplete, NotFound
from hedgerow.sources.base import REFUSED_COLUMNS, SourceBatch, no_refusals
from hedgerow.sources.fmp.client import FmpClient
from hedgerow.sources.fmp.figures import (
    INCOME,
    KEY_METRICS_TTM,
    PERIODS,
    RATIOS_TTM,
    acceptances,
    check_columns,
    long_figures,
    period_figures,
    telling,
)
from hedgerow.sources.fmp.parse import UNREADABLE_DATE, UNREADABLE_NUMBER
from hedgerow.sources.fmp.snapshot import FIGURE_COLUMNS, Profile, known_now, snapshots
from hedgerow.sources.fmp.spelling import sent_symbol
from hedgerow.sources.fmp.table import read_table
from hedgerow.sources.vendor import Clock

# Rows of a file that are turned into figures at once: a few tens of megabytes.
_ROWS_AT_ONCE = 10_000

_PERIODS = ("annual", "Q1", "Q2", "Q3", "Q4")
_REPORT = ("symbol", "date", "period", "reportedCurrency", "filingDate", "acceptedDate")
_PRICES = ("open", "high", "low", "close", "volume")
_PROFILE = ("symbol", "currency", *FIGURE_COLUMNS)

_SUBUNITS = frozenset(major for major, _ in MINOR_UNITS.values())


class BulkFiles:
    """The vendor's CSV files, for the plans that include them.

    Every method takes the instruments that are of interest; rows of others are left out. Files
    are renewed every few hours, so each is asked for once a day unless ``refresh`` is given.
    Requests are kept to two a minute, beside the plan's own limit.

    Parameters
    ----------
    client
        Where to ask.
    clock
        The present.
    """

    def __init__(self, client: FmpClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def profiles(
        self, instruments: Sequence[Instrument], *, at_least: int = 0, refresh: bool = False
    ) -> AsyncIterator[SourceBatch]:
        """Today's figures of companies, part by part of ``profile-bulk``.

        Parameters
        ----------
        instruments
            Whose figures.
        at_least
            Rows that all parts together must have; the number of the last time is a good one.
        refresh
            Whether to ask even where a file of today is kept.

        Raises
        ------
        Incomplete
            There are fewer rows than ``at_least``; the parts sent before are sound.
        VendorError
            As the error tree says; Transient where a file broke off.
        """
        by_symbol, rows, part = _by_symbol(instruments), 0, 0
        while True:
            try:
                reply = await self._client.bulk("profile-bulk", part=part, refresh=refresh)
            except NotFound as error:
                if "part" not in error.facts:
                    raise
                break
            table = read_table(reply.body, _PROFILE, reply.where)
            check_columns(table.columns, _PROFILE, reply.where)
            rows += table.height
            for piece in _pieces(table, by_symbol):
                companies = (Profile(row, reply.where) for row in piece.iter_rows(named=True))
                yield _figures(*snapshots(companies, self._clock()), by_symbol)
            part += 1
        _check_rows(rows, max(at_least, 1), "fmp profile-bulk")

    async def income(
        self,
        instruments: Sequence[Instrument],
        year: int,
        period: str,
        *,
        at_least: int = 0,
        refresh: bool = False,
    ) -> AsyncIterator[SourceBatch]:
        """Income statements of one fiscal period.

        Parameters
        ----------
        instruments
            Whose statements.
        year
            Fiscal year.
        period
            ``annual`` or ``Q1`` to ``Q4``.
        at_least
            Rows that the file must have.
        refresh
            Whether to ask even where a file of today is kept.

        Raises
        ------
        DefinitionError
            The period is none of these.
        Incomplete
            There are fewer rows than ``at_least``.
        VendorError
            As the error tree says.
        """
        if period not in _PERIODS:
            raise DefinitionError(
                f"period {period!r} is not one of {', '.join(_PERIODS)}", period=period
            )
        reply = await self._client.bulk(
            "income-statement-bulk", year=year, period=period, refresh=refresh
        )
        table = read_table(reply.body, (*_REPORT, *INCOME), reply.where)
        check_columns(table.columns, {*_REPORT, *telling(INCOME)}, reply.where)
        _check_rows(table.height, at_least, reply.where)
        by_symbol = _by_symbol(instruments)
        wanted = PERIODS.get(period, (period,))
        for piece in _pieces(table, by_symbol):
            rows, refused = period_figures(piece, INCOME, acceptances(piece), wanted)
            yield _figures(rows, refused, by_symbol)

    async def trailing(
        self, instruments: Sequence[Instrument], *, at_least: int = 0, refresh: bool = False
    ) -> AsyncIterator[SourceBatch]:
        """Ratios of the last four quarters, of ``ratios-ttm-bulk`` and ``key-metrics-ttm-bulk``.

        Figures in money are left out, because these files do not name the currency.

        Parameters
        ----------
        instruments
            Whose ratios.
        at_least
            Rows that each file must have.
        refresh
            Whether to ask even where files of today are kept.

        Raises
        ------
        Incomplete
            There are fewer rows than ``at_least``.
        VendorError
            As the error tree says.
        """
        by_symbol = _by_symbol(instruments)
        for name, columns in (("ratios", RATIOS_TTM), ("key-metrics", KEY_METRICS_TTM)):
            pure = {sent: item for sent, item in columns.items() if _is_pure(item)}
            reply = await self._client.bulk(f"{name}-ttm-bulk", refresh=refresh)
            table = read_table(reply.body, ("symbol", *pure), reply.where)
            check_columns(table.columns, telling(pure), reply.where)
            _check_rows(table.height, at_least, reply.where)
            for piece in _pieces(table, by_symbol):
                nothing = pl.lit(None, pl.String)
                dated = piece.with_columns(
                    known_now(self._clock()),
                    period=pl.lit("TTM"),
                    reportedCurrency=nothing,
                    _rule=nothing,
                )
                yield _figures(*long_figures(dated, pure), by_symbol)

    async def bars(
        self,
        instruments: Sequence[Instrument],
        day: dt.date,
        *,
        at_least: int = 0,
        refresh: bool = False,
    ) -> AsyncIterator[SourceBatch]:
        """Raw bars of the whole market on the last session.

        Parameters
        ----------
        instruments
            Whose bars; those quoted in hundredths of their currency, such as London's, are
            left out, because the file does not name the unit.
        day
            The last completed session. The vendor does not say whether an older file is
            restated for later splits.
        at_least
            Rows that the file must have.
        refresh
            Whether to ask even where a file of today is kept.

        Raises
        ------
        DefinitionError
            The day is not the last completed session.
        Incomplete
            There are fewer rows than ``at_least``.
        VendorError
            As the error tree says.
        """
        if day != last_completed_session(DEFAULT_CALENDAR, self._clock()):
            raise DefinitionError(
                f"{day} is not the last completed session; ask for bars of one symbol instead",
                day=day,
            )
        reply = await self._client.bulk("eod-bulk", date=day.isoformat(), refresh=refresh)
        table = read_table(reply.body, ("symbol", "date", *_PRICES), reply.where)
        check_columns(table.columns, ("date", *_PRICES), reply.where)
        _check_rows(table.height, at_least, reply.where)
        whole = [one for one in instruments if one.currency not in _SUBUNITS]
        by_symbol = _by_symbol(whole)
        for piece in _pieces(table, by_symbol):
            yield _bars(piece, by_symbol, day)


def _pieces(table: pl.DataFrame, by_symbol: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows of known companies, some thousands at a time; of a ticker that comes twice the first."""
    known = table.join(by_symbol, left_on="symbol", right_on="sent", how="semi")
    yield from known.unique("symbol", keep="first", maintain_order=True).iter_slices(_ROWS_AT_ONCE)


def _by_symbol(instruments: Sequence[Instrument]) -> pl.DataFrame:
    rows = [
        (sent_symbol(one), one.instrument_id, one.symbol, one.exchange, one.currency)
        for one in instruments
    ]
    names = ("sent", "instrument_id", "own", "exchange", "currency")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()), orient="row")


def _figures(rows: pl.DataFrame, refused: pl.DataFrame, by_symbol: pl.DataFrame) -> SourceBatch:
    owners = by_symbol.select(symbol="sent", instrument_id="instrument_id", own="own")
    named = rows.join(owners, on="symbol", how="inner", maintain_order="left")
    return SourceBatch.of(
        FUNDAMENTALS,
        named.with_columns(symbol=pl.col("own"), source=pl.lit("fmp")),
        refused=refused,
    )


def _bars(piece: pl.DataFrame, by_symbol: pl.DataFrame, day: dt.date) -> SourceBatch:
    numbers = piece.with_columns(
        pl.col(_PRICES).cast(pl.Float64, strict=False),
        _wrong=pl.any_horizontal(
            pl.col(name).is_not_null() & pl.col(name).cast(pl.Float64, strict=False).is_null()
            for name in _PRICES
        ),
    )
    rule = (
        pl.when((pl.col("date") != day.isoformat()).fill_null(True))
        .then(pl.lit(UNREADABLE_DATE))
        .when("_wrong")
        .then(pl.lit(UNREADABLE_NUMBER))
    )
    checked = numbers.with_columns(_rule=rule)
    bad = piece.filter(checked["_rule"].is_not_null())
    refused = (
        no_refusals()
        if bad.is_empty()
        else bad.select(
            rules=checked["_rule"].drop_nulls(),
            symbol="symbol",
            timestamp=pl.lit(None, REFUSED_COLUMNS["timestamp"]),
            payload=pl.struct(pl.all()).struct.json_encode(),
        )
    )
    named = (
        checked.filter(pl.col("_rule").is_null())
        .join(by_symbol, left_on="symbol", right_on="sent", how="inner", maintain_order="left")
        .with_columns(
            symbol=pl.col("own"),
            timestamp=pl.lit(dt.datetime.combine(day, dt.time(), dt.UTC)).cast(
                pl.Datetime("us", "UTC")
            ),
            source=pl.lit("fmp"),
            timeframe=pl.lit("1d"),
            adjustment=pl.lit("raw"),
        )
    )
    parts = [
        stamp(rows.lazy(), "1d", calendar=str(calendar))
        for (calendar,), rows in named.group_by("exchange", maintain_order=True)
    ]
    frame = (
        pl.concat(parts).collect()
        if parts
        else named.with_columns(session=pl.lit(day), available_at=pl.col("timestamp"))
    )
    return SourceBatch.of(BARS, frame, refused=refused)


def _is_pure(item: str) -> bool:
    return not FIGURES[item].unit.startswith(MONEY)


def _check_rows(found: int, at_least: int, where: str) -> None:
    if found < at_least:
        raise Incomplete(
            f"{where}: the file has {found:,} rows where at least {at_least:,} were expected; ask "
            "again with refresh",
            where=where,
            found=found,
            expected=at_least,
        )
