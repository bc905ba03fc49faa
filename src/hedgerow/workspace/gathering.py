"""Everything that all sources hold of some companies, in one answer.

1. ``_fetched`` asks the vendors for what the lake lacks, where that is wanted.
2. ``gather`` reads prices, figures and ratios, each by the rules that every read keeps to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import polars as pl

from hedgerow.domain import Timeframe
from hedgerow.errors import AuthError, DefinitionError, VendorError
from hedgerow.sources.vendor import SendsBars, SendsFundamentals, Vendor
from hedgerow.workspace.request import Day, Instant, read_day
from hedgerow.workspace.symbols import Symbols

if TYPE_CHECKING:
    from hedgerow.ingest import BarsLoad, FactsLoad, Stores
    from hedgerow.workspace.workspace import Workspace

_TOLD = 5


class _Frames(NamedTuple):
    market_data: pl.DataFrame
    fundamentals: pl.DataFrame
    ratios: pl.DataFrame


class Gathered(_Frames):
    """Prices, figures and ratios of some companies, merged over all sources.

    Unpacks into its three frames.

    Parameters
    ----------
    market_data
        As ``Workspace.bars`` gives it.
    fundamentals
        As ``Workspace.fundamentals`` gives it.
    ratios
        As ``Workspace.financial_ratios`` gives it.
    notes
        Who served what was fetched, and what nobody could serve.
    """

    notes: tuple[str, ...]

    def __new__(
        cls,
        market_data: pl.DataFrame,
        fundamentals: pl.DataFrame,
        ratios: pl.DataFrame,
        notes: Sequence[str] = (),
    ) -> Self:
        """The three frames, with notes beside them."""
        made = super().__new__(cls, market_data, fundamentals, ratios)
        made.notes = tuple(notes)
        return made


def gather(
    ws: Workspace,
    symbols: Symbols,
    start: Day,
    end: Day,
    *,
    as_of: Instant,
    fetch: bool | None,
    sources: Sequence[str | Vendor] | None,
    timeframe: str | Timeframe,
    **options: Any,
) -> Gathered:
    """Read, and fetch first where asked; see ``Workspace.merge_all_sources``."""
    notes: list[str] = []
    if fetch or (fetch is None and as_of is None):
        span = (read_day(start), read_day(end, last=True))
        notes = _fetched(ws, symbols, span, Timeframe.parse(timeframe), sources, must=bool(fetch))
    bars = ws.bars(symbols, start, end, timeframe, as_of=as_of, **options)
    return Gathered(
        bars.collect(),
        ws.fundamentals(symbols, as_of=as_of).collect(),
        ws.financial_ratios(symbols, end=end, as_of=as_of).collect(),
        notes,
    )


def _fetched(
    ws: Workspace,
    symbols: Symbols,
    span: tuple[dt.date | None, dt.date | None],
    timeframe: Timeframe,
    sources: Sequence[str | Vendor] | None,
    *,
    must: bool,
) -> list[str]:
    """Load what the lake lacks; what happened, in words.

    Raises
    ------
    VendorError
        With ``must``: something could not be fetched.
    DefinitionError
        With ``must``: no vendor of bars is configured.
    """
    from hedgerow.ingest import BarsWish, ingest_bars, ingest_fundamentals

    stores = ws.stores
    asked = [one.instrument_id for one in ws.instruments()] if symbols is None else symbols
    notes: list[str] = []
    if who := _who(stores, SendsBars, sources, must=must):
        wish = BarsWish(timeframe, *span)
        notes += _told("bars", ingest_bars(stores, asked, sources=who, wish=wish), must=must)
    if who := _who(stores, SendsFundamentals, sources, must=False):
        notes += _told("figures", ingest_fundamentals(stores, asked, sources=who), must=must)
    return notes


def _who(
    stores: Stores, kind: type, sources: Sequence[str | Vendor] | None, *, must: bool
) -> Sequence[str | Vendor]:
    """Vendors to ask: those named that have the kind, or the configured ones."""
    from hedgerow.ingest import usual_sources

    if sources is not None:
        return [one for one in sources if isinstance(one, str | kind)]
    try:
        return usual_sources(stores.settings, kind)
    except (AuthError, DefinitionError):
        if must:
            raise
        return []


def _told(what: str, load: BarsLoad | FactsLoad, *, must: bool) -> list[str]:
    outcomes = _outcomes(load)
    failed = [f"{name}: {error}" for name, _, error in outcomes if error]
    if must and failed:
        more = f"; and {len(failed) - _TOLD} more" if len(failed) > _TOLD else ""
        raise VendorError(
            f"{what} of {len(failed)} of {len(outcomes)} symbols could not be fetched: "
            f"{'; '.join(failed[:_TOLD])}{more}"
        )
    by: dict[str, list[str]] = {}
    for name, source, _ in outcomes:
        if source is not None:
            by.setdefault(source, []).append(name)
    served = [f"{what} of {', '.join(of)} from {source}" for source, of in sorted(by.items())]
    return [*served, *(f"{what} of {line}" for line in failed)]


def _outcomes(load: BarsLoad | FactsLoad) -> list[tuple[str, str | None, str]]:
    """Symbol, who served it if anybody, and why nobody could."""
    from hedgerow.ingest import BarsLoad

    if isinstance(load, BarsLoad):
        return [(one.symbol, one.source, one.error) for one in load.series]
    return [(one.name, one.source, one.error) for one in load.facts]
