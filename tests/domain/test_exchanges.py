from __future__ import annotations

from zoneinfo import available_timezones

import exchange_calendars as xc
import pytest

from hedgerow.domain.exchanges import TIME_ZONES, exchange_zone

# By hand: of the exchanges' own pages.
KNOWN = {
    "XNYS": "America/New_York",
    "XNAS": "America/New_York",
    "XLON": "Europe/London",
    "XTKS": "Asia/Tokyo",
    "XHKG": "Asia/Hong_Kong",
    "XASX": "Australia/Sydney",
    "XBOM": "Asia/Kolkata",
}


@pytest.mark.parametrize(("mic", "zone"), KNOWN.items())
def test_the_zone_of_an_exchange(mic: str, zone: str) -> None:
    assert exchange_zone(mic) == zone


def test_an_unknown_exchange_has_no_zone() -> None:
    assert exchange_zone("ZZZZ") == ""


def test_every_zone_is_that_of_the_calendar() -> None:
    """Exchanges that an older release of the library does not know are passed over."""
    names = set(xc.get_calendar_names(include_aliases=True))
    real = xc.resolve_alias
    classes = xc.calendar_utils._default_calendar_factories
    differ = {
        mic: zone
        for mic, zone in TIME_ZONES.items()
        if mic in names and str(classes[real(mic)].tz) != zone
    }
    assert differ == {}
    assert set(TIME_ZONES.values()) <= available_timezones()
