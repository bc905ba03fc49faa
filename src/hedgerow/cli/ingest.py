"""``hedgerow ingest``: vendor data into the workspace, as far as it is not there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli._options import TimeframeOption, WorkspaceOption, create_workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hedgerow.ingest import BarsWish, FactsLoad, Stores
    from hedgerow.workspace import Workspace

app = typer.Typer(help="Load vendor data, as far as it is not there yet.", no_args_is_help=True)

SourcesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        "-s",
        help="Vendor to ask; repeat it for those to ask when one fails. By default those with "
        "a key.",
        show_default=False,
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", help="First session, such as 2000-01-03 or 2000.", show_default=False),
]
ToOption = Annotated[
    str | None,
    typer.Option("--to", help="Last session; the newest that closed.", show_default=False),
]
AdjustmentOption = Annotated[
    str, typer.Option("--adjustment", help="Prices as traded (raw), or restated: split or total.")
]
AdjustedOption = Annotated[
    bool, typer.Option("--adjusted", help="Prices restated for splits: --adjustment split.")
]
GapsOption = Annotated[
    bool, typer.Option("--allow-gaps", help="Accept sessions without bars, and tell them.")
]
RefreshOption = Annotated[
    bool, typer.Option("--refresh", help="Ask for everything again, past any kept answer.")
]
ConcurrencyOption = Annotated[int, typer.Option(min=1, help="Symbols to ask for at a time.")]


@app.command()
def bars(
    symbols: Annotated[list[str], typer.Argument(help="Tickers, identities or universes.")],
    source: SourcesOption = None,
    start: FromOption = None,
    end: ToOption = None,
    timeframe: TimeframeOption = "1d",
    adjustment: AdjustmentOption = "raw",
    adjusted: AdjustedOption = False,
    allow_gaps: GapsOption = False,
    refresh: RefreshOption = False,
    concurrency: ConcurrencyOption = 8,
    workspace: WorkspaceOption = None,
) -> None:
    """Load bars since the newest held ones; the last sessions are checked for corrections.

    Exits with 1 where a symbol could not be loaded completely; run it again to go on.
    """
    wish = _wish(timeframe, start, end, adjustment, adjusted, allow_gaps, refresh)
    _load_bars(create_workspace(workspace), symbols, source, wish, concurrency)


@app.command()
def universe(
    name: Annotated[str, typer.Argument(help="Name of the universe.")],
    source: SourcesOption = None,
    start: FromOption = None,
    end: ToOption = None,
    timeframe: TimeframeOption = "1d",
    adjustment: AdjustmentOption = "raw",
    adjusted: AdjustedOption = False,
    allow_gaps: GapsOption = False,
    refresh: RefreshOption = False,
    concurrency: ConcurrencyOption = 8,
    workspace: WorkspaceOption = None,
) -> None:
    """Load bars of every member of a universe, of an index also former ones; as for bars."""
    from hedgerow.ingest.membership import dated_universes

    ws = create_workspace(workspace)
    if name not in dated_universes(ws.lake):
        ws.catalog.universe(name)  # a word that is no universe is a mistake, and not a ticker
    wish = _wish(timeframe, start, end, adjustment, adjusted, allow_gaps, refresh)
    _load_bars(ws, [name], source, wish, concurrency)


@app.command()
def fundamentals(
    symbols: Annotated[list[str], typer.Argument(help="Tickers, identities or universes.")],
    source: SourcesOption = None,
    refresh: RefreshOption = False,
    concurrency: ConcurrencyOption = 8,
    workspace: WorkspaceOption = None,
) -> None:
    """Load company figures: profile, statements and ratios with the time they became known."""
    from hedgerow.cli._console import advance, progress_bar
    from hedgerow.ingest import ingest_fundamentals

    stores = create_workspace(workspace).stores
    with progress_bar("Asking", _count(stores, symbols)) as bar:
        done = ingest_fundamentals(
            stores,
            symbols,
            sources=source,
            refresh=refresh,
            concurrency=concurrency,
            progress=lambda one: advance(bar, words=one.name),
        )
    _show_facts("symbol", done)


@app.command()
def fx(
    source: SourcesOption = None,
    start: FromOption = None,
    end: ToOption = None,
    refresh: RefreshOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Load exchange rates, by default the reference rates of the ECB."""
    from hedgerow.ingest import ingest_fx
    from hedgerow.workspace.request import read_day

    stores = create_workspace(workspace).stores
    done = ingest_fx(
        stores, sources=source, start=read_day(start), end=read_day(end, last=True), refresh=refresh
    )
    _show_facts("what", done)


