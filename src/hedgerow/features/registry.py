"""The features that have a name: ours, and those that plug-ins add.

Every registered feature is found by ``hedgerow features`` and is tested for look-ahead with its
default parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from inspect import signature
from typing import ParamSpec, TypeVar

from hedgerow.errors import DefinitionError, did_you_mean
from hedgerow.features.expression import Feature, Indicator, walk
from hedgerow.features.polars_expr import fields_of

P = ParamSpec("P")
R = TypeVar("R")

_REGISTERED: dict[str, Callable[..., object]] = {}


@dataclass(frozen=True)
class FeatureEntry:
    """A registered feature.

    Parameters
    ----------
    name
        Standard name; the function's.
    summary
        First line of its docstring.
    parameters
        Signature, such as ``(window=20, of=close)``.
    outputs
        What it gives with its default parameters, by output name; a single output is
        named after the feature.
    """

    name: str
    summary: str
    parameters: str
    outputs: Mapping[str, Feature]

    @property
    def fields(self) -> set[str]:
        """Bar columns it reads."""
        return set().union(*(fields_of(feature) for feature in self.outputs.values()))

    @property
    def kind(self) -> str:
        """``cross-section`` where it compares instruments, ``per-symbol`` otherwise."""
        across = any(
            isinstance(node, Indicator) and node.cross_section
            for feature in self.outputs.values()
            for node in walk(feature)
        )
        return "cross-section" if across else "per-symbol"

    @property
    def lookback(self) -> int | None:
        """Earlier bars it needs; None for a recursive one."""
        needs = [lookback_of(feature) for feature in self.outputs.values()]
        finite = [need for need in needs if need is not None]
        return max(finite) if len(finite) == len(needs) else None


def registered(function: Callable[P, R]) -> Callable[P, R]:
    """Register a function that builds a feature, or a named tuple of features.

    Parameters
    ----------
    function
        Its name is the feature's, the first line of its docstring the summary. All its
        parameters have defaults.

    Returns
    -------
    Callable
        The function itself, so that this serves as a decorator.

    Raises
    ------
    DefinitionError
        A parameter has no default, or another function is registered under the name.
    """
    _register(function.__name__, function)
    return function


def feature_entries() -> dict[str, FeatureEntry]:
    """Every registered feature by name, in alphabetical order.

    Features of other packages are found through the entry point group
    ``hedgerow.features``, under the name of the entry point.

    Raises
    ------
    DefinitionError
        A feature of another package cannot be loaded, or has a name that is taken.
    """
    for plug_in in entry_points(group="hedgerow.features"):
        try:
            _register(plug_in.name, plug_in.load())
        except (AttributeError, ImportError) as error:
            raise DefinitionError(
                f"feature {plug_in.name!r} of an installed package cannot be loaded from "
                f"{plug_in.value}: {error}"
            ) from error
    return {name: _entry(name, _REGISTERED[name]) for name in sorted(_REGISTERED)}


def feature_entry(name: str) -> FeatureEntry:
    """One registered feature.

    Raises
    ------
    DefinitionError
        No feature has that name.
    """
    entries = feature_entries()
    if name not in entries:
        raise DefinitionError(f"feature {name!r} is not known. {did_you_mean(name, entries)}")
    return entries[name]


def lookback_of(feature: Feature) -> int | None:
    """Bars before the present one that a tree needs; None where it is recursive."""
    below = [lookback_of(child) for child in feature.inputs]
    own = feature.lookback if isinstance(feature, Indicator) else 0
    if own is None or None in below:
        return None
    return own + max((need for need in below if need is not None), default=0)


def _register(name: str, function: Callable[..., object]) -> None:
    for parameter in signature(function).parameters.values():
        if parameter.default is parameter.empty:
            raise DefinitionError(
                f"feature {name!r}: parameter {parameter.name!r} needs a default, with which the "
                "feature is listed and tested"
            )
    holder = _REGISTERED.setdefault(name, function)
    if _home(holder) != _home(function):
        raise DefinitionError(
            f"feature {name!r} is defined twice, in {_home(holder)} and in {_home(function)}: "
            "rename one of them"
        )
    # A cell of a notebook that is run again replaces what it had defined.
    _REGISTERED[name] = function


def _home(function: Callable[..., object]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _entry(name: str, function: Callable[..., object]) -> FeatureEntry:
    parameters = ", ".join(
        f"{parameter.name}={parameter.default}"
        for parameter in signature(function).parameters.values()
    )
    summary = (function.__doc__ or "").strip().split("\n")[0]
    return FeatureEntry(name, summary, f"({parameters})", _outputs(name, function()))


def _outputs(name: str, made: object) -> dict[str, Feature]:
    if isinstance(made, Feature):
        return {name: made}
    parts: dict[str, object] = getattr(made, "_asdict", dict)()
    outputs = {f"{name}_{key}": part for key, part in parts.items() if isinstance(part, Feature)}
    if not outputs or len(outputs) < len(parts):
        raise DefinitionError(
            f"feature {name!r} gives {made!r}: return a feature, or a named tuple of features"
        )
    return outputs
