"""The profile of a company: what it is, and what the market says of it today."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from hedgerow.domain.currency import major_unit
from hedgerow.domain.figures import FIGURES
from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.errors import DataError
from hedgerow.sources.base import REFUSED_COLUMNS
from hedgerow.sources.fmp.figures import UNKNOWN_CURRENCY, check_columns
from hedgerow.sources.fmp.parse import UNREADABLE_NUMBER
from hedgerow.sources.fmp.spelling import exchange_of, own_symbol

_RANGE = re.compile(r"\s*([0-9.]+)\s*-\s*([0-9.]+)\s*")

#: Columns that figures are made of.
FIGURE_COLUMNS = ("price", "marketCap", "beta", "lastDividend", "range")

_SCHEMA: dict[str, pl.DataType] = {
    "symbol": pl.String(),
    "item": pl.String(),
    "period": pl.String(),
    "value": pl.Float64(),
    "unit": pl.String(),
}


@dataclass(frozen=True)
class Profile:
    """One row of ``profile``, or of ``profile-bulk``, where every value is text.

    Parameters
    ----------
    row
        As the vendor sent it.
    where
        Vendor and path, for messages.
    """

    row: dict[str, Any]
    where: str

    def instrument(self) -> Instrument:
        """What the company's share is.

        Raises
        ------
        DataError
            The exchange or the currency is not one that Hedgerow knows.
        """
        symbol, told = own_symbol(str(self.row.get("symbol", "")))
        name = str(self.row.get("exchange") or "")
        exchange = told or exchange_of(name)
        if not exchange:
            raise DataError(
                f"{symbol} trades on {name!r}, whose calendar Hedgerow does not know; add the "
                "symbol by hand with its exchange",
                symbol=symbol,
                exchange=name,
            )
        return Instrument.of(
            symbol,
            exchange=exchange,
            currency=self.quoted_in()[0],
            kind=self.kind(),
            name=str(self.row.get("companyName") or ""),
            sector=str(self.row.get("sector") or ""),
            region=str(self.row.get("country") or ""),
        )

    def kind(self) -> InstrumentKind:
        """Whether it is a company or a fund."""
        fund = any(self._says(flag) for flag in ("isEtf", "isFund"))
        return InstrumentKind.ETF if fund else InstrumentKind.EQUITY

    def quoted_in(self) -> tuple[str, float]:
        """Currency of its prices, and what a price is multiplied by to be in it."""
        return major_unit(str(self.row.get("currency") or ""))

    def figures(self) -> tuple[list[dict[str, Any]], str]:
        """Today's figures.

        Returns
        -------
        tuple[list[dict], str]
            ``item, period, value, unit`` of each, and the rules that values failed, joined by
            commas. Period ``DAY``, but ``TTM`` for the dividend yield, which is of the dividends
            of a year. Prices are in whole currency. A figure the vendor does not have gives none.

        Raises
        ------
        BadPayload
            Its columns are called otherwise: the vendor has renamed them before.
        """
        check_columns(self.row, FIGURE_COLUMNS, self.where)
        try:
            currency, factor = self.quoted_in()
        except DataError:
            return [], UNKNOWN_CURRENCY
        low, high = self._range()
        values = {
            "market_cap": self._number("marketCap"),
            "beta": self._number("beta"),
            "fifty_two_week_low": _times(low, factor),
            "fifty_two_week_high": _times(high, factor),
            "dividend_yield": self._yield(),
        }
        unsure = []
        # The vendor does not say whether the value of the company is in pence or in pounds.
        if factor != 1.0 and values.pop("market_cap") is not None:
            unsure.append(UNKNOWN_CURRENCY)
        told = {item: value for item, value in values.items() if value is not None}
        if not all(map(math.isfinite, told.values())):
            unsure.append(UNREADABLE_NUMBER)
        rows = [
            {
                "item": item,
                "period": "TTM" if item == "dividend_yield" else "DAY",
                "value": value,
                "unit": FIGURES[item].stored_unit(currency),
            }
            for item, value in told.items()
            if math.isfinite(value)
        ]
        return rows, ",".join(unsure)

    def _range(self) -> tuple[float | None, float | None]:
        text = self.row.get("range")
        if text is None or text == "":
            return None, None
        found = _RANGE.fullmatch(str(text))
        if found is None:
            return math.nan, math.nan
        return _float(found[1]), _float(found[2])

    def _yield(self) -> float | None:
        """Dividends of a year over the price; both are in the same unit."""
        paid, price = self._number("lastDividend"), self._number("price")
        return paid / price if paid is not None and price else None

    def _number(self, name: str) -> float | None:
        value = self.row.get(name)
        return None if value is None or value == "" else _float(value)

    def _says(self, flag: str) -> bool:
        return str(self.row.get(flag)).lower() == "true"


def snapshots(profiles: Iterable[Profile], now: dt.datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Today's figures of companies, known from the moment they were asked for.

    Parameters
    ----------
    profiles
        Their descriptions.
    now
        When they were asked for.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame]
        ``item, period, value, unit, symbol, period_end, available_at``, and the refused rows.

    Raises
    ------
    BadPayload
        As ``Profile.figures``.
    """
    rows: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for profile in profiles:
        symbol = profile.row.get("symbol")
        figures, rules = profile.figures()
        rows += [{"symbol": symbol, **one} for one in figures]
        if rules:
            sent = {name: profile.row.get(name) for name in ("currency", *FIGURE_COLUMNS)}
            bad.append({"rules": rules, "symbol": symbol, "payload": json.dumps(sent)})
    refused = pl.DataFrame(bad, schema=REFUSED_COLUMNS)
    return pl.DataFrame(rows, schema=_SCHEMA).with_columns(known_now(now)), refused


def known_now(now: dt.datetime) -> list[pl.Expr]:
    """``period_end`` and ``available_at`` of what carries no date: New York's day, this instant."""
    today = now.astimezone(ZoneInfo("America/New_York")).date()
    instant = pl.lit(now.astimezone(dt.UTC)).cast(pl.Datetime("us", "UTC"))
    return [pl.lit(today).alias("period_end"), instant.alias("available_at")]


def _float(value: object) -> float:
    if isinstance(value, bool):
        return math.nan
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
