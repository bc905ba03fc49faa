"""Company figures under Hedgerow's names, each with the instant from which it was known.

A report is known from its acceptance by the regulator (``acceptedDate``, New York's clocks); where
only a date is told, from the end of that day in New York. Ratios of a period come without one, and
are known when the income statement of the same period is. What would be known on or before the day
its period ended is refused: the vendor fills dates it does not have with the period's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import polars as pl

from hedgerow.domain.figures import FIGURES, MONEY
from hedgerow.errors import BadPayload
from hedgerow.sources.base import REFUSED_COLUMNS, no_refusals
from hedgerow.sources.fmp.parse import UNREADABLE_DATE, UNREADABLE_NUMBER, read_rows

NO_ACCEPTANCE = "no_acceptance"
KNOWN_TOO_SOON = "known_before_period_end"
UNEXPECTED_PERIOD = "unexpected_period"
UNKNOWN_CURRENCY = "unknown_currency"

#: Fiscal periods by the vendor's word for their length.
PERIODS = {"annual": ("FY",), "quarter": ("Q1", "Q2", "Q3", "Q4")}

#: Lines of ``income-statement``.
INCOME = {
    "revenue": "revenue",
    "costOfRevenue": "cost_of_revenue",
    "grossProfit": "gross_profit",
    "operatingExpenses": "operating_expenses",
    "operatingIncome": "operating_income",
    "ebitda": "ebitda",
    "ebit": "ebit",
    "incomeBeforeTax": "pretax_income",
    "incomeTaxExpense": "income_tax",
    "netIncome": "net_income",
    "eps": "eps",
    "epsDiluted": "eps_diluted",
    "weightedAverageShsOut": "shares_basic",
    "weightedAverageShsOutDil": "shares_diluted",
}

# Without interestCoverageRatio, which is 0 where there is no interest to cover.
#: Columns of ``ratios``.
RATIOS = {
    "priceToEarningsRatio": "pe_ratio",
    "priceToEarningsGrowthRatio": "peg_ratio",
    "priceToBookRatio": "pb_ratio",
    "priceToSalesRatio": "ps_ratio",
    "priceToFreeCashFlowRatio": "pfcf_ratio",
    "debtToEquityRatio": "debt_to_equity",
    "debtToAssetsRatio": "debt_to_assets",
    "currentRatio": "current_ratio",
    "quickRatio": "quick_ratio",
    "assetTurnover": "asset_turnover",
    "grossProfitMargin": "gross_margin",
    "operatingProfitMargin": "operating_margin",
    "ebitdaMargin": "ebitda_margin",
    "netProfitMargin": "net_margin",
    "dividendPayoutRatio": "payout_ratio",
    "bookValuePerShare": "book_value",
    "revenuePerShare": "revenue_per_share",
    "freeCashFlowPerShare": "free_cash_flow_per_share",
    "dividendYield": "dividend_yield",
    "dividendPerShare": "dividend_per_share",
}

# Without marketCap and enterpriseValue: the vendor does not say whether they are in the currency
# of the report or of the price.
#: Columns of ``key-metrics``.
KEY_METRICS = {
    "evToSales": "ev_sales",
    "evToEBITDA": "ev_ebitda",
    "earningsYield": "earnings_yield",
    "returnOnEquity": "roe",
    "returnOnAssets": "roa",
    "returnOnInvestedCapital": "roic",
}

#: Columns of ``ratios-ttm``. The profile has the dividend yield.
RATIOS_TTM = {f"{sent}TTM": item for sent, item in RATIOS.items() if item != "dividend_yield"}

#: Columns of ``key-metrics-ttm``.
KEY_METRICS_TTM = {f"{sent}TTM": item for sent, item in KEY_METRICS.items()}

_TELLING = {"revenue", "netIncome", "priceToEarningsRatio", "debtToEquityRatio", "returnOnEquity"}

_ACCEPTED = ("acceptedDate",)
_FILED = ("filingDate", "fillingDate")  # the older endpoint's spelling
_KEY = ("item", "period_end", "period", "available_at")

_TEXTS = ("symbol", "date", "period", "reportedCurrency", *_ACCEPTED, *_FILED)


def read_report(body: bytes, names: dict[str, str], symbol: str, where: str) -> pl.DataFrame:
    """Rows of one report endpoint, as text.

    Parameters
    ----------
    body
        A list of periods.
    names
        The vendor's columns that are to be read.
    symbol
        The vendor's ticker; rows of another are left out, as they were not asked for.
    where
        Vendor and path, for messages.

    Returns
    -------
    pl.DataFrame
        ``symbol, date, period, reportedCurrency``, dates of acceptance and the named columns,
        all as written; null where a row has none.

    Raises
    ------
    BadPayload
        It is no such list, or its columns are called otherwise: the vendor has renamed them
        before.
    """
    rows = [row for row in read_rows(body, where, exact=True) if row.get("symbol") == symbol]
    wanted = [*_TEXTS, *names]
    columns = {name: [_text(row.get(name)) for row in rows] for name in wanted}
    table = pl.DataFrame(columns, schema=dict.fromkeys(wanted, pl.String()))
    if rows:
        check_columns({name for row in rows for name in row}, telling(names), where)
    return table


def telling(names: dict[str, str]) -> set[str]:
    """Columns among some that are never absent, unless the vendor has renamed them.

    Examples
    --------
    >>> sorted(telling(RATIOS_TTM))
    ['debtToEquityRatioTTM', 'priceToEarningsRatioTTM']
    """
    return {name for name in names if name.removesuffix("TTM") in _TELLING}


def check_columns(sent: Iterable[str], needed: Iterable[str], where: str) -> None:
    """Refuse an answer whose columns are called otherwise, which would read as nulls.

    Raises
    ------
    BadPayload
        A column that is needed is absent.
    """
    absent = sorted(set(needed) - set(sent))
    if absent:
        raise BadPayload(
            f"{where}: the answer lacks {', '.join(absent)}: the vendor has renamed its columns",
            where=where,
        )


def known_at(reports: pl.DataFrame) -> pl.Expr:
    """Instant of acceptance of each row, UTC; null where the row tells none.

    Examples
    --------
    >>> rows = pl.DataFrame({"acceptedDate": ["2026-02-19 18:04:11"], "filingDate": ["2026-02-20"]})
    >>> rows.select(known_at(rows)).item().isoformat()
    '2026-02-19T23:04:11+00:00'
    """
    accepted = pl.coalesce(_present(reports, _ACCEPTED))
    filed = pl.coalesce(_present(reports, _FILED))
    clock = accepted.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    # Midnight is a date without its time.
    told = pl.when(clock.dt.time() != dt.time()).then(clock)
    day = pl.coalesce(
        filed.str.head(10).str.to_date("%Y-%m-%d", strict=False),
        accepted.str.head(10).str.to_date("%Y-%m-%d", strict=False),
    )
    evening = day.cast(pl.Datetime("us")) + pl.duration(days=1, microseconds=-1)
    local = pl.coalesce(told, evening).dt.replace_time_zone(
        "America/New_York", ambiguous="latest", non_existent="null"
    )
    return local.dt.convert_time_zone("UTC").alias("available_at")


def acceptances(income: pl.DataFrame) -> pl.DataFrame:
    """When each period's income statement was accepted: ``symbol, date, period, available_at``."""
    return (
        income.select("symbol", "date", "period", known_at(income))
        .drop_nulls()
        .group_by("symbol", "date", "period", maintain_order=True)
        .agg(pl.col("available_at").max())
    )


