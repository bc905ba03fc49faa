"""What a symbol search finds."""

from __future__ import annotations

import polars as pl

from hedgerow.domain.currency import major_unit
from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.errors import BadPayload, NotFound
from hedgerow.sources.alphavantage.parse import Cells
from hedgerow.sources.alphavantage.symbols import (
    UNITED_STATES,
    US_EXCHANGES,
    abroad,
    american,
    our_symbol,
)

_FIELDS = ("symbol", "name", "type", "region", "currency")
_OVER_THE_COUNTER = "OOTC"

# A mutual fund is nearest to an ETF among the kinds there are: a share of a basket.
_KINDS = {
    "equity": InstrumentKind.EQUITY,
    "etf": InstrumentKind.ETF,
    "index": InstrumentKind.INDEX,
    "mutual fund": InstrumentKind.ETF,
}


def best_match(symbol: str, found: Cells) -> dict[str, str]:
    """The one row of a search that is the ticker asked for.

    Parameters
    ----------
    symbol
        Ticker as here or with the vendor's suffix.
    found
        Answer of a symbol search.

    Returns
    -------
    dict[str, str]
        ``symbol, name, type, region, currency`` as sent.

    Raises
    ------
    NotFound
        No row is that ticker, or rows of several exchanges are.
    """
    rows = _matches(found)
    exact = [row for row in rows if row["symbol"] in (symbol, american(symbol))]
    if exact:
        return exact[0]
    same = [row for row in rows if (abroad(row["symbol"]) or ("",))[0] == symbol]
    if len(same) == 1:
        return same[0]
    near = ", ".join(row["symbol"] for row in same or rows[:5])
    hint = f"Did you mean one of {near}?" if near else "Its search finds nothing like it."
    raise NotFound(f"alphavantage does not know {symbol!r}. {hint}", symbol=symbol)


def quoted_in(symbol: str, found: Cells) -> str:
    """Unit of an instrument's prices as the vendor spells it, such as ``GBX`` for pence.

    Parameters
    ----------
    symbol
        Ticker as the vendor spells it.
    found
        Answer of a symbol search.

    Raises
    ------
    NotFound
        The search does not show the ticker, so that nobody knows whether its prices are pence
        or pounds.
    """
    for row in _matches(found):
        if row["symbol"] == symbol:
            return row["currency"]
    raise NotFound(
        f"alphavantage does not say whether {symbol} is quoted in pence or pounds: its search "
        "does not show it; use another source",
        symbol=symbol,
    )


def described(match: dict[str, str], listed: pl.DataFrame | None = None) -> Instrument:
    """Instrument of a row of a search.

    Parameters
    ----------
    match
        Row of a search.
    listed
        Listing of the United States, which alone says the exchange there.

    Raises
    ------
    NotFound
        The exchange is none that is known here.
    BadPayload
        The currency is none.
    """
    kind = _KINDS.get(match["type"].lower(), InstrumentKind.EQUITY)
    currency, _ = major_unit(match["currency"])
    place = abroad(match["symbol"])
    if match["region"] == UNITED_STATES:
        exchange = _american_exchange(match["symbol"], listed)
        place = (our_symbol(match["symbol"]), exchange, "US")
    if place is None:
        raise NotFound(
            f"alphavantage: {match['symbol']} is listed in {match['region']}, whose exchange is "
            "not known here",
            symbol=match["symbol"],
        )
    symbol, exchange, region = place
    return Instrument.of(
        symbol, exchange=exchange, currency=currency, kind=kind, name=match["name"], region=region
    )


def _american_exchange(symbol: str, listed: pl.DataFrame | None) -> str:
    named = [] if listed is None else listed.filter(symbol=symbol)["exchange"].to_list()
    return US_EXCHANGES.get(named[0], _OVER_THE_COUNTER) if named else _OVER_THE_COUNTER


def _matches(found: Cells) -> list[dict[str, str]]:
    found.require(*_FIELDS)
    if not found.height:
        return []
    rows = found.frame.select(pl.col(*_FIELDS).fill_null("")).to_dicts()
    if not all(row["currency"] for row in rows):
        raise BadPayload(f"{found.where}: a match has no currency", where=found.where)
    return rows
