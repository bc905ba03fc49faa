"""Massive's flat files over the little of S3 that reading them takes."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib

import polars as pl

from hedgerow.testing.vendors.massive_bars import base_bars
from hedgerow.testing.vendors.server import FakeServer, Request, Response
from hedgerow.testing.vendors.world import NEW_YORK, World

_KINDS = {"day_aggs_v1": True, "minute_aggs_v1": False}


class FakeMassiveFiles(FakeServer):
    """The bucket ``flatfiles`` with a day of the whole market in each file.

    Parameters
    ----------
    world
        What there is. Replace ``fake.world`` to have files replaced: their ETags change.
    access_key
        The one access key that is known; the signature is not checked.
    """

    def __init__(self, world: World | None = None, *, access_key: str = "planted-access") -> None:
        super().__init__()
        self.world = world or World.small()
        self.access_key = access_key

    def answer(self, request: Request) -> Response:
        """A file, 304 where the client has it, 404 where there was no session."""
        if f"Credential={self.access_key}/" not in request.headers.get("authorization", ""):
            return _refusal(403, "InvalidAccessKeyId")
        match request.path.split("/")[1:]:
            case ["flatfiles", "us_stocks_sip", kind, _, _, name] if kind in _KINDS:
                day = dt.date.fromisoformat(name.removesuffix(".csv.gz"))
                rows = self._rows(day, daily=_KINDS[kind])
            case _:
                return _refusal(404, "NoSuchKey")
        if rows.is_empty():
            return _refusal(404, "NoSuchKey")
        body = gzip.compress(rows.write_csv().encode(), mtime=0)
        tag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status=304, headers={"ETag": tag})
        return Response(body, content_type="application/gzip", headers={"ETag": tag})

    def _rows(self, day: dt.date, *, daily: bool) -> pl.DataFrame:
        begin = dt.datetime.combine(day, dt.time(), NEW_YORK).timestamp() * 1000
        parts = [
            base_bars(self.world, company.symbol, daily, False)
            .filter(pl.col("t").is_between(int(begin), int(begin) + 86_399_999))
            .select(
                ticker=pl.lit(company.symbol),
                volume="v",
                open="o",
                close="c",
                high="h",
                low="l",
                window_start=pl.col("t").cast(pl.Int64) * 1_000_000,
                transactions=pl.col("n").cast(pl.Int64),
            )
            for company in self.world.companies
        ]
        return pl.concat(parts).sort("ticker", "window_start")


def _refusal(status: int, code: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'
    return Response(text.encode(), status, "application/xml")
