"""How the bars of a file are to be understood, checked before the file is opened."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hedgerow.domain.adjustment import Adjustment
from hedgerow.domain.calendar import time_zone as zone_of
from hedgerow.domain.currency import major_unit
from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DefinitionError, did_you_mean

# Sources of Hedgerow itself: bars of a user's under one of these names would replace its own.
RESERVED_SOURCES = frozenset({"sample_ohlcv", "sample_closes", "sample_fx", "synthetic"})


@dataclass(frozen=True)
class BarOptions:
    """The options of ``read_bars``, which says what each means.

    Raises
    ------
    DefinitionError
        An option is not one of the valid words.
    DataError
        The currency is not a code.
    """

    mapping: Mapping[str, str]
    source: str
    timeframe: Timeframe
    adjustment: str
    currency: str | None
    exchange: str | None
    time_zone: str | None
    symbol: str | None
    kind: str | None
    stamped: str
    date_format: str | None
    decimal: str | None
    known: Sequence[Instrument]

    def __post_init__(self) -> None:
        """Refuse words that mean nothing."""
        _check_word("adjustment", self.adjustment, Adjustment)
        _check_word("kind", self.kind or InstrumentKind.EQUITY, InstrumentKind)
        _check_word("stamped", self.stamped, ("start", "end"))
        _check_word("decimal", self.decimal or ".", (".", ","))
        if self.currency is not None:
            major_unit(self.currency)
        if self.exchange is not None:
            zone_of(self.exchange)
        if self.time_zone is not None:
            check_zone(self.time_zone)
        if not self.source.strip():
            raise DefinitionError("source is empty: give the bars a source, such as 'files'")
        if self.source.strip() in RESERVED_SOURCES:
            raise DefinitionError(
                f"source {self.source!r} is a name of Hedgerow's own data: give another, such as "
                "'files'"
            )
        if self.symbol is not None and not self.symbol.strip():
            raise DefinitionError("symbol is empty: give the series a ticker")

    @property
    def currency_code(self) -> str | None:
        """ISO 4217 code of the prices after conversion, where it is stated."""
        return None if self.currency is None else major_unit(self.currency)[0]

    @property
    def currency_factor(self) -> float:
        """What a quoted price is multiplied by."""
        return 1.0 if self.currency is None else major_unit(self.currency)[1]


def _check_word(name: str, value: str, valid: Iterable[str]) -> None:
    words = [str(word) for word in valid]
    if str(value) not in words:
        raise DefinitionError(f"{name} {value!r} is not known. {did_you_mean(str(value), words)}")


def check_zone(zone: str) -> None:
    """Refuse a time zone that does not exist."""
    known = zoneinfo.available_timezones()
    if zone not in known:
        hint = did_you_mean(zone, known)
        raise DefinitionError(
            f"time_zone {zone!r} is not known: write it like America/New_York or UTC. "
            f"{hint if hint.startswith('Did') else ''}".rstrip()
        )