def period_figures(
    reports: pl.DataFrame,
    names: dict[str, str],
    accepted: pl.DataFrame,
    periods: Sequence[str],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Figures of periods, one row each.

    Parameters
    ----------
    reports
        From ``read_report``, or the same columns of a bulk file.
    names
        The vendor's columns and the items they are.
    accepted
        From ``acceptances``.
    periods
        Those that were asked for. The vendor answers what it does not understand, or does not
        have, with annual reports.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame]
        ``symbol, item, period_end, period, available_at, value, unit``, and the refused rows.
        A value that is null gives no row.
    """
    dated = reports.join(
        accepted, on=["symbol", "date", "period"], how="left", maintain_order="left"
    ).with_columns(period_end=pl.col("date").str.to_date("%Y-%m-%d", strict=False))
    known_on = pl.col("available_at").dt.convert_time_zone("America/New_York").dt.date()
    rule = (
        pl.when(pl.col("period_end").is_null())
        .then(pl.lit(UNREADABLE_DATE))
        .when(~pl.col("period").is_in(list(periods)).fill_null(False))
        .then(pl.lit(UNEXPECTED_PERIOD))
        .when(pl.col("available_at").is_null())
        .then(pl.lit(NO_ACCEPTANCE))
        .when(known_on <= pl.col("period_end"))
        .then(pl.lit(KNOWN_TOO_SOON))
    )
    return long_figures(dated.with_columns(_rule=rule), names)


def long_figures(wide: pl.DataFrame, names: dict[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row for each figure, of rows with one column for each.

    Parameters
    ----------
    wide
        ``symbol, period_end, period, available_at, reportedCurrency``, ``_rule`` (why a row is
        refused, or null) and the vendor's columns, as written.
    names
        The vendor's columns and the items they are.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame]
        As ``period_figures``.
    """
    shown = [name for name in names if name in wide.columns]
    keys = ("symbol", "period_end", "period", "available_at", "reportedCurrency")
    sound = wide.filter(pl.col("_rule").is_null())
    long = (
        sound.unpivot(shown, index=keys, variable_name="sent", value_name="text")
        .filter(pl.col("text").fill_null("") != "")
        .with_columns(value=pl.col("text").cast(pl.Float64, strict=False))
    )
    items = pl.col("sent").replace_strict(names, return_dtype=pl.String)
    units = {item: FIGURES[item].unit for item in names.values()}
    in_money = pl.col("unit").str.starts_with(MONEY)
    told = pl.col("reportedCurrency").fill_null("").str.contains(r"^[A-Z]{3}$")
    rule = (
        pl.when(~pl.col("value").is_finite().fill_null(False))
        .then(pl.lit(UNREADABLE_NUMBER))
        .when(in_money & ~told)
        .then(pl.lit(UNKNOWN_CURRENCY))
    )
    figures = (
        long.with_columns(item=items)
        .with_columns(unit=pl.col("item").replace_strict(units, return_dtype=pl.String))
        .with_columns(_rule=rule)
        .with_columns(unit=pl.col("unit").str.replace(MONEY, pl.col("reportedCurrency")))
    )
    rows = figures.filter(pl.col("_rule").is_null()).select(*_KEY, "symbol", "value", "unit")
    wrong = figures.select("symbol", "_rule", payload=pl.struct("sent", "text", "period_end"))
    described = [name for name in ("date", "period", *shown) if name in wide.columns]
    whole = wide.select("symbol", "_rule", payload=pl.struct(described))
    # Newest first: of two rows about one period the first one is the vendor's last word.
    unique = rows.unique(("symbol", *_KEY), keep="first", maintain_order=True)
    return unique, pl.concat([_quarantined(wrong), _quarantined(whole)])


def _quarantined(rows: pl.DataFrame) -> pl.DataFrame:
    bad = rows.filter(pl.col("_rule").is_not_null())
    if bad.is_empty():
        return no_refusals()
    return bad.select(
        "symbol",
        rules="_rule",
        timestamp=pl.lit(None, REFUSED_COLUMNS["timestamp"]),
        payload=pl.col("payload").struct.json_encode(),
    ).select(*REFUSED_COLUMNS)


def _present(reports: pl.DataFrame, names: tuple[str, ...]) -> list[pl.Expr]:
    found = [pl.col(name) for name in names if name in reports.columns]
    return found or [pl.lit(None, pl.String)]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
