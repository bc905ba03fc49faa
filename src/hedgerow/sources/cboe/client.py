"""Cboe's public files over HTTP."""

from __future__ import annotations

from hedgerow.errors import BadPayload, HedgerowError, NotFound, Transient
from hedgerow.sources._plain_csv import broke_off, has_header
from hedgerow.sources.http import HttpOptions, Rate, Reply, VendorClient, by_status

_FOLDER = "/api/global/us_indices/daily_prices"

# No limit is published; this is what a polite visitor does.
_RATES = (Rate(30, 60),)


class CboeClient:
    """One method for the one kind of file.

    Parameters
    ----------
    url
        Host of the files.
    options
        Patience, folder and clock.
    """

    def __init__(self, url: str, options: HttpOptions) -> None:
        self._http = VendorClient("cboe", url, rates=_RATES, classify=classify, options=options)

    async def history(self, symbol: str, *, refresh: bool = False) -> Reply:
        """Whole history of an index.

        Raises
        ------
        NotFound
            Cboe has no such file.
        """
        return await self._http.get(f"{_FOLDER}/{symbol}_History.csv", refresh=refresh)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def classify(reply: Reply) -> HedgerowError | None:
    """Error that an answer stands for.

    A file that is not there is refused with 403, for the store behind tells strangers nothing;
    a page of HTML may come with 200.
    """
    if reply.status in (403, 404, 410):
        return NotFound(f"{reply.where}: Cboe has no such file", where=reply.where)
    if (error := by_status(reply)) is not None:
        return error
    if not has_header(reply.body, "DATE"):
        return BadPayload(
            f"{reply.where}: the answer is not a table of days but {reply.excerpt()!r}",
            where=reply.where,
        )
    if broke_off(reply.body, reply.headers):
        return Transient(f"{reply.where}: the answer broke off", where=reply.where)
    return None
