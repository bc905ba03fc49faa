"""Source of a strategy for the record of a run."""

from __future__ import annotations

import inspect
import sys
import textwrap

_PACKAGE = __name__.partition(".")[0]


def module_text(cls: type) -> str:
    """Whole text of the module that is defining a class.

    Constants and helpers beside a class decide what it does as much as its body. Read while
    the class is made, so that a later edit of the file does not change the record.

    Parameters
    ----------
    cls
        Class of a strategy.

    Returns
    -------
    str
        Empty for a class of this package, whose version says as much, and for a module without
        a file, such as a notebook.
    """
    if is_built_in(cls):
        return ""
    module = sys.modules.get(cls.__module__)
    if module is None:
        return ""
    read = getattr(getattr(module, "__loader__", None), "get_source", None)
    try:
        return (read(cls.__module__) if read else inspect.getsource(module)) or ""
    except (ImportError, OSError, SyntaxError, TypeError, UnicodeDecodeError):
        return ""


def class_text(cls: type) -> str:
    """Text of a class; empty where it cannot be read."""
    try:
        return textwrap.dedent(inspect.getsource(cls))
    except (OSError, TypeError):
        return ""


def is_built_in(cls: type) -> bool:
    """Whether a class is part of this package."""
    return cls.__module__.partition(".")[0] == _PACKAGE
