"""``hedgerow strategies``: what can be run, with its parameters."""

from __future__ import annotations

from typing import Annotated

import typer


def strategies(
    name: Annotated[
        str | None, typer.Argument(help="NAME, module:Class or file.py:Class; all by default.")
    ] = None,
) -> None:
    """List the strategies, or the parameters of one."""
    from hedgerow.cli._console import say, show_table
    from hedgerow.strategies import load_strategy_class, strategy_classes

    if name is not None:
        found = load_strategy_class(name)
        say(f"[bold]{found.__name__}[/bold]: {_summary(found)}")
        show_table(
            ["parameter", "default", "allowed", "what"],
            [(key, spec.default, spec.describe(), spec.doc) for key, spec in found.params.items()],
        )
        return
    show_table(
        ["strategy", "what", "parameters"],
        [
            (
                key,
                _summary(cls),
                ", ".join(f"{n}={s.default}" for n, s in cls.params.items() if s.tune),
            )
            for key, cls in strategy_classes().items()
        ],
    )


def _summary(cls: type[object]) -> str:
    return (cls.__doc__ or "").strip().split("\n")[0]
