"""Results of loadings from vendors as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hedgerow.cli._console import fail, say, show_table, warn
from hedgerow.cli._results import show_ingest

if TYPE_CHECKING:
    from hedgerow.ingest import BarsLoad, FactsLoad, SeriesLoad

# Of a large universe only what needs a look is listed.
_LISTED = 50


def show_bars_load(done: BarsLoad) -> None:
    """One line a symbol, then totals, then what went wrong."""
    from hedgerow.ingest.coverage import counted
    from hedgerow.ingest.vendors import in_one_line

    shown = done.series
    if len(shown) > _LISTED:
        shown = tuple(one for one in shown if _needs_a_look(one))[:_LISTED]
    columns = ["symbol", "source", "from", "to", "loaded", "corrected", "unchanged", "quarantined"]
    if shown:
        show_table([*columns, "notes"], [_row(one) for one in shown])
    if len(shown) < len(done.series):
        say(f"{len(done.series) - len(shown):,} more symbols without anything to tell")
    say(str(done))
    for one in done.series:
        if one.ok and one.failed:
            warn(f"{one.symbol} is from {one.source}, because {in_one_line(one.failed)}")
        if one.gaps:
            warn(f"{one.symbol} is loaded without {counted(one.gaps)}")
    for line in done.alarms:
        fail(line)
    for one in done.failures:
        # Most errors begin with the symbol.
        fail(one.error if one.error.startswith(f"{one.symbol} ") else f"{one.symbol}: {one.error}")
    if any(one.quarantined for one in done.series):
        say("Look at refused rows: hedgerow sql 'select rules, symbol, payload from quarantine'")


def show_facts_load(what: str, done: FactsLoad) -> None:
    """Who served what, what the lake did with it, then what went wrong."""
    from hedgerow.ingest.vendors import in_one_line

    show_table(
        [what, "source", "rows", "notes"],
        [
            (one.name, one.source or "nobody", f"{one.rows:,}", ", ".join(one.notes))
            for one in done.facts[:_LISTED]
        ],
    )
    if done.stored:
        show_ingest(done.stored)
        say(f"{done.known:,} of {done.rows:,} rows were known already")
    for one in done.facts:
        if not one.error and one.failed:
            warn(f"{one.name} is from {one.source}, because {in_one_line(one.failed)}")
    for one in done.failures:
        fail(f"{one.name}: {one.error}")


def _needs_a_look(one: SeriesLoad) -> bool:
    return bool(not one.ok or one.failed or one.gaps or one.quarantined or one.corrected)


def _row(one: SeriesLoad) -> tuple[object, ...]:
    counts = (one.loaded, one.corrected, one.unchanged, one.quarantined)
    return (
        one.symbol,
        one.source or "nobody",
        one.start,
        one.end,
        *(f"{count:,}" for count in counts),
        ", ".join(_notes(one)),
    )


def _notes(one: SeriesLoad) -> list[str]:
    if not one.ok:
        return ["failed"]
    if not one.rows and not one.notes:
        return ["up to date"]
    gaps = [f"{len(one.gaps)} gap{'s' if len(one.gaps) != 1 else ''}"] if one.gaps else []
    return [*gaps, *one.notes]
