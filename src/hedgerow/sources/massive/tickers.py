"""Rows of Massive's ticker endpoints, read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hedgerow.domain.calendar import DEFAULT_CALENDAR
from hedgerow.domain.currency import major_unit
from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.errors import BadPayload, DataError
from hedgerow.sources.massive.bars import EXCHANGES

# Everything that is bought like a share is an equity; notes that track something are funds.
_FUNDS = frozenset({"ETF", "ETN", "ETS", "ETV"})


@dataclass(frozen=True)
class Ticker:
    """One ticker as Massive describes it.

    Parameters
    ----------
    symbol
        Spelt as Massive does, but for the ``I:`` of an index.
    name
        Of the company or fund; empty where unknown.
    exchange
        Primary exchange, or the default one where its calendar is not known.
    kind, currency
        Mapped to ours.
    figi
        FIGI of the share class, else the composite one; empty where unknown.
    cik
        Number at the SEC; empty where unknown.
    listed, delisted
        First and last day, where told.
    composite_figi
        The composite FIGI by itself, which ticker changes are told by.
    """

    symbol: str
    name: str
    exchange: str
    kind: InstrumentKind
    currency: str
    figi: str
    cik: str
    listed: dt.date | None
    delisted: dt.date | None
    composite_figi: str = ""

    def instrument(self, identity: str | None = None) -> Instrument:
        """Instrument with an identity, ``SYMBOL.MIC`` by default."""
        return Instrument(
            instrument_id=identity or f"{self.symbol}.{self.exchange}",
            symbol=self.symbol,
            exchange=self.exchange,
            currency=self.currency,
            kind=self.kind,
            name=self.name,
            region="US",
            figi=self.figi,
            cik=self.cik,
        )


def read_ticker(row: Mapping[str, Any], where: str) -> Ticker:
    """One row of the list, or the details of one ticker.

    Raises
    ------
    BadPayload
        The row names no ticker.

    Examples
    --------
    >>> row = {"ticker": "ZQX", "primary_exchange": "XNAS", "type": "ETF", "currency_name": "usd"}
    >>> read_ticker(row, "example").instrument().instrument_id
    'ZQX.XNAS'
    """
    symbol = row.get("ticker")
    if not isinstance(symbol, str) or not symbol:
        raise BadPayload(f"{where}: a ticker has no name: {str(dict(row))[:120]}", where=where)
    exchange = _text(row, "primary_exchange")
    composite = _text(row, "composite_figi")
    return Ticker(
        symbol=symbol.removeprefix("I:"),
        name=_text(row, "name"),
        exchange=exchange if exchange in EXCHANGES else DEFAULT_CALENDAR,
        kind=_kind(row),
        currency=_currency(row),
        figi=_text(row, "share_class_figi") or composite,
        cik=_text(row, "cik"),
        listed=read_date(row.get("list_date")),
        delisted=read_date(row.get("delisted_utc")),
        composite_figi=composite,
    )


def read_date(value: object) -> dt.date | None:
    """Date at the beginning of a text; None where there is none.

    Massive writes the day of a delisting as midnight in Greenwich: the date counts, not the
    evening before in New York.

    Examples
    --------
    >>> read_date("2025-06-30T00:00:00Z")
    datetime.date(2025, 6, 30)
    """
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _kind(row: Mapping[str, Any]) -> InstrumentKind:
    if row.get("market") == "indices" or row.get("type") == "INDEX":
        return InstrumentKind.INDEX
    return InstrumentKind.ETF if row.get("type") in _FUNDS else InstrumentKind.EQUITY


def _currency(row: Mapping[str, Any]) -> str:
    try:
        return major_unit(_text(row, "currency_name") or "usd")[0]
    except DataError:
        return "USD"


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return " ".join(value.split()) if isinstance(value, str) else ""
