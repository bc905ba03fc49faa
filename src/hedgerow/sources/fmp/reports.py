"""All figures of one company, put together from the endpoints that have them."""

from __future__ import annotations

import polars as pl

from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.domain.schemas import FUNDAMENTALS
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.fmp.client import FmpClient
from hedgerow.sources.fmp.figures import (
    INCOME,
    KEY_METRICS,
    KEY_METRICS_TTM,
    PERIODS,
    RATIOS,
    RATIOS_TTM,
    acceptances,
    long_figures,
    period_figures,
    read_report,
)
from hedgerow.sources.fmp.snapshot import Profile, known_now, snapshots
from hedgerow.sources.fmp.spelling import sent_symbol
from hedgerow.sources.vendor import Clock

_Pair = tuple[pl.DataFrame, pl.DataFrame]

_BY_PERIOD = {"ratios": RATIOS, "key-metrics": KEY_METRICS}
_TRAILING = {"ratios-ttm": RATIOS_TTM, "key-metrics-ttm": KEY_METRICS_TTM}


class Reports:
    """Asks for the reports of companies.

    Parameters
    ----------
    client
        Where to ask.
    clock
        The present: trailing figures carry no date of their own.
    plan
        The free plan has annual reports only.
    """

    def __init__(self, client: FmpClient, clock: Clock, plan: str) -> None:
        self._client = client
        self._clock = clock
        self._lengths = ("annual",) if plan == "free" else ("annual", "quarter")

    async def figures(
        self, instrument: Instrument, profile: Profile, *, refresh: bool
    ) -> tuple[SourceBatch, ...]:
        """Batches of a company: its periods, then what is true today.

        Parameters
        ----------
        instrument
            Whose figures.
        profile
            The vendor's description of it.
        refresh
            Whether to ask even where an answer of today is kept.
        """
        symbol = sent_symbol(instrument)
        pairs: list[_Pair] = [snapshots([profile], self._clock())]
        if profile.kind() is not InstrumentKind.ETF:
            currency = None
            for length in self._lengths:
                periods, told = await self._periods(symbol, length, refresh=refresh)
                pairs += periods
                currency = currency or told
            pairs += [
                await self._trailing(endpoint, symbol, currency, refresh=refresh)
                for endpoint in _TRAILING
            ]
        return tuple(_batch(rows, refused, instrument) for rows, refused in pairs)

    async def _periods(
        self, symbol: str, length: str, *, refresh: bool
    ) -> tuple[list[_Pair], str | None]:
        """Figures of all periods of a length, and the currency of the newest report."""
        sent = await self._client.reports("income-statement", symbol, length, refresh=refresh)
        income = read_report(sent.body, INCOME, symbol, sent.where)
        accepted = acceptances(income)
        pairs = [period_figures(income, INCOME, accepted, PERIODS[length])]
        for endpoint, names in _BY_PERIOD.items():
            sent = await self._client.reports(endpoint, symbol, length, refresh=refresh)
            reports = read_report(sent.body, names, symbol, sent.where)
            pairs.append(period_figures(reports, names, accepted, PERIODS[length]))
        told = income["reportedCurrency"].drop_nulls()
        return pairs, str(told[0]) if len(told) else None

    async def _trailing(
        self, endpoint: str, symbol: str, currency: str | None, *, refresh: bool
    ) -> _Pair:
        names = _TRAILING[endpoint]
        sent = await self._client.trailing(endpoint, symbol, refresh=refresh)
        reports = read_report(sent.body, names, symbol, sent.where)
        # What was kept this morning was known this morning: read again, it is the same row.
        return trailing_figures(reports, names, currency, lambda: sent.fetched_at or self._clock())


def trailing_figures(
    reports: pl.DataFrame,
    names: dict[str, str],
    currency: str | None,
    clock: Clock,
) -> _Pair:
    """Figures of the last four quarters, known now.

    Parameters
    ----------
    reports
        From ``read_report``.
    names
        The vendor's columns and the items they are.
    currency
        Of the company's reports; without it, figures in money are refused.
    clock
        The present.
    """
    dated = reports.with_columns(
        known_now(clock()),
        period=pl.lit("TTM"),
        reportedCurrency=pl.lit(currency, pl.String),
        _rule=pl.lit(None, pl.String),
    )
    return long_figures(dated, names)


def _batch(rows: pl.DataFrame, refused: pl.DataFrame, instrument: Instrument) -> SourceBatch:
    named = rows.with_columns(
        instrument_id=pl.lit(instrument.instrument_id),
        symbol=pl.lit(instrument.symbol),
        source=pl.lit("fmp"),
    )
    return SourceBatch.of(
        FUNDAMENTALS,
        named,
        refused=refused.with_columns(symbol=pl.lit(instrument.symbol, pl.String)),
    )
