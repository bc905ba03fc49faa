"""Finds a strategy by name, by ``module:Class`` or by ``file.py:Class``."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import entry_points
from pathlib import Path
from types import CodeType, ModuleType

from hedgerow.errors import DefinitionError, did_you_mean
from hedgerow.strategies.base import Strategy
from hedgerow.strategies.buy_and_hold import BuyAndHold
from hedgerow.strategies.mean_reversion import MeanReversion
from hedgerow.strategies.momentum import Momentum
from hedgerow.strategies.rsi_reversion import RsiReversion
from hedgerow.strategies.sma_cross import SmaCross
from hedgerow.strategies.vix_momentum import VixMomentum

BUILT_IN: tuple[type[Strategy], ...] = (
    BuyAndHold,
    MeanReversion,
    Momentum,
    RsiReversion,
    SmaCross,
    VixMomentum,
)


def strategy_classes() -> dict[str, type[Strategy]]:
    """Every named strategy: built in, or added through ``hedgerow.strategies`` entry points."""
    found = {cls.__name__: cls for cls in BUILT_IN}
    for plug_in in entry_points(group="hedgerow.strategies"):
        found.setdefault(plug_in.name, _checked(plug_in.load(), plug_in.value))
    return dict(sorted(found.items()))


def load_strategy(reference: str, **parameters: object) -> Strategy:
    """A strategy with its parameters.

    Parameters
    ----------
    reference
        ``SmaCross`` (also ``sma_cross`` or ``sma-cross``), ``package.module:Class`` or
        ``path/file.py:Class``.
    **parameters
        Values by parameter name; text is read as the parameter's type needs.

    Raises
    ------
    DefinitionError
        Nothing has that name, the file cannot be run, or a parameter is wrong.

    Examples
    --------
    >>> load_strategy("sma-cross", fast="10").parameters["fast"]
    10
    """
    return load_strategy_class(reference)(**parameters)


def load_strategy_class(reference: str) -> type[Strategy]:
    """Class behind a name, ``module:Class`` or ``file.py:Class``; see ``load_strategy``."""
    if ":" not in reference:
        return _by_name(reference)
    place, _, name = reference.rpartition(":")
    module = _from_file(Path(place)) if place.endswith(".py") else _from_module(place)
    if not hasattr(module, name):
        classes = [k for k, v in vars(module).items() if _is_strategy(v)]
        raise DefinitionError(f"{place} has no class {name!r}. {did_you_mean(name, classes)}")
    return _checked(getattr(module, name), reference)


def _by_name(name: str) -> type[Strategy]:
    classes = strategy_classes()
    folded = {_fold(key): cls for key, cls in classes.items()}
    if _fold(name) not in folded:
        raise DefinitionError(
            f"strategy {name!r} is not known. {did_you_mean(name, classes)} "
            "Your own: file.py:Class",
            strategy=name,
        )
    return folded[_fold(name)]


def _fold(name: str) -> str:
    return name.replace("-", "").replace("_", "").casefold()


def _from_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DefinitionError(f"module {name!r} cannot be imported: {error}") from error
    except (Exception, SystemExit) as error:
        raise DefinitionError(f"module {name!r} cannot be imported: {_said(error)}") from error


class _OneReading(SourceFileLoader):
    """Runs and shows one reading of a file, whatever is written to it meanwhile."""

    def __init__(self, name: str, path: str, content: bytes) -> None:
        super().__init__(name, path)
        self._content = content

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - one module
        return self.source_to_code(self._content, self.path)

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 - one module
        return importlib.util.decode_source(self._content)


def _from_file(path: Path) -> ModuleType:
    """Module of a file: one a path and content, so that an edited file is loaded anew."""
    if not path.is_file():
        raise DefinitionError(f"strategy file {path} does not exist")
    place = path.resolve()
    try:
        content = place.read_bytes()
    except OSError as error:
        raise DefinitionError(f"strategy file {path} cannot be read: {error.strerror}") from error
    digest = hashlib.sha256(str(place).encode() + b"\0" + content).hexdigest()[:16]
    name = f"_hedgerow_strategy_{path.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    loader = _OneReading(name, str(place), content)
    spec = ModuleSpec(name, loader, origin=str(place))
    spec.has_location = True
    module = importlib.util.module_from_spec(spec)
    # Registered so that the class's source can be read for the run record.
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise DefinitionError(f"strategy file {path} cannot be run: {_said(error)}") from error
    return module


def _said(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _is_strategy(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Strategy) and value is not Strategy


def _checked(value: object, reference: str) -> type[Strategy]:
    if isinstance(value, type) and issubclass(value, Strategy):
        return value
    raise DefinitionError(f"{reference} is not a strategy: derive it from hr.Strategy")
