"""The bank's files over HTTP."""

from __future__ import annotations

from hedgerow.errors import BadPayload, HedgerowError, Transient
from hedgerow.sources.ecb.parse import archive_fault, has_rates
from hedgerow.sources.http import HttpOptions, Rate, Reply, VendorClient, by_status

# No limit is published; this is what a polite visitor does.
_RATES = (Rate(30, 60),)


class EcbClient:
    """One method for each file.

    Parameters
    ----------
    url
        Host of the files.
    options
        Patience, folder and clock.
    """

    def __init__(self, url: str, options: HttpOptions) -> None:
        self._http = VendorClient("ecb", url, rates=_RATES, classify=classify, options=options)

    async def history(self, *, refresh: bool = False) -> Reply:
        """All rates since 1999-01-04, a zipped CSV of about 0.7 MB."""
        return await self._http.get("/stats/eurofxref/eurofxref-hist.zip", refresh=refresh)

    async def last_90_days(self, *, refresh: bool = False) -> Reply:
        """Rates of the last 90 days, XML."""
        return await self._http.get("/stats/eurofxref/eurofxref-hist-90d.xml", refresh=refresh)

    async def latest(self, *, refresh: bool = False) -> Reply:
        """Rates of the last working day, a zipped CSV of one row."""
        return await self._http.get("/stats/eurofxref/eurofxref.zip", refresh=refresh)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def classify(reply: Reply) -> HedgerowError | None:
    """Error that an answer stands for; an archive must be whole and hold a table of rates."""
    if (error := by_status(reply)) is not None:
        return error
    if (fault := archive_fault(reply.body)) is not None:
        return Transient(f"{reply.where}: {fault}", where=reply.where)
    if not has_rates(reply.body):
        return BadPayload(
            f"{reply.where}: the answer holds no rates but {reply.excerpt()!r}", where=reply.where
        )
    return None
