"""``hedgerow synth``: a synthetic market of any size."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, create_workspace


def synth(
    symbols: Annotated[int, typer.Option(help="Number of companies.")] = 50,
    bars: Annotated[
        int | None, typer.Option(help="Bars of each; ten years by default.", show_default=False)
    ] = None,
    timeframe: Annotated[str, typer.Option("--timeframe", "-t", help="Length of a bar.")] = "1d",
    bars_per_session: Annotated[
        int | None, typer.Option(help="Bars each session; the regular hours by default.")
    ] = None,
    start: Annotated[str, typer.Option(help="First session.")] = "2000-01-03",
    seed: Annotated[int, typer.Option(help="Every number follows from it.")] = 7,
    export: Annotated[
        Path | None, typer.Option(help="Write Parquet files here instead of loading.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Make a synthetic market with an index, a VIX, sectors, fundamentals and actions.

    Everything in it is generated from the seed and marked so: the source is ``synthetic``.
    """
    from hedgerow.cli._console import advance, progress_bar, say, shown_path
    from hedgerow.cli._results import show_ingest
    from hedgerow.sources import SyntheticMarket

    market = SyntheticMarket(
        symbols=symbols,
        bars=bars or _ten_years(timeframe, bars_per_session),
        timeframe=timeframe,
        bars_per_session=bars_per_session,
        start=_day(start),
        seed=seed,
    )
    if export is not None:
        files = market.export(export)
        for path in (files.holdings, files.vix, files.spx):
            say(f"Written: {shown_path(path)}")
        return
    ws = create_workspace(workspace)
    with progress_bar("Generating", (symbols + 2) * market.bars) as bar:
        summaries = ws.ingest(market, progress=lambda rows: advance(bar, rows))
    show_ingest(summaries)
    say(f"SYNTHETIC data of seed {seed}. Try: hedgerow rank --source synthetic -t {timeframe}")


def _ten_years(timeframe: str, bars_per_session: int | None) -> int:
    from hedgerow.domain import Timeframe

    length = Timeframe.parse(timeframe)
    regular = max(1, -(-int(6.5 * 3600) // length.seconds)) if length.intraday else 1
    return 2_520 * (bars_per_session or regular)


def _day(text: str) -> dt.date:
    from hedgerow.errors import DataError

    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise DataError(f"start {text!r} is not a day: write 2000-01-03") from None
