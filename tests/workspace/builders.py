"""Small hand-made lakes for the tests of this room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from hedgerow.domain import Instrument, sessions, stamp
from hedgerow.workspace import Workspace

LOADED = dt.datetime(2024, 7, 1, tzinfo=dt.UTC)


def days(count: int, *, start: str = "2024-01-02", calendar: str = "XNYS") -> list[dt.date]:
    """Sessions from a day on."""
    first = dt.date.fromisoformat(start)
    return sessions(calendar).filter(pl.col("session") >= first)["session"].head(count).to_list()


def bars(
    symbol: str,
    source: str,
    on: Sequence[dt.date],
    closes: Sequence[float] | float = 100.0,
    *,
    exchange: str = "XNYS",
    currency: str = "USD",
    adjustment: str = "raw",
    volume: float = 1000.0,
) -> pl.DataFrame:
    """Daily bars whose four prices are one."""
    prices = [closes] * len(on) if isinstance(closes, float) else list(closes)
    frame = pl.LazyFrame({"day": on, "close": prices}).select(
        timestamp=pl.col("day").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        open="close",
        high="close",
        low="close",
        close="close",
        volume=pl.lit(volume),
        instrument_id=pl.lit(f"{symbol}.{exchange}"),
        symbol=pl.lit(symbol),
        source=pl.lit(source),
        timeframe=pl.lit("1d"),
        adjustment=pl.lit(adjustment),
        currency=pl.lit(currency),
    )
    return stamp(frame, "1d", calendar=exchange).collect()


def store(ws: Workspace, *frames: pl.DataFrame) -> None:
    """Put bars into a lake and their instruments into its catalog."""
    for frame in frames:
        first = frame.row(0, named=True)
        exchange = first["instrument_id"].rsplit(".", 1)[1]
        one = Instrument.of(first["symbol"], exchange=exchange, currency=first["currency"])
        ws.catalog.add_instruments([one])
        ws.lake.merge("bars", frame, ingested_at=LOADED)


def split(
    symbol: str, source: str, ex_date: dt.date, ratio: float, *, exchange: str = "XNYS"
) -> pl.DataFrame:
    """One split, announced a week before."""
    return pl.DataFrame(
        {
            "instrument_id": [f"{symbol}.{exchange}"],
            "ex_date": [ex_date],
            "source": [source],
            "symbol": [symbol],
            "ratio": [ratio],
            "available_at": [before(ex_date)],
        }
    )


def dividend(
    symbol: str,
    source: str,
    ex_date: dt.date,
    amount: float,
    *,
    exchange: str = "XNYS",
    currency: str = "USD",
) -> pl.DataFrame:
    """One cash dividend, announced a week before."""
    return split(symbol, source, ex_date, amount, exchange=exchange).select(
        pl.all().exclude("ratio"), amount="ratio", kind=pl.lit("cash"), currency=pl.lit(currency)
    )


def rate(
    base: str, quote: str, on: dt.date, value: float, *, source: str = "ecb"
) -> dict[str, object]:
    """One exchange rate, published at 15:00 UTC of its day."""
    known = dt.datetime.combine(on, dt.time(15), tzinfo=dt.UTC)
    return {
        "base": base,
        "quote": quote,
        "date": on,
        "source": source,
        "rate": value,
        "available_at": known,
    }


def before(day: dt.date) -> dt.datetime:
    """A week before a day."""
    return dt.datetime.combine(day - dt.timedelta(days=7), dt.time(12), tzinfo=dt.UTC)
