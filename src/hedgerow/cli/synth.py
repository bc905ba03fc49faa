"""``hedgerow synth``: a synthetic market of any size."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, create_workspace

if TYPE_CHECKING:
    from hedgerow.sources import SyntheticMarket
    from hedgerow.workspace import Workspace

# Another version of NumPy may round the same market differently.
_ALIKE = 1e-6


def synth(
    symbols: Annotated[int, typer.Option(help="Number of companies.")] = 50,
    bars: Annotated[
        int | None, typer.Option(help="Bars of each; ten years by default.", show_default=False)
    ] = None,
    timeframe: Annotated[str, typer.Option("--timeframe", "-t", help="Length of a bar.")] = "1d",
    bars_per_session: Annotated[
        int | None, typer.Option(help="Bars each session; the regular hours by default.")
    ] = None,
    start: Annotated[
        str, typer.Option(help="First session, such as 2000-01-03 or 2000.")
    ] = "2000-01-03",
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
        bars=_ten_years(timeframe, bars_per_session) if bars is None else bars,
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
    _refuse_another_market(ws, market)
    with progress_bar("Generating", (symbols + 2) * market.bars) as bar:
        summaries = ws.ingest(market, progress=lambda rows: advance(bar, rows))
    show_ingest(summaries)
    say(f"SYNTHETIC data of seed {seed}. Try: hedgerow rank --source synthetic -t {timeframe}")


def _ten_years(timeframe: str, bars_per_session: int | None) -> int:
    from hedgerow.domain import Timeframe

    length = Timeframe.parse(timeframe)
    regular = max(1, -(-int(6.5 * 3600) // length.seconds)) if length.intraday else 1
    return 2_520 * (bars_per_session or regular)


def _refuse_another_market(ws: Workspace, market: SyntheticMarket) -> None:
    """Refuse a market whose index is not the one of the bars that are stored."""
    import polars as pl

    from hedgerow.domain.schemas import BARS
    from hedgerow.errors import DataError

    index, facts = pl.col("symbol") == "SPX", ("timestamp", "close")
    bars = ws.lake.scan(BARS).filter(index, source=market.name, timeframe=market.timeframe)
    stored = bars.select(facts).collect()
    if stored.is_empty():
        return
    batch = next(batch for batch in market.batches() if batch.table is BARS)
    made = batch.frame.filter(index).select("timestamp", made="close")
    shared = stored.filter(pl.col("timestamp") <= made["timestamp"].max()).join(
        made, on="timestamp", how="left"
    )
    alike = shared.select((pl.col("made") / pl.col("close") - 1).abs() < _ALIKE).to_series()
    if shared.is_empty() or not alike.fill_null(value=False).all():
        raise DataError(
            f"workspace {ws.path} holds {market.timeframe} bars of another synthetic market "
            "(of another seed, start or bars per session): give another folder with --workspace"
        )


def _day(text: str) -> dt.date:
    from hedgerow.errors import DataError

    try:
        return dt.date.fromisoformat(f"{text}-01-01" if len(text) == len("2000") else text)
    except ValueError:
        raise DataError(f"start {text!r} is not a day: write 2000-01-03 or 2000") from None
