"""``hedgerow report``: where the reports of the stored runs are."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli._options import WorkspaceOption, open_workspace


def report(
    run: Annotated[
        str | None, typer.Argument(help="Run to show; the newest runs are listed by default.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many runs to list.")] = 20,
    workspace: WorkspaceOption = None,
) -> None:
    """List the stored runs, or show one with its metrics and reports."""
    from hedgerow.cli._console import say, show_frame, show_table, shown_path

    ws = open_workspace(workspace)
    if run is None:
        runs = ws.catalog.runs(limit=limit)
        if runs.is_empty():
            say("No runs yet. Make some: hedgerow demo")
            return
        show_frame(runs.select("run_id", "kind", "created_at", "timeframe", "status"))
        return
    record = ws.catalog.run(run)
    show_table(["", "value"], [(name, value) for name, value in _facts(record).items()])
    show_table(
        ["metric", "value", "unit"],
        [
            (m.name, None if m.value is None else f"{m.value:.6g}", m.unit)
            for m in ws.catalog.performance(run)
        ],
    )
    for path in ws.catalog.reports(run)["path"]:
        say(f"Report: {shown_path(ws.path / path)}")


def _facts(record: object) -> dict[str, object]:
    import dataclasses

    found = dataclasses.asdict(record)  # type: ignore[call-overload]
    found.pop("strategy_source")
    return {name: value for name, value in found.items() if value not in (None, {}, (), [])}
