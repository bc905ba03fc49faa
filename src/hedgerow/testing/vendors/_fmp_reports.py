"""Reports of the companies of the fake Financial Modeling Prep: plain numbers, plainly made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import polars as pl

from hedgerow.testing.vendors.world import NEW_YORK, Company, World

_SHARES = 10_000_000
_FIRST_YEAR = 2023
_ENDS = {1: (3, 31), 2: (6, 30), 3: (9, 30), 4: (12, 31)}


def shares_of(company: Company) -> int:
    """Shares outstanding."""
    return _SHARES * (1 + len(company.name))


def income_statements(
    world: World, company: Company, sent: str, length: str
) -> list[dict[str, Any]]:
    """Statements that are accepted by now, newest first.

    Parameters
    ----------
    world
        Its present decides.
    company
        Whose.
    sent
        The vendor's ticker.
    length
        ``annual``, ``quarter``, ``FY`` or ``Q1`` to ``Q4``.
    """
    if company.kind != "CS":
        return []
    now = world.now.astimezone(NEW_YORK).replace(tzinfo=None)
    rows = [
        _statement(company, sent, year, quarter)
        for year in range(_FIRST_YEAR, now.year + 1)
        for quarter in _quarters(length)
    ]
    known = [row for row in rows if dt.datetime.fromisoformat(row["acceptedDate"]) <= now]
    return sorted(known, key=lambda row: row["date"], reverse=True)


def ratios(bars: pl.DataFrame, company: Company, statement: dict[str, Any]) -> dict[str, Any]:
    """Ratios of a period, at the last close of it; prices of today's share basis."""
    shares, income = shares_of(company), statement["netIncome"]
    scale = 1 if statement["period"] == "FY" else 4
    price = _close(bars, dt.date.fromisoformat(statement["date"]))
    revenue = statement["revenue"]
    book = _book(company)
    return {
        **{name: statement[name] for name in ("symbol", "date", "fiscalYear", "period")},
        "reportedCurrency": statement["reportedCurrency"],
        "grossProfitMargin": statement["grossProfit"] / revenue,
        "operatingProfitMargin": statement["operatingIncome"] / revenue,
        "ebitdaMargin": statement["ebitda"] / revenue,
        "netProfitMargin": income / revenue,
        "currentRatio": 1.25,
        "quickRatio": None,
        "assetTurnover": revenue / (2.5 * book),
        "interestCoverageRatio": 0,
        "priceToEarningsRatio": price * shares / (scale * income),
        "priceToEarningsGrowthRatio": 1.5,
        "priceToBookRatio": price * shares / book,
        "priceToSalesRatio": price * shares / (scale * revenue),
        "priceToFreeCashFlowRatio": price * shares / (scale * income * 0.9),
        "debtToEquityRatio": 0.21,
        "debtToAssetsRatio": 0.08,
        "dividendPayoutRatio": 0,
        "dividendYield": 0,
        "dividendYieldPercentage": 0,
        "dividendPerShare": 0,
        "bookValuePerShare": book / shares,
        "revenuePerShare": revenue / shares,
        "freeCashFlowPerShare": income * 0.9 / shares,
        "enterpriseValueMultiple": 12.5,
    }


def key_metrics(company: Company, statement: dict[str, Any]) -> dict[str, Any]:
    """Key metrics of a period."""
    book, income = _book(company), statement["netIncome"]
    return {
        **{name: statement[name] for name in ("symbol", "date", "fiscalYear", "period")},
        "reportedCurrency": statement["reportedCurrency"],
        "marketCap": 40 * income,
        "enterpriseValue": 41 * income,
        "evToSales": 41 * income / statement["revenue"],
        "evToEBITDA": 12.5,
        "earningsYield": 0.025,
        "returnOnEquity": income / book,
        "returnOnAssets": income / (2.5 * book),
        "returnOnInvestedCapital": 0.11,
    }


def trailing(rows: list[dict[str, Any]], names: tuple[str, ...]) -> dict[str, Any]:
    """A row without dates whose columns end in TTM."""
    dated = ("symbol", "date", "fiscalYear", "period", "reportedCurrency")
    return {"symbol": rows[0]["symbol"]} | {
        name if name in names else f"{name}TTM": value
        for name, value in rows[0].items()
        if name not in dated
    }


def _statement(company: Company, sent: str, year: int, quarter: int) -> dict[str, Any]:
    month, day = _ENDS[quarter or 4]
    end = dt.date(year, month, day)
    filed = end + dt.timedelta(days=51 if quarter in (0, 4) else 35)
    accepted = dt.datetime.combine(filed - dt.timedelta(days=1), dt.time(18, 4, 11))
    revenue = shares_of(company) * (40 if quarter == 0 else 10) * (1 + year % 10)
    gross = revenue * 44 // 100
    income = revenue * 11 // 100
    shares = shares_of(company)
    return {
        "date": end.isoformat(),
        "symbol": sent,
        "reportedCurrency": "GBP" if company.currency == "GBX" else company.currency,
        "cik": company.cik,
        "filingDate": filed.isoformat(),
        "acceptedDate": accepted.isoformat(sep=" "),
        "fiscalYear": str(year),
        "period": f"Q{quarter}" if quarter else "FY",
        "revenue": revenue,
        "costOfRevenue": revenue - gross,
        "grossProfit": gross,
        "operatingExpenses": gross // 2,
        "operatingIncome": gross - gross // 2,
        "ebitda": gross * 3 // 5,
        "ebit": gross // 2,
        "incomeBeforeTax": income * 5 // 4,
        "incomeTaxExpense": income * 5 // 4 - income,
        "netIncome": income,
        "eps": round(income / shares, 2),
        "epsDiluted": round(income / shares * 0.98, 2),
        "weightedAverageShsOut": shares,
        "weightedAverageShsOutDil": shares * 102 // 100,
    }


def _quarters(length: str) -> Iterator[int]:
    if length == "quarter":
        yield from (1, 2, 3, 4)
    else:
        yield int(length[1]) if length[0] == "Q" else 0


def _book(company: Company) -> int:
    return shares_of(company) * 25


def _close(bars: pl.DataFrame, day: dt.date) -> float:
    """Last close by a day, or the first one where there is none yet."""
    known = bars.filter(pl.col("date") <= day)
    return float(known["close"][-1] if known.height else bars["close"][0])
