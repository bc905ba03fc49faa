"""Company figures: the latest of each company, and its ratios period by period."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hedgerow.domain import knowledge_instant
from hedgerow.domain.figures import FIGURES, FigureKind
from hedgerow.domain.schemas import FUNDAMENTALS
from hedgerow.workspace.base import WorkspaceBase
from hedgerow.workspace.request import Day, Instant, read_day
from hedgerow.workspace.selection import ranked
from hedgerow.workspace.symbols import Symbols

#: Figures that ``fundamentals`` shows, in order.
HEADLINES = (
    "market_cap",
    "pe_ratio",
    "dividend_yield",
    "fifty_two_week_high",
    "fifty_two_week_low",
    "beta",
    "book_value",
)

#: Figures of those that mean something else for a quarter than for a year.
YEARLY = ("pe_ratio", "dividend_yield")

#: Figures that ``financial_ratios`` shows, in order.
RATIOS = tuple(name for name, one in FIGURES.items() if one.kind is FigureKind.RATIO)

_BY = "instrument_id"
_VERSION = ("period_end", "available_at")


class Companies(WorkspaceBase):
    """The part of a workspace that tells of companies rather than prices."""

    def fundamentals(
        self, symbols: Symbols = None, *, as_of: Instant = None, source: str | None = None
    ) -> pl.LazyFrame:
        """The latest figures known of each company.

        Parameters
        ----------
        symbols
            As for ``bars``.
        as_of
            Instant (or date) whose knowledge counts; the present by default.
        source
            The only source to read.

        Returns
        -------
        pl.LazyFrame
            ``symbol, market_cap, pe_ratio, dividend_yield, fifty_two_week_high,
            fifty_two_week_low, beta, book_value, updated_date, currency, instrument_id``,
            sorted by symbol; companies of which none of these is known are absent. Money is
            in ``currency`` (that of ``market_cap``, else of any other figure),
            ``dividend_yield`` a fraction, ``book_value`` and the prices per share.
            ``updated_date`` is the UTC date on which the newest of them became known. A
            figure is null where nobody sent it.

        Raises
        ------
        DataError
            A symbol or a date is not known.

        Notes
        -----
        Each figure is that of the best source that has it, of its newest period, in the
        version last published by then. ``pe_ratio`` and ``dividend_yield`` are of a year, or of
        the last four quarters, wherever that source has such: those of one quarter differ.
        """
        rows = self._figures(symbols, HEADLINES, as_of, source)
        whole_year = ~(pl.col("item").is_in(YEARLY) & pl.col("period").str.starts_with("Q"))
        best = rows.with_columns(
            _place=ranked(self.settings.source_priority), _whole_year=whole_year
        )
        order = ("_place", "source", "_whole_year", *_VERSION, "period")
        latest = (
            best.sort(order, descending=[True, True, *[False] * 4]).group_by(_BY, "item").last()
        )
        money = pl.col("unit").str.extract(r"^([A-Z]{3})(?:/share)?$")
        return (
            latest.sort("available_at", "item")
            .group_by(_BY)
            .agg(
                *(_of_item(name) for name in HEADLINES),
                symbol=pl.col("symbol").last(),
                updated_date=pl.col("available_at").max().dt.date(),
                currency=pl.coalesce(
                    money.filter(pl.col("item") == "market_cap").first(), money.drop_nulls().first()
                ),
            )
            .select("symbol", *HEADLINES, "updated_date", "currency", _BY)
            .sort("symbol", _BY)
        )

    def financial_ratios(
        self,
        symbols: Symbols = None,
        start: Day = None,
        end: Day = None,
        *,
        as_of: Instant = None,
        source: str | None = None,
    ) -> pl.LazyFrame:
        """Ratios of each company, one row a fiscal period.

        Parameters
        ----------
        symbols, as_of, source
            As for ``fundamentals``.
        start, end
            First and last end of a period, both included.

        Returns
        -------
        pl.LazyFrame
            ``symbol, period_end, period``, one column for each ratio of
            `hedgerow.domain.figures` (``pe_ratio, pb_ratio, roe, roa, debt_to_equity,
            gross_margin, …``), ``available_at, source, instrument_id``, sorted by symbol and
            period. Margins, returns and yields are fractions. A ratio is null where the source
            did not send it. ``available_at`` is when the newest of the row became known.

        Raises
        ------
        DataError
            A symbol or a date is not known.

        Notes
        -----
        All ratios of a company come from one source, the best that has any. Of a restated
        period the last published version counts.
        """
        rows = self._figures(symbols, RATIOS, as_of, source)
        first, last = read_day(start), read_day(end, last=True)
        if first is not None:
            rows = rows.filter(pl.col("period_end") >= first)
        if last is not None:
            rows = rows.filter(pl.col("period_end") <= last)
        teller = (
            rows.sort(ranked(self.settings.source_priority), "source")
            .unique(_BY, keep="first", maintain_order=True)
            .select(_BY, "source")
        )
        period = (_BY, "period_end", "period")
        return (
            rows.join(teller, on=[_BY, "source"], how="semi")
            .sort("available_at")
            .group_by(*period, "item")
            .last()
            .sort("available_at", "item")
            .group_by(period)
            .agg(
                *(_of_item(name) for name in RATIOS),
                pl.col("symbol", "source").last(),
                pl.col("available_at").max(),
            )
            .select("symbol", "period_end", "period", *RATIOS, "available_at", "source", _BY)
            .sort("symbol", _BY, "period_end", "period")
        )

    def _figures(
        self, symbols: Symbols, items: Sequence[str], as_of: Instant, source: str | None
    ) -> pl.LazyFrame:
        instant = None if as_of is None else knowledge_instant(as_of)
        rows = (
            self.lake.scan(FUNDAMENTALS)
            if instant is None
            else self.lake.as_of(FUNDAMENTALS, instant)
        )
        rows = rows.filter(pl.col("item").is_in(list(items)))
        if source is not None:
            rows = rows.filter(pl.col("source") == source)
        if symbols is None:
            return rows
        asked = self.instruments(symbols, instant.date() if instant else None)
        return rows.filter(pl.col(_BY).is_in([one.instrument_id for one in asked]))


def _of_item(name: str) -> pl.Expr:
    return pl.col("value").filter(pl.col("item") == name).last().alias(name)
