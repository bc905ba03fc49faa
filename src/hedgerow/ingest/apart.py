"""Splits and dividends that a vendor sends apart from its bars, loaded before them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.instrument import Instrument
from hedgerow.errors import NotEntitled, VendorError
from hedgerow.ingest.writer import Part
from hedgerow.sources.vendor import SendsActions, Vendor

Put = Callable[[Part], Awaitable[None]]

NOT_IN_PLAN = "the plan has no splits and dividends: prices stay as traded"


class ActionsApart:
    """Loads the actions of a group of instruments once, when the first of them needs bars.

    Raw prices without their splits would show a fall where there was none, so what a vendor
    cannot send is an error of its bars too; a plan that leaves actions out is told instead.

    Parameters
    ----------
    instruments
        The group: one request serves many of them.
    adjustment
        Of the bars; only raw ones need actions.
    put
        Takes what is to be stored.
    """

    def __init__(self, instruments: Sequence[Instrument], adjustment: Adjustment, put: Put) -> None:
        self._instruments = list(instruments)
        self._adjustment = adjustment
        self._put = put
        self._turn = asyncio.Lock()
        self._answers: dict[str, str | VendorError] = {}

    async def load(self, vendor: Vendor) -> str:
        """Load them unless they came before; what a reader should know, if anything.

        Raises
        ------
        VendorError
            The vendor could not send them.
        """
        if self._adjustment is not Adjustment.RAW or vendor.actions_with_bars:
            return ""
        async with self._turn:
            if vendor.name not in self._answers:
                self._answers[vendor.name] = await self._asked(vendor)
        answer = self._answers[vendor.name]
        if isinstance(answer, VendorError):
            raise answer
        return answer

    async def _asked(self, vendor: Vendor) -> str | VendorError:
        assert isinstance(vendor, SendsActions)
        try:
            async for batch in vendor.actions(self._instruments):
                if batch.frame.height or batch.refused.height:
                    await self._put(Part(self._instruments[0], vendor.name, (batch,)))
        except NotEntitled:
            return NOT_IN_PLAN
        except VendorError as error:
            return error
        return ""
