"""The words of the field: bars, sessions, instruments, adjustments, currencies."""

from hedgerow.domain.adjustment import Adjust, Adjustment
from hedgerow.domain.calendar import (
    DEFAULT_CALENDAR,
    last_completed_session,
    sessions,
    time_zone,
)
from hedgerow.domain.clock import knowledge_instant, stamp
from hedgerow.domain.currency import major_unit
from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.domain.timeframe import Timeframe

__all__ = [
    "DEFAULT_CALENDAR",
    "Adjust",
    "Adjustment",
    "Instrument",
    "InstrumentKind",
    "Timeframe",
    "knowledge_instant",
    "last_completed_session",
    "major_unit",
    "sessions",
    "stamp",
    "time_zone",
]