@app.command()
def macro(
    series: Annotated[
        list[str] | None,
        typer.Argument(help="Series, such as VIXCLS; the usual ones.", show_default=False),
    ] = None,
    source: SourcesOption = None,
    start: FromOption = None,
    end: ToOption = None,
    refresh: RefreshOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Load macroeconomic series with every revision.

    Without a key to FRED the usual ones are those that are never revised.
    """
    from hedgerow.cli._console import advance, progress_bar
    from hedgerow.ingest import ingest_macro
    from hedgerow.workspace.request import read_day

    stores, wanted = create_workspace(workspace).stores, series or _usual_series(source)
    with progress_bar("Asking", len(wanted)) as bar:
        done = ingest_macro(
            stores,
            wanted,
            sources=source,
            start=read_day(start),
            end=read_day(end, last=True),
            refresh=refresh,
            progress=lambda one: advance(bar, words=one.name),
        )
    _show_facts("series", done)


def _usual_series(sources: list[str] | None) -> Sequence[str]:
    """The usual series; where only FRED is asked, without a key, those that need none."""
    from hedgerow.cli._console import say
    from hedgerow.credentials import VENDOR_KEYS, find_credential
    from hedgerow.ingest import USUAL_SERIES
    from hedgerow.sources.fred.known import UNREVISED

    only_fred = {name.lower() for name in sources or ["fred"]} == {"fred"}
    if not only_fred or find_credential(*VENDOR_KEYS["FRED"]):
        return USUAL_SERIES
    free = [name for name in USUAL_SERIES if name in UNREVISED]
    more = ", ".join(name for name in USUAL_SERIES if name not in UNREVISED)
    say(f"With a key to FRED (FRED_API_KEY) these would come too, with every revision: {more}.")
    return free


def _load_bars(
    ws: Workspace, symbols: list[str], source: list[str] | None, wish: BarsWish, concurrency: int
) -> None:
    from hedgerow.cli._console import advance, progress_bar
    from hedgerow.cli._loads import show_bars_load
    from hedgerow.ingest import ingest_bars

    stores = ws.stores
    with progress_bar("Asking", _count(stores, symbols, wish)) as bar:
        done = ingest_bars(
            stores,
            symbols,
            sources=source,
            wish=wish,
            concurrency=concurrency,
            progress=lambda one: advance(bar, words=one.symbol),
        )
    show_bars_load(done)
    if not done.ok:
        raise typer.Exit(1)


def _show_facts(what: str, done: FactsLoad) -> None:
    from hedgerow.cli._loads import show_facts_load

    show_facts_load(what, done)
    if not done.ok:
        raise typer.Exit(1)


def _wish(
    timeframe: str,
    start: str | None,
    end: str | None,
    adjustment: str,
    adjusted: bool,
    allow_gaps: bool,
    refresh: bool,
) -> BarsWish:
    from hedgerow.domain import Adjustment, Timeframe
    from hedgerow.errors import DefinitionError, did_you_mean
    from hedgerow.ingest import BarsWish
    from hedgerow.workspace.request import read_day

    kinds = [str(kind) for kind in Adjustment]
    if adjustment not in kinds:
        raise DefinitionError(
            f"adjustment {adjustment!r} is not known. {did_you_mean(adjustment, kinds)}"
        )
    restated = adjusted and adjustment == str(Adjustment.RAW)
    return BarsWish(
        Timeframe.parse(timeframe),
        read_day(start),
        read_day(end, last=True),
        Adjustment.SPLIT if restated else Adjustment(adjustment),
        allow_gaps,
        refresh,
    )


def _count(stores: Stores, symbols: list[str], wish: BarsWish | None = None) -> int:
    from hedgerow.ingest import asked_for

    span = () if wish is None else (wish.start, wish.end)
    return len(asked_for(stores, symbols, *span))
