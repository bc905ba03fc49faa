"""``hedgerow demo``: the main job on the bundled real prices."""

from __future__ import annotations

from hedgerow.cli._options import WorkspaceOption, create_workspace


def demo(workspace: WorkspaceOption = None) -> None:
    """Load the bundled real prices, run and rank every strategy, write the report."""
    from hedgerow.cli._console import advance, progress_bar, say, shown_path
    from hedgerow.cli._results import show_ingest, show_ranking
    from hedgerow.pipelines import demo_steps, run_demo

    ws = create_workspace(workspace)
    with progress_bar("Starting", demo_steps()) as bar:
        done = run_demo(ws, progress=lambda words: advance(bar, words=words))
    show_ingest(done.ingested)
    if not done.changed:
        say("The lake holds all of it already: nothing was changed.")
    for title, ranking in done.ranked.rankings.items():
        say("")
        show_ranking(ranking, title)
    runs = done.ranked
    say("")
    say(f"{done.features} distinct features; {len(runs.runs)} runs, {runs.new_runs} of them new.")
    say(f"Report: {shown_path(runs.report)}  (open it in a browser)")
    say("")
    say("Try next:")
    option = "" if workspace is None else f" -w {shown_path(workspace)}"
    for command, what in _NEXT:
        say(f"  {_program()} {command}{option}".ljust(66) + f"  {what}")


_NEXT = (
    ("backtest sma-cross AAPL MSFT --param fast=10", "one strategy and its tear sheet"),
    ("strategies momentum", "the parameters of a strategy"),
    ("analyze AAPL --start 2014", "every bar against the VIX and the S&P 500"),
    ("sql 'select * from model_performance limit 5'", "ask lake and catalog"),
    ("synth --symbols 50 --start 2015-01-02", "a synthetic market of any size"),
)


def _program() -> str:
    """The command as it was called, so that the lines can be copied."""
    import sys
    from pathlib import Path

    from hedgerow.cli._console import shown_path

    called = Path(sys.argv[0])
    return shown_path(called) if called.is_file() else "hedgerow"
