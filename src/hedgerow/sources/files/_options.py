"""How the bars of a file are to be understood, checked before the file is opened."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.calendar import time_zone
from hedgerow.domain.currency import major_unit
from hedgerow.domain.instrument import InstrumentKind
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DefinitionError, did_you_mean


@dataclass(frozen=True)
class BarOptions:
    """The options of ``read_bars``, which says what each means."""

    timeframe: Timeframe
    adjustment: Adjustment
    kind: InstrumentKind
    currency: str
    factor: float
    exchange: str
    time_zone: str
    source: str
    symbol: str | None
    stamped: str
    date_format: str | None
    decimal: str | None
    mapping: Mapping[str, str] = field(default_factory=dict)


def check_options(
    *,
    mapping: Mapping[str, str] | None,
    source: str,
    timeframe: str | Timeframe,
    adjustment: str,
    currency: str,
    exchange: str,
    zone: str | None,
    symbol: str | None,
    kind: str,
    stamped: str,
    date_format: str | None,
    decimal: str | None,
) -> BarOptions:
    """Options with defaults filled in.

    Raises
    ------
    DefinitionError
        An option is not one of the valid words.
    DataError
        The currency is not a code.
    """
    _check_word("adjustment", adjustment, Adjustment)
    _check_word("kind", kind, InstrumentKind)
    _check_word("stamped", stamped, ("start", "end"))
    _check_word("decimal", decimal or ".", (".", ","))
    if not source:
        raise DefinitionError("source is empty: give the bars a source, such as 'files'")
    if symbol is not None and not symbol.strip():
        raise DefinitionError("symbol is empty: give the series a ticker")
    code, factor = major_unit(currency)
    local = time_zone(exchange)
    return BarOptions(
        timeframe=Timeframe.parse(timeframe),
        adjustment=Adjustment(adjustment),
        kind=InstrumentKind(kind),
        currency=code,
        factor=factor,
        exchange=exchange,
        time_zone=_known_zone(zone) if zone else local,
        source=source,
        symbol=symbol.strip() if symbol else None,
        stamped=stamped,
        date_format=date_format,
        decimal=decimal,
        mapping=dict(mapping or {}),
    )


def _check_word(name: str, value: str, valid: Iterable[str]) -> None:
    words = [str(word) for word in valid]
    if str(value) not in words:
        raise DefinitionError(f"{name} {value!r} is not known. {did_you_mean(str(value), words)}")


def _known_zone(zone: str) -> str:
    if zone in zoneinfo.available_timezones():
        return zone
    hint = did_you_mean(zone, zoneinfo.available_timezones())
    raise DefinitionError(
        f"time_zone {zone!r} is not known: write it like America/New_York or UTC. "
        f"{hint if hint.startswith('Did') else ''}".rstrip()
    )
