"""A plain vendor over a frame in memory, and stores to load it into."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable

import polars as pl

from hedgerow.catalog import Catalog
from hedgerow.domain import Adjustment, Instrument, Timeframe
from hedgerow.domain.calendar import sessions
from hedgerow.domain.clock import stamp
from hedgerow.domain.schemas import BARS, SPLITS, SYMBOL_INTERVALS
from hedgerow.errors import NotFound
from hedgerow.ingest import BarsLoad, BarsWish, SeriesLoad, Stores, ingest_bars
from hedgerow.lake import Lake
from hedgerow.settings import Settings
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.vendor import BarsRequest, Chunk, Vendor

UTC = dt.UTC
KEY = list(BARS.key)
# Eleven in the evening of a Thursday in New York: the session has closed long since.
NIGHT = dt.datetime(2024, 3, 29, 21, tzinfo=UTC)
LAST = dt.date(2024, 3, 28)  # the 29th was Good Friday
FIRST = dt.date(2024, 1, 2)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def held_sessions(start: dt.date = FIRST, end: dt.date = LAST, calendar: str = "XNYS"):
    days = sessions(calendar)["session"]
    return days.filter(days.is_between(start, end)).to_list()


def prices(days: Iterable[dt.date], base: float = 50.0) -> dict[dt.date, float]:
    """A close a day, never the same twice."""
    return {one: base + n * 0.25 + (n % 7) * 0.5 for n, one in enumerate(days)}


class Shelf(Vendor):
    """A vendor whose shelf holds closes by symbol and day; every request is written down.

    ``faults`` are met by the next requests of a symbol, one each: an error is raised before
    the answer, or after ``after`` chunks of it.
    """

    name = "shelf"

    def __init__(
        self,
        closes: dict[str, dict[dt.date, float]],
        *,
        name: str = "shelf",
        per_chunk: int = 20,
        kind: str = "raw",
        now: dt.datetime = NIGHT,
    ) -> None:
        self.name = name  # type: ignore[misc]
        self.closes = {symbol: dict(days) for symbol, days in closes.items()}
        self.per_chunk = per_chunk
        self.kind = kind
        self.now = now
        self.requests: list[BarsRequest] = []
        self.faults: dict[str, list[tuple[int, BaseException] | None]] = defaultdict(list)
        self.minutes: dict[str, list[dt.datetime]] = {}
        self.splits: dict[str, list[tuple[dt.date, float]]] = {}
        self.closed = False

    def timeframes(self) -> frozenset[str]:
        return frozenset({"1d", "1w", "30m"})

    def fail(self, symbol: str, error: BaseException, *, after: int = 0) -> None:
        self.faults[symbol].append((after, error))

    async def bars(self, request: BarsRequest) -> AsyncIterator[Chunk]:
        self.requests.append(request)
        symbol = request.instrument.symbol
        after, error = (self.faults[symbol] or [None]).pop(0) or (10**9, None)
        if after == 0:
            raise error
        if symbol not in self.closes:
            raise NotFound(f"{self.name} does not know {symbol}")
        days = held_sessions(request.start, request.end, request.instrument.exchange)
        for place in range(0, len(days), self.per_chunk):
            if place // self.per_chunk == after:
                raise error
            asked = days[place : place + self.per_chunk]
            through = request.end if place + self.per_chunk >= len(days) else asked[-1]
            yield Chunk(self._batches(request, asked), through)

    def _batches(self, request: BarsRequest, days: list[dt.date]) -> tuple[SourceBatch, ...]:
        bars = self._bars(request, days)
        if bars.is_empty():
            return ()
        splits = [
            split_batch(request.instrument, ex_date, ratio, self.name)
            for ex_date, ratio in self.splits.get(request.instrument.symbol, [])
            if ex_date in days
        ]
        return (*splits, SourceBatch.of(BARS, bars))

    def _bars(self, request: BarsRequest, days: list[dt.date]) -> pl.DataFrame:
        of_symbol = self.closes[request.instrument.symbol]
        sent = [one for one in days if one in of_symbol]
        starts = [dt.datetime.combine(one, dt.time(), UTC) for one in sent]
        if request.timeframe.intraday:
            starts = [start.replace(hour=15) for start in starts]
        return bars_of(
            request.instrument,
            starts,
            [of_symbol[one] for one in sent],
            source=self.name,
            kind=self.kind,
            timeframe=request.timeframe.code,
        )

    async def aclose(self) -> None:
        self.closed = True


def bars_of(
    instrument: Instrument,
    starts: list[dt.datetime],
    closes: list[float],
    *,
    source: str = "shelf",
    kind: str = "raw",
    timeframe: str = "1d",
) -> pl.DataFrame:
    rows = pl.LazyFrame(
        {"timestamp": starts, "close": closes},
        schema={"timestamp": pl.Datetime("us", "UTC"), "close": pl.Float64},
    )
    facts = {
        "source": source,
        "timeframe": timeframe,
        "instrument_id": instrument.instrument_id,
        "symbol": instrument.symbol,
        "adjustment": kind,
        "currency": instrument.currency,
    }
    stamped = stamp(rows, timeframe, calendar=instrument.exchange).collect()
    return stamped.with_columns(
        *(pl.lit(value).alias(name) for name, value in facts.items()),
        open=pl.col("close") - 0.1,
        high=pl.col("close") + 0.2,
        low=pl.col("close") - 0.2,
        volume=pl.lit(1000.0) + pl.col("close"),
    )


def split_batch(instrument: Instrument, ex_date: dt.date, ratio: float, source: str) -> SourceBatch:
    row = {
        "instrument_id": instrument.instrument_id,
        "ex_date": ex_date,
        "source": source,
        "symbol": instrument.symbol,
        "ratio": ratio,
        "available_at": dt.datetime.combine(ex_date, dt.time(14), UTC),
    }
    return SourceBatch.of(SPLITS, pl.DataFrame([row]))


def stores_at(folder, now: dt.datetime = NIGHT, **settings) -> Stores:
    folder.mkdir(parents=True, exist_ok=True)
    chosen = Settings(_env_file=None, cache=folder / "cache", **settings)
    return Stores(
        Lake(folder / "lake", settings=chosen),
        Catalog(folder / "catalog.db"),
        chosen,
        clock=lambda: now,
    )


def at(stores: Stores, now: dt.datetime) -> Stores:
    """The same stores at another time."""
    return Stores(stores.lake, stores.catalog, stores.settings, clock=lambda: now)


def load(stores: Stores, vendor, *symbols: str, **wish) -> BarsLoad:
    options = {name: wish.pop(name) for name in ("concurrency", "progress") if name in wish}
    timeframe = Timeframe.parse(wish.pop("timeframe", "1d"))
    return ingest_bars(
        stores, list(symbols), sources=vendor, wish=BarsWish(timeframe, **wish), **options
    )


def load_one(stores: Stores, vendor, symbol: str = "ZQX", **wish) -> SeriesLoad:
    (outcome,) = load(stores, vendor, symbol, **wish).series
    return outcome


def listed(stores: Stores, symbol: str, start: dt.date, end: dt.date | None = None) -> None:
    """Say when a symbol was listed, and delisted."""
    row = {
        "symbol": symbol,
        "exchange": "XNYS",
        "valid_from": start,
        "valid_to": end,
        "instrument_id": f"{symbol}.XNYS",
        "source": "test",
    }
    frame = pl.DataFrame([row], schema_overrides={"valid_to": pl.Date})
    stores.lake.merge(SYMBOL_INTERVALS, frame, ingested_at=NIGHT)


def stored(stores: Stores, symbol: str | None = None, source: str | None = None) -> pl.DataFrame:
    rows = stores.lake.scan(BARS).drop("period").collect().sort(KEY)
    if symbol is not None:
        rows = rows.filter(pl.col("symbol") == symbol)
    return rows if source is None else rows.filter(pl.col("source") == source)


def days_of(stores: Stores, symbol: str = "ZQX", source: str | None = None) -> list[dt.date]:
    return stored(stores, symbol, source)["session"].to_list()


def adjusted(closes: dict[dt.date, float], ratio: float, before: dt.date) -> dict[dt.date, float]:
    """Closes restated by a ratio on all days before one."""
    return {one: close * ratio if one < before else close for one, close in closes.items()}


RAW, SPLIT, TOTAL = Adjustment.RAW, Adjustment.SPLIT, Adjustment.TOTAL
