"""Refuses two different indicators that go by the same text.

Equal features are computed once, and what makes them equal is their text: name, inputs and
parameters. A custom indicator whose code captures a number that is not among its parameters
would be taken for another one.
"""

from __future__ import annotations

from functools import partial

from hedgerow.errors import DefinitionError
from hedgerow.features.expression import Feature, Indicator


def check_same(first: Feature, second: Feature) -> None:
    """Raise where two features of one text are not computed by the same code.

    Raises
    ------
    DefinitionError
        Their functions differ, or what those captured from outside does.
    """
    if first is second or not (isinstance(first, Indicator) and isinstance(second, Indicator)):
        return
    if first.build is second.build or _essence(first.build) == _essence(second.build):
        return
    raise DefinitionError(
        f"two different indicators are called {first}: give them different names, or pass what "
        "distinguishes them as parameters"
    )


def _essence(value: object) -> object:
    if isinstance(value, partial):
        settings = [(name, _essence(part)) for name, part in sorted(value.keywords.items())]
        return (_essence(value.func), [_essence(part) for part in value.args], settings)
    code = getattr(value, "__code__", None)
    if code is None:
        return value
    captured = getattr(value, "__closure__", None) or ()
    return (code, [repr(_essence(cell.cell_contents)) for cell in captured])
