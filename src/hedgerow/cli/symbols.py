"""``hedgerow symbols``: the symbol master."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli._options import WorkspaceOption, create_workspace, open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

app = typer.Typer(
    help="The symbol master: what is traded, where and in which currency.", no_args_is_help=True
)

_SHOWN = ("symbol", "name", "type", "exchange", "region", "time_zone", "currency", "instrument_id")


@app.command()
def add(
    symbols: Annotated[list[str], typer.Argument(help="Tickers; their case counts.")],
    exchange: Annotated[
        str | None,
        typer.Option(
            help="Market identifier code, such as XLON; of new symbols XNYS.", show_default=False
        ),
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option(help="ISO code of the prices; of new symbols USD.", show_default=False),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="equity, etf, index or fx; of new symbols equity.", show_default=False),
    ] = None,
    name: Annotated[str, typer.Option(help="Name for people; of one symbol only.")] = "",
    region: Annotated[str, typer.Option(help="Country or region.")] = "",
    sector: Annotated[str, typer.Option(help="Sector.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Add symbols; known ones are brought up to date, and adding twice changes nothing."""
    from hedgerow.cli._console import say
    from hedgerow.domain import Instrument, InstrumentKind, major_unit, time_zone
    from hedgerow.domain.calendar import DEFAULT_CALENDAR
    from hedgerow.errors import DefinitionError, did_you_mean

    kinds = [str(one) for one in InstrumentKind]
    if kind is not None and kind not in kinds:
        raise DefinitionError(f"kind {kind!r} is not known. {did_you_mean(kind, kinds)}")
    if name and len(set(symbols)) > 1:
        raise DefinitionError("--name is for one symbol: add them one at a time")
    facts: dict[str, Any] = {"name": name, "region": region, "sector": sector}
    if exchange is not None:
        time_zone(exchange)  # an exchange without a calendar cannot have sessions
    if currency is not None:
        facts["currency"], _ = major_unit(currency)
    if kind is not None:
        facts["kind"] = InstrumentKind(kind)
    catalog = create_workspace(workspace).catalog
    known = [one for one in catalog.instruments() if not one.synthetic]
    given: list[Instrument] = []
    for symbol in symbols:
        # A ticker that is listed already means that listing: a second one would be a homonym.
        listed = [one for one in known if one.symbol == symbol and exchange in {None, one.exchange}]
        new = Instrument.of(symbol, exchange=exchange or DEFAULT_CALENDAR, **facts)
        given += [replace(one, **facts) for one in listed] or [new]
    changed = catalog.add_instruments(given)
    same = len(set(given)) - changed
    say(f"{changed} added or changed" + (f", {same} known already" if same else ""))


@app.command("list")
def list_(
    exchange: Annotated[str | None, typer.Option(help="Only this exchange.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    workspace: WorkspaceOption = None,
) -> None:
    """List the symbol master."""
    rows = _master(workspace)
    _show(rows if exchange is None else rows.filter(exchange=exchange), limit)


@app.command()
def find(
    words: Annotated[list[str], typer.Argument(help="Part of a ticker, a name or an identifier.")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    workspace: WorkspaceOption = None,
) -> None:
    """Find symbols by part of the ticker or name, or by FIGI, CIK or ISIN; any case."""
    import polars as pl

    text = " ".join(words).lower()
    rows = _master(workspace)
    parts = [
        pl.col(name).str.to_lowercase().str.contains(text, literal=True)
        for name in ("symbol", "name", "instrument_id")
    ]
    wholes = [pl.col(name).str.to_lowercase() == text for name in ("figi", "cik", "isin")]
    exact = pl.col("symbol").str.to_lowercase() != text
    _show(rows.filter(pl.any_horizontal(*parts, *wholes)).sort(exact, "symbol"), limit)


def _master(workspace: Path | None) -> pl.DataFrame:
    return open_workspace(workspace).catalog.table("symbol_master")


def _show(rows: pl.DataFrame, limit: int) -> None:
    from hedgerow.cli._console import say, show_frame

    if rows.is_empty():
        say("No such symbol. Add one: hedgerow symbols add ZQX --exchange XNYS")
        return
    show_frame(rows.select(_SHOWN), limit, hint="--limit shows more")
