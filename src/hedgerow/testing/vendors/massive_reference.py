"""Tickers, splits and dividends as Massive sends them, made from a world."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from hedgerow.testing.vendors.world import Company, Dividend, Split, World

_ABROAD = frozenset({"XLON"})


def ticker_rows(world: World, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of the ticker list on a day, by ticker; delisted ones when ``active`` is false."""
    today = world.now.date()
    day = dt.date.fromisoformat(query["date"]) if query.get("date") else today
    active = query.get("active", "true") == "true"
    wanted = query.get("ticker")
    rows = [
        ticker_row(company, active=active)
        for company in world.companies
        if company.mic not in _ABROAD
        and (company.listed <= day)
        and active is not (company.delisted is not None and company.delisted < day)
        and (wanted is None or company.symbol == wanted)
    ]
    return sorted(rows, key=lambda row: row["ticker"])


def ticker_row(company: Company, *, active: bool) -> dict[str, Any]:
    """One row of the list."""
    row: dict[str, Any] = {
        "ticker": company.symbol,
        "name": company.name,
        "market": "stocks",
        "locale": "us",
        "primary_exchange": company.mic,
        "type": company.kind,
        "active": active,
        "currency_name": company.currency.lower(),
        "last_updated_utc": "2026-03-31T00:00:00Z",
    }
    optional = {"cik": company.cik, "composite_figi": company.figi}
    row |= {name: text for name, text in optional.items() if text}
    if not active:
        row["delisted_utc"] = f"{company.delisted}T00:00:00Z"
    return row


def ticker_details(world: World, ticker: str) -> dict[str, Any] | None:
    """Details of a ticker in use; None for others, delisted ones too."""
    company = world.company(ticker)
    gone = company is not None and company.delisted is not None
    if company is None or company.mic in _ABROAD or gone:
        return None
    row = ticker_row(company, active=True)
    return row | {"list_date": str(company.listed), "ticker_root": ticker, "market_cap": 1e9}


def ticker_events(world: World, ticker: str, renames: Mapping[str, tuple[str, dt.date]]) -> Any:
    """Changes of one company's ticker, newest first."""
    company = world.company(ticker)
    if company is None:
        return None
    tickers = [(company.listed, ticker)]
    if ticker in renames:
        former, day = renames[ticker]
        tickers = [(day, ticker), (company.listed, former)]
    events = [
        {"type": "ticker_change", "date": str(day), "ticker_change": {"ticker": name}}
        for day, name in tickers
    ]
    return {"name": company.name, "composite_figi": company.figi, "events": events}


def split_rows(world: World, *, old: bool) -> list[dict[str, Any]]:
    """Splits of either generation, by date."""
    return [_split(world, split, n, old=old) for n, split in enumerate(world.splits)]


def dividend_rows(world: World, *, old: bool) -> list[dict[str, Any]]:
    """Dividends of either generation, by date."""
    return [_dividend(world, paid, n, old=old) for n, paid in enumerate(world.dividends)]


def _split(world: World, split: Split, number: int, *, old: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f"S{number}",
        "ticker": split.symbol,
        "execution_date": str(split.ex_date),
        "split_from": split.old,
        "split_to": split.new,
    }
    if old:
        return row
    factor = 1.0
    for later in world.splits:
        if later.symbol == split.symbol and later.ex_date >= split.ex_date:
            factor /= later.ratio
    kind = "forward_split" if split.ratio > 1 else "reverse_split"
    return row | {"adjustment_type": kind, "historical_adjustment_factor": factor}


def _dividend(world: World, paid: Dividend, number: int, *, old: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f"D{number}",
        "ticker": paid.symbol,
        "cash_amount": paid.amount,
        "currency": "USD",
        "declaration_date": str(paid.declared),
        "ex_dividend_date": str(paid.ex_date),
        "record_date": str(paid.record),
        "pay_date": str(paid.pay),
        "frequency": 4,
    }
    if old:
        return row | {"dividend_type": "CD"}
    later = [
        split.ratio
        for split in world.splits
        if split.symbol == paid.symbol and split.ex_date > paid.ex_date
    ]
    restated = paid.amount
    for ratio in later:
        restated /= ratio
    return row | {"distribution_type": "recurring", "split_adjusted_cash_amount": restated}
