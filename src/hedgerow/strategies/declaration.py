"""Asks a strategy for what it declares and checks that each answer is of the right kind."""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.errors import DefinitionError, HedgerowError
from hedgerow.features import Feature, as_feature
from hedgerow.strategies.exits import Exits

if TYPE_CHECKING:
    from hedgerow.strategies.base import Strategy


@dataclass(frozen=True)
class Declaration:
    """What a strategy with its parameters declares.

    Parameters
    ----------
    features
        Everything that looks back, by name.
    rules
        Row-wise rules by name: ``signal`` and, where declared, ``confidence``, ``stop``,
        ``target``, ``trailing`` and ``exit_when``.
    max_bars
        Bars after the entry fill at which a position is given up; None for never.
    """

    features: dict[str, Feature]
    rules: dict[str, Feature]
    max_bars: int | None


def declaration(strategy: Strategy) -> Declaration:
    """Everything that a strategy declares.

    Raises
    ------
    DefinitionError
        One of the strategy's methods fails or returns something of another kind.
    """
    exits = _exits(strategy)
    rules = {"signal": _signal(strategy)}
    confidence = _confidence(strategy)
    if confidence is not None:
        rules["confidence"] = confidence
    rules |= {name: as_feature(level) for name, level in exits.levels.items()}
    if exits.exit_when is not None:
        rules["exit_when"] = exits.exit_when
    return Declaration(_features(strategy), rules, exits.max_bars)


def _features(strategy: Strategy) -> dict[str, Feature]:
    given = _answer(strategy, "features")
    if not isinstance(given, dict):
        raise _wrong(strategy, "features", given, 'a dict such as {"average": hr.sma(20)}')
    for name, feature in given.items():
        if not isinstance(name, str) or not isinstance(feature, Feature):
            raise DefinitionError(
                f"{strategy.name}.features(): {name!r} is {_short(feature)}, not a feature: give "
                "names and features such as hr.sma(20)",
                strategy=strategy.name,
            )
    return given


def _signal(strategy: Strategy) -> Feature:
    given = _answer(strategy, "signal")
    if not isinstance(given, Feature):
        raise _wrong(strategy, "signal", given, "hr.side(buy=…, sell=…)")
    return given


def _confidence(strategy: Strategy) -> Feature | None:
    given = _answer(strategy, "confidence")
    if given is not None and not isinstance(given, Feature):
        raise _wrong(strategy, "confidence", given, 'a feature such as hr.col("weight"), or None')
    return given


def _exits(strategy: Strategy) -> Exits:
    given = _answer(strategy, "exits")
    if not isinstance(given, Exits):
        raise _wrong(strategy, "exits", given, "hr.Exits(…)")
    if given.exit_when is not None and not isinstance(given.exit_when, Feature):
        raise DefinitionError(
            f"{strategy.name}.exits(): exit_when is {_short(given.exit_when)}, not a feature: "
            'give a condition such as hr.col("rsi") > 70',
            strategy=strategy.name,
        )
    return given


def _answer(strategy: Strategy, method: str) -> object:
    """What a method returns; whatever it raises becomes one line that names the place."""
    try:
        answer: object = getattr(strategy, method)()
    except HedgerowError:
        raise
    except (Exception, SystemExit) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise DefinitionError(
            f"{strategy.name}.{method}(): {said} ({_place(strategy, error)})",
            strategy=strategy.name,
        ) from error
    return answer


def _place(strategy: Strategy, error: BaseException) -> str:
    """Deepest line of the strategy's own file, where the mistake most likely is."""
    module = sys.modules.get(type(strategy).__module__)
    own = getattr(module, "__file__", None)
    frames = traceback.extract_tb(error.__traceback__)
    place = next((frame for frame in reversed(frames) if frame.filename == own), frames[-1])
    return f"{Path(place.filename).name} line {place.lineno}"


def _wrong(strategy: Strategy, method: str, given: object, wanted: str) -> DefinitionError:
    return DefinitionError(
        f"{strategy.name}.{method}() returned {_short(given)}: return {wanted}",
        strategy=strategy.name,
    )


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}…"
