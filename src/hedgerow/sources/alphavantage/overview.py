"""The overview of a company: what the market says of it today, and its last four quarters."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import polars as pl

from hedgerow.domain.currency import major_unit
from hedgerow.domain.figures import FIGURES
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import FUNDAMENTALS
from hedgerow.errors import BadPayload, DataError
from hedgerow.sources.alphavantage.parse import NO_VALUE, UNREADABLE_NUMBER
from hedgerow.sources.alphavantage.symbols import VENDOR
from hedgerow.sources.base import REFUSED_COLUMNS, SourceBatch

UNKNOWN_CURRENCY = "unknown_currency"

_NEW_YORK = ZoneInfo("America/New_York")

# The vendor's names of what holds for a day, and of what holds for four quarters.
OF_TODAY = {
    "MarketCapitalization": "market_cap",
    "Beta": "beta",
    "52WeekHigh": "fifty_two_week_high",
    "52WeekLow": "fifty_two_week_low",
    "SharesOutstanding": "shares_outstanding",
}
OF_A_YEAR = {
    "BookValue": "book_value",
    "DilutedEPSTTM": "eps_diluted",
    "DividendPerShare": "dividend_per_share",
    "DividendYield": "dividend_yield",
    "EBITDA": "ebitda",
    "EPS": "eps",
    "EVToEBITDA": "ev_ebitda",
    "EVToRevenue": "ev_sales",
    "GrossProfitTTM": "gross_profit",
    "OperatingMarginTTM": "operating_margin",
    "PEGRatio": "peg_ratio",
    "PERatio": "pe_ratio",
    "PriceToBookRatio": "pb_ratio",
    "PriceToSalesRatioTTM": "ps_ratio",
    "ProfitMargin": "net_margin",
    "ReturnOnAssetsTTM": "roa",
    "ReturnOnEquityTTM": "roe",
    "RevenuePerShareTTM": "revenue_per_share",
    "RevenueTTM": "revenue",
}
_PERIODS = {**dict.fromkeys(OF_TODAY, "DAY"), **dict.fromkeys(OF_A_YEAR, "TTM")}
_ITEMS = {**OF_TODAY, **OF_A_YEAR}


def overview_batch(
    body: bytes, where: str, instrument: Instrument, now: dt.datetime
) -> SourceBatch:
    """Figures of a company, known from the moment they were asked for.

    The vendor says neither when a figure was published nor of which day it is, so that they
    must not be thought to have been known before. ``period`` is ``DAY`` for what the market
    says and ``TTM`` for four quarters; ``period_end`` is the day they were asked for in New York.

    Parameters
    ----------
    body
        The answer.
    where
        What was asked for, for messages.
    instrument
        Whose figures.
    now
        When they were asked for.

    Returns
    -------
    SourceBatch
        For ``fundamentals``; margins, returns and yields as fractions. A figure that the vendor
        does not have gives no row. Figures in money are refused where the overview names no
        whole currency.

    Raises
    ------
    BadPayload
        It is not the overview of a company: none of the figures is named.

    Examples
    --------
    >>> body = b'{"Symbol":"ZQX","Currency":"USD","PERatio":"19.42","Beta":"None"}'
    >>> now = dt.datetime(2026, 3, 31, 21, tzinfo=dt.UTC)
    >>> found = overview_batch(body, "example", Instrument.of("ZQX"), now).frame
    >>> found.select("item", "period", "value", "unit").rows()
    [('pe_ratio', 'TTM', 19.42, 'ratio')]
    """
    told = _told(body, where)
    sent = pl.DataFrame(
        {
            "name": list(_ITEMS),
            "item": list(_ITEMS.values()),
            "period": list(_PERIODS.values()),
            "unit": [FIGURES[item].unit for item in _ITEMS.values()],
            "text": [told.get(name) for name in _ITEMS],
        },
        schema_overrides={"text": pl.String},
        strict=False,
    )
    currency = _whole_currency(told)
    value = pl.col("text").str.strip_chars().cast(pl.Float64, strict=False)
    in_money = pl.col("unit").str.starts_with("currency")
    judged = sent.filter(~pl.col("text").str.strip_chars().is_in(NO_VALUE)).with_columns(
        value=value,
        unit=pl.col("unit").str.replace("currency", currency or "", literal=True),
        rules=pl.when(value.is_null() | ~value.is_finite())
        .then(pl.lit(UNREADABLE_NUMBER))
        .when(in_money & (currency is None))
        .then(pl.lit(UNKNOWN_CURRENCY))
        .otherwise(pl.lit("")),
    )
    rows = judged.filter(pl.col("rules") == "").with_columns(
        instrument_id=pl.lit(instrument.instrument_id),
        symbol=pl.lit(instrument.symbol),
        source=pl.lit(VENDOR),
        period_end=pl.lit(now.astimezone(_NEW_YORK).date()),
        available_at=pl.lit(now.astimezone(dt.UTC)).cast(pl.Datetime("us", "UTC")),
    )
    return SourceBatch.of(FUNDAMENTALS, rows, refused=_refused(judged, instrument))


def _told(body: bytes, where: str) -> Mapping[str, object]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise BadPayload(f"{where}: the answer is broken JSON", where=where) from None
    if not isinstance(told, dict) or not _ITEMS.keys() & told.keys():
        raise BadPayload(f"{where}: the answer is not the overview of a company", where=where)
    return told


def _whole_currency(told: Mapping[str, object]) -> str | None:
    """Currency of the overview; None where it names none, or hundredths of one."""
    try:
        currency, factor = major_unit(str(told.get("Currency")))
    except DataError:
        return None
    return currency if factor == 1.0 else None


def _refused(judged: pl.DataFrame, instrument: Instrument) -> pl.DataFrame:
    rows = judged.filter(pl.col("rules") != "").select(
        "rules",
        symbol=pl.lit(instrument.symbol),
        timestamp=pl.lit(None, REFUSED_COLUMNS["timestamp"]),
        payload=pl.struct("name", "text").struct.json_encode(),
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in REFUSED_COLUMNS.items())
