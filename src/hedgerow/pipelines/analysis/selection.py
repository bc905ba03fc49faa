"""Which instruments and days a request for an analysis means."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import polars as pl

from hedgerow.domain import Instrument, InstrumentKind, Timeframe
from hedgerow.errors import DataError
from hedgerow.pipelines.analysis.summary import SymbolFailure
from hedgerow.workspace import Workspace

Day = dt.date | str | None


def asked(
    ws: Workspace, symbols: str | Sequence[str] | None, end: dt.date | None, timeframe: Timeframe
) -> tuple[list[Instrument], list[SymbolFailure]]:
    """Instruments behind the words, and the words that mean nothing.

    Parameters
    ----------
    ws
        Where they are looked up.
    symbols
        Tickers or universes, in one text or a list; None for all with bars, but indices.
    end
        Session at which a ticker counts.
    timeframe
        Length of the bars that count where nothing was named.

    Raises
    ------
    DataError
        Nothing was named and nothing has such bars.
    """
    if symbols is None:
        return _with_bars(ws, timeframe), []
    texts = [symbols] if isinstance(symbols, str) else symbols
    words = [word for text in texts for word in re.split(r"[\s,]+", text) if word]
    found: dict[str, Instrument] = {}
    failed = []
    for word in words:
        try:
            found |= {one.instrument_id: one for one in ws.instruments(word, end)}
        except DataError as error:
            failed.append(SymbolFailure(word, error.message))
    return list(found.values()), failed


def _with_bars(ws: Workspace, timeframe: Timeframe) -> list[Instrument]:
    rows = ws.lake.scan("bars").filter(pl.col("timeframe") == timeframe.code)
    held = set(rows.select(pl.col("instrument_id").unique()).collect().to_series())
    found = [
        one
        for one in ws.instruments()
        if one.instrument_id in held and one.kind is not InstrumentKind.INDEX
    ]
    if not found:
        raise DataError(
            f"the workspace holds no {timeframe} bars: load some with hedgerow demo, "
            "hedgerow synth or hedgerow import bars"
        )
    return found


def last_day(end: Day) -> dt.date | None:
    """Last day of a span; a year stands for its last day.

    Raises
    ------
    DataError
        The text is not a day.
    """
    if not isinstance(end, str):
        return end.date() if isinstance(end, dt.datetime) else end
    try:
        return dt.date.fromisoformat(f"{end}-12-31" if len(end) == len("2014") else end)
    except ValueError:
        raise DataError(
            f"date {end!r} is not a day: write 2014-01-03, or a year such as 2014"
        ) from None
