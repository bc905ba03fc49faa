"""What a run was made of, in words: set-up, data, versions."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Mapping

from hedgerow.backtest.report.formatting import MISSING
from hedgerow.backtest.report.months import MONTHS

Row = tuple[str, str]

_SOURCES = ("source", "sources")
_LABELS = {
    "as_of": "As of",
    "lock_hash": "Lock hash",
    "output_sha256": "Output SHA-256",
    "run_id": "Run",
    "sources": "Source",
    "table_versions": "Table versions",
    "versions": "Table versions",
}


def is_synthetic(facts: Mapping[str, object]) -> bool:
    """Whether the facts say that prices were generated, not observed.

    True where ``facts["synthetic"]`` is true or a source's name contains "synthetic".

    Examples
    --------
    >>> is_synthetic({"source": "synthetic"}), is_synthetic({"sources": ["sample_closes"]})
    (True, False)
    """
    named = " ".join(text(facts[key]) for key in _SOURCES if key in facts)
    return bool(facts.get("synthetic")) or "synthetic" in named.casefold()


# Records for programs, and what a page shows in another place.
_UNSHOWN = ("seams", "series", "symbols", "universe")


def rows(facts: Mapping[str, object]) -> list[Row]:
    """Facts as label and text, in the order given; nested ones on one line.

    Left out are ``seams``, ``series``, ``symbols`` and ``universe``.

    Examples
    --------
    >>> rows({"as_of": dt.date(2019, 1, 3), "versions": {"bars": 4, "splits": 1}})
    [('As of', '2019-01-03'), ('Table versions', 'bars 4, splits 1')]
    """
    return [(label(key), text(value)) for key, value in facts.items() if key not in _UNSHOWN]


def label(key: str) -> str:
    """Name of a fact as a reader would write it.

    Examples
    --------
    >>> label("as_of"), label("strategy_source")
    ('As of', 'Strategy source')
    """
    words = key.replace("_", " ").strip()
    return _LABELS.get(key, words[:1].upper() + words[1:])


def text(value: object) -> str:
    """Any fact as one line of text; an en dash for what is missing or empty.

    Mappings become ``name value`` pairs, lists are joined by commas, instants are written in
    UTC to the second, dataclasses as the fields that are set.

    Examples
    --------
    >>> text({"commission_bps": 1.0, "borrow": None}), text([]), text(True)
    ('commission 1 bps', '–', 'yes')
    """
    if value is None or value == "":
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.10g}"
    if isinstance(value, dt.datetime):
        return _instant(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return text({f.name: getattr(value, f.name) for f in dataclasses.fields(value)})
    if isinstance(value, Mapping):
        return _joined(_pair(str(key), item) for key, item in value.items() if _is_set(item))
    if isinstance(value, Iterable) and not isinstance(value, str):
        return _joined(text(item) for item in value)
    return str(value)


def settings(value: object) -> str:
    """Costs, sizing or fills as one line: the name, if any, and what is not zero.

    Examples
    --------
    >>> settings({"commission_bps": 1.0, "per_share": 0.0}), settings({"impact": 0.0})
    ('commission 1 bps', 'none')
    >>> settings({"name": "EqualWeight", "gross": 1.0})
    'Equal weight (gross 1)'
    """
    if value is None or isinstance(value, str):
        return text(value)
    given = dict(_as_mapping(value))
    name = _spaced(str(given.pop("name", "")))
    used = {key: item for key, item in given.items() if _is_set(item) and item != 0}
    if not used:
        return name or "none"
    return f"{name} ({text(used)})" if name else text(used)


def _as_mapping(value: object) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    if hasattr(value, "to_dict"):
        return dict(value.to_dict())
    if dataclasses.is_dataclass(value):
        return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    return {"name": text(value)}


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _is_set(value: object) -> bool:
    return value is not None and value != "" and value is not False


def _pair(name: str, value: object) -> str:
    for suffix, unit in (("_bps", " bps"), ("_pct", "%")):
        if name.endswith(suffix):
            return f"{name.removesuffix(suffix).replace('_', ' ')} {text(value)}{unit}"
    if value is True:
        return name.replace("_", " ")
    return f"{name.replace('_', ' ')} {text(value)}"


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts) or MISSING


def _instant(value: dt.datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat(sep=" ", timespec="seconds")
    return f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def day(value: dt.date) -> str:
    """Date as readers of a report write it.

    Examples
    --------
    >>> day(dt.date(2019, 1, 3))
    '3 Jan 2019'
    """
    # Not strftime, whose names of months follow the locale of the machine.
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
