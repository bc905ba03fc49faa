"""JSON text with one spelling per value, so that equal values are equal bytes everywhere."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from hedgerow.errors import DataError


def canonical_json(value: object) -> str:
    r"""Spell a value as JSON: sorted keys, no spaces, ASCII only.

    Parameters
    ----------
    value
        Numbers, text, booleans, None, and mappings, lists and tuples of them. Dates, paths,
        dataclasses, sets and NumPy scalars are written as their plain equivalents.

    Returns
    -------
    str
        The same bytes for the same value, whatever the order of keys, the platform and the
        database that keeps them. Floats are spelled shortest, so that they read back exactly.

    Raises
    ------
    DataError
        The value holds NaN or an infinity, or something that JSON cannot spell.

    Examples
    --------
    >>> canonical_json({"slow": 50, "fast": 10.0, "name": "Zürich"})
    '{"fast":10.0,"name":"Z\\u00fcrich","slow":50}'
    """
    try:
        return json.dumps(
            value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain
        )
    except (TypeError, ValueError) as error:
        raise DataError(
            f"value cannot be stored as JSON: {error}. Use numbers, text, true/false, null, "
            "lists and mappings with text keys"
        ) from None


def normalised(value: object) -> Any:
    """Value as it reads back from JSON: tuples as lists, dates as text, keys sorted.

    Examples
    --------
    >>> normalised({"windows": (10, 50)})
    {'windows': [10, 50]}
    """
    return json.loads(canonical_json(value))


def _plain(value: Any) -> object:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")
