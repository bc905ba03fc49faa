"""Yahoo's chart answers: bytes to rows and events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from hedgerow.errors import BadPayload

# Yahoo's word for a span in which a known ticker has no prices.
NO_PRICES = "Data doesn't exist for startDate"

_QUOTES = ("open", "high", "low", "close", "volume")
_INSTANT = pl.Datetime("us", "UTC")
_NO_ROWS = pl.DataFrame(
    schema={"start": _INSTANT, **dict.fromkeys((*_QUOTES, "adj_close"), pl.Float64)}
)
_NO_SPLITS = pl.DataFrame(schema={"at": _INSTANT, "new": pl.Float64, "old": pl.Float64})
_NO_CASH = pl.DataFrame(
    schema={"at": _INSTANT, "amount": pl.Float64, "unit": pl.String, "kind": pl.String}
)


@dataclass(frozen=True)
class Chart:
    """One answer.

    Parameters
    ----------
    meta
        What Yahoo says of the instrument: ``currency``, ``exchangeName``,
        ``exchangeTimezoneName``, ``instrumentType``, …; empty where it has no prices.
    rows
        ``start`` (UTC) and ``open, high, low, close, volume, adj_close`` as sent: restated for
        splits, in the unit of ``meta``; null where Yahoo has none. In the order they came.
    splits
        ``at`` and the ``new`` shares for ``old`` ones.
    cash
        ``at``, ``amount`` per share restated for later splits, ``unit`` of the money (null for
        that of the prices) and ``kind``: ``cash``, or ``special`` for a fund's gains.
    """

    meta: Mapping[str, Any]
    rows: pl.DataFrame
    splits: pl.DataFrame
    cash: pl.DataFrame


def chart_error(body: bytes) -> tuple[str, str] | None:
    """Code and description of Yahoo's own error; None where the answer tells none.

    Raises
    ------
    ValueError
        The body is not an object of JSON.
    """
    answer = json.loads(body)
    if not isinstance(answer, dict):
        raise ValueError("no object")  # noqa: TRY004  one error for whatever cannot be read
    for part in answer.values():
        error = part.get("error") if isinstance(part, dict) else None
        if isinstance(error, dict):
            return str(error.get("code", "")), str(error.get("description", ""))
    return None


def parse_chart(body: bytes, where: str) -> Chart:
    """Read an answer of ``/v8/finance/chart``.

    Raises
    ------
    BadPayload
        It is no such answer.

    Examples
    --------
    >>> quote = {"open": [50.0], "high": [51.0], "low": [49.5], "close": [50.5], "volume": [9]}
    >>> result = {"meta": {}, "timestamp": [1772807400], "indicators": {"quote": [quote]}}
    >>> body = json.dumps({"chart": {"result": [result], "error": None}}).encode()
    >>> parse_chart(body, "yahoo").rows.select("start", "close").row(0)[1]
    50.5
    """
    try:
        answer = json.loads(body)["chart"]
        if answer["error"] is not None:
            if NO_PRICES in str(answer["error"].get("description", "")):
                return Chart({}, _NO_ROWS, _NO_SPLITS, _NO_CASH)
            raise BadPayload(f"{where}: {answer['error']}", where=where)
        result = answer["result"][0]
        meta, events = result["meta"], result.get("events") or {}
        if not isinstance(meta, dict) or not isinstance(events, dict):
            raise BadPayload(f"{where}: the chart has no description", where=where)
        return Chart(meta, _rows(result), _splits(events), _cash(events))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise BadPayload(
            f"{where}: the answer is no chart ({type(error).__name__}: {error})", where=where
        ) from None
    except pl.exceptions.PolarsError:
        raise BadPayload(f"{where}: the chart's columns do not fit together", where=where) from None


def _rows(result: Mapping[str, Any]) -> pl.DataFrame:
    starts = result.get("timestamp")
    if not starts:
        return _NO_ROWS
    indicators = result["indicators"]
    quote = indicators["quote"][0]
    adjusted = (indicators.get("adjclose") or [{}])[0].get("adjclose")
    columns = {name: quote.get(name) for name in _QUOTES} | {"adj_close": adjusted}
    nothing = [None] * len(starts)
    return pl.DataFrame(
        {
            "start": _instants(starts),
            **{
                name: pl.Series(values or nothing, dtype=pl.Float64, strict=False)
                for name, values in columns.items()
            },
        },
    )


def _splits(events: Mapping[str, Any]) -> pl.DataFrame:
    sent = list((events.get("splits") or {}).values())
    if not sent:
        return _NO_SPLITS
    return pl.DataFrame(
        {
            "at": _instants([one["date"] for one in sent]),
            "new": [float(one["numerator"]) for one in sent],
            "old": [float(one["denominator"]) for one in sent],
        }
    ).sort("at")


def _cash(events: Mapping[str, Any]) -> pl.DataFrame:
    sent = [
        (one, kind)
        for name, kind in (("dividends", "cash"), ("capitalGains", "special"))
        for one in (events.get(name) or {}).values()
    ]
    if not sent:
        return _NO_CASH
    return pl.DataFrame(
        {
            "at": _instants([one["date"] for one, _ in sent]),
            "amount": [float(one["amount"]) for one, _ in sent],
            "unit": pl.Series([one.get("currency") for one, _ in sent], dtype=pl.String),
            "kind": [kind for _, kind in sent],
        }
    ).sort("at", "kind")


def _instants(seconds: list[int]) -> pl.Series:
    return pl.from_epoch(pl.Series(seconds, dtype=pl.Int64), "s").cast(_INSTANT)
