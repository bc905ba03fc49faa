"""Cboe's public files of index histories, faked."""

from __future__ import annotations

import zlib

import numpy as np
import polars as pl

from hedgerow.domain.calendar import sessions
from hedgerow.testing.vendors.server import FakeServer, Request, Response
from hedgerow.testing.vendors.world import World

FOLDER = "/api/global/us_indices/daily_prices/"

# Level of each index, and whether its file has the four prices or one value a day.
_LEVELS = {"VIX": (18.0, True), "SPX": (5000.0, False), "SKEW": (140.0, False)}


def index_days(world: World, symbol: str) -> pl.DataFrame:
    """Days of an index that never was: ``date, open, high, low, close``, two decimals."""
    bars = world.bars
    first, last = bars["date"].min(), min(bars["date"].max(), world.now.date())  # type: ignore[type-var]
    held = sessions("XNYS").filter(
        pl.col("session").is_between(first, last), pl.col("close") <= world.clock()
    )
    days = held["session"]
    level, _ = _LEVELS[symbol]
    random = np.random.default_rng([zlib.crc32(symbol.encode()), 20_260_331])
    steps = random.normal(0, 0.01, (len(days), 3))
    close = level * np.exp(np.cumsum(steps[:, 0]) / 4)
    open_ = close * np.exp(steps[:, 1] / 4)
    high = np.maximum(open_, close) * np.exp(np.abs(steps[:, 2]))
    low = np.minimum(open_, close) * np.exp(-np.abs(steps[:, 2]))
    prices = {"open": open_, "high": high, "low": low, "close": close}
    return pl.DataFrame({"date": days, **{n: np.round(p, 2) for n, p in prices.items()}})


class FakeCboe(FakeServer):
    """Serves ``VIX_History.csv`` with four prices, ``SPX`` and ``SKEW`` with one value a day.

    A file that is not there is refused with 403 and XML, as by the store behind the true one.

    Parameters
    ----------
    world
        Whose sessions and present; the small world by default.
    """

    def __init__(self, world: World | None = None) -> None:
        super().__init__()
        self.world = world or World.small()

    def answer(self, request: Request) -> Response:
        """A history, or the store's refusal."""
        name = request.path.removeprefix(FOLDER)
        symbol = name.removesuffix("_History.csv")
        if not request.path.startswith(FOLDER) or symbol not in _LEVELS:
            return Response(
                b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
                403,
                "application/xml",
            )
        days = index_days(self.world, symbol)
        if not _LEVELS[symbol][1]:
            days = days.select("date", close="close").rename({"close": symbol})
        table = days.rename(str.upper).write_csv(date_format="%m/%d/%Y", float_precision=6)
        return Response.csv(table)
