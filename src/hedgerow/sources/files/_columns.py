"""Which column of a file is which: the spellings that vendors use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from hedgerow.domain.adjustment import Adjustment
from hedgerow.errors import DataError, DefinitionError, did_you_mean

# A first column without a name is the index of a data frame: the time, if nothing else is.
UNNAMED = "column_1"

PRICE_FIELDS = ("open", "high", "low", "close")
NUMBER_FIELDS = (*PRICE_FIELDS, "volume", "vwap", "trade_count")
_TIMES = ("timestamp", "date", "time")
FIELDS = ("symbol", *_TIMES, *NUMBER_FIELDS)

# Folded as `_folded` does; the first is the field's own name and wins over the others.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "sym", "code", "contract", "instrument", "secid"),
    "timestamp": ("timestamp", "datetime", "windowstart", "barstart", "starttime", "t", "ts"),
    "date": ("date", "day", "tradedate", "tradingday", "session", "dt"),
    "time": ("time", "timeofday"),
    "open": ("open", "o", "openprice", "openingprice", "1open", "first"),
    "high": ("high", "h", "highprice", "2high", "max"),
    "low": ("low", "l", "lowprice", "3low", "min"),
    "close": ("close", "c", "closeprice", "closingprice", "4close", "last", "close/last", "price"),
    "volume": ("volume", "v", "vol", "5volume", "6volume", "tradedvolume", "totalvolume"),
    "vwap": ("vwap", "vw", "volumeweightedaverageprice", "averageprice"),
    "trade_count": ("tradecount", "n", "transactions", "trades", "numberoftrades"),
}
_ADJUSTED_CLOSE = ("adjclose", "adjustedclose", "adjprice", "5adjustedclose", "closeadj")


def recognise(
    path: Path, columns: Sequence[str], mapping: Mapping[str, str], adjustment: str
) -> dict[str, str]:
    """Column of the file behind each field.

    Parameters
    ----------
    path
        For messages.
    columns
        Names in the file.
    mapping
        Fields whose column the caller has named: ``{"close": "Settle"}``; an empty name for a
        field that is not to be read.
    adjustment
        What the caller says was done to the prices. ``total`` takes adjusted columns
        (``Adj Close``) where the file has them, the others never do.

    Returns
    -------
    dict[str, str]
        Field to column; fields that the file does not have are absent.

    Raises
    ------
    DefinitionError
        The mapping names a field that does not exist.
    DataError
        A column is missing, or several could be meant.
    """
    _check_mapping(path, columns, mapping)
    unwanted = {field for field, column in mapping.items() if not column}
    mapping = {field: column for field, column in mapping.items() if column}
    free = [name for name in columns if name not in mapping.values()]
    folded = {name: _folded(name) for name in free}
    found = dict(mapping)
    for field, spellings in _SPELLINGS.items():
        if field not in {*found, *unwanted} and (column := _pick(path, field, spellings, folded)):
            found[field] = column
    if UNNAMED in free and free[0] == UNNAMED and not set(_TIMES) & set(found):
        found["timestamp"] = UNNAMED
    adjusted = _adjusted_columns(folded)
    if adjustment == Adjustment.TOTAL and "close" in adjusted and "close" not in mapping:
        plain = {field: name for field, name in found.items() if field not in PRICE_FIELDS}
        chosen = {field: name for field, name in mapping.items() if field in PRICE_FIELDS}
        found = plain | adjusted | chosen
    _check_needed(path, columns, found, adjusted)
    return found


def _folded(name: str) -> str:
    return re.sub(r"[\s_.\-<>()]+", "", name).casefold()


def _pick(
    path: Path, field: str, spellings: Sequence[str], folded: Mapping[str, str]
) -> str | None:
    candidates = [name for name, fold in folded.items() if fold in spellings]
    best = [name for name in candidates if folded[name] == spellings[0]]
    chosen = best if len(best) == 1 else candidates
    if len(chosen) > 1:
        raise DataError(
            f"file {path} has several columns for {field}: {', '.join(chosen)}. "
            f"Name one with --map '{field}={chosen[0]}' (mapping= in Python)",
            path=str(path),
        )
    return chosen[0] if chosen else None


def _adjusted_columns(folded: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, fold in folded.items():
        if fold in _ADJUSTED_CLOSE:
            found["close"] = name
        for field in ("open", "high", "low"):
            if fold in (f"adj{field}", f"adjusted{field}"):
                found[field] = name
    return found


def _check_mapping(path: Path, columns: Sequence[str], mapping: Mapping[str, str]) -> None:
    for field, column in mapping.items():
        if field not in FIELDS:
            raise DefinitionError(
                f"mapping names the field {field!r}, which bars do not have. "
                f"{did_you_mean(field, FIELDS)}"
            )
        if column and column not in columns:
            raise DataError(
                f"file {path} has no column {column!r} (mapped to {field}). "
                f"{did_you_mean(column, columns)}",
                path=str(path),
            )


def _check_needed(
    path: Path, columns: Sequence[str], found: Mapping[str, str], adjusted: Mapping[str, str]
) -> None:
    if "close" not in found and "close" in adjusted:
        raise DataError(
            f"file {path} has only an adjusted close, {adjusted['close']!r}: say so with "
            "--adjustment total (adjustment='total' in Python)",
            path=str(path),
        )
    missing = [] if "close" in found else ["close"]
    if not set(_TIMES) & set(found):
        missing.insert(0, "timestamp")
    if missing:
        shown = ", ".join(columns[:12]) + (", …" if len(columns) > 12 else "")
        raise DataError(
            f"file {path} has no column for {' and '.join(missing)}; it has: {shown}. "
            f"Name it with --map {missing[0]}=… (mapping= in Python), or add a header line",
            path=str(path),
            missing=missing,
        )
